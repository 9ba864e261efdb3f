"""Opening a file in the person's pager, on the terminal the application otherwise draws on."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.errors import RollcageError

if TYPE_CHECKING:
    from textual.app import App

_LESS: Final = ("less", "-R")


class NoPager(RollcageError):
    """The pager could not be opened."""


def pager_command(environment: Mapping[str, str]) -> list[str]:
    """Return the words of `$PAGER`, or less with colours.

    Raises:
        NoPager: its quotes do not match.
    """
    try:
        words = shlex.split(environment.get("PAGER", ""))
    except ValueError as error:
        raise NoPager(f"$PAGER cannot be read: {error}", hint="set it to a command such as `less -R`") from None
    if not words:
        return list(_LESS)
    return [*words, "-R"] if words == ["less"] else words


async def open_in_pager(app: App[Any], file: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Show a file until the person leaves the pager. The event loop goes on meanwhile.

    Raises:
        NoPager: there is no such command, or the terminal cannot be lent.
    """
    command = pager_command(environment)
    driver = app._driver  # `App.suspend` says it only by an error, once it is too late
    if driver is None or not driver.can_suspend:
        raise NoPager("this terminal cannot be lent to a pager", hint="save the output to a file instead")
    problem: OSError | None = None
    # Widgets go on changing meanwhile: what they would draw waits, as nobody takes it from the driver.
    with app.suspend(), app.batch_update():
        try:
            # ctrl+c is for the pager, which does not inherit handlers; the application must not take it for its own.
            before = signal.signal(signal.SIGINT, lambda *_: None)
            try:
                process = await asyncio.create_subprocess_exec(*command, str(file))
                await process.wait()
            finally:
                signal.signal(signal.SIGINT, before)
        except OSError as error:
            problem = error
    if problem is not None:
        raise NoPager(f"{command[0]} cannot be started: {problem.strerror}", hint="set $PAGER to a pager that is there")
