"""Reading what is kept, as records."""

# ruff: noqa: S608 - statements are put together of constants; values are always bound

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tui.errors import NotFound
from tui.ids import checked_id
from tui.paths import Paths
from tui.store import rows
from tui.store.errors import explained
from tui.store.model import HeadMove, RunRecord, SessionRecord, SnapshotRecord
from tui.store.output import OutputFrame, read_output
from tui.store.states import RunState

SHORTEST_PREFIX: Final = 4
"""Characters of an id that are enough to mean it, if they are unique."""


class Records:
    """Sessions, snapshots, runs and journals, for reading.

    Belongs to the thread that opened it. Every method raises `StoreError` when the database cannot be read.
    """

    def __init__(self, connection: sqlite3.Connection, paths: Paths) -> None:
        self._connection = connection
        self._paths = paths

    def _all(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with explained(self._paths.database):
            return self._connection.execute(statement, values).fetchall()

    def sessions(self) -> list[SessionRecord]:
        """Return all sessions, the last used first."""
        found = self._all(f"SELECT {rows.SESSION} FROM sessions ORDER BY updated_at DESC, id DESC")
        return [rows.session_of(row) for row in found]

    def session(self, name_or_id: str) -> SessionRecord:
        """Return the session of that name, or else of that id.

        Raises:
            NotFound: there is none.
        """
        found = self._all(
            f"SELECT {rows.SESSION} FROM sessions WHERE name = ?1 OR id = ?1 ORDER BY name = ?1 DESC", name_or_id
        )
        if not found:
            raise NotFound(f"there is no session {name_or_id!r}", hint="`rollcage sessions` lists them")
        return rows.session_of(found[0])

    def session_name(self, session_id: str) -> str:
        """Return the name of the session of that id; nothing where there is none."""
        return next((name for (name,) in self._all("SELECT name FROM sessions WHERE id = ?", session_id)), "")

    def snapshots(self, session_id: str) -> list[SnapshotRecord]:
        """Return the snapshots of a session, the oldest first.

        The parent of each is the nearest ancestor that still exists.
        """
        family = self.family(session_id)
        rows_gone = self._all("SELECT id FROM snapshots WHERE session_id = ? AND gone_at IS NOT NULL", session_id)
        gone = {id_ for (id_,) in rows_gone}
        found = []
        for record in family.values():
            if record.id not in gone:
                parent = record.parent_id
                while parent is not None and parent in gone:
                    parent = family[parent].parent_id
                found.append(record if parent == record.parent_id else replace(record, parent_id=parent))
        return found

    def family(self, session_id: str) -> dict[str, SnapshotRecord]:
        """Return every snapshot a session ever had by id, those that are gone included, with their true parents."""
        found = self._all(f"SELECT {rows.SNAPSHOT} FROM snapshots WHERE session_id = ? ORDER BY id", session_id)
        return {row[0]: rows.snapshot_of(row) for row in found}

    def snapshot_totals(self) -> dict[str, tuple[int, int]]:
        """Return the number of snapshots and the bytes they added, by session id."""
        found = self._all(
            "SELECT session_id, count(*), sum(stored_bytes) FROM snapshots WHERE gone_at IS NULL GROUP BY session_id"
        )
        return {session_id: (count, stored) for session_id, count, stored in found}

    def snapshot(self, snapshot_id: str) -> SnapshotRecord:
        """Return one snapshot.

        Raises:
            NotFound: there is none, or it was deleted.
        """
        found = self._all(f"SELECT {rows.SNAPSHOT}, gone_at FROM snapshots WHERE id = ?", snapshot_id)
        if not found:
            raise NotFound(f"there is no snapshot {snapshot_id!r}", hint="`rollcage snapshots` lists them")
        *row, gone_at = found[0]
        if gone_at is not None:
            raise NotFound(f"snapshot {snapshot_id} was deleted on {gone_at[:16].replace('T', ' ')}")
        return rows.snapshot_of(tuple(row))

    def runs(
        self,
        session_id: str | None = None,
        *,
        limit: int = 100,
        before: str | None = None,
        definition: str | None = None,
        state: RunState | None = None,
    ) -> list[RunRecord]:
        """Return runs, the newest first, without the beginnings of their outputs.

        Args:
            session_id: Only of this session.
            limit: At most so many.
            before: Only runs older than the one of this id, for the next page.
            definition: Only of this definition.
            state: Only those that ended so.
        """
        conditions = {
            "session_id = ?": session_id, "id < ?": before, "definition = ?": definition,
            "state = ?": None if state is None else str(state),
        }  # fmt: skip
        used = {condition: value for condition, value in conditions.items() if value is not None}
        where = " AND ".join(used) or "1"
        statement = f"SELECT {rows.RUN} FROM runs WHERE {where} ORDER BY id DESC LIMIT ?"
        return [rows.run_of(row) for row in self._all(statement, *used.values(), limit)]

    def run(self, id_or_prefix: str) -> RunRecord:
        """Return the run of that id, or of the one id that begins so (at least 4 characters).

        Raises:
            NotFound: there is none, or there are several.
        """
        prefix = id_or_prefix.upper()
        found = []
        if len(prefix) >= SHORTEST_PREFIX and prefix.isalnum() and prefix.isascii():
            found = self._all(
                f"SELECT {rows.RUN}, output_head FROM runs WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id LIMIT 2",
                prefix,
            )
        if not found:
            raise NotFound(f"there is no run {id_or_prefix!r}", hint="`rollcage history` lists them")
        if len(found) > 1:
            raise NotFound(f"several runs begin with {id_or_prefix!r}", hint="give more characters of the id")
        *row, head = found[0]
        return rows.run_of(tuple(row), bytes(head))

    def moves(self, session_id: str) -> list[HeadMove]:
        """Return the journal of a session's head, the oldest move first."""
        found = self._all(f"SELECT {rows.MOVE} FROM moves WHERE session_id = ? ORDER BY seq", session_id)
        return [rows.move_of(row) for row in found]

    def version(self) -> int:
        """Return a number that is another one once another process has changed something; what this one does is not
        counted. See https://www.sqlite.org/pragma.html#pragma_data_version.
        """
        ((version,),) = self._all("PRAGMA data_version")
        return int(version)

    def output_path(self, run_id: str) -> Path:
        """Return the file with the output of a run."""
        return self._paths.outputs / f"{checked_id(run_id)}.log"

    def output(self, run_id: str) -> Iterator[OutputFrame]:
        """Yield everything a run printed, in order."""
        return read_output(self.output_path(run_id))

    def unfinished(self) -> list[tuple[str, RunRecord]]:
        """Return the runs that are RUNNING according to the records, each with its owner."""
        found = self._all(f"SELECT owner, {rows.RUN} FROM runs WHERE state = 'running' ORDER BY id")
        return [(row[0], rows.run_of(row[1:])) for row in found]
