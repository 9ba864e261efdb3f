"""Machines made before they are asked for: at the snapshots a rollback may want next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tui.errors import RollcageError
from tui.machines.protocol import Backend

_log = logging.getLogger(__name__)


class Anticipation:
    """Has machines stand by in the background. What fails here is logged: it only makes a rollback slower."""

    def __init__(self, backend: Callable[[], Awaitable[Backend]], *, wanted: bool) -> None:
        """Prepare to anticipate.

        Args:
            backend: Returns the backend.
            wanted: Whether it pays at all; a process that ends with its run has no use for it.
        """
        self._backend = backend
        self._wanted = wanted
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, snapshot_id: str | None) -> None:
        """Have a machine stand by at a snapshot, if there is one."""
        if self._wanted and snapshot_id is not None:
            task = asyncio.create_task(self._anticipate(snapshot_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _anticipate(self, snapshot_id: str) -> None:
        try:
            await (await self._backend()).anticipate(snapshot_id)
        except (RollcageError, OSError) as error:
            _log.warning("nothing stands by for a rollback to %s: %s", snapshot_id, error)

    async def close(self) -> None:
        """Wait for what was begun."""
        self._wanted = False
        await asyncio.gather(*self._tasks)
