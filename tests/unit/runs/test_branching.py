"""A branch has the state of the snapshot it comes from, and a life of its own."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.runs import execute, state_of
from tests.unit.runs.conftest import OpenEngine
from tui.audit.model import EntryKind, Filter
from tui.config import Settings, SnapshotSettings
from tui.errors import InvalidInput, NotFound, RollcageError
from tui.ids import new_id
from tui.machines.errors import SnapshotDamaged, SnapshotError
from tui.machines.model import MachineSpec
from tui.machines.protocol import SnapshotLabel
from tui.runs.engine import Engine
from tui.store.locks import Held, Lock
from tui.store.model import RunRecord
from tui.store.states import SnapshotReason


async def begun(engine: Engine, *texts: str, session: str = "s") -> RunRecord:
    """Write each text into the file, one run after the other; return the first run."""
    runs = [await execute(engine, f"echo {text} > file", session=session) for text in texts]
    return runs[0]


async def test_a_branch_begins_where_the_snapshot_stands_and_the_source_stays(engine: Engine):
    first = await begun(engine, "1", "2")
    branch = await engine.branch(first.after_id or "", "twin")
    assert (branch.name, branch.spec) == ("twin", engine.store.session("s").spec)
    (root,) = engine.store.snapshots(branch.id)
    assert (root.id, root.parent_id, root.reason) == (branch.head_id, first.after_id, SnapshotReason.BRANCH)
    assert await state_of(engine, "twin") == "1"
    assert await state_of(engine) == "2"


async def test_the_branch_has_a_history_of_its_own(engine: Engine):
    first = await begun(engine, "1", "2")
    branch = await engine.branch(first.after_id or "", "twin")
    with pytest.raises(NotFound):
        await engine.undo("twin")
    await begun(engine, "3", "4", session="twin")
    await engine.undo("twin")
    assert await state_of(engine, "twin") == "3"
    await engine.rollback("twin", branch.head_id or "")
    assert await state_of(engine, "twin") == "1"
    failed = await execute(engine, "echo 5 > file; false", session="twin")
    assert failed.rolled_back
    assert await state_of(engine, "twin") == "1"
    assert await state_of(engine) == "2"


async def test_any_snapshot_of_any_session_may_be_branched_from_again(engine: Engine):
    first = await begun(engine, "1")
    one = await engine.branch(first.after_id or "", "one")
    two = await engine.branch(one.head_id or "", "two")
    await engine.delete_session("one")
    await engine.delete_session("s")
    assert await state_of(engine, "two") == "1"
    await engine.verify_snapshot(two.head_id or "")


@pytest.mark.parametrize("deleted", ["s", "twin"])
async def test_either_outlives_the_other(engine: Engine, fake: FakeBackend, deleted: str):
    first = await begun(engine, "1")
    branch = await engine.branch(first.after_id or "", "twin")
    await engine.delete_session(deleted)
    assert await state_of(engine, "twin" if deleted == "s" else "s") == "1"
    assert (branch.head_id in await fake.stored()) == (deleted == "s")


async def test_garbage_collection_leaves_what_a_branch_stands_on(open_engine: OpenEngine):
    settings = replace(Settings(), snapshots=SnapshotSettings(keep_per_session=2, keep_total_mb=64))
    engine = await open_engine(settings)
    first = await begun(engine, "1")
    branch = await engine.branch(first.after_id or "", "twin")
    await begun(engine, "2", "3", "4", "5")
    with pytest.raises(NotFound):
        engine.store.snapshot(first.after_id or "")
    assert engine.store.snapshot(branch.head_id or "")
    assert await state_of(engine, "twin") == "1"


SECRET = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


@pytest.mark.parametrize("name", ["s", "", "a\nb", "01KE0000000000000000000000", SECRET])
async def test_a_name_that_is_none_or_taken_makes_no_session(engine: Engine, fake: FakeBackend, name: str):
    first = await begun(engine, "1")
    stored = await fake.stored()
    with pytest.raises(InvalidInput):
        await engine.branch(first.after_id or "", name)
    assert [session.name for session in engine.store.sessions()] == ["s"]
    assert await fake.stored() == stored
    assert len(list(engine._context.paths.locks.glob("*.lock"))) <= 1


async def test_a_snapshot_of_no_use_makes_no_session(engine: Engine, fake: FakeBackend):
    first = await begun(engine, "1")
    with pytest.raises(NotFound):
        await engine.branch(new_id(), "twin")
    fake.faults["copy"].append(SnapshotError("no space"))
    with pytest.raises(SnapshotError):
        await engine.branch(first.after_id or "", "twin")
    (fake.root / "snapshots" / (first.after_id or "") / "files" / "file").write_text("damaged")
    with pytest.raises(SnapshotDamaged):
        await engine.branch(first.after_id or "", "twin")
    assert [session.name for session in engine.store.sessions()] == ["s"]


async def test_a_branch_given_up_in_the_middle_leaves_nothing(engine: Engine, fake: FakeBackend):
    first = await begun(engine, "1")
    stored = await fake.stored()
    reached, forever = asyncio.Event(), asyncio.Event()

    async def gate() -> None:
        reached.set()
        await forever.wait()

    fake.gates["copy"] = gate
    branching = asyncio.create_task(engine.branch(first.after_id or "", "twin"))
    await reached.wait()
    with pytest.raises(Held):  # nobody runs anything in it before it has its state
        Lock.acquire(engine._context.paths.locks, engine.store.session("twin").id)
    branching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await branching
    assert [session.name for session in engine.store.sessions()] == ["s"]
    assert await fake.stored() == stored


async def test_it_goes_to_the_audit_log(engine: Engine):
    first = await begun(engine, "1")
    branch = await engine.branch(first.after_id or "", "twin")
    await engine._context.audit.settled()
    (entry,) = engine._context.audit._log.page(Filter(kinds=frozenset({EntryKind.SESSION_BRANCHED})), limit=2)
    assert entry.session == "twin"
    assert entry.details == {
        "session_id": branch.id, "snapshot_id": branch.head_id, "from_session": "s", "from_snapshot_id": first.after_id,
    }  # fmt: skip


async def test_a_branch_whose_process_was_killed_is_whole_at_the_next_start(open_engine: OpenEngine, fake: FakeBackend):
    first = await open_engine(backend=fake)
    run = await begun(first, "1")
    # As far as it comes before the record: the session is there, and the bytes are.
    session_id = new_id()
    first.store.add_session(session_id, "twin", MachineSpec(256))
    label = SnapshotLabel(new_id(), session_id, run.after_id, "branch", run.started_at.isoformat())
    await fake.copy(run.after_id or "", label)
    await first.close()
    second = await open_engine()
    await second._backend.settled()
    assert second.store.session("twin").head_id == label.id
    assert await state_of(second, "twin") == "1"


async def test_the_plan_of_a_rollback_in_a_branch_knows_only_its_own_runs(engine: Engine):
    first = await begun(engine, "1", "2")
    branch = await engine.branch(first.after_id or "", "twin")
    own = await begun(engine, "3", session="twin")
    plan = await engine.plan_rollback("twin", branch.head_id or "")
    assert [run.id for run in plan.lost_runs] == [own.id]


async def test_head_is_a_name_for_where_a_session_is(engine: Engine):
    with pytest.raises(RollcageError):
        await engine.plan_rollback("s", "head")
    run = await begun(engine, "1")
    assert (await engine.plan_rollback("s", "head")).target.id == run.after_id
