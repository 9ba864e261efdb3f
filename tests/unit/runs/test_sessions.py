"""Sessions over time: heads, undo and redo, several at once, several processes."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.gates import OpenGate, with_text
from tests.support.runs import events_of, execute, names, output_of, request, start, state_of, until
from tests.unit.runs.conftest import OpenEngine
from tui.config import PoolSettings, Settings, SnapshotSettings
from tui.errors import Busy, InvalidInput, NotFound, Refused, UsageError
from tui.machines.errors import SnapshotDamaged
from tui.machines.model import PROFILES
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.events import Event, MachineLeased, RolledBack
from tui.runs.request import Request, StepRequest
from tui.store.locks import Lock
from tui.store.states import MoveKind, RunState, SnapshotReason


def source(events: list[Event]) -> str:
    return next(event.source for event in events if isinstance(event, MachineLeased))


async def test_a_session_outlives_its_engine(open_engine: OpenEngine):
    first = await open_engine()
    await execute(first, "echo one > file", spec=PROFILES["standard"])
    await first.close()
    second = await open_engine()
    run = await start(second, "cat file")
    assert source(await events_of(run)) == "snapshot"
    assert await output_of(run) == b"one\n"
    assert second.store.session("s").spec == PROFILES["standard"]


async def test_the_backend_is_not_touched_before_a_machine_is_needed(open_engine: OpenEngine, fake: FakeBackend):
    engine = await open_engine(backend=fake)
    engine.store.sessions()
    engine.pool_status()
    await engine.close()
    assert fake.calls == []


async def test_undo_and_redo_walk_the_journal(engine: Engine):
    for value in ("1", "2", "3"):
        await execute(engine, f"echo {value} > file")
    heads = [move.to_id for move in engine.store.moves(engine.store.session("s").id)]
    plan = await engine.plan_undo("s")
    assert plan is not None
    assert [run.title for run in plan.lost_runs] == ["echo 3 > file"]
    undone = await engine.undo("s")
    assert (undone.from_id, undone.to_id, undone.kind) == (heads[2], heads[1], MoveKind.UNDO)
    await engine.undo("s")
    assert engine.store.session("s").head_id == heads[0]
    await engine.redo("s")
    assert engine.store.session("s").head_id == heads[1]
    assert [str(move.kind) for move in engine.store.moves(engine.store.session("s").id)] == [
        "run", "run", "run", "undo", "undo", "redo",
    ]  # fmt: skip
    await engine.undo("s")
    await engine.undo("s")
    with pytest.raises(NotFound, match="nothing to undo"):
        await engine.undo("s")
    assert await engine.plan_undo("s") is None
    await execute(engine, "echo new > file")
    assert await engine.plan_redo("s") is None
    with pytest.raises(NotFound, match="nothing to redo"):
        await engine.redo("s")
    assert await state_of(engine) == "new"


async def test_undo_and_redo_survive_a_restart(open_engine: OpenEngine):
    first = await open_engine()
    await execute(first, "echo 1 > file")
    await execute(first, "echo 2 > file")
    await first.close()
    second = await open_engine()
    await second.undo("s")
    assert await state_of(second) == "1"
    await second.undo("s")
    await second.close()
    third = await open_engine()
    await third.redo("s")
    assert await state_of(third) == "1"


async def test_a_run_that_was_rolled_back_leaves_what_can_be_redone(engine: Engine):
    await execute(engine, "echo 1 > file")
    await execute(engine, "echo 2 > file")
    await engine.undo("s")
    await execute(engine, "exit 1")
    await engine.redo("s")
    assert await state_of(engine) == "2"


async def test_a_rollback_finds_its_target_by_id_prefix_name_or_success(engine: Engine):
    first = await execute(engine, "echo 1 > file")
    second = await execute(engine, "echo 2 > file")
    assert first.after_id is not None
    assert second.after_id is not None
    await engine.set_snapshot(first.after_id, name="good one")
    assert (await engine.plan_rollback("s", "good one")).target.id == first.after_id
    assert (await engine.plan_rollback("s", first.after_id.lower())).target.id == first.after_id
    assert (await engine.plan_rollback("s", second.after_id[:25])).target.id in (first.after_id, second.after_id)
    assert (await engine.plan_rollback("s", "last-success")).target.id == second.after_id
    for wrong in ("nothing", first.after_id[:3], first.after_id[:4]):
        with pytest.raises(NotFound):
            await engine.plan_rollback("s", wrong)
    with pytest.raises(NotFound):
        await engine.plan_rollback("no such session", "good one")
    back = await engine.rollback("s", "good one")
    assert (back.to_id, back.kind) == (first.after_id, MoveKind.ROLLBACK)
    assert await state_of(engine) == "1"
    await engine.undo("s")
    await engine.undo("s")
    assert await state_of(engine) == "2"


async def test_a_plan_names_the_runs_that_go(engine: Engine):
    first = await execute(engine, "echo 1 > file")
    await execute(engine, "echo 2 > file")
    await execute(engine, "exit 1")
    await execute(engine, "echo 3 > file")
    plan = await engine.plan_rollback("s", first.before_id or "")
    assert [run.title for run in plan.lost_runs] == ["echo 1 > file", "echo 2 > file", "echo 3 > file"]
    assert plan.head is not None
    assert plan.head.id == engine.store.session("s").head_id
    assert (await engine.plan_rollback("s", plan.head.id)).lost_runs == ()


async def test_a_rollback_without_a_live_machine_only_moves_the_head(open_engine: OpenEngine, fake: FakeBackend):
    first = await open_engine()
    record = await execute(first, "echo 1 > file")
    await execute(first, "echo 2 > file")
    await first.close()
    engine = await open_engine(backend=fake)
    await engine.rollback("s", record.after_id or "")
    assert [name for name, _ in fake.calls] == []
    assert engine.store.session("s").head_id == record.after_id


async def test_a_rollback_to_what_is_gone_or_damaged_changes_nothing(engine: Engine, fake: FakeBackend):
    first = await execute(engine, "echo 1 > file")
    second = await execute(engine, "echo 2 > file")
    (fake.root / "snapshots" / (first.after_id or "") / "files" / "file").write_text("tampered")
    with pytest.raises(SnapshotDamaged):
        await engine.rollback("s", first.after_id or "")
    with pytest.raises(SnapshotDamaged):
        await engine.verify_snapshot(first.after_id or "")
    assert engine.store.session("s").head_id == second.after_id
    assert await state_of(engine) == "2"
    await engine.delete_snapshots([first.after_id or ""])
    with pytest.raises(NotFound, match="was deleted"):
        await engine.rollback("s", first.after_id or "")


async def test_a_rollback_waits_for_no_run_but_is_refused(engine: Engine):
    first = await execute(engine, "echo 1 > file")
    run = await start(engine, "echo up; sleep 600")
    await until(run, b"up")
    with pytest.raises(Busy, match="executing"):
        await engine.rollback("s", first.before_id or "")
    with pytest.raises(Busy):
        await engine.undo("s")
    with pytest.raises(Busy):
        await engine.delete_session("s")
    await run.cancel()
    await engine.rollback("s", first.before_id or "")


async def test_runs_of_one_session_wait_for_each_other(engine: Engine):
    runs = [await start(engine, f"sleep 0.05; cat file; echo {number} >> file") for number in range(3)]
    records = [await run.result() for run in runs]
    assert [record.state for record in records] == [RunState.SUCCEEDED] * 3
    assert await output_of(runs[2]) == b"0\n1\n"


async def test_sessions_run_at_the_same_time_and_see_nothing_of_each_other(engine: Engine, tmp_path: Path):
    # Each waits for the other, so they only end if they run at once.
    meet = "touch {0}/{1}; until [ -e {0}/{2} ]; do sleep 0.01; done; echo {1} > file"
    runs = [
        await start(engine, meet.format(tmp_path, "a", "b"), session="a"),
        await start(engine, meet.format(tmp_path, "b", "a"), session="b"),
    ]
    assert [(await run.result()).state for run in runs] == [RunState.SUCCEEDED] * 2
    assert await state_of(engine, "a") == "a"
    assert await state_of(engine, "b") == "b"


async def test_a_waiting_run_can_be_cancelled(engine: Engine):
    first = await start(engine, "echo up; sleep 600")
    await until(first, b"up")
    second = await start(engine, "echo never")
    await second.cancel()
    assert names(await events_of(second)) == ["RunStarted", "RunExited", "RunFinished"]
    record = await second.result()
    assert (record.state, record.error) == (RunState.CANCELLED, "cancelled before it started")
    assert first.id in {run.id for run in engine.store.runs(state=RunState.RUNNING)}
    await first.cancel()


async def test_a_manual_snapshot_of_an_idle_session_leaves_the_head(open_engine: OpenEngine):
    first = await open_engine()
    record = await execute(first, "echo 1 > file")
    await first.close()
    engine = await open_engine()
    snapshot = await engine.snapshot("s", "by hand")
    assert (snapshot.reason, snapshot.name, snapshot.parent_id) == (SnapshotReason.MANUAL, "by hand", record.after_id)
    assert engine.store.session("s").head_id == record.after_id
    await execute(engine, "echo 2 > file")
    await engine.rollback("s", "by hand")
    assert await state_of(engine) == "1"
    with pytest.raises(InvalidInput):
        await engine.snapshot("s", "\x1b[2J")


async def test_a_manual_snapshot_in_the_middle_of_a_run(engine: Engine):
    run = engine.run(request("echo half > file; echo up; read line; echo whole > file", stdin_follows=True))
    await until(run, b"up")
    snapshot = await engine.snapshot("s", "half way")
    assert snapshot.run_id == run.id
    await run.send_stdin(b"go\n")
    record = await run.result()
    assert record.state is RunState.SUCCEEDED
    assert snapshot.parent_id == record.before_id
    assert engine.store.snapshot(record.after_id or "").parent_id == snapshot.id
    plan = await engine.plan_rollback("s", "half way")
    assert [item.id for item in plan.lost_runs] == [run.id]
    await engine.rollback("s", "half way")
    assert await state_of(engine) == "half"


async def test_a_session_without_state_has_nothing_to_capture(engine: Engine, fake: FakeBackend):
    fake.faults["clone"] = [OSError("no")]
    await execute(engine, "true")
    with pytest.raises(UsageError, match="no state"):
        await engine.snapshot("s")


async def test_another_process_may_go_on_with_the_session_and_this_one_notices(open_engine: OpenEngine):
    one, two = await open_engine(), await open_engine()
    await execute(one, "echo 1 > file")
    await execute(two, "echo 2 > file")
    run = await start(one, "cat file")
    assert source(await events_of(run)) == "snapshot"
    assert await output_of(run) == b"2\n"


async def test_two_engines_do_not_drive_one_session_at_once(open_engine: OpenEngine):
    one, two = await open_engine(), await open_engine()
    run = await start(one, "echo up; sleep 600")
    await until(run, b"up")
    record = await execute(two, "echo never")
    assert record.state is RunState.REFUSED, "it never began"
    assert f"process {os.getpid()} is using session 's'" in record.error
    with pytest.raises(Busy):
        await two.rollback("s", "last-success")
    assert [item.id for item in two.store.runs(state=RunState.RUNNING)] == [run.id]
    await run.cancel()


async def test_a_process_that_holds_a_session_is_named(paths: Paths, engine: Engine):
    await execute(engine, "true")
    session = engine.store.session("s")
    code = (
        "import sys\nfrom pathlib import Path\nfrom tui.store.locks import Lock\n"
        "lock = Lock.acquire(Path(sys.argv[1]), sys.argv[2])\nprint('held', flush=True)\nsys.stdin.read()\n"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(paths.locks), session.id,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    with pytest.raises(Busy, match=f"process {holder.pid} is using session 's'"):
        await engine.rollback("s", "last-success")
    holder.kill()
    await holder.wait()
    await engine.rollback("s", "last-success")
    Lock.acquire(paths.locks, session.id).release()


async def test_only_so_many_machines_stand_by(open_engine: OpenEngine, fake: FakeBackend):
    engine = await open_engine(Settings(pool=PoolSettings(sessions=2)), backend=fake)
    for name in ("a", "b", "c"):
        await execute(engine, f"echo {name} > file", session=name)
    await asyncio.gather(*engine._tasks)
    assert len(fake.machines) == 2
    assert source(await events_of(await start(engine, "true", session="c"))) == "live"
    assert await state_of(engine, "a") == "a"


async def test_without_snapshots_after_the_state_is_kept_when_it_must_be(open_engine: OpenEngine):
    engine = await open_engine(Settings(snapshots=SnapshotSettings(after=False)))
    first = await execute(engine, "echo 1 > file")
    assert first.after_id is None
    session = engine.store.session("s")
    assert len(engine.store.snapshots(session.id)) == 1
    second = await execute(engine, "echo 2 > file")
    held = engine.store.snapshot(second.before_id or "")
    assert (held.run_id, held.reason) == (first.id, SnapshotReason.AFTER)
    await engine.undo("s")
    assert await state_of(engine) == "1"
    await execute(engine, "echo 3 > file")
    await engine.close()
    again = await open_engine()
    assert await state_of(again) == "3"


async def test_without_automatic_rollback_the_failed_state_goes_on(open_engine: OpenEngine):
    engine = await open_engine(Settings(snapshots=SnapshotSettings(auto_rollback=False)))
    await execute(engine, "echo 1 > file")
    record = await execute(engine, "echo 2 > file; exit 1")
    assert (record.state, record.rolled_back) == (RunState.FAILED, False)
    assert engine.store.session("s").head_id == record.after_id
    assert await state_of(engine) == "2"
    await engine.undo("s")
    await engine.undo("s")
    assert await state_of(engine) == "1"


async def test_without_a_failed_snapshot_the_rollback_stands_alone(open_engine: OpenEngine):
    engine = await open_engine(Settings(snapshots=SnapshotSettings(on_failure=False)))
    await execute(engine, "echo 1 > file")
    run = await start(engine, "echo 2 > file; exit 1")
    assert names(await events_of(run))[-3:] == ["RunExited", "RolledBack", "RunFinished"]
    assert await state_of(engine) == "1"


async def test_without_any_snapshots_runs_still_follow_each_other(open_engine: OpenEngine):
    nothing = SnapshotSettings(before=False, after=False, on_failure=False, auto_rollback=False)
    engine = await open_engine(Settings(snapshots=nothing))
    await execute(engine, "echo 1 > file")
    await execute(engine, "echo 2 >> file; exit 1")
    assert engine.store.snapshots(engine.store.session("s").id) == []
    assert await state_of(engine) == "1\n2"
    await engine.close()
    assert await state_of(await open_engine()) == "1\n2"


async def test_an_engine_that_stays_prepares_the_rollback_while_the_run_executes(
    open_engine: OpenEngine, fake: FakeBackend
):
    engine = await open_engine(backend=fake, warm_pool=True)
    record = await execute(engine, "exit 1")
    before_id = record.before_id or ""
    assert fake.calls.index(("anticipate", before_id)) < fake.calls.index(("restore", before_id))


async def test_the_next_rollback_is_prepared_where_the_head_is_and_where_a_person_looks(
    open_engine: OpenEngine, fake: FakeBackend
):
    engine = await open_engine(backend=fake, warm_pool=True)
    first = await execute(engine, "echo 1 > file")
    second = await execute(engine, "echo 2 > file")
    await engine.plan_rollback("s", first.before_id or "")
    await engine.close()
    anticipated = [id_ for call, id_ in fake.calls if call == "anticipate"]
    assert anticipated[-3:] == [first.after_id, second.after_id, first.before_id]


async def test_an_engine_that_ends_with_its_run_prepares_nothing(engine: Engine, fake: FakeBackend):
    record = await execute(engine, "exit 1")
    assert record.rolled_back
    assert "anticipate" not in [call for call, _ in fake.calls]


async def test_a_deleted_session_leaves_nothing(engine: Engine, fake: FakeBackend, paths: Paths):
    record = await execute(engine, "echo 1 > file")
    await engine.delete_session("s")
    assert engine.store.sessions() == []
    assert list((fake.root / "snapshots").iterdir()) == []
    assert fake.machines == set()
    assert not engine.store.output_path(record.id).exists()
    assert list(paths.locks.glob("*.lock")) == []
    with pytest.raises(NotFound):
        engine.store.run(record.id)
    assert await state_of(engine) == "nothing"


async def test_closing_kills_what_runs_and_keeps_what_was(open_engine: OpenEngine, fake: FakeBackend):
    engine = await open_engine(backend=fake)
    await execute(engine, "echo 1 > file")
    run = await start(engine, "trap '' TERM; echo 2 > file; echo up; while :; do sleep 0.05; done")
    await until(run, b"up")
    await engine.close()
    await engine.close()
    assert (await run.result()).state is RunState.CANCELLED
    assert fake.machines == set()
    with pytest.raises(UsageError):
        engine.run(Request("late", (StepRequest("true"),)))
    assert await state_of(await open_engine()) == "1"


async def test_what_the_gate_changes_runs_and_what_it_refuses_does_not(open_engine: OpenEngine, fake: FakeBackend):
    def change(request: Request) -> Request:
        if "rm" in request.steps[0].text:
            raise Refused("not here")
        return with_text(request, "echo changed")

    engine = await open_engine(backend=fake, gate=OpenGate(change))
    run = await start(engine, "echo risky")
    assert await output_of(run) == b"changed\n"
    assert engine.store.run(run.id).request["steps"][0]["text"] == "echo changed"
    refused = await start(engine, "rm -rf /", session="other")
    assert names(await events_of(refused)) == ["RunStarted", "RunExited", "RunFinished"]
    record = await refused.result()
    assert (record.state, record.error) == (RunState.REFUSED, "not here")
    assert engine.store.session("other").head_id is None


async def test_a_gate_that_breaks_refuses(open_engine: OpenEngine):
    def broken(request: Request) -> Request:
        raise ValueError("broken")

    engine = await open_engine(gate=OpenGate(broken))
    record = await execute(engine, "echo never")
    assert (record.state, record.output_bytes) == (RunState.REFUSED, 0)
    assert "broken" in record.error


async def test_moves_are_told_to_listeners(engine: Engine):
    heard: list[Event] = []
    await execute(engine, "echo 1 > file")
    engine.subscribe(heard.append)
    back = await engine.undo("s")
    assert [event for event in heard if isinstance(event, RolledBack)] == [back]
    assert back.took_ms > 0
