"""Trying again after the machine, never the command, failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tui.machines.errors import MachineError
from tui.pool.backoff import Backoff

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """How often to try again, and how long to wait in between."""

    retries: int
    """Further attempts after the first."""
    backoff: Backoff
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def delay(self, error: BaseException, attempt: int) -> float | None:
        """Return the seconds to wait before the next attempt, or None when there must be none.

        Only a failure of the machine that another machine may not share is worth it.
        """
        if attempt > self.retries or not (isinstance(error, MachineError) and error.retryable):
            return None
        return self.backoff.delay(attempt)

    async def call(self, action: Callable[[], Awaitable[T]]) -> T:
        """Return what `action` returns, tried as often as is allowed; its last error is raised."""
        attempt = 1
        while True:
            try:
                return await action()
            except MachineError as error:
                delay = self.delay(error, attempt)
                if delay is None:
                    raise
            await self.sleep(delay)
            attempt += 1
