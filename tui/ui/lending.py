"""Lending the terminal to another program, such as an editor or a pager."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from tui.errors import RollcageError

if TYPE_CHECKING:
    from textual.app import App

    from tui.ui.app import RollcageApp

_PATIENCE_S: Final = 2.0
"""How long a program that was asked to end may take to leave the terminal as it found it."""


class TerminalNotLent(RollcageError):
    """This terminal cannot be given to another program."""


async def lend_terminal(app: App[Any], command: Sequence[str]) -> None:
    """Run a program on the terminal until it ends. All but drawing goes on meanwhile: runs, machines, comparisons.

    Whoever is cancelled ends the program first, and so does a signal that ends the application.

    Raises:
        TerminalNotLent: that is not possible here.
        OSError: the program cannot be started.
    """
    driver = app._driver  # `App.suspend` says it only by an error, once it is too late
    if driver is None or not driver.can_suspend:
        raise TerminalNotLent("this terminal cannot be lent to another program")
    problem: OSError | asyncio.CancelledError | None = None
    running: list[asyncio.Task[None]] = []
    # Widgets go on changing meanwhile: what they would draw waits, as nobody takes it from the driver.
    signals = cast("RollcageApp", app).signals
    with signals.lent(lambda: running[0].cancel("told to end")), app.suspend(), app.batch_update():
        try:
            running.append(asyncio.create_task(_run(command)))
            await running[0]
        except (OSError, asyncio.CancelledError) as error:
            problem = error  # what is raised in there would leave the terminal lent
    if problem is not None:
        raise problem


async def _run(command: Sequence[str]) -> None:
    # ctrl+c is for the program, which does not inherit handlers; the application must not take it for its own.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        process = await asyncio.create_subprocess_exec(*command)
        try:
            await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise
    finally:
        signal.signal(signal.SIGINT, before)


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
