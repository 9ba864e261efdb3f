"""The pool keeps its promises: watermarks, budget, one at a time, nobody left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tests.support.fake_backend import FakeBackend
from tui.config import PoolSettings
from tui.errors import HostNotReady
from tui.machines.errors import BootFailed
from tui.machines.model import PROFILES
from tui.machines.protocol import Backend
from tui.pool.backoff import Backoff
from tui.pool.lease import PoolStatus
from tui.pool.manager import Pool

MINIMAL, STANDARD = PROFILES["minimal"], PROFILES["standard"]


class Watched:
    """A pool whose every change is seen."""

    def __init__(
        self, backend: FakeBackend, settings: PoolSettings, opening: Callable[[], Awaitable[Backend]] | None
    ) -> None:
        self.backend = backend
        self.seen: list[PoolStatus] = []
        self.slept: list[float] = []
        self._news = asyncio.Event()

        async def opened() -> Backend:
            return backend

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            await asyncio.sleep(0)

        self.pool = Pool(
            opening or opened,
            MINIMAL,
            settings,
            changed=self._changed,
            backoff=Backoff(1.0, 60.0, lambda: 0.5),
            sleep=sleep,
        )

    def _changed(self, status: PoolStatus) -> None:
        self.seen.append(status)
        self._news.set()

    async def until(self, condition: Callable[[PoolStatus], bool]) -> PoolStatus:
        async with asyncio.timeout(10):
            while not condition(self.pool.status()):
                self._news.clear()
                await self._news.wait()
        return self.pool.status()


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make(settings: PoolSettings | None = None, opening: Callable[[], Awaitable[Backend]] | None = None) -> Watched:
        made.append(Watched(FakeBackend(tmp_path / str(len(made))), settings or PoolSettings(), opening))
        return made[-1]

    yield make
    for each in made:
        await each.pool.close()
        assert each.backend.machines == set()


Make = Callable[..., Watched]


async def test_it_fills_to_the_high_watermark_one_at_a_time(watched: Make):
    pool = watched(PoolSettings(low=1, high=3))
    pool.pool.start()
    status = await pool.until(lambda status: status.ready == 3)
    assert (status.warming, status.leased, status.memory_mb) == (0, 0, 768)
    assert status.ready_by_spec == ((MINIMAL, 3),)
    assert max(seen.warming for seen in pool.seen) == 1
    assert max(seen.ready for seen in pool.seen) == 3


async def test_the_memory_budget_bounds_what_waits(watched: Make):
    pool = watched(PoolSettings(low=2, high=8, memory_mb=600))
    pool.pool.start()
    await pool.until(lambda status: status.ready == 2)
    assert max((seen.ready + seen.warming) * 256 for seen in pool.seen) <= 600


async def test_a_waiting_machine_serves_a_lease_and_is_replaced_below_the_low_watermark(watched: Make):
    pool = watched(PoolSettings(low=1, high=2))
    pool.pool.start()
    await pool.until(lambda status: status.ready == 2)
    first = await pool.pool.lease(MINIMAL)
    assert first.source == "pool"
    assert first.machine.alive
    await asyncio.sleep(0)
    assert pool.pool.status().ready == 1
    second = await pool.pool.lease(MINIMAL)
    status = await pool.until(lambda status: status.ready == 2)
    assert (status.hits, status.misses, status.leased) == (2, 0, 2)
    assert first.machine.id != second.machine.id


async def test_other_machines_and_an_empty_pool_are_served_on_demand(watched: Make):
    pool = watched()
    standard = await pool.pool.lease(STANDARD)
    minimal = await pool.pool.lease(MINIMAL)
    assert (standard.source, standard.machine.spec) == ("clone", STANDARD)
    assert (minimal.source, minimal.machine.spec) == ("clone", MINIMAL)
    assert pool.pool.status().misses == 2
    await pool.pool.discard(standard.machine)
    await pool.pool.discard(standard.machine)
    assert not standard.machine.alive
    assert pool.pool.status().leased == 1


async def test_a_machine_given_back_unused_waits_again_if_there_is_room(watched: Make):
    pool = watched(PoolSettings(low=0, high=1))
    one, two = await pool.pool.lease(MINIMAL), await pool.pool.lease(MINIMAL)
    await pool.pool.release(one.machine)
    await pool.pool.release(two.machine)
    assert one.machine.alive
    assert not two.machine.alive
    assert (await pool.pool.lease(MINIMAL)).machine is one.machine
    other = await pool.pool.lease(STANDARD)
    await pool.pool.release(other.machine)
    assert not other.machine.alive


async def test_a_machine_that_died_waiting_is_noticed_and_replaced(watched: Make):
    pool = watched(PoolSettings(low=2, high=2))
    pool.pool.start()
    await pool.until(lambda status: status.ready == 2)
    victim = next(iter(pool.backend.machines))
    os.kill(victim.pid, signal.SIGKILL)
    await victim.lost.wait()
    await pool.pool.check()
    assert pool.pool.status().ready == 1
    status = await pool.until(lambda status: status.ready == 2)
    assert status.failures == 1
    for _ in range(2):
        assert (await pool.pool.lease(MINIMAL)).machine.alive


async def test_a_lease_never_hands_out_a_dead_machine(watched: Make):
    pool = watched(PoolSettings(low=1, high=1))
    pool.pool.start()
    await pool.until(lambda status: status.ready == 1)
    victim = next(iter(pool.backend.machines))
    os.kill(victim.pid, signal.SIGKILL)
    await victim.lost.wait()
    lease = await pool.pool.lease(MINIMAL)
    assert lease.machine.alive
    assert lease.source == "clone"


async def test_failing_to_clone_waits_longer_each_time_and_says_why(watched: Make):
    pool = watched(PoolSettings(low=1, high=1))
    pool.backend.faults["clone"] = [BootFailed(f"no boot {number}") for number in range(4)]
    pool.pool.start()
    status = await pool.until(lambda status: status.ready == 1)
    assert pool.slept == [0.5, 1.0, 2.0, 4.0]
    assert status.failures == 4
    assert status.error == ""
    assert [seen.error for seen in pool.seen if seen.error][-1] == "no boot 3"


async def test_a_host_that_is_not_ready_shows_in_the_status_and_in_a_lease(watched: Make):
    async def opening() -> Backend:
        raise HostNotReady("no QEMU")

    pool = watched(PoolSettings(low=1, high=1), opening)
    pool.pool.start()
    await pool.until(lambda status: status.failures >= 2)
    assert pool.pool.status().error == "no QEMU"
    with pytest.raises(HostNotReady):
        await pool.pool.lease(MINIMAL)
    assert pool.pool.status().leased == 0


async def test_nothing_is_made_while_a_run_starts(watched: Make):
    pool = watched(PoolSettings(low=2, high=2))
    with pool.pool.holding_back():
        pool.pool.start()
        lease = await pool.pool.lease(STANDARD)
        for _ in range(20):
            await asyncio.sleep(0)
        assert pool.pool.status().warming == 0
        assert [what for name, what in pool.backend.calls if name == "clone"] == ["512"]
    await pool.until(lambda status: status.ready == 2)
    await pool.pool.discard(lease.machine)


async def test_a_lease_that_is_cancelled_leaves_nothing(watched: Make):
    pool = watched()
    reached = asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    pool.backend.gates["clone"] = hang
    leasing = asyncio.create_task(pool.pool.lease(MINIMAL))
    await reached.wait()
    leasing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leasing
    assert pool.pool.status().leased == 0


async def test_closing_while_one_is_made_leaves_nothing(watched: Make):
    pool = watched()
    reached = asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    leased = await pool.pool.lease(MINIMAL)
    pool.backend.gates["clone"] = hang
    pool.pool.start()
    await reached.wait()
    await pool.pool.close()
    assert not leased.machine.alive
    assert pool.pool.status().warming == 0


@given(st.integers(1, 2000), st.floats(0.001, 10), st.floats(0.001, 100), st.floats(0, 0.999))
def test_backoff_stays_within_its_cap(attempt: int, base: float, cap: float, drawn: float) -> None:
    delay = Backoff(base, cap, lambda: drawn).delay(attempt)
    assert 0 <= delay <= cap
    assert delay <= base * 2.0 ** min(attempt - 1, 60)
