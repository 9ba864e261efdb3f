"""Every machine of this process: what is known of each, and what a person may do with it."""

from __future__ import annotations

import asyncio
import enum
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tui.errors import Busy, NotFound, RollcageError
from tui.machines.inventory import Birth, MemoryUse, memory_of
from tui.machines.model import PROFILES, MachineSpec
from tui.machines.protocol import Machine
from tui.machines.qemu.processes import hypervisors
from tui.pool.lease import Waiting
from tui.runs.backends import LazyBackend
from tui.runs.context import Context
from tui.runs.driver import Driver
from tui.runs.drivers import Drivers
from tui.runs.events import MachineLeased
from tui.store.rows import now
from tui.undivided import undivided

_MEMORY_HOLDS_S: Final = 5.0
"""How long what was read of a machine's memory is good: reading it takes 2 ms, and most machines stand still."""


class MachineState(enum.StrEnum):
    """What a machine is doing."""

    WARMING = "warming"
    """It is being made."""
    READY = "ready"
    """It waits in the pool for a session."""
    LEASED = "leased"
    """It is a session's, and stands still."""
    RUNNING = "running"
    """It is a session's, and a run executes in it."""
    STANDBY = "standing-by"
    """It stands at a snapshot, should a session go back there."""
    DRAINING = "draining"
    """It is being discarded, or will be as soon as it is made."""
    ELSEWHERE = "elsewhere"
    """It belongs to another Rollcage, which alone knows what it does."""
    LOST = "lost"
    """Its hypervisor has ended; whoever needs it next finds out."""


@dataclass(frozen=True, slots=True)
class MachineInfo:
    """What is known of one machine."""

    id: str
    """Of the machine; of its making while it has none."""
    state: MachineState
    spec: MachineSpec | None
    """None where it is being restored."""
    pid: int | None = None
    """Process id of its hypervisor; None while there is none."""
    session: str = ""
    """Name of the session whose machine it is, or for which it stands by."""
    created_at: datetime | None = None
    birth: Birth | None = None
    """How it came to be; None while it still does."""
    uses: int = 0
    """Runs it has served."""
    source: str = ""
    """Where its session got it from: `pool`, `clone` or `snapshot`."""
    claim_ms: float | None = None
    """From the session's asking for it until it was there."""
    snapshot_id: str | None = None
    """Where it stands by, or the head of its session."""
    unsaved: bool = False
    """It holds what no snapshot holds yet."""
    memory: MemoryUse | None = None
    """What its hypervisor takes on the host, at most some seconds ago; None where that is not known."""
    owner_pid: int | None = None
    """The process of the other Rollcage it belongs to; None for one of this."""

    @property
    def profile(self) -> str:
        """Name of the kind of machine; empty where it is none of those with a name."""
        return next((name for name, spec in PROFILES.items() if spec == self.spec), "")


