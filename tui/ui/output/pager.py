"""Opening a file in the person's pager, on the terminal the application otherwise draws on."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.errors import RollcageError
from tui.ui.lending import TerminalNotLent, lend_terminal

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
    try:
        await lend_terminal(app, [*command, str(file)])
    except TerminalNotLent as error:
        raise NoPager(error.message, hint="save the output to a file instead") from error
    except OSError as error:
        raise NoPager(
            f"{command[0]} cannot be started: {error.strerror}", hint="set $PAGER to a pager that is there"
        ) from error
