"""Opening the engine for one command, and closing it whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.logfile import logging_to_file
from tui.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tui.config import Settings
    from tui.runs.approval import Approver
    from tui.runs.engine import Engine


def _unchanged(settings: Settings) -> Settings:
    return settings


async def open_engine(adjust: Callable[[Settings], Settings] = _unchanged, approver: Approver | None = None) -> Engine:
    """Open the engine on this user's paths and settings."""
    import sys

    from tui.cli.console import bell_of
    from tui.config import load_settings
    from tui.runs.engine import Engine

    paths = Paths.from_environment()
    return await Engine.open(paths, adjust(load_settings(paths)), approver=approver, bell=bell_of(sys.stderr))


def with_engine(
    action: Callable[[Engine], Awaitable[int]],
    *,
    adjust: Callable[[Settings], Settings] = _unchanged,
    approver: Approver | None = None,
) -> int:
    """Open the engine, await `action` with it, close it, and return what `action` returned."""

    import asyncio
    import signal

    async def opened() -> int:
        task = asyncio.current_task()
        assert task is not None
        # As with ctrl-C, so that machines are discarded in order.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        engine = await open_engine(adjust, approver)
        try:
            return await action(engine)
        finally:
            await engine.close()

    try:
        with logging_to_file():
            return asyncio.run(opened())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
