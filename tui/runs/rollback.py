"""Where a rollback leads, and what the session's state will no longer contain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tui.errors import NotFound
from tui.store.model import RunRecord, SessionRecord, SnapshotRecord
from tui.store.records import SHORTEST_PREFIX
from tui.store.states import RunState, SnapshotReason
from tui.store.store import Store

LAST_SUCCESS = "last-success"
HEAD = "head"


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What a rollback, undo or redo would do. Nothing is deleted by any of them."""

    target: SnapshotRecord
    head: SnapshotRecord | None
    """Where the session is now; None when that snapshot is gone."""
    lost_runs: tuple[RunRecord, ...]
    """Runs, oldest first, whose effects the state will no longer contain."""


def plan(store: Store, session: SessionRecord, target: SnapshotRecord) -> RollbackPlan:
    """Return what going to `target` means for a session."""
    family = store.family(session.id)
    kept = {snapshot.id for snapshot in path(family, target.id)}
    lost: dict[str, None] = {}
    for snapshot in path(family, session.head_id):
        if snapshot.id in kept:
            break
        if snapshot.run_id is not None:
            lost[snapshot.run_id] = None
    head = next((item for item in store.snapshots(session.id) if item.id == session.head_id), None)
    return RollbackPlan(target, head, tuple(store.run(id_) for id_ in reversed(lost)))


def path(family: Mapping[str, SnapshotRecord], snapshot_id: str | None) -> Iterator[SnapshotRecord]:
    """Yield a snapshot and its ancestors, as far as they are known."""
    while snapshot_id is not None and snapshot_id in family:
        yield family[snapshot_id]
        snapshot_id = family[snapshot_id].parent_id


def resolve(store: Store, session: SessionRecord, target: str) -> SnapshotRecord:
    """Return the snapshot that a name, an id, the beginning of an id, `head` or `last-success` means.

    A name wins over the beginning of an id; of several snapshots of one name the newest is meant.

    Raises:
        NotFound: nothing or several things are meant.
    """
    if target == LAST_SUCCESS:
        return last_success(store, session)
    if target == HEAD:
        if session.head_id is None:
            raise NotFound(f"session {session.name!r} has no head yet", hint="run something in it first")
        return store.snapshot(session.head_id)
    snapshots = store.snapshots(session.id)
    if named := [snapshot for snapshot in snapshots if snapshot.name == target]:
        return named[-1]
    prefix = target.upper()
    found = [item for item in snapshots if item.id.startswith(prefix)] if len(prefix) >= SHORTEST_PREFIX else []
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"several snapshots begin with {target!r}", hint="give more characters of the id")
    if gone := store.family(session.id).get(prefix):
        return store.snapshot(gone.id)  # says when it was deleted
    raise NotFound(
        f"session {session.name!r} has no snapshot {target!r}",
        hint=f"`rollcage snapshots --session {session.name}` lists them",
    )


def last_success(store: Store, session: SessionRecord) -> SnapshotRecord:
    """Return the snapshot after the last successful run that led to the head, or else after the newest of all."""
    snapshots = {snapshot.id: snapshot for snapshot in store.snapshots(session.id)}
    for snapshot in path(store.family(session.id), session.head_id):
        if snapshot.reason is SnapshotReason.AFTER and snapshot.id in snapshots:
            return snapshots[snapshot.id]
    for run in store.runs(session.id, limit=1000, state=RunState.SUCCEEDED):
        if run.after_id in snapshots:
            return snapshots[run.after_id]
    raise NotFound(f"session {session.name!r} has no snapshot of a successful run")
