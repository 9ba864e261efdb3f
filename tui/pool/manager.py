"""Machines that wait, restored and warmed, so that a new session does not."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from tui.config import PoolSettings
from tui.errors import NotFound, RollcageError, UsageError
from tui.ids import new_id
from tui.machines.model import MachineSpec
from tui.machines.protocol import Backend, Machine
from tui.pool.backoff import Backoff
from tui.pool.lease import Lease, PoolStatus, Waiting
from tui.pool.measurements import Measurements

_log = logging.getLogger(__name__)
HEALTH_INTERVAL_S: Final = 2.0
"""How often waiting machines are looked at. Looking costs nothing: the backend knows when a hypervisor ends."""


class Pool:
    """Keeps machines of one spec ready between two watermarks; machines of other specs are made on demand.

    One machine is made at a time, and none while a lease is served or a run starts, which would only make both slower.
    """

    def __init__(
        self,
        backend: Callable[[], Awaitable[Backend]],
        spec: MachineSpec,
        settings: PoolSettings,
        *,
        changed: Callable[[PoolStatus], None] | None = None,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        measurements: Measurements | None = None,
    ) -> None:
        self._backend = backend
        self._spec = spec
        self._settings = settings
        self._changed = changed
        self._backoff = backoff or Backoff(0.5, 60.0)
        self._sleep = sleep
        self.measurements = measurements or Measurements()
        """How long making and handing out machines took."""
        self._ready: deque[Machine] = deque()
        self._leased: dict[str, Machine] = {}
        self._warming: dict[str, datetime] = {}
        self._leaving: dict[str, Machine] = {}
        self._going: set[asyncio.Task[None]] = set()
        self._hits = self._misses = self._failures = 0
        self._failed_in_a_row = 0
        self._error = ""
        self._held = 0
        self._drained = False
        self._refill = False
        self._wake = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Keep machines waiting from now on."""
        if self._keeper is None and not self._closed:
            self._keeper = asyncio.create_task(self._keep(), name="pool")

    def status(self) -> PoolStatus:
        """Return how things stand."""
        return PoolStatus(
            ready=len(self._ready),
            warming=len(self._warming),
            leased=len(self._leased),
            hits=self._hits,
            misses=self._misses,
            failures=self._failures,
            memory_mb=len(self._ready) * self._spec.memory_mb,
            low=self._settings.low,
            high=self._settings.high,
            budget_mb=self._settings.memory_mb,
            ready_by_spec=((self._spec, len(self._ready)),) if self._ready else (),
            drained=self._drained,
            error=self._error,
        )

    @property
    def spec(self) -> MachineSpec:
        """What the machines that wait are made of."""
        return self._spec

    def waiting(self) -> Waiting:
        """Return the machines that nobody uses."""
        return Waiting(tuple(self._warming.items()), tuple(self._ready), tuple(self._leaving.values()))

    async def lease(self, spec: MachineSpec) -> Lease:
        """Return a machine that stands still, from those that wait or made now. Give it back when done with it.

        Raises:
            MachineError: none could be made.
            HostNotReady: the host cannot run machines.
        """
        started = time.perf_counter()
        with self.holding_back():
            machine = await self._take() if spec == self._spec else None
            source = "clone" if machine is None else "pool"
            if machine is None:
                self._misses += 1
                machine = await (await self._backend()).clone(spec)
                self._measure(machine)
            else:
                self._hits += 1
            self._leased[machine.id] = machine
        took_ms = (time.perf_counter() - started) * 1000
        self.measurements.claim.add(took_ms)
        self._tell()
        return Lease(machine, source, took_ms)

    def _measure(self, clone: Machine) -> None:
        if clone.birth is not None:
            self.measurements.clone.add(clone.birth.took_ms)

    async def _take(self) -> Machine | None:
        await self.check()
        return self._ready.popleft() if self._ready else None

    async def release(self, machine: Machine) -> None:
        """Take back a leased machine that was never resumed: it can wait for somebody else."""
        self._leased.pop(machine.id, None)
        if machine.spec == self._spec and machine.alive and self._has_room() and not self._closed:
            self._ready.append(machine)
        else:
            await machine.discard()
        self._tell()

    async def discard(self, machine: Machine) -> None:
        """End a machine, leased or not. Never fails."""
        self._leased.pop(machine.id, None)
        await machine.discard()
        self._tell()

    # Draining

    async def drain(self) -> int:
        """Discard the machines that wait, and make none until `resume`; return how many they were.

        A lease meanwhile is served by a machine made for it. May be called twice.
        """
        self._drained = True
        machines, self._ready = list(self._ready), deque()
        await self._leave(machines)
        return len(machines)

    def resume(self) -> None:
        """Keep machines waiting again."""
        self._drained = False
        self._tell()

    async def dismiss(self, machine_id: str, *, replace: bool) -> None:
        """Discard a machine that waits, and with `replace` make another in its place, whatever the watermarks say.

        Raises:
            NotFound: it does not wait, or no longer.
            UsageError: it cannot be replaced, because the pool is drained.
        """
        machine = next((each for each in self._ready if each.id == machine_id), None)
        if machine is None:
            raise NotFound("that machine does not wait any more", hint="it was leased or discarded meanwhile")
        if replace and self._drained:
            raise UsageError("the pool is drained: no machine would take its place", hint="resume the pool first")
        self._ready.remove(machine)  # before anything is awaited, so that no lease can get it
        self._refill |= replace
        await self._leave([machine])

    async def _leave(self, machines: list[Machine]) -> None:
        self._leaving |= {machine.id: machine for machine in machines}
        self._tell()
        going = asyncio.create_task(self._discarded(machines))
        self._going.add(going)
        going.add_done_callback(self._going.discard)
        await asyncio.shield(going)  # whoever waits may be cancelled; a machine that is half discarded would stay

    async def _discarded(self, machines: list[Machine]) -> None:
        await asyncio.gather(*(machine.discard() for machine in machines))
        for machine in machines:
            del self._leaving[machine.id]
        self._tell()

    @contextmanager
    def holding_back(self) -> Iterator[None]:
        """Make no further machines meanwhile; one already begun is finished."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self._wake.set()

    async def check(self) -> None:
        """Drop waiting machines that have died; the keeper replaces them."""
        dead = [machine for machine in self._ready if not machine.alive]
        self._ready = deque(machine for machine in self._ready if machine.alive)
        for machine in dead:
            self._failures += 1
            self._error = "a waiting machine died"
            _log.warning("machine %s died while it waited", machine.id)
            await self.discard(machine)

    async def close(self) -> None:
        """Discard every machine, waiting or leased."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        await asyncio.gather(*self._going)
        machines = [*self._ready, *self._leased.values()]
        self._ready.clear()
        self._leased.clear()
        await asyncio.gather(*(machine.discard() for machine in machines))

    def _tell(self) -> None:
        self._wake.set()
        if self._changed is not None:
            self._changed(self.status())

    def _has_room(self) -> bool:
        waiting = len(self._ready) + len(self._warming)
        fits = (waiting + 1) * self._spec.memory_mb <= self._settings.memory_mb
        return waiting < self._settings.high and fits and not self._drained

    async def _keep(self) -> None:
        # Not left to cancellation alone: Python 3.11's `wait_for` swallows one that comes together with its result.
        while not self._closed:
            await self.check()
            if len(self._ready) < self._settings.low or self._refill:
                await self._fill()
                self._refill &= self._has_room()  # still wanted where somebody needed the host more
            self._wake.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), HEALTH_INTERVAL_S)

    async def _fill(self) -> None:
        """Make machines until the high watermark or the budget is reached, or somebody needs the host more."""
        while self._has_room() and not self._held and not self._closed:
            name = new_id()
            self._warming[name] = datetime.now(UTC)
            self._tell()
            try:
                machine = await (await self._backend()).clone(self._spec, warm=True)
            except (RollcageError, OSError) as error:
                del self._warming[name]
                self._failures += 1
                self._failed_in_a_row += 1
                self._error = str(error)
                _log.warning("no machine could be made to wait: %s", error)
                self._tell()
                await self._sleep(self._backoff.delay(self._failed_in_a_row))
                continue
            except BaseException:
                del self._warming[name]
                raise
            del self._warming[name]
            self._failed_in_a_row = 0
            self._error = ""
            self._measure(machine)
            if self._drained:  # meanwhile
                await self._leave([machine])
            else:
                self._ready.append(machine)
                self._tell()
