"""What the engine does with machines: those of sessions, those that wait, and what they are made from."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from tui.audit.model import EntryKind
from tui.machines.inventory import TemplateInfo
from tui.machines.model import MachineSpec
from tui.pool.lease import PoolStatus
from tui.pool.manager import Pool
from tui.pool.measurements import Measurements
from tui.runs import templates
from tui.runs.backends import BackendStatus, LazyBackend
from tui.runs.context import Context
from tui.runs.drivers import Drivers
from tui.runs.fleet import Fleet, MachineInfo
from tui.store.store import Store
from tui.undivided import undivided


class EngineMachines:
    """The part of `tui.runs.engine.Engine` that is about machines."""

    store: Store
    _context: Context
    _backend: LazyBackend
    _drivers: Drivers
    _pool: Pool
    _fleet: Fleet

    def lose_machine(self, session: str) -> None:
        """Kill the hypervisor of a session's machine, without warning. A drill: it shows what a real loss leads to.

        Raises:
            NotFound: there is no such session.
            UsageError: no machine of it lives in this process.
        """
        self._drivers.of(self.store.session(session).id).lose_machine()

    async def backend_status(self) -> BackendStatus:
        """Return what makes the machines, opening it if it is not yet.

        Raises:
            HostNotReady: the host lacks something.
        """
        backend = await self._backend.get()
        return BackendStatus(backend.name, backend.why, backend.capabilities)

    def pool_status(self) -> PoolStatus:
        """Return how many machines wait."""
        return self._pool.status()

    @property
    def measurements(self) -> Measurements:
        """How long making, handing out, restoring and rolling back machines took; for reading."""
        return self._pool.measurements

    async def machines_elsewhere(self) -> tuple[MachineInfo, ...]:
        """Return the machines of every other Rollcage of this user, as far as the kernel tells of them."""
        return await self._fleet.elsewhere()

    async def machines(self) -> tuple[MachineInfo, ...]:
        """Return every machine of this process, those of sessions first."""
        return await self._fleet.machines()

    async def machine_log(self, machine_id: str) -> str:
        """Return the end of what a machine's console and hypervisor printed. Untrusted text.

        Raises:
            NotFound: there is no such machine any more.
        """
        return await self._fleet.log(machine_id)

    async def restart_machine(self, machine_id: str) -> None:
        """Put a fresh machine in the place of one; of a session's nothing is lost. `Fleet.restart` has the errors."""
        await undivided(self._recorded(EntryKind.MACHINE_RESTARTED, machine_id, self._fleet.restart(machine_id)))

    async def discard_machine(self, machine_id: str) -> None:
        """Discard a machine, after capturing what a session's holds. `Fleet.discard` has the errors."""
        await undivided(self._recorded(EntryKind.MACHINE_DISCARDED, machine_id, self._fleet.discard(machine_id)))

    async def _recorded(self, kind: EntryKind, machine_id: str, act: Coroutine[Any, Any, str]) -> None:
        """Do something with a machine and record it under the name of its session, which it returns."""
        self._context.audit.record(kind, session=await act, details={"machine_id": machine_id})

    async def drain_pool(self) -> int:
        """Discard the machines that wait, make none until `resume_pool`, and return how many they were.

        Machines of sessions and those that stand by for a rollback stay; a new session gets a machine made for it.
        """
        # Before, as none is made or leased until the pool is drained, and whoever waits for their end may be cancelled.
        self._context.audit.record(EntryKind.POOL_DRAINED, details={"machines": self._pool.status().ready})
        return await self._pool.drain()

    def resume_pool(self) -> None:
        """Keep machines waiting again."""
        self._pool.resume()
        self._context.audit.record(EntryKind.POOL_RESUMED)

    async def templates(self) -> tuple[TemplateInfo, ...]:
        """Return the templates on disk, the newest first."""
        return await templates.listed(self._context, self._backend.present)

    async def remove_template(self, id_or_beginning: str) -> TemplateInfo:
        """Remove a template from disk and return what it was.

        Raises:
            NotFound: there is none, or more than one.
            Busy: a machine, of whichever process, or a snapshot needs it, or it is being made.
        """
        return await undivided(templates.remove(self._context, id_or_beginning))

    async def prepare(self, spec: MachineSpec, report: Callable[[str], None] | None = None) -> None:
        """Make whatever machines of `spec` need once. Quick when it is there.

        Raises:
            HostNotReady: the host lacks something.
            BootFailed: the guest did not come up.
        """
        await (await self._backend.get()).prepare(spec, report)
