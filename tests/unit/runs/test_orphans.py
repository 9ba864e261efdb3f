"""A process that goes on sees that another one was killed."""

from __future__ import annotations

from tests.support.runs import start, until
from tests.unit.runs.conftest import OpenEngine
from tui.audit.model import EntryKind, Filter
from tui.audit.reader import AuditReader
from tui.ids import new_id
from tui.paths import Paths
from tui.runs.recovery import engine_locks
from tui.store.locks import Lock
from tui.store.model import RunRecord
from tui.store.rows import now
from tui.store.states import RunState


async def test_only_runs_of_dead_processes_end_and_that_is_recorded_once(open_engine: OpenEngine, paths: Paths) -> None:
    first, second = await open_engine(), await open_engine()
    own = await start(first, "echo up; sleep 600", session="own")
    await until(own, b"up")
    session = first.store.session("own")
    owner = new_id()
    orphan = RunRecord(new_id(), session.id, "orphan", None, {}, RunState.RUNNING, now())
    second.store.add_run(orphan, owner)
    lock = Lock.acquire(engine_locks(paths), owner)
    assert (first.recover(), second.recover()) == (0, 0)
    lock.release()  # as the kernel does with a process that is killed
    assert (first.recover(), second.recover()) == (1, 0)
    assert second.store.run(orphan.id).state is RunState.INTERRUPTED
    assert second.store.run(own.id).state is RunState.RUNNING
    await own.cancel()
    reader = AuditReader.read(paths)
    assert reader is not None
    told = reader.page(Filter(run_id=orphan.id, kinds=frozenset({EntryKind.RUN_FINISHED})))
    reader.close()
    assert [record.details["state"] for record in told] == ["interrupted"]