class Fleet:
    """The machines that wait, those of sessions, and those that stand by."""

    def __init__(
        self, context: Context, drivers: Drivers, backend: LazyBackend, *,
        clock: Callable[[], float] = time.monotonic, measure: Callable[[int], MemoryUse | None] = memory_of,
    ) -> None:  # fmt: skip
        self._context = context
        self._drivers = drivers
        self._backend = backend
        self._clock = clock
        self._measure = measure
        self._memory: dict[str, tuple[float, MemoryUse | None]] = {}

    # --- looking ---------------------------------------------------------------------------------------------------

    async def machines(self) -> tuple[MachineInfo, ...]:
        """Return every machine, those of sessions first. What the kernel tells of them is read in a thread."""
        found = [*self._of_sessions(), *self._waiting(self._context.pool.waiting()), *self._standing_by()]
        await self._read_memory(found)
        return tuple(replace(each, memory=self._memory.get(each.id, (0.0, None))[1]) for each in found)

    async def elsewhere(self) -> tuple[MachineInfo, ...]:
        """Return the machines of every other Rollcage of this user, as far as the kernel tells of them."""

        def look() -> tuple[MachineInfo, ...]:
            others = [each for each in hypervisors() if each.owner_pid != os.getpid()]
            return tuple(
                MachineInfo(
                    str(each.pid), MachineState.ELSEWHERE, None, each.pid, created_at=each.started_at,
                    memory=self._measure(each.pid), owner_pid=each.owner_pid,
                )
                for each in others
            )  # fmt: skip

        return await asyncio.to_thread(look)

    def _of_sessions(self) -> list[MachineInfo]:
        found = []
        for driver, live in self._drivers.live():
            try:
                session = self._context.store.session(driver.session_id)
            except NotFound:
                continue  # deleted meanwhile, by another process
            state = MachineState.RUNNING if live.running else MachineState.LEASED
            info = _info(live.machine, state, session.name)
            found.append(
                replace(
                    info, uses=live.uses, source=live.source, claim_ms=live.claim_ms, snapshot_id=live.base_id,
                    unsaved=not live.exact,
                )
            )  # fmt: skip
        return found

    def _waiting(self, waiting: Waiting) -> list[MachineInfo]:
        status = self._context.pool.status()
        making = MachineState.DRAINING if status.drained else MachineState.WARMING
        spec = self._context.pool.spec
        return [
            *(_info(machine, MachineState.READY) for machine in waiting.ready),
            *(MachineInfo(name, making, spec, created_at=since) for name, since in waiting.warming),
            *(replace(_info(machine, MachineState.DRAINING), pid=None) for machine in waiting.leaving),
        ]

    def _standing_by(self) -> list[MachineInfo]:
        backend = self._backend.present
        found = []
        for snapshot_id, machine in (backend.standbys() if backend is not None else {}).items():
            try:
                session = self._context.store.session(self._context.store.snapshot(snapshot_id).session_id).name
            except NotFound:
                session = ""
            if machine is None:
                info = MachineInfo(snapshot_id, MachineState.WARMING, None, session=session)
            else:
                info = _info(machine, MachineState.STANDBY, session)
            found.append(replace(info, snapshot_id=snapshot_id))
        return found

    async def _read_memory(self, found: Iterable[MachineInfo]) -> None:
        moment = self._clock()
        pids = {each.id: each.pid for each in found if each.pid is not None and each.state is not MachineState.LOST}
        self._memory = {
            id_: known for id_, known in self._memory.items() if id_ in pids and moment - known[0] < _MEMORY_HOLDS_S
        }
        if missing := [(id_, pid) for id_, pid in pids.items() if id_ not in self._memory]:
            read = await asyncio.to_thread(lambda: [self._measure(pid) for _, pid in missing])
            self._memory |= {id_: (moment, use) for (id_, _), use in zip(missing, read, strict=True)}

    async def log(self, machine_id: str) -> str:
        """Return the end of what console and hypervisor printed. Untrusted text.

        Raises:
            NotFound: there is no such machine.
        """
        return await self._find(machine_id).log_tail()

    def _find(self, machine_id: str) -> Machine:
        waiting = self._context.pool.waiting()
        machines = [each.machine for _, each in self._drivers.live()] + [*waiting.ready, *waiting.leaving]
        if (backend := self._backend.present) is not None:
            machines += [each for each in backend.standbys().values() if each is not None]
        for machine in machines:
            if machine.id == machine_id:
                return machine
        raise _gone()

    # --- acting ----------------------------------------------------------------------------------------------------

    async def restart(self, machine_id: str) -> str:
        """Put a fresh machine in the place of one; return the name of its session, if it is a session's.

        A machine that waits is discarded, and another is made. A session's is captured where no snapshot holds what it
        holds, and restored from there; only then does the old one go. One that stands by is made anew.

        Raises:
            NotFound: there is no such machine any more.
            Busy: a run executes or waits in its session, or another process drives that.
            UsageError: the pool is drained, so that nothing would take its place; or there is nothing to restore.
            MachineError: there is no other to be had; the old one is still there.
        """
        if (driver := self._driver_of(machine_id)) is not None:
            return await self._restart_of_session(driver, machine_id)
        if (snapshot_id := self._standby(machine_id)) is not None:
            await self._stand_down(snapshot_id)
            self._context.anticipation.of(snapshot_id)
            return ""
        await self._context.pool.dismiss(machine_id, replace=True)
        return ""

    async def _restart_of_session(self, driver: Driver, machine_id: str) -> str:
        name = self._refuse_while_running(driver)
        async with driver.driving():
            if driver.live is None or driver.live.machine.id != machine_id:
                raise _gone()
            await undivided(self._renew(driver))
        return name

    async def _renew(self, driver: Driver) -> None:
        took_ms = await driver.renew()
        live = driver.live
        assert live is not None
        backend = await self._context.backend()
        self._context.emit(
            MachineLeased(
                at=now(), session_id=driver.session_id, machine_id=live.machine.id, backend=backend.name,
                spec=live.machine.spec, source="snapshot", took_ms=took_ms,
            )
        )  # fmt: skip
        if self._context.settings.snapshots.auto_rollback:
            self._context.anticipation.of(live.base_id)  # the new machine may be the one that stood by there

    async def discard(self, machine_id: str) -> str:
        """Discard a machine; return the name of its session, if it is a session's.

        What a session's machine holds is captured first, so the next run goes on from there. A machine that waits is
        replaced only where too few wait.

        Raises:
            NotFound: there is no such machine any more.
            Busy: a run executes or waits in its session, or another process drives that.
            SnapshotError: what it holds could not be stored; it is still there.
        """
        if (driver := self._driver_of(machine_id)) is not None:
            name = self._refuse_while_running(driver)
            async with driver.driving():
                if driver.live is None or driver.live.machine.id != machine_id:
                    raise _gone()
                await undivided(driver.put_away())
            return name
        if (snapshot_id := self._standby(machine_id)) is not None:
            await self._stand_down(snapshot_id)
        else:
            await self._context.pool.dismiss(machine_id, replace=False)
        return ""

    def _driver_of(self, machine_id: str) -> Driver | None:
        return next((driver for driver, live in self._drivers.live() if live.machine.id == machine_id), None)

    def _standby(self, machine_id: str) -> str | None:
        """Return the snapshot at which a machine stands by; one that is being made is known by that."""
        backend = self._backend.present
        for snapshot_id, machine in (backend.standbys() if backend is not None else {}).items():
            if machine_id == (machine.id if machine is not None else snapshot_id):
                return snapshot_id
        return None

    async def _stand_down(self, snapshot_id: str) -> None:
        await (await self._context.backend()).stand_down(snapshot_id)

    def _refuse_while_running(self, driver: Driver) -> str:
        name = self._context.store.session(driver.session_id).name
        if driver.runs:
            raise Busy(f"a run executes or waits in session {name!r}", hint="cancel it or wait for its end")
        return name


def _info(machine: Machine, state: MachineState, session: str = "") -> MachineInfo:
    if not machine.alive and state is not MachineState.DRAINING:
        state = MachineState.LOST
    birth = machine.birth
    return MachineInfo(
        machine.id, state, machine.spec, machine.pid, session, birth.at if birth is not None else None, birth
    )


def _gone() -> RollcageError:
    return NotFound("there is no such machine any more", hint="it was discarded or replaced meanwhile")
