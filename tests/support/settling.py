"""When an application under test has done what there was to do.

Textual's own `wait_for_idle` (8.2.8) takes a process for idle that used little processor time during 20 ms. On a busy
host that is also one that was given none, and one that is slow to draw is waited for a second after every key. What an
event loop has left to do can be read from it instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest
from textual import app, pilot

SOON_S: Final = 0.02
"""What falls due within this time is part of what is being done: drawing is put off by less."""
TIMERS_S: Final = 0.1
"""How long is waited for timers, one after the other: some go on for ever."""
THREADS_S: Final = 0.1
"""How long work in a thread is waited for, once: some of it ends only with the application, or when a test says so."""


class Settling:
    """Tells whether a loop has work, in itself, in threads, and by timers that are about to fall due."""

    def __init__(self) -> None:
        self._in_threads: set[asyncio.Future[Any]] = set()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let every pilot wait by this."""
        really = asyncio.BaseEventLoop.run_in_executor

        def run_in_executor(loop: Any, executor: Any, function: Callable[..., Any], *arguments: Any) -> Any:
            future = really(loop, executor, function, *arguments)
            self._in_threads.add(future)
            future.add_done_callback(self._in_threads.discard)
            return future

        monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", run_in_executor)
        for module in (app, pilot):
            monkeypatch.setattr(module, "wait_for_idle", self.wait)

    async def wait(self, min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
        """Return once there is nothing to do, or after the time it may take at most."""
        loop: Any = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.sleep(0)
        while (now := loop.time()) < begun + max_sleep:
            if loop._ready:
                await asyncio.sleep(0)
            elif (due := self._next_due(loop)) is not None and due <= min(now + SOON_S, begun + TIMERS_S):
                await asyncio.sleep(max(0.0, due - now))
            elif self._in_threads:
                _, late = await asyncio.wait(tuple(self._in_threads), timeout=THREADS_S)
                self._in_threads -= late
            else:
                break

    @staticmethod
    def _next_due(loop: Any) -> float | None:
        return min((handle.when() for handle in loop._scheduled if not handle.cancelled()), default=None)
