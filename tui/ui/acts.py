"""What a person set going with the engine. It comes to its end, whatever becomes of the widget that asked for it.

Workers of Textual are cancelled with their node, and by others of an exclusive group; what changes a machine or a
record must not be. So it is a task of its own here, and a worker only waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Result = TypeVar("Result")


class Acts:
    """One for the whole application. What concerns the same thing happens one after the other, in the order asked."""

    def __init__(self) -> None:
        self._under_way: dict[asyncio.Task[object], tuple[str, str]] = {}

    async def carry_out(self, subject: str, words: str, act: Callable[[], Awaitable[Result]]) -> Result:
        """Do something to `subject`, a session for example, once what is under way with that has ended.

        `words` name it, as in "the undo is under way". Raises what `act` raises.
        """
        before = self._of(subject)
        task = asyncio.create_task(_after(before, act))
        self._under_way[task] = (subject, words)
        task.add_done_callback(self._under_way.pop)
        return await asyncio.shield(task)

    def why_wait(self, subject: str) -> str:
        """Return why something must wait that cannot follow unseen on what is under way with `subject`, or nothing."""
        words = next((self._under_way[task][1] for task in self._of(subject)), "")
        return f"The {words} is under way; wait for its end." if words else ""

    def _of(self, subject: str) -> list[asyncio.Task[object]]:
        return [task for task, (of, _) in self._under_way.items() if of == subject]

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(list(self._under_way))


async def _after(before: Iterable[asyncio.Task[object]], act: Callable[[], Awaitable[Result]]) -> Result:
    if tasks := list(before):
        await asyncio.wait(tasks)
    return await act()
