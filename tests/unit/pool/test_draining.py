"""Draining, replacing and discarding: no machine is lost, none is handed out twice, none is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.support.fake_backend import FakeBackend
from tui.config import PoolSettings
from tui.errors import NotFound, UsageError
from tui.machines.model import PROFILES
from tui.machines.protocol import Backend, Machine
from tui.pool.lease import PoolStatus
from tui.pool.manager import Pool
from tui.pool.measurements import KEPT, Measurements, Sample, Series, summary

MINIMAL = PROFILES["minimal"]
NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Kept:
    """A started pool, and a way to wait for what becomes of it."""

    def __init__(self, backend: FakeBackend, pool_settings: PoolSettings) -> None:
        async def opened() -> Backend:
            return backend

        self.backend = backend
        self.news = asyncio.Event()
        self.seen: list[PoolStatus] = []
        self.pool = Pool(opened, MINIMAL, pool_settings, changed=self.changed)
        self.pool.start()

    def changed(self, status: PoolStatus) -> None:
        self.seen.append(status)
        self.news.set()

    async def until(self, condition: Callable[[PoolStatus], bool]) -> PoolStatus:
        async with asyncio.timeout(10):
            while not condition(self.pool.status()):
                self.news.clear()
                await self.news.wait()
        return self.pool.status()

    def ids(self) -> list[str]:
        return [machine.id for machine in self.pool.waiting().ready]


Keep = Callable[[PoolSettings], Kept]


@pytest.fixture
async def keep(tmp_path: Path) -> AsyncIterator[Keep]:
    made: list[Kept] = []

    def make(pool_settings: PoolSettings) -> Kept:
        made.append(Kept(FakeBackend(tmp_path / str(len(made))), pool_settings))
        return made[-1]

    yield make
    for each in made:
        await each.pool.close()
        assert each.backend.machines == set()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_drained_pool_keeps_nothing_and_makes_nothing_until_it_is_resumed(keep: Keep):
    kept = keep(PoolSettings(low=2, high=2))
    await kept.until(lambda status: status.ready == 2)
    assert await kept.pool.drain() == 2
    assert await kept.pool.drain() == 0
    assert kept.backend.machines == set()
    kept.pool._wake.set()
    await settle()
    status = kept.pool.status()
    assert (status.drained, status.ready, status.warming, status.leased) == (True, 0, 0, 0)
    kept.pool.resume()
    assert not (await kept.until(lambda status: status.ready == 2)).drained


async def test_a_drained_pool_still_serves_who_needs_a_machine(keep: Keep):
    kept = keep(PoolSettings(low=1, high=1))
    await kept.until(lambda status: status.ready == 1)
    await kept.pool.drain()
    lease = await kept.pool.lease(MINIMAL)
    assert (lease.source, kept.pool.status().misses) == ("clone", 1)
    await kept.pool.release(lease.machine)
    assert not lease.machine.alive


async def test_a_machine_that_is_made_while_the_pool_is_drained_does_not_wait(keep: Keep):
    kept = keep(PoolSettings(low=0, high=1))
    reached, go = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await go.wait()

    kept.backend.gates["clone"] = hang
    kept.pool._refill = True
    kept.pool._wake.set()
    await reached.wait()
    assert len(kept.pool.waiting().warming) == 1
    await kept.pool.drain()
    go.set()
    await kept.until(lambda status: not status.warming and not kept.backend.machines)
    assert kept.pool.status().ready == 0


async def test_while_machines_go_they_are_seen_to_and_cannot_be_leased(keep: Keep):
    kept = keep(PoolSettings(low=1, high=1))
    await kept.until(lambda status: status.ready == 1)
    machine = kept.pool.waiting().ready[0]
    go = asyncio.Event()
    discard = machine.discard

    async def slow() -> None:
        await go.wait()
        await discard()

    machine.discard = slow  # type: ignore[method-assign]
    draining = asyncio.create_task(kept.pool.drain())
    await settle()
    assert kept.pool.waiting().leaving == (machine,)
    lease = await kept.pool.lease(MINIMAL)
    assert lease.machine is not machine
    go.set()
    assert await draining == 1
    assert kept.pool.waiting().leaving == ()
    await kept.pool.discard(lease.machine)


async def test_a_machine_is_replaced_although_enough_of_them_wait(keep: Keep):
    kept = keep(PoolSettings(low=1, high=2))
    await kept.until(lambda status: status.ready == 2)
    old, stays = kept.ids()
    await kept.pool.dismiss(old, replace=True)
    await kept.until(lambda status: status.ready == 2)
    assert stays in kept.ids()
    assert old not in kept.ids()


async def test_a_replacement_is_made_after_whoever_needed_the_host_is_done(keep: Keep):
    kept = keep(PoolSettings(low=1, high=2))
    await kept.until(lambda status: status.ready == 2)
    with kept.pool.holding_back():
        await kept.pool.dismiss(kept.ids()[0], replace=True)
        await settle()
        assert (kept.pool.status().ready, kept.pool.status().warming) == (1, 0)
    await kept.until(lambda status: status.ready == 2)


async def test_a_discarded_machine_is_replaced_only_below_the_low_watermark(keep: Keep):
    kept = keep(PoolSettings(low=1, high=2))
    await kept.until(lambda status: status.ready == 2)
    await kept.pool.dismiss(kept.ids()[0], replace=False)
    await settle()
    assert (kept.pool.status().ready, kept.pool.status().warming) == (1, 0)
    await kept.pool.dismiss(kept.ids()[0], replace=False)
    await kept.until(lambda status: status.ready == 2)


async def test_a_machine_that_was_leased_meanwhile_is_left_alone(keep: Keep):
    kept = keep(PoolSettings(low=1, high=1))
    await kept.until(lambda status: status.ready == 1)
    (id_,) = kept.ids()
    lease = await kept.pool.lease(MINIMAL)
    with pytest.raises(NotFound, match="does not wait any more"):
        await kept.pool.dismiss(id_, replace=True)
    assert lease.machine.alive


async def test_nothing_is_replaced_in_a_drained_pool(keep: Keep):
    kept = keep(PoolSettings(low=0, high=1))
    lease = await kept.pool.lease(MINIMAL)
    await kept.pool.release(lease.machine)
    kept.pool._drained = True
    with pytest.raises(UsageError, match="drained"):
        await kept.pool.dismiss(lease.machine.id, replace=True)
    assert lease.machine.alive


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["lease", "drain", "resume", "replace", "discard", "breathe"]), max_size=12))
def test_whatever_comes_together_no_machine_is_handed_out_twice_or_left_behind(actions: list[str]) -> None:
    async def act(root: Path) -> None:
        kept = Kept(FakeBackend(root), PoolSettings(low=1, high=2))
        leased: list[Machine] = []

        async def lease() -> None:
            machine = (await kept.pool.lease(MINIMAL)).machine
            assert machine.alive
            leased.append(machine)

        async def dismiss(replace: bool) -> None:
            for id_ in kept.ids()[:1]:
                try:
                    await kept.pool.dismiss(id_, replace=replace)
                except UsageError:
                    assert kept.pool.status().drained

        async def one(action: str) -> None:
            match action:
                case "lease":
                    await lease()
                case "drain":
                    await kept.pool.drain()
                case "resume":
                    kept.pool.resume()
                case "replace" | "discard":
                    await dismiss(action == "replace")
                case "breathe":
                    await asyncio.sleep(0.002)

        tasks = [asyncio.create_task(one(action)) for action in actions]
        await asyncio.gather(*tasks)
        assert len({machine.id for machine in leased}) == len(leased)
        assert all(machine.alive for machine in leased)
        await kept.pool.close()
        assert kept.backend.machines == set()

    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(act(Path(directory)))


async def test_claims_and_clones_are_measured(keep: Keep):
    kept = keep(PoolSettings(low=1, high=1))
    await kept.until(lambda status: status.ready == 1)
    lease = await kept.pool.lease(MINIMAL)
    (claim,) = kept.pool.measurements.claim.samples
    assert claim.ms == lease.took_ms
    assert lease.machine.birth is not None
    assert kept.pool.measurements.clone.samples[0].ms == lease.machine.birth.took_ms
    await kept.pool.discard(lease.machine)


def test_only_the_newest_measurements_are_kept() -> None:
    series = Series(lambda: NOW)
    for number in range(KEPT + 10):
        series.add(float(number))
    assert series.samples[0] == Sample(NOW, 10.0)
    assert len(series.samples) == KEPT


def test_a_summary_is_of_what_there_is() -> None:
    assert summary(()) is None
    assert Measurements().claim.samples == ()
    series = Series(lambda: NOW)
    for ms in (3.0, 1.0, 10.0, 2.0):
        series.add(ms)
    found = summary(series.samples)
    assert found is not None
    assert (found.count, found.least, found.median, found.most) == (4, 1.0, 2.5, 10.0)
