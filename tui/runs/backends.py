"""The backend, opened when a machine is needed and not before."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tui.config import Settings
from tui.machines.kinds import Capability
from tui.machines.protocol import Backend
from tui.paths import Paths

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """What makes the machines."""

    name: str
    why: str
    """Why it was chosen."""
    capabilities: Mapping[Capability, str]
    """Every capability; an empty text means it is there, any other is the reason it lacks."""


async def open_default(paths: Paths, settings: Settings) -> Backend:
    """Open the backend that comes with Rollcage.

    Raises:
        HostNotReady: the host lacks something.
    """
    # It brings numpy; imported here, all else in this process would stand still.
    await asyncio.to_thread(importlib.import_module, "tui.machines.qemu.backend")
    from tui.machines.qemu.backend import QemuBackend

    return await QemuBackend.open(paths, settings.backend)


class LazyBackend:
    """Opens a backend once, however many ask for it at the same time. A failure is told to each and tried again."""

    def __init__(self, opening: Callable[[], Awaitable[Backend]], opened: Callable[[Backend], Awaitable[None]]) -> None:
        self._opening = opening
        self._opened = opened
        self._lock = asyncio.Lock()
        self._backend: Backend | None = None
        self._following: asyncio.Task[None] | None = None

    async def get(self) -> Backend:
        """Return the backend."""
        if self._backend is None:
            async with self._lock:
                if self._backend is None:
                    self._backend = await self._opening()
                    self._following = asyncio.create_task(self._follow(self._backend))
        return self._backend

    @property
    def present(self) -> Backend | None:
        """The backend if it is open; to look at, without opening it."""
        return self._backend

    async def _follow(self, backend: Backend) -> None:
        try:
            await self._opened(backend)
        except Exception:  # noqa: BLE001 - logged; runs do not depend on it
            _log.exception("what an earlier process left could not be put right")

    async def settled(self) -> Backend:
        """Return the backend once what follows its opening is done."""
        backend = await self.get()
        if self._following is not None:
            await self._following
        return backend

    async def close(self) -> None:
        """Discard every machine, if there can be any."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        if self._backend is not None:
            await self._backend.close()
