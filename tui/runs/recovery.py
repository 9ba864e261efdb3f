"""Putting right what an earlier process left half done."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from tui.errors import NotFound
from tui.ids import is_id
from tui.machines.protocol import Backend, SnapshotLabel
from tui.paths import Paths
from tui.store.locks import Held, Lock
from tui.store.model import RunRecord, SnapshotRecord
from tui.store.output import repair
from tui.store.states import RunState, SnapshotReason
from tui.store.store import Store

_log = logging.getLogger(__name__)
_KILLED: Final = "Rollcage itself was killed during this run; the session is where it was before"


def engine_locks(paths: Paths) -> Path:
    """Return the directory in which every engine that lives holds a lock."""
    directory = paths.locks / "engines"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def recover_runs(store: Store, paths: Paths, note: Callable[[RunRecord, str], None]) -> int:
    """End the runs whose engine is gone, with what is known of them; return how many there were.

    An engine holds the lock of its id while it lives, so a run whose owner's lock is free is nobody's. `note` gets each
    as it will be kept, before it is, and the name of its session; what it raises leaves the run as it is, for the next
    time.
    """
    recovered = 0
    unfinished = store.unfinished()
    directory = engine_locks(paths)
    owners = {owner for owner, _ in unfinished} | {path.stem for path in directory.iterdir() if is_id(path.stem)}
    for owner in sorted(owners):
        try:
            lock = Lock.acquire(directory, owner)
        except Held:
            continue
        try:
            # Read again, as another process may have ended them before this one got the lock.
            for begun in [run for its_owner, run in store.unfinished() if its_owner == owner]:
                path = store.output_path(begun.id)
                data_bytes, head = repair(path)
                run = replace(
                    begun, state=RunState.INTERRUPTED, output_bytes=data_bytes, output_head=head, error=_KILLED
                )
                note(run, store.session(run.session_id).name)
                store.conclude(run)
                recovered += 1
        except BaseException:
            lock.release()
            raise
        lock.release(remove=True)
    return recovered


async def reconcile_snapshots(store: Store, backend: Backend, paths: Paths) -> None:
    """Make the records and what is on disk agree.

    A snapshot without bytes is marked as gone. One without a record was completed just before a crash and is taken in
    again, unless its session is unknown here: then it is left alone, for it may belong to a database that was moved.
    """
    # Records first: a snapshot is on disk before it is recorded, so one that is recorded now and missing on disk later
    # is truly gone, even while other processes work.
    recorded = {item.id for session in store.sessions() for item in store.snapshots(session.id)}
    stored = await backend.stored()
    if missing := recorded - stored.keys():
        _log.warning("%d snapshots are no longer on disk", len(missing))
        store.mark_gone(missing)
    for label in stored.values():
        if label.id not in recorded:
            _take_in(store, label, paths)


def _take_in(store: Store, label: SnapshotLabel, paths: Paths) -> None:
    try:
        session = store.session(label.session_id)
    except NotFound:
        _log.warning("snapshot %s belongs to session %s, which is unknown", label.id, label.session_id)
        return
    if not is_id(label.id):
        return
    try:
        # Whoever captures holds the session's lock until the record is there.
        lock = Lock.acquire(paths.locks, session.id)
    except Held:
        return
    try:
        store.add_snapshot(
            SnapshotRecord(
                id=label.id, session_id=session.id, parent_id=label.parent_id,
                reason=SnapshotReason(label.reason), created_at=datetime.fromisoformat(label.created_at),
                name=label.name,
            ),
            head=label.reason == SnapshotReason.BRANCH,  # without it the session would begin with a fresh machine
        )  # fmt: skip
    finally:
        lock.release()
    _log.warning("snapshot %s was complete but not recorded; it is now", label.id)
