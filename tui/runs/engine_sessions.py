"""What the engine does with sessions: moving their heads, their snapshots, and the sessions themselves."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from tui.audit.model import EntryKind
from tui.runs import snapshots
from tui.runs.backends import LazyBackend
from tui.runs.branching import branch
from tui.runs.comparison.comparer import Comparer
from tui.runs.comparison.model import Comparison, FileDiff
from tui.runs.context import Context
from tui.runs.driver import Driver
from tui.runs.drivers import Drivers
from tui.runs.events import RolledBack
from tui.runs.heads import plan_step, roll_back, undo_or_redo
from tui.runs.passing import passing
from tui.runs.rollback import RollbackPlan, plan, resolve
from tui.runs.run import Run
from tui.store.model import SessionRecord, SnapshotRecord
from tui.store.states import MoveKind
from tui.store.store import Store, check_name


class EngineSessions:
    """The part of `tui.runs.engine.Engine` that is about sessions."""

    store: Store
    _context: Context
    _backend: LazyBackend
    _drivers: Drivers
    _comparer: Comparer
    _runs: dict[str, Run]

    def _session(self, name_or_id: str) -> tuple[SessionRecord, Driver]:
        session = self.store.session(name_or_id)
        return session, self._drivers.of(session.id)

    # Moving the head

    async def plan_rollback(self, session: str, target: str) -> RollbackPlan:
        """Return what `rollback` would do. A process that stays has a machine stand by for it meanwhile.

        Raises:
            NotFound: there is no such session or snapshot.
        """
        record = self.store.session(session)
        found = plan(self.store, record, resolve(self.store, record, target))
        self._context.anticipation.of(found.target.id)
        return found

    async def rollback(self, session: str, target: str) -> RolledBack:
        """Put a session back to a snapshot: its id, the beginning of it (4 or more), its name, or `last-success`.

        Raises:
            NotFound: there is no such session or snapshot.
            Busy: a run executes or waits in this session, or another process drives it.
            SnapshotError: the snapshot is of no use; nothing was changed.
        """
        return await roll_back(self._context, self._session(session)[1], target)

    async def undo(self, session: str) -> RolledBack:
        """Take back the last run or rollback. Raises as `rollback` does, and UsageError if there is none."""
        return await undo_or_redo(self._context, self._session(session)[1], MoveKind.UNDO)

    async def redo(self, session: str) -> RolledBack:
        """Repeat what was last undone. Raises as `rollback` does, and UsageError if there is nothing."""
        return await undo_or_redo(self._context, self._session(session)[1], MoveKind.REDO)

    async def plan_undo(self, session: str) -> RollbackPlan | None:
        """Return what `undo` would do, or None if it can do nothing."""
        return plan_step(self._context, self.store.session(session), MoveKind.UNDO)

    async def plan_redo(self, session: str) -> RollbackPlan | None:
        """Return what `redo` would do, or None if it can do nothing."""
        return plan_step(self._context, self.store.session(session), MoveKind.REDO)

    # Snapshots and sessions

    async def snapshot(self, session: str, name: str = "") -> SnapshotRecord:
        """Capture a session as it is now, also while a run executes; the head stays where it is.

        Raises:
            NotFound: there is no such session.
            UsageError: it has no state yet.
            InvalidInput: the name is not one.
        """
        name = self._context.redactor.text(name)
        if name:
            check_name(name, "snapshot")
        record, driver = self._session(session)
        executing = [run.id for run in self._runs.values() if run.session_id == record.id]
        return await snapshots.take(self._context, driver, record, name, executing[0] if executing else None)

    async def set_snapshot(self, snapshot_id: str, *, name: str | None = None, pinned: bool | None = None) -> None:
        """Name a snapshot (an empty name takes it away), pin or unpin it."""
        if name is not None:
            name = self._context.redactor.text(name)
        session = self.store.session(self.store.snapshot(snapshot_id).session_id)
        self.store.set_snapshot(snapshot_id, name=name, pinned=pinned)
        details = {"snapshot_id": snapshot_id, "name": name, "pinned": pinned}
        self._context.audit.record(EntryKind.SNAPSHOT_CHANGED, session=session.name, details=details)

    async def verify_snapshot(self, snapshot_id: str) -> None:
        """Read a snapshot in full and compare its checksums.

        Raises:
            SnapshotDamaged: with what is wrong.
        """
        await (await self._backend.get()).verify(self.store.snapshot(snapshot_id).id)

    async def compare(self, older_id: str, newer_id: str) -> Comparison:
        """Return what changed from one snapshot to another, of any sessions, which are not touched by it.

        After a rollback the one it goes from, `older_id`, may well be the younger of the two.

        Raises:
            NotFound: there is no such snapshot.
            SnapshotError: one of them is damaged or does not fit this host.
            MachineError: the guest of one did not answer, or not with sense.
        """
        return await self._comparer.compare(self.store.snapshot(older_id), self.store.snapshot(newer_id))

    async def file_diff(self, older_id: str, newer_id: str, path: str) -> FileDiff:
        """Return how one file of a comparison differs, by its `path`. Raises as `compare` does.

        Raises:
            NotFound: no such file was changed either.
        """
        return await self._comparer.file_diff(self.store.snapshot(older_id), self.store.snapshot(newer_id), path)

    async def branch(self, snapshot_id: str, name: str) -> SessionRecord:
        """Return a new session, called `name`, that begins at a snapshot of another one.

        Raises:
            NotFound: there is no such snapshot.
            InvalidInput: the name is not one, or a session has it.
            SnapshotError: the snapshot is damaged, or there is no room.
        """
        return await branch(self._context, self._drivers, self.store.snapshot(snapshot_id), name)

    async def delete_snapshots(self, snapshot_ids: Iterable[str]) -> int:
        """Delete snapshots, all or none, and return the bytes freed. Runs keep the ids.

        Raises:
            UsageError: one of them is a head, in use or pinned.
        """
        return await snapshots.delete(self._context, snapshot_ids)

    async def collect_garbage(self) -> int:
        """Delete what the settings say need not be kept, and return the bytes freed."""
        await self._backend.settled()
        return await snapshots.collect(self._context)

    def passing_session(self, session: str) -> AbstractContextManager[None]:
        """Hold a session, from before it is made, that is deleted before the block ends.

        Where this process is killed before that, a later one deletes it.
        """
        return passing(self._context.paths, session)

    async def delete_session(self, session: str) -> None:
        """Delete a session with its snapshots, its runs and their outputs.

        Raises:
            NotFound: there is no such session.
            Busy: a run executes or waits in it, or another process drives it.
        """
        record, driver = self._session(session)
        await snapshots.delete_session(self._context, driver, record)
        self._drivers.remove(record.id)
        self._context.audit.record(EntryKind.SESSION_DELETED, session=record.name, details={"session_id": record.id})
