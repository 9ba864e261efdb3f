"""Writing what is kept; reading is inherited."""

# ruff: noqa: S608 - statements are put together of constants; values are always bound

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from tui.errors import InvalidInput, NotFound
from tui.ids import checked_id, is_id, new_id
from tui.machines.model import MachineSpec
from tui.paths import Paths
from tui.store import rows
from tui.store.approvals import Approvals
from tui.store.errors import explained
from tui.store.model import HeadMove, RunRecord, SessionRecord, SnapshotRecord
from tui.store.records import Records
from tui.store.schema import open_database
from tui.store.states import MoveKind
from tui.store.uses import Uses

LONGEST_NAME: Final = 100


class Store(Records):
    """Sessions, snapshots, runs and the journal. Belongs to the thread that opened it; calls take well under 1 ms.

    Every method raises `StoreError` when the database cannot be read or written.
    """

    @classmethod
    def open(cls, paths: Paths) -> Store:
        """Open the database below `paths`, made or migrated as needed."""
        paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(open_database(paths.database), paths)

    @property
    def approvals(self) -> Approvals:
        """What people decided about commands."""
        return Approvals(self._transaction)

    @property
    def uses(self) -> Uses:
        """What counts against rate limits."""
        return Uses(self._transaction)

    def close(self) -> None:
        """Close the database."""
        with explained(self._paths.database):
            self._connection.close()

    @contextmanager
    def _transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Do everything inside or nothing. `durable` also survives a power cut, and everything before it then does."""
        with explained(self._paths.database):
            if durable:
                self._connection.execute("PRAGMA synchronous = FULL")
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            finally:
                if durable:
                    self._connection.execute("PRAGMA synchronous = NORMAL")

    def session_for(self, name: str, spec: MachineSpec) -> SessionRecord:
        """Return the session of that name, made with `spec` if there is none.

        Raises:
            InvalidInput: the name is empty, too long or holds control characters.
        """
        with self._transaction() as connection:
            found = connection.execute(f"SELECT {rows.SESSION} FROM sessions WHERE name = ?", (name,)).fetchone()
            if found is None:
                check_name(name, "session")
                at = rows.moment(rows.now())
                found = (new_id(), name, rows.plain(spec.to_json()), at, at, None)
                connection.execute(f"INSERT INTO sessions ({rows.SESSION}) VALUES (?, ?, ?, ?, ?, ?)", found)
        return rows.session_of(found)

    def add_session(self, session_id: str, name: str, spec: MachineSpec) -> None:
        """Keep a new session.

        Raises:
            InvalidInput: the name is not one, or a session has it.
        """
        check_name(name, "session")
        at = rows.moment(rows.now())
        with self._transaction() as connection:
            if connection.execute("SELECT 1 FROM sessions WHERE name = ?", (name,)).fetchone() is not None:
                raise InvalidInput(f"there is a session {name!r} already", hint="take another name, or delete that one")
            connection.execute(
                f"INSERT INTO sessions ({rows.SESSION}) VALUES (?, ?, ?, ?, ?, ?)",
                (checked_id(session_id), name, rows.plain(spec.to_json()), at, at, None),
            )

    def delete_session(self, session_id: str) -> None:
        """Forget a session, its snapshots, its runs and their outputs."""
        outputs = [
            self.output_path(id_) for (id_,) in self._all("SELECT id FROM runs WHERE session_id = ?", session_id)
        ]
        with self._transaction(durable=True) as connection:
            connection.execute("UPDATE moves SET subject_seq = NULL WHERE session_id = ?", (session_id,))
            connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))
        for path in outputs:
            path.unlink(missing_ok=True)

    def add_run(self, run: RunRecord, owner: str) -> None:
        """Keep a run that has begun. `owner` is the lock id of the engine that carries it out."""
        with self._transaction() as connection:
            marks = ", ".join("?" * 17)
            connection.execute(f"INSERT INTO runs ({rows.RUN}, owner) VALUES ({marks})", (*rows.run_values(run), owner))
            _touch(connection, run.session_id)

    def update_run(self, run: RunRecord) -> None:
        """Keep what has become known of a run that goes on."""
        with self._transaction() as connection:
            _update_run(connection, run)

    def conclude(
        self, run: RunRecord, *, snapshot: SnapshotRecord | None = None, move: MoveKind | None = None
    ) -> HeadMove | None:
        """Make a run final; with `move`, move the head to `snapshot`. All or nothing, and a power cut keeps it."""
        with self._transaction(durable=True) as connection:
            _update_run(connection, run)
            if snapshot is not None:
                _add_snapshot(connection, snapshot)
            moved = None
            if move is not None and snapshot is not None:
                moved = _move_head(connection, snapshot.session_id, snapshot.id, move, run_id=run.id)
            _touch(connection, run.session_id)
        return moved

    def add_snapshot(self, snapshot: SnapshotRecord, *, head: bool = False, move: MoveKind | None = None) -> None:
        """Keep a snapshot. `head` makes it the head of a session that has none; `move` moves the head to it."""
        with self._transaction() as connection:
            _add_snapshot(connection, snapshot)
            if move is not None:
                _move_head(connection, snapshot.session_id, snapshot.id, move, run_id=snapshot.run_id)
            elif head:
                connection.execute(
                    "UPDATE sessions SET head_id = ? WHERE id = ? AND head_id IS NULL",
                    (snapshot.id, snapshot.session_id),
                )

    def move_head(self, session_id: str, to_id: str, kind: MoveKind, *, subject_seq: int | None = None) -> HeadMove:
        """Move a session's head and write it into the journal."""
        with self._transaction(durable=True) as connection:
            return _move_head(connection, session_id, to_id, kind, subject_seq=subject_seq)

    def set_snapshot(self, snapshot_id: str, *, name: str | None = None, pinned: bool | None = None) -> None:
        """Name, pin or unpin a snapshot; None leaves it as it is, an empty name takes it away."""
        if name:
            check_name(name, "snapshot")
        self.snapshot(snapshot_id)
        with self._transaction() as connection:
            connection.execute(
                "UPDATE snapshots SET name = coalesce(?, name), pinned = coalesce(?, pinned) WHERE id = ?",
                (name, pinned, snapshot_id),
            )

    def condemn(self, snapshot_ids: Iterable[str]) -> set[str]:
        """Mark snapshots as gone whose bytes are about to be deleted, and return them.

        Heads, pinned ones and what unfinished runs started from are spared. A head cannot move to a condemned
        snapshot, so whatever else happens at the same time, no head is ever deleted.
        """
        at = rows.moment(rows.now())
        condemned = set()
        with self._transaction() as connection:
            for id_ in snapshot_ids:
                cursor = connection.execute(
                    "UPDATE snapshots SET gone_at = ?1 WHERE id = ?2 AND gone_at IS NULL AND NOT pinned"
                    " AND NOT EXISTS (SELECT 1 FROM sessions WHERE head_id = ?2)"
                    " AND NOT EXISTS (SELECT 1 FROM runs WHERE state = 'running' AND before_id = ?2)",
                    (at, id_),
                )
                if cursor.rowcount:
                    condemned.add(id_)
        return condemned

    def mark_gone(self, snapshot_ids: Iterable[str]) -> None:
        """Note that the bytes of snapshots are no longer there."""
        at = rows.moment(rows.now())
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE snapshots SET gone_at = ? WHERE id = ? AND gone_at IS NULL", [(at, id_) for id_ in snapshot_ids]
            )


