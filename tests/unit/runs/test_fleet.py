"""Every machine of a process is seen as it is, and restarting or discarding one loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fake_backend import FakeBackend, FakeMachine
from tests.support.runs import execute, request, start, state_of, until
from tests.unit.machines.test_inventory import made
from tests.unit.runs.conftest import OpenEngine
from tui.audit.model import Record
from tui.audit.reader import AuditReader
from tui.config import PoolSettings, Settings, SnapshotSettings
from tui.errors import Busy, NotFound, UsageError
from tui.machines.errors import SnapshotError
from tui.machines.inventory import MemoryUse, Origin
from tui.machines.model import PROFILES
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.events import Event, MachineLeased, PoolChanged
from tui.runs.fleet import Fleet, MachineInfo, MachineState

WARM = replace(Settings(), pool=PoolSettings(low=1, high=1))
COLD = replace(Settings(), pool=PoolSettings(low=0, high=0))


async def only(engine: Engine) -> MachineInfo:
    (machine,) = await engine.machines()
    return machine


async def waiting(engine: Engine, ready: int = 1) -> list[MachineInfo]:
    news = asyncio.Event()
    engine.subscribe(lambda event: news.set() if isinstance(event, PoolChanged) else None)
    async with asyncio.timeout(10):
        while engine.pool_status().ready < ready:
            await news.wait()
            news.clear()
    return [each for each in await engine.machines() if each.state is MachineState.READY]


def told(engine: Engine) -> list[Event]:
    events: list[Event] = []
    engine.subscribe(events.append)
    return events


async def records(engine: Engine, paths: Paths, kind: str) -> list[Record]:
    await engine._context.audit.settled()
    reader = AuditReader.read(paths)
    assert reader is not None
    found = [record for record in reader.page(limit=100) if record.kind == kind]
    reader.close()
    return found


def machine_of(fake: FakeBackend, info: MachineInfo) -> FakeMachine:
    return next(machine for machine in fake.machines if machine.id == info.id)


# --- looking -------------------------------------------------------------------------------------------------------


async def test_a_machine_that_waits_is_seen_with_its_memory_and_how_it_came_to_be(
    open_engine: OpenEngine, fake: FakeBackend
):
    engine = await open_engine(WARM, backend=fake, warm_pool=True)
    (info,) = await waiting(engine)
    assert (info.spec, info.session, info.uses, info.claim_ms) == (PROFILES[WARM.profile], "", 0, None)
    assert info.profile == WARM.profile
    assert info.birth is not None
    assert info.birth.origin is Origin.CLONED
    assert info.created_at == info.birth.at
    assert info.pid == machine_of(fake, info).pid
    assert info.memory is not None
    assert info.memory.rss >= info.memory.pss > 0


async def test_a_machine_being_made_is_seen_before_it_has_a_process(open_engine: OpenEngine, fake: FakeBackend):
    reached, go = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await go.wait()

    fake.gates["clone"] = hang
    engine = await open_engine(WARM, backend=fake, warm_pool=True)
    await reached.wait()
    info = await only(engine)
    assert (info.state, info.pid, info.memory) == (MachineState.WARMING, None, None)
    await engine.drain_pool()
    assert (await only(engine)).state is MachineState.DRAINING
    news = asyncio.Event()
    engine.subscribe(lambda _: news.set())
    go.set()
    async with asyncio.timeout(10):
        while await engine.machines():
            await news.wait()
            news.clear()


async def test_a_sessions_machine_counts_the_runs_it_served(engine: Engine):
    await execute(engine, "echo 1 > file", session="s")
    await execute(engine, "echo 2 > file", session="s")
    info = await only(engine)
    assert (info.state, info.session, info.uses, info.source) == (MachineState.LEASED, "s", 2, "clone")
    assert info.claim_ms is not None
    assert info.snapshot_id == engine.store.session("s").head_id
    assert not info.unsaved
    await execute(engine, "exit 3", session="s")  # rolled back: another machine
    after = await only(engine)
    assert after.id != info.id
    assert after.uses == 0
    assert after.birth is not None
    assert (after.birth.origin, after.birth.snapshot_id) == (Origin.RESTORED, engine.store.session("s").head_id)


async def test_a_machine_in_which_a_run_executes_is_seen_as_such(engine: Engine):
    run = await start(engine, "echo on; read line", session="s")
    await until(run, b"on")
    info = await only(engine)
    assert (info.state, info.unsaved) == (MachineState.RUNNING, True)
    await run.cancel()
    await run.result()


async def test_a_dead_machine_is_seen_as_lost_and_its_memory_is_not_known(engine: Engine, fake: FakeBackend):
    await execute(engine, "true", session="s")
    machine = machine_of(fake, await only(engine))
    os.kill(machine.pid, signal.SIGKILL)
    await machine.lost.wait()
    info = await only(engine)
    assert (info.state, info.memory) == (MachineState.LOST, None)


async def test_a_machine_that_stands_by_is_seen_with_its_session(engine: Engine, fake: FakeBackend):
    await execute(engine, "true", session="s")
    head = engine.store.session("s").head_id
    assert head is not None
    fake.waiting[head] = standby = await fake.restore(head)
    fake.waiting["unknown"] = None
    states = {info.id: (info.state, info.session, info.snapshot_id) for info in await engine.machines()}
    assert states[standby.id] == (MachineState.STANDBY, "s", head)
    assert states["unknown"] == (MachineState.WARMING, "", "unknown")
    assert await engine.machine_log(standby.id) == "fake console"


async def test_memory_is_read_again_only_after_a_while_and_never_made_up(engine: Engine):
    await execute(engine, "true", session="s")
    moments, asked = iter([0.0, 1.0, 10.0]), []

    def measure(pid: int) -> MemoryUse | None:
        asked.append(pid)
        return MemoryUse(2, 1) if len(asked) == 1 else None

    fleet = Fleet(engine._context, engine._drivers, engine._backend, clock=lambda: next(moments), measure=measure)
    seen = [(await fleet.machines())[0].memory for _ in range(3)]
    assert seen == [MemoryUse(2, 1), MemoryUse(2, 1), None]
    assert len(asked) == 2


async def test_what_was_taken_is_measured_by_kind(engine: Engine):
    await execute(engine, "echo 1 > file", session="s")
    await execute(engine, "exit 1", session="s")
    found = engine.measurements
    assert [len(series.samples) for series in (found.claim, found.clone, found.rollback, found.restore)] == [1, 1, 1, 1]
    info = await only(engine)
    await engine.restart_machine(info.id)
    assert len(found.restore.samples) == 2
    birth = (await only(engine)).birth
    assert birth is not None
    assert birth.took_ms == found.restore.samples[1].ms


# --- machines that wait --------------------------------------------------------------------------------------------


async def test_draining_and_resuming_are_told_and_recorded(open_engine: OpenEngine, fake: FakeBackend, paths: Paths):
    engine = await open_engine(WARM, backend=fake, warm_pool=True)
    events = told(engine)
    await waiting(engine)
    assert await engine.drain_pool() == 1
    assert await engine.machines() == ()
    assert [event.drained for event in events if isinstance(event, PoolChanged)][-1] is True
    engine.resume_pool()
    await waiting(engine)
    assert [event.drained for event in events if isinstance(event, PoolChanged)][-1] is False
    (drained,) = await records(engine, paths, "pool-drained")
    assert drained.details == {"machines": 1}
    assert len(await records(engine, paths, "pool-resumed")) == 1


async def test_a_waiting_machine_is_restarted(open_engine: OpenEngine, fake: FakeBackend, paths: Paths):
    engine = await open_engine(WARM, backend=fake, warm_pool=True)
    (old,) = await waiting(engine)
    await engine.restart_machine(old.id)
    (new,) = await waiting(engine)
    assert new.id != old.id
    (record,) = await records(engine, paths, "machine-restarted")
    assert (record.session, record.details) == ("", {"machine_id": old.id})


async def test_a_waiting_machine_is_discarded(open_engine: OpenEngine, fake: FakeBackend, paths: Paths):
    engine = await open_engine(replace(Settings(), pool=PoolSettings(low=0, high=1)), backend=fake)
    lease = await engine._pool.lease(PROFILES[Settings().profile])
    await engine._pool.release(lease.machine)
    await engine.discard_machine(lease.machine.id)
    assert await engine.machines() == ()
    assert len(await records(engine, paths, "machine-discarded")) == 1


async def test_a_machine_that_stands_by_is_made_anew_or_let_go(engine: Engine, fake: FakeBackend):
    await execute(engine, "true", session="s")
    head = engine.store.session("s").head_id
    assert head is not None
    for act in (engine.restart_machine, engine.discard_machine):
        fake.waiting[head] = standby = await fake.restore(head)
        await act(standby.id)
        assert not standby.alive
        assert fake.waiting == {}


@pytest.mark.parametrize("act", ["restart_machine", "discard_machine", "machine_log"])
async def test_a_machine_that_is_gone_is_not_found(engine: Engine, act: str, paths: Paths):
    with pytest.raises(NotFound, match=r"no such machine|does not wait"):
        await getattr(engine, act)("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert await records(engine, paths, "machine-restarted") == []


# --- machines of sessions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["restart_machine", "discard_machine"])
@pytest.mark.parametrize("snapshots", [SnapshotSettings(), SnapshotSettings(after=False)], ids=["kept", "ahead"])
async def test_a_sessions_machine_can_go_and_nothing_is_lost(
    open_engine: OpenEngine, fake: FakeBackend, paths: Paths, act: str, snapshots: SnapshotSettings
):
    engine = await open_engine(replace(COLD, snapshots=snapshots), backend=fake)
    await execute(engine, "echo precious > file", session="s")
    old = await only(engine)
    assert old.unsaved is not snapshots.after
    await getattr(engine, act)(old.id)
    assert old.id not in {machine.id for machine in fake.machines}
    assert await state_of(engine, "s") == "precious"
    kind = {"restart_machine": "machine-restarted", "discard_machine": "machine-discarded"}[act]
    (record,) = await records(engine, paths, kind)
    assert (record.session, record.details["machine_id"]) == ("s", old.id)


async def test_the_state_that_a_failed_run_left_is_kept_where_nothing_rolls_back(
    open_engine: OpenEngine, fake: FakeBackend
):
    settings = replace(COLD, snapshots=SnapshotSettings(before=False, after=False, on_failure=False))
    engine = await open_engine(settings, backend=fake)
    await execute(engine, "echo left > file; exit 1", session="s")
    await engine.restart_machine((await only(engine)).id)
    assert await state_of(engine, "s") == "left"


async def test_a_restarted_machine_of_a_session_is_told_of(engine: Engine):
    await execute(engine, "true", session="s")
    events = told(engine)
    await engine.restart_machine((await only(engine)).id)
    (leased,) = [event for event in events if isinstance(event, MachineLeased)]
    assert (leased.machine_id, leased.run_id, leased.source) == ((await only(engine)).id, None, "snapshot")
    assert leased.session_id == engine.store.session("s").id


@pytest.mark.parametrize("act", ["restart_machine", "discard_machine"])
async def test_a_machine_in_use_is_left_alone(engine: Engine, act: str):
    run = await start(engine, "echo on; read line; echo $line", session="s")
    await until(run, b"on")
    info = await only(engine)
    with pytest.raises(Busy, match="a run executes or waits in session 's'"):
        await getattr(engine, act)(info.id)
    assert (await only(engine)).id == info.id
    await run.cancel()
    await run.result()


async def test_a_machine_whose_state_cannot_be_stored_stays(open_engine: OpenEngine, fake: FakeBackend):
    engine = await open_engine(replace(COLD, snapshots=SnapshotSettings(after=False)), backend=fake)
    await execute(engine, "echo precious > file", session="s")
    for act in (engine.restart_machine, engine.discard_machine):
        fake.faults["capture"] = [SnapshotError("no space")]
        with pytest.raises(SnapshotError, match="no space"):
            await act((await only(engine)).id)
    assert await state_of(engine, "s") == "precious"


async def test_a_machine_that_cannot_be_restored_is_not_given_up(engine: Engine, fake: FakeBackend):
    await execute(engine, "echo precious > file", session="s")
    old = await only(engine)
    fake.faults["restore"] = [SnapshotError("cannot be read")]
    with pytest.raises(SnapshotError):
        await engine.restart_machine(old.id)
    assert (await only(engine)).id == old.id
    assert machine_of(fake, old).alive


async def test_a_dead_machine_is_restored_from_the_head(engine: Engine, fake: FakeBackend):
    await execute(engine, "echo precious > file", session="s")
    machine = machine_of(fake, await only(engine))
    os.kill(machine.pid, signal.SIGKILL)
    await machine.lost.wait()
    await engine.restart_machine(machine.id)
    assert (await only(engine)).state is MachineState.LEASED
    assert await state_of(engine, "s") == "precious"


async def test_a_machine_that_died_before_anything_was_kept_can_only_be_discarded(
    open_engine: OpenEngine, fake: FakeBackend
):
    engine = await open_engine(replace(COLD, snapshots=SnapshotSettings(before=False, after=False)), backend=fake)
    await execute(engine, "true", session="s")
    machine = machine_of(fake, await only(engine))
    os.kill(machine.pid, signal.SIGKILL)
    await machine.lost.wait()
    with pytest.raises(UsageError, match="died before anything of it was kept"):
        await engine.restart_machine(machine.id)
    await engine.discard_machine(machine.id)
    assert await engine.machines() == ()


async def test_a_restart_and_a_run_that_come_together_do_not_disturb_each_other(engine: Engine):
    await execute(engine, "echo precious > file", session="s")
    info = await only(engine)
    restarting = asyncio.create_task(engine.restart_machine(info.id))
    run = engine.run(request("cat file", session="s"))
    outcomes: list[Any] = await asyncio.gather(restarting, run.result(), return_exceptions=True)
    assert outcomes[0] is None or isinstance(outcomes[0], Busy)
    assert outcomes[1].exit_code == 0
    assert await state_of(engine, "s") == "precious"


async def test_templates_that_no_machine_comes_from_any_more_are_told_apart(engine: Engine, paths: Paths):
    for id_ in ("fake-256", "older"):
        made(paths, id_)
    assert {each.id: each.fits for each in await engine.templates()} == {"fake-256": None, "older": None}
    await engine.backend_status()  # which opens the backend
    assert {each.id: each.fits for each in await engine.templates()} == {"fake-256": True, "older": False}
