"""Branches: sessions that begin at a snapshot of another one.

A branch has a snapshot of its own, equal to the one it comes from, and shares its bytes on disk. So each of the two
sessions may be changed, cleaned up or deleted without regard to the other.
"""

from __future__ import annotations

import contextlib

from tui.audit.model import EntryKind
from tui.errors import InvalidInput, RollcageError
from tui.ids import new_id
from tui.machines.protocol import SnapshotLabel
from tui.redaction import Redactor
from tui.runs.context import Context
from tui.runs.drivers import Drivers
from tui.store.model import SessionRecord, SnapshotRecord
from tui.store.rows import now
from tui.store.states import SnapshotReason


def check_no_secret(name: str, redactor: Redactor) -> None:
    """Raise InvalidInput where the name of a session holds a secret."""
    if redactor.text(name) != name:
        raise InvalidInput("the name of the session holds a secret", hint="names are kept and shown: take another")


async def branch(context: Context, drivers: Drivers, source: SnapshotRecord, name: str) -> SessionRecord:
    """Make a session whose head is the state of `source`.

    Raises:
        InvalidInput: the name is not one, or a session has it.
        NotFound: the snapshot is no longer on disk.
        SnapshotError: it is damaged, or could not be stored once more; there is no new session.
    """
    check_no_secret(name, context.redactor)
    origin = context.store.session(source.session_id)
    session_id, snapshot_id, at = new_id(), new_id(), now()
    driver = drivers.of(session_id)
    # Nobody else drives the session before it has its state.
    async with driver.driving():
        try:
            # The session first: then a snapshot that is complete on disk belongs to one, whatever happens next.
            context.store.add_session(session_id, name, origin.spec)
            label = SnapshotLabel(snapshot_id, session_id, source.id, str(SnapshotReason.BRANCH), at.isoformat())
            stored = await (await context.backend()).copy(source.id, label)
            record = SnapshotRecord(
                snapshot_id, session_id, source.id, SnapshotReason.BRANCH, at, stored_bytes=stored
            )  # fmt: skip
            context.store.add_snapshot(record, head=True)
        except BaseException:
            await _take_back(context, session_id, snapshot_id)
            driver.forget()
            drivers.remove(session_id)
            raise
    details = {
        "session_id": session_id,
        "snapshot_id": snapshot_id,
        "from_session": origin.name,
        "from_snapshot_id": source.id,
    }
    context.audit.record(EntryKind.SESSION_BRANCHED, session=name, details=details)
    return context.store.session(session_id)


async def _take_back(context: Context, session_id: str, snapshot_id: str) -> None:
    context.store.delete_session(session_id)
    with contextlib.suppress(RollcageError, OSError):
        await (await context.backend()).delete({snapshot_id})
