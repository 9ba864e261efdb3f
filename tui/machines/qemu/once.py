"""Something that must happen once and to its end, whoever asks for it and whoever stops waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Once:
    """Does its work when it is first called; everybody who calls waits for that one end, and none breaks it off."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        """Whether anybody asked for it."""
        return self._task is not None

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._task is not None and self._task.done()

    async def __call__(self) -> None:
        """Do it, or wait for it. Raises what the work raises."""
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        await asyncio.shield(self._task)
