"""Forwarding what is piped into Rollcage to the command that runs."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING

from tui.errors import RollcageError

if TYPE_CHECKING:
    from tui.runs.engine import Run

CHUNK = 64 * 1024


def forward(run: Run, descriptor: int) -> None:
    """Send everything that can be read from `descriptor` to the run, then close its input.

    Reads in a daemon thread: files cannot be awaited, and a pipe that never ends must not keep the process alive once
    the run is over. The thread reads on only when the run took what it read before.
    """
    loop = asyncio.get_running_loop()

    async def send(data: bytes) -> None:
        if data:
            await run.send_stdin(data)
        else:
            await run.close_stdin()

    def work() -> None:
        while True:
            try:
                data = os.read(descriptor, CHUNK)
            except OSError:
                data = b""
            try:
                asyncio.run_coroutine_threadsafe(send(data), loop).result()
            except (RollcageError, RuntimeError, OSError, asyncio.CancelledError):
                return  # the run is over
            if not data:
                return

    threading.Thread(target=work, name="rollcage-stdin", daemon=True).start()
