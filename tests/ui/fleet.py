"""An engine with machines a test makes up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tests.ui.previews import PreviewingEngine
from tui.errors import Busy, NotFound
from tui.machines.inventory import Birth, MemoryUse, Origin, TemplateInfo
from tui.machines.kinds import Capability
from tui.machines.model import PROFILES
from tui.pool.lease import PoolStatus
from tui.pool.measurements import Measurements
from tui.runs.events import PoolChanged
from tui.runs.fleet import MachineInfo, MachineState

NOW = datetime(2026, 1, 2, 15, 0, tzinfo=UTC)
MIB = 1024 * 1024
HEAD = "01KE0000000000000000SNAP7A"


def machine(end: str, state: MachineState, *, age_s: float = 95, **changes: object) -> MachineInfo:
    """A machine whose id ends so."""
    spec = PROFILES["minimal"]
    made = NOW - timedelta(seconds=age_s)
    info = MachineInfo(
        f"01KE00000000000000000{end.upper():0>5}", state, spec, pid=4242, created_at=made,
        birth=Birth(Origin.CLONED, made, 39.6, 436.0), memory=MemoryUse(140 * MIB, 76 * MIB),
    )  # fmt: skip
    return replace(info, **changes)  # type: ignore[arg-type]


def of_session(end: str = "ses1", **changes: object) -> MachineInfo:
    """A machine of the session `demo`."""
    values: dict[str, object] = {
        "session": "demo", "uses": 3, "source": "pool", "claim_ms": 0.4, "snapshot_id": HEAD,
        "memory": MemoryUse(190 * MIB, 121 * MIB), **changes,
    }  # fmt: skip
    return replace(machine(end, MachineState.LEASED, age_s=700), **values)  # type: ignore[arg-type]


WARMING = replace(machine("warm1", MachineState.WARMING, age_s=1), pid=None, birth=None, memory=None)
READY = machine("rdy01", MachineState.READY)
STANDBY = machine(
    "stby1", MachineState.STANDBY, session="demo", snapshot_id=HEAD,
    birth=Birth(Origin.RESTORED, NOW - timedelta(seconds=95), 36.2, 12.0, HEAD),
)  # fmt: skip
TEMPLATE = TemplateInfo(
    "43017c93510f112ecea0ef8545e3a7e5", PROFILES["minimal"], "tcg", "QEMU emulator version 7.2",
    NOW - timedelta(hours=3), 2403.0, 147_550_208, (4242, 4243), 8,
)  # fmt: skip


@dataclass(frozen=True)
class Backend:
    """What makes the machines."""

    name: str = "qemu/tcg"
    why: str = "/dev/kvm is not there, so QEMU emulates the processor"
    capabilities: Mapping[Capability, str] = field(
        default_factory=lambda: {
            each: "the kernel of this host has no user namespaces" if each is Capability.NETWORK else ""
            for each in Capability
        }
    )


class FleetEngine(PreviewingEngine):
    """Answers for the machines in `fleet`."""

    def __init__(self) -> None:
        super().__init__()
        self.fleet: list[MachineInfo] = [of_session(), READY, STANDBY, WARMING]
        self.others: list[MachineInfo] = []
        self.status = PoolStatus(
            ready=1, warming=1, leased=1, hits=8, misses=2, failures=0, memory_mb=256, low=1, high=2, budget_mb=2048
        )
        self._measured = Measurements(lambda: NOW)
        for ms in (0.4, 31.0, 0.3, 0.5, 0.4, 44.0, 0.3):
            self._measured.claim.add(ms)
        for ms in (39.9, 37.2, 43.3, 30.1):
            self._measured.clone.add(ms)
        for ms in (14.0, 21.0, 16.0):
            self._measured.rollback.add(ms)
        self.logs: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        """What was asked for, with the machine."""
        self.looks = 0
        self.gate: asyncio.Event | None = None
        """Looks wait for this."""

    async def backend_status(self) -> Backend:  # type: ignore[override]
        return Backend()

    @property
    def measurements(self) -> Measurements:
        return self._measured

    async def machines(self) -> tuple[MachineInfo, ...]:
        self.looks += 1
        if self.gate is not None:
            await self.gate.wait()
        return tuple(self.fleet)

    async def machines_elsewhere(self) -> tuple[MachineInfo, ...]:
        return tuple(self.others)

    def pool_status(self) -> PoolStatus:
        return self.status

    async def templates(self) -> tuple[TemplateInfo, ...]:
        return (TEMPLATE,)

    async def machine_log(self, machine_id: str) -> str:
        if machine_id not in {each.id for each in self.fleet}:
            raise NotFound("there is no such machine any more")
        return self.logs.get(machine_id, "")

    async def _end(self, what: str, machine_id: str) -> None:
        self.asked.append((what, machine_id))
        await self.called(what)
        gone = next(each for each in self.fleet if each.id == machine_id)
        if gone.state is MachineState.RUNNING:
            raise Busy("a run executes or waits in session 'demo'")
        self.fleet.remove(gone)
        self.tell()

    async def restart_machine(self, machine_id: str) -> None:
        await self._end("restart", machine_id)

    async def discard_machine(self, machine_id: str) -> None:
        await self._end("discard", machine_id)

    async def drain_pool(self) -> int:
        self.asked.append(("drain", ""))
        await self.called("drain")
        gone = [each for each in self.fleet if each.state is MachineState.READY]
        self.fleet = [each for each in self.fleet if each not in gone]
        self.status = replace(self.status, ready=0, drained=True, memory_mb=0)
        self.tell()
        return len(gone)

    def resume_pool(self) -> None:
        self.asked.append(("resume", ""))
        self.status = replace(self.status, drained=False)
        self.tell()

    def tell(self) -> None:
        """Tell that the pool changed."""
        status = self.status
        self.emit(
            PoolChanged(
                at=self.now(), session_id="", ready=status.ready, warming=status.warming, leased=status.leased,
                hits=status.hits, misses=status.misses, memory_mb=status.memory_mb, drained=status.drained,
            )
        )  # fmt: skip
