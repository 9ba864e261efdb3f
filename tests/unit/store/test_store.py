"""Records: what goes in comes out, and what goes wrong is said."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from tui.errors import InvalidInput, NotFound
from tui.ids import new_id
from tui.machines.model import PROFILES, MachineSpec, ResourceUsage
from tui.paths import Paths
from tui.store.errors import StoreError
from tui.store.locks import Held, Lock
from tui.store.model import RunRecord, SessionRecord, SnapshotRecord
from tui.store.rows import now
from tui.store.schema import MIGRATIONS, open_database
from tui.store.states import MoveKind, RunState, SnapshotReason
from tui.store.store import Store

SPEC = MachineSpec(512, 2, disk_mb=4096, network=True)


@pytest.fixture
def store(paths: Paths):  # type: ignore[no-untyped-def]
    opened = Store.open(paths)
    yield opened
    opened.close()


@pytest.fixture
def session(store: Store) -> SessionRecord:
    return store.session_for("s", SPEC)


def a_run(session_id: str, **changes: object) -> RunRecord:
    values: dict[str, object] = {
        "id": new_id(), "session_id": session_id, "title": "title", "definition": "deploy", "request": {"a": ["ü", 1]},
        "state": RunState.RUNNING, "started_at": now(),
    }  # fmt: skip
    return RunRecord(**{**values, **changes})  # type: ignore[arg-type]


def a_snapshot(session_id: str, parent: str | None = None, **changes: object) -> SnapshotRecord:
    return SnapshotRecord(new_id(), session_id, parent, SnapshotReason.AFTER, now(), **changes)  # type: ignore[arg-type]


def test_records_come_back_as_they_were(paths: Paths, store: Store, session: SessionRecord):
    run = a_run(session.id)
    store.add_run(run, new_id())
    snapshot = a_snapshot(session.id, name="näme", pinned=True, run_id=run.id, stored_bytes=7, pause_ms=1.25)
    ended = RunRecord(
        **{
            **{name: getattr(run, name) for name in RunRecord.__slots__},
            "state": RunState.SUCCEEDED, "ended_at": now(), "exit_code": 0, "error": "e", "before_id": new_id(),
            "after_id": snapshot.id, "rolled_back": True, "attempts": 2, "output_bytes": 3,
            "output_head": b"\x00\xff\n",
            "usage": ResourceUsage(1.5, 0.25, None, 4096, None),
        }
    )  # fmt: skip
    move = store.conclude(ended, snapshot=snapshot, move=MoveKind.RUN)
    store.close()
    again = Store.open(paths)
    assert again.run(run.id) == ended
    assert again.snapshot(snapshot.id) == snapshot
    assert again.moves(session.id) == [move]
    found = again.session("s")
    assert (found.spec, found.head_id) == (SPEC, snapshot.id)
    assert found == again.session(found.id)
    again.close()


def test_the_version_tells_what_others_changed_and_nothing_else(paths: Paths, store: Store, session: SessionRecord):
    before = store.version()
    store.add_snapshot(a_snapshot(session.id))
    assert store.version() == before
    other = Store.open(paths)
    assert store.version() == before
    other.add_snapshot(a_snapshot(session.id))
    after = store.version()
    assert after != before
    assert store.version() == after
    other.close()


def test_a_final_run_never_changes(store: Store, session: SessionRecord):
    run = a_run(session.id)
    store.add_run(run, new_id())
    store.conclude(a_run(session.id, id=run.id, state=RunState.FAILED, exit_code=3, started_at=run.started_at))
    store.conclude(a_run(session.id, id=run.id, state=RunState.SUCCEEDED, exit_code=0, started_at=run.started_at))
    assert (store.run(run.id).state, store.run(run.id).exit_code) == (RunState.FAILED, 3)


def test_runs_are_listed_newest_first_in_pages_and_by_kind(store: Store, session: SessionRecord):
    other = store.session_for("other", SPEC)
    runs = [a_run(session.id if number % 2 else other.id, definition=str(number % 3)) for number in range(9)]
    for run in runs:
        store.add_run(run, new_id())
    ids = [run.id for run in reversed(runs)]
    assert [run.id for run in store.runs()] == ids
    assert [run.id for run in store.runs(limit=2)] == ids[:2]
    assert [run.id for run in store.runs(limit=2, before=ids[1])] == ids[2:4]
    assert [run.id for run in store.runs(session.id)] == ids[1::2]
    assert [run.id for run in store.runs(definition="0")] == [ids[2], ids[5], ids[8]]
    assert store.runs(state=RunState.FAILED) == []


def test_a_run_is_found_by_the_beginning_of_its_id(store: Store, session: SessionRecord):
    runs = [a_run(session.id, id="01K9Z3X7QM0000000000000001"), a_run(session.id, id="01K9Z3X7QM0000000000000002")]
    for run in runs:
        store.add_run(run, new_id())
    assert store.run("01k9z3x7qm0000000000000002").id == runs[1].id
    with pytest.raises(NotFound, match="several"):
        store.run("01K9Z")
    for nothing in ("01K", "02K9Z", "", "01K9%", "'; DROP TABLE runs; --"):
        with pytest.raises(NotFound):
            store.run(nothing)


def test_parents_that_are_gone_are_skipped(store: Store, session: SessionRecord):
    root = a_snapshot(session.id)
    middle = a_snapshot(session.id, root.id)
    leaf = a_snapshot(session.id, middle.id)
    for each in (root, middle, leaf):
        store.add_snapshot(each)
    store.mark_gone([middle.id])
    assert [(item.id, item.parent_id) for item in store.snapshots(session.id)] == [(root.id, None), (leaf.id, root.id)]
    assert store.family(session.id)[leaf.id].parent_id == middle.id
    with pytest.raises(NotFound, match="was deleted on 2"):
        store.snapshot(middle.id)


def test_names_are_data_with_limits(store: Store, session: SessionRecord):
    snapshot = a_snapshot(session.id)
    store.add_snapshot(snapshot)
    store.set_snapshot(snapshot.id, name="../../etc/passwd '\"; --")
    store.set_snapshot(snapshot.id, pinned=True)
    assert (store.snapshot(snapshot.id).name, store.snapshot(snapshot.id).pinned) == ("../../etc/passwd '\"; --", True)
    store.set_snapshot(snapshot.id, name="")
    assert store.snapshot(snapshot.id).name == ""
    for wrong in ("\n", "\x1b]0;x\x07", "x" * 101, snapshot.id):
        with pytest.raises(InvalidInput):
            store.set_snapshot(snapshot.id, name=wrong)
    with pytest.raises(NotFound):
        store.set_snapshot(new_id(), name="x")


def test_an_existing_session_keeps_its_machine(store: Store, session: SessionRecord):
    assert store.session_for("s", PROFILES["minimal"]) == session


def test_only_the_opening_thread_may_use_it(store: Store):
    caught: list[Exception] = []

    def use() -> None:
        try:
            store.sessions()
        except Exception as error:  # noqa: BLE001
            caught.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert isinstance(caught[0], StoreError)


def test_a_failure_in_the_middle_leaves_nothing(store: Store, session: SessionRecord):
    run = a_run(session.id)
    store.add_run(run, new_id())
    orphan = a_snapshot(new_id())
    with pytest.raises(StoreError):
        store.conclude(a_run(session.id, id=run.id, state=RunState.SUCCEEDED), snapshot=orphan, move=MoveKind.RUN)
    assert store.run(run.id).state is RunState.RUNNING
    assert store.moves(session.id) == []


def test_an_old_database_is_brought_up_and_a_broken_step_leaves_it_old(paths: Paths):
    store = Store.open(paths)
    store.session_for("kept", SPEC)
    store.close()
    newer = (*MIGRATIONS, ("ALTER TABLE sessions ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",))
    broken = (*newer, ("CREATE TABLE extra (x)", "THIS IS NO SQL"))
    with pytest.raises(StoreError):
        open_database(paths.database, broken)
    connection = open_database(paths.database, newer)
    assert connection.execute("SELECT name, colour FROM sessions").fetchall() == [("kept", "red")]
    assert connection.execute("PRAGMA user_version").fetchone() == (len(newer),)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone() == (0,)
    connection.close()
    with pytest.raises(StoreError, match="newer Rollcage"):
        Store.open(paths)


def test_two_processes_that_migrate_at_once_do_it_once(paths: Paths):
    first, second = Store.open(paths), Store.open(paths)
    first.session_for("a", SPEC)
    assert second.session("a").name == "a"
    first.close()
    second.close()


@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_database_is_said_to_be_one(paths: Paths, content: bytes):
    paths.database.write_bytes(content)
    with pytest.raises(StoreError) as error:
        Store.open(paths)
    assert "damaged" in str(error.value)
    assert "move rollcage.db away" in str(error.value)
    assert paths.database.read_bytes() == content


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path):
    blocked = tmp_path / "home"
    paths = Paths.below(blocked)
    paths.create()
    paths.database.mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        Store.open(paths)


def test_a_full_disk_is_said_to_be_one(store: Store, session: SessionRecord):
    store._connection.execute("PRAGMA max_page_count = 1")  # SQLite answers as it does when the disk is full
    run = a_run(session.id, request={"text": "x" * 1_000_000})
    with pytest.raises(StoreError, match="the disk is full"):
        store.add_run(run, new_id())
    assert store.runs() == []


def test_a_lock_is_exclusive_names_its_holder_and_can_be_removed(tmp_path: Path):
    id_ = new_id()
    lock = Lock.acquire(tmp_path, id_)
    with pytest.raises(Held) as held:
        Lock.acquire(tmp_path, id_)
    assert held.value.pid == os.getpid()
    lock.release()
    lock.release()
    again = Lock.acquire(tmp_path, id_)
    again.release(remove=True)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="not an id"):
        Lock.acquire(tmp_path, "../escape")


def test_errors_keep_their_cause(paths: Paths):
    paths.database.write_bytes(b"no" * 1000)
    with pytest.raises(StoreError) as error:
        Store.open(paths)
    assert isinstance(error.value.__cause__, sqlite3.Error)