def check_name(name: str, what: str) -> None:
    """Raise InvalidInput where a session or snapshot cannot have this name."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            f"not a name for a {what}: {name[:LONGEST_NAME]!r}",
            hint=f"a name has 1 to {LONGEST_NAME} characters and no control characters",
        )
    if is_id(name):
        raise InvalidInput(f"{name} looks like an id and cannot be the name of a {what}")


def _touch(connection: sqlite3.Connection, session_id: str, at: datetime | None = None) -> None:
    connection.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (rows.moment(at or rows.now()), session_id))


def _update_run(connection: sqlite3.Connection, run: RunRecord) -> None:
    columns = ", ".join(f"{column.strip()} = ?" for column in rows.RUN.split(","))
    statement = f"UPDATE runs SET {columns} WHERE id = ? AND state = 'running'"
    connection.execute(statement, (*rows.run_values(run), run.id))
    if run.output_head:
        connection.execute("UPDATE runs SET output_head = ? WHERE id = ?", (run.output_head, run.id))


def _add_snapshot(connection: sqlite3.Connection, snapshot: SnapshotRecord) -> None:
    marks = ", ".join("?" * 10)
    connection.execute(
        f"INSERT INTO snapshots ({rows.SNAPSHOT}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET gone_at = NULL",
        rows.snapshot_values(snapshot),
    )


def _move_head(
    connection: sqlite3.Connection,
    session_id: str,
    to_id: str,
    kind: MoveKind,
    *,
    run_id: str | None = None,
    subject_seq: int | None = None,
) -> HeadMove:
    at = rows.now()
    gone = connection.execute("SELECT gone_at FROM snapshots WHERE id = ?", (to_id,)).fetchone()
    if gone is None or gone[0] is not None:
        raise NotFound(f"snapshot {to_id} was deleted meanwhile")
    (from_id,) = connection.execute("SELECT head_id FROM sessions WHERE id = ?", (session_id,)).fetchone()
    cursor = connection.execute(
        "INSERT INTO moves (session_id, kind, from_id, to_id, at, run_id, subject_seq) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (session_id, str(kind), from_id, to_id, rows.moment(at), run_id, subject_seq),
    )
    connection.execute("UPDATE sessions SET head_id = ? WHERE id = ?", (to_id, session_id))
    _touch(connection, session_id, at)
    assert cursor.lastrowid is not None
    return HeadMove(cursor.lastrowid, session_id, kind, from_id, to_id, at, run_id, subject_seq)
