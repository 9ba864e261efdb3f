"""What is known of stored snapshots, and the machines in which some of them are being looked into."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Final, TypeVar

from tui.errors import UsageError
from tui.machines.errors import MachineError
from tui.machines.inspection import Contents, Inspection
from tui.machines.protocol import Backend

MACHINES: Final = 2
"""As many as a comparison needs: one is kept while the next is compared with its neighbour."""
IDLE_S: Final = 30.0
"""How long a machine is kept after it was last asked: the next file of the same snapshots is then there at once."""
_T = TypeVar("_T")
_MOST_FILES: Final = 200_000
"""Files of all contents that are kept, some 500 bytes each."""


class Snapshots:
    """Looks into snapshots, and remembers what cannot change. What is asked belongs between `asking`."""

    def __init__(
        self,
        backend: Callable[[], Awaitable[Backend]],
        holding_back: Callable[[], AbstractContextManager[None]],
        *,
        idle_s: float = IDLE_S,
    ) -> None:
        """Prepare to look.

        Args:
            backend: Returns the backend.
            holding_back: Keeps others from making machines meanwhile.
            idle_s: Seconds after which a machine that is asked nothing is discarded.
        """
        self._backend = backend
        self._holding_back = holding_back
        self._idle_s = idle_s
        self._contents: OrderedDict[str, Contents] = OrderedDict()
        self._digests: dict[str, dict[str, str]] = {}
        self._machines: OrderedDict[str, Inspection] = OrderedDict()
        self._turn = asyncio.Lock()
        self._closed = False
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def contents(self, *ids: str) -> list[Contents]:
        """Return the contents of snapshots.

        Raises:
            SnapshotError, NotFound: one of them is of no use.
            MachineError: a guest did not answer, or not with sense.
        """
        await together([self._contents_of(id_) for id_ in dict.fromkeys(ids)])
        return [self._contents[id_] for id_ in ids]

    async def _contents_of(self, id_: str) -> Contents:
        if id_ not in self._contents:
            self._contents[id_] = await (await self._machine(id_)).contents()
        self._contents.move_to_end(id_)
        while len(self._contents) > MACHINES and sum(map(_size, self._contents.values())) > _MOST_FILES:
            forgotten, _ = self._contents.popitem(last=False)
            self._digests.pop(forgotten, None)
        return self._contents[id_]

    async def digests(self, paths: Sequence[str], *ids: str) -> list[dict[str, str]]:
        """Return the SHA-256 of files of snapshots, as far as they are known. Raises as `contents` does."""
        return await together([self._digests_of(id_, paths) for id_ in ids])

    async def _digests_of(self, id_: str, paths: Sequence[str]) -> dict[str, str]:
        known = self._digests.setdefault(id_, {})
        if unknown := [path for path in paths if path not in known]:
            known.update(await (await self._machine(id_)).digests(unknown))
        return known

    async def read(self, id_: str, path: str, limit: int) -> bytes:
        """Return the first bytes of a file of a snapshot. Raises as `contents` does."""
        return await (await self._machine(id_)).read(path, limit)

    async def _machine(self, id_: str) -> Inspection:
        if self._closed:
            raise UsageError("the engine is closed")
        if id_ not in self._machines:
            with self._holding_back():
                self._machines[id_] = await (await self._backend()).inspect(id_)
        self._machines.move_to_end(id_)
        return self._machines[id_]

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Wait for one's turn to ask."""
        async with self._turn:
            self._wake()
            try:
                yield
            except MachineError:
                await self.discard()  # one of them may be of no use any more
                raise
            finally:
                while len(self._machines) > MACHINES:
                    await self._machines.popitem(last=False)[1].discard()
                self._wake()
                self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._leave)

    def _leave(self) -> None:
        # They are taken away before anything is awaited, so that nobody asks a machine that is about to go.
        machines, self._machines = self._machines, OrderedDict()
        task = asyncio.create_task(_discarded(machines.values()))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Discard the machines and make no more; who is asking is told that they are gone."""
        self._closed = True
        await self.discard()
        async with self._turn:
            await self.discard()
        await asyncio.gather(*self._ending)

    async def discard(self) -> None:
        """Discard the machines; what is known stays."""
        self._wake()
        machines, self._machines = self._machines, OrderedDict()
        await _discarded(machines.values())

    def _wake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None


async def _discarded(machines: Iterable[Inspection]) -> None:
    await asyncio.gather(*(machine.discard() for machine in machines))


def _size(contents: Contents) -> int:
    return len(contents.written) + len(contents.image)


async def together(work: Sequence[Coroutine[Any, Any, _T]]) -> list[_T]:
    """Return what all of them return; when one fails the others end, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
