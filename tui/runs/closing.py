"""The end of something that has many parts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from tui.undivided import joined

_log = logging.getLogger(__name__)
Part = tuple[str, Callable[[], Awaitable[object]]]
"""What is waited for, in words, and what does it."""


class Closing:
    """Ends the parts of something in order, once, and each whatever becomes of those before it."""

    def __init__(self, parts: Callable[[], Sequence[Part]]) -> None:
        self.waits_for = ""
        """What is being waited for, in words; nothing before it began and after it ended."""
        self._parts = parts
        self._task: asyncio.Task[None] | None = None

    @property
    def has_begun(self) -> bool:
        """Whether anybody asked for it."""
        return self._task is not None

    async def close(self) -> None:
        """Close, or wait for the closing under way. It ends even if everybody who waits is cancelled.

        Raises:
            Exception: the first that a part raised; the others are in the log.
        """
        if self._task is None:
            self._task = asyncio.create_task(self._close(), name="closing")
        await joined(self._task)

    async def _close(self) -> None:
        failures: list[Exception] = []
        try:
            for words, end in self._parts():
                self.waits_for = words
                try:
                    await end()
                except Exception as failure:  # noqa: BLE001 - raised below, once the rest is closed
                    _log.error("closing failed while it waited for %s", words, exc_info=failure)
                    failures.append(failure)
        finally:
            self.waits_for = ""
        if failures:
            raise failures[0]
