"""Taking, naming and deleting snapshots, by hand and by policy."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from tui.audit.model import EntryKind
from tui.errors import Busy, RollcageError, UsageError
from tui.runs.context import Context
from tui.runs.driver import Driver
from tui.runs.gc import garbage
from tui.store.model import SessionRecord, SnapshotRecord

_log = logging.getLogger(__name__)


async def take(
    context: Context, driver: Driver, session: SessionRecord, name: str, run_id: str | None
) -> SnapshotRecord:
    """Capture a session as it is now, also in the middle of the run `run_id`.

    Raises:
        UsageError: the session has no state yet.
        SnapshotError: it could not be stored.
    """
    if driver.live is not None and driver.live.running:
        return await driver.capture_by_hand(name, run_id)
    async with driver.driving():
        if driver.live is None and context.store.session(session.id).head_id is None:
            raise UsageError(f"session {session.name!r} has no state to capture yet", hint="run something in it first")
        await driver.acquire()
        return await driver.capture_by_hand(name, None)


def needed(context: Context) -> set[str]:
    """Return the snapshots that must not be deleted: heads, and what unfinished runs started from."""
    heads = {session.head_id for session in context.store.sessions()}
    starts = {run.before_id for _, run in context.store.unfinished()}
    return {id_ for id_ in heads | starts if id_ is not None}


async def delete(context: Context, snapshot_ids: Iterable[str]) -> int:
    """Delete snapshots and return the bytes freed.

    Raises:
        NotFound: one of them does not exist; none was deleted.
        UsageError: one of them is a head, in use or pinned; none was deleted.
    """
    ids = set(snapshot_ids)
    in_use = needed(context)
    for id_ in sorted(ids):
        if context.store.snapshot(id_).pinned:
            raise UsageError(f"snapshot {id_} is pinned", hint="unpin it first")
        if id_ in in_use:
            raise UsageError(
                f"snapshot {id_} is the head of its session or in use", hint="roll back to another one first"
            )
    return await _delete(context, ids)


async def _delete(context: Context, ids: set[str]) -> int:
    if not ids:
        return 0
    # Records first: then no head can move there any more. What a crash leaves on disk is taken in at the next start.
    condemned = context.store.condemn(ids)
    freed = await (await context.backend()).delete(condemned)
    details = {"snapshot_ids": sorted(condemned), "freed_bytes": freed}
    context.audit.record(EntryKind.SNAPSHOT_DELETED, details=details)
    return freed


def due(context: Context) -> set[str]:
    """Return the snapshots that the policy lets go."""
    snapshots = [item for session in context.store.sessions() for item in context.store.snapshots(session.id)]
    return garbage(snapshots, needed(context), context.settings.snapshots)


async def collect(context: Context) -> int:
    """Delete what the policy lets go and return the bytes freed."""
    return await _delete(context, due(context))


async def collect_if_due(context: Context) -> None:
    """Collect, if a glance at the totals says that there may be something. What goes wrong is logged."""
    settings = context.settings.snapshots
    try:
        totals = context.store.snapshot_totals().values()
        most = max((count for count, _ in totals), default=0)
        stored = sum(stored for _, stored in totals)
        if most > settings.keep_per_session or stored > settings.keep_total_mb * 1024 * 1024:
            await collect(context)
    except (RollcageError, OSError) as error:
        _log.warning("snapshots could not be deleted: %s", error)


async def delete_session(context: Context, driver: Driver, session: SessionRecord) -> None:
    """Delete a session with its snapshots, runs and outputs.

    Raises:
        Busy: a run executes or waits, or another process drives the session.
    """
    if driver.runs:
        raise Busy(f"a run is executing in session {session.name!r}", hint="cancel it or wait for its end")
    async with driver.driving():
        await driver.abandon()
        snapshots = {item.id for item in context.store.snapshots(session.id)}
        if snapshots:
            await (await context.backend()).delete(snapshots)
        context.store.delete_session(session.id)
        driver.forget()
