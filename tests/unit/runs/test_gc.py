"""What garbage collection takes and what it leaves."""

from __future__ import annotations

import asyncio

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tests.support.fake_backend import FakeBackend
from tests.support.runs import execute, state_of
from tests.unit.runs.conftest import OpenEngine
from tui.config import Settings, SnapshotSettings
from tui.errors import NotFound, UsageError
from tui.ids import new_id
from tui.runs.engine import Engine
from tui.runs.gc import garbage
from tui.store.model import SnapshotRecord
from tui.store.rows import now
from tui.store.states import SnapshotReason

MIB = 1024 * 1024
SESSIONS = [new_id() for _ in range(3)]


def record(number: int, session: int, size_mb: int, *, pinned: bool = False, name: str = "") -> SnapshotRecord:
    id_ = f"{number:026d}"
    return SnapshotRecord(
        id_, SESSIONS[session], None, SnapshotReason.AFTER, now(), name, pinned, stored_bytes=size_mb * MIB
    )


ITEMS = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 40), st.booleans(), st.sampled_from(["", "", "", "kept"]), st.booleans()
    ),
    max_size=30,
)


@given(ITEMS, st.integers(2, 8), st.integers(64, 400))
def test_the_policy_holds_and_what_must_stay_stays(
    items: list[tuple[int, int, bool, str, bool]], per_session: int, total_mb: int
) -> None:
    records = [
        record(number, session, size, pinned=pinned, name=name)
        for number, (session, size, pinned, name, _) in enumerate(items)
    ]
    needed = {item.id for item, (*_, is_head) in zip(records, items, strict=True) if is_head}
    doomed = garbage(records, needed, SnapshotSettings(keep_per_session=per_session, keep_total_mb=total_mb))
    protected = {item.id for item in records if item.pinned or item.name} | needed
    assert not doomed & protected
    left = [item for item in records if item.id not in doomed]
    free = [item for item in left if item.id not in protected]
    for session in SESSIONS:
        assert sum(item.session_id == session for item in free) <= per_session
    if free:
        assert sum(item.stored_bytes for item in left) <= total_mb * MIB
    for session in SESSIONS:
        gone = [item.id for item in records if item.session_id == session and item.id in doomed]
        kept = [item.id for item in free if item.session_id == session]
        assert not gone or not kept or max(gone) < min(kept)


def test_nothing_goes_while_there_is_room() -> None:
    assert garbage([record(number, 0, 1) for number in range(10)], set(), SnapshotSettings()) == set()


async def test_runs_are_followed_by_collection_and_keep_the_ids(open_engine: OpenEngine, fake: FakeBackend):
    engine = await open_engine(Settings(snapshots=SnapshotSettings(keep_per_session=2)), backend=fake)
    records = [await execute(engine, f"echo {number} > file") for number in range(6)]
    await asyncio.gather(*engine._tasks)
    session = engine.store.session("s")
    left = engine.store.snapshots(session.id)
    assert [item.id for item in left] == [records[3].after_id, records[4].after_id, records[5].after_id]
    assert left[0].parent_id is None
    assert set(await fake.stored()) == {item.id for item in left}
    assert engine.store.run(records[0].id).after_id == records[0].after_id
    plan = await engine.plan_rollback("s", left[0].id)
    assert [run.id for run in plan.lost_runs] == [records[4].id, records[5].id]
    await engine.undo("s")
    await engine.undo("s")
    assert await engine.plan_undo("s") is None
    with pytest.raises(NotFound, match="was deleted"):
        await engine.undo("s")
    assert await state_of(engine) == "3"


async def test_deleting_by_hand_spares_what_is_needed(engine: Engine):
    first = await execute(engine, "echo 1 > file")
    second = await execute(engine, "echo 2 > file")
    assert first.before_id is not None
    assert first.after_id is not None
    assert second.after_id is not None
    await engine.set_snapshot(first.after_id, pinned=True)
    for refused, why in ((second.after_id, "head"), (first.after_id, "pinned")):
        with pytest.raises(UsageError, match=why):
            await engine.delete_snapshots([first.before_id, refused])
    assert len(engine.store.snapshots(engine.store.session("s").id)) == 3
    with pytest.raises(NotFound):
        await engine.delete_snapshots([first.before_id, new_id()])
    assert await engine.delete_snapshots([first.before_id]) > 0
    survivors = engine.store.snapshots(engine.store.session("s").id)
    assert [(item.id, item.parent_id) for item in survivors] == [
        (first.after_id, None),
        (second.after_id, first.after_id),
    ]
    await engine.rollback("s", first.after_id)
    assert await state_of(engine) == "1"
