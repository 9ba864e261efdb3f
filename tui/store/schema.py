"""The tables, and how a database of an earlier version becomes one of this version."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tui.store.errors import StoreError, explained

BUSY_TIMEOUT_MS: Final = 5000
"""How long to wait for another process's transaction; all of them are short."""

_V1: Final = (
    """CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        spec TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        head_id TEXT
    )""",
    # A snapshot whose bytes are gone keeps its row, so that the tree above it stays connected.
    """CREATE TABLE snapshots (
        id TEXT PRIMARY KEY,
        session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        parent_id TEXT,
        reason TEXT NOT NULL,
        created_at TEXT NOT NULL,
        name TEXT NOT NULL DEFAULT '',
        pinned INTEGER NOT NULL DEFAULT 0,
        run_id TEXT,
        stored_bytes INTEGER NOT NULL DEFAULT 0,
        pause_ms REAL NOT NULL DEFAULT 0,
        gone_at TEXT
    )""",
    "CREATE INDEX snapshots_of_session ON snapshots (session_id, id)",
    # The output's beginning is the last column: a list that does not ask for it never reads its pages.
    """CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        title TEXT NOT NULL,
        definition TEXT,
        request TEXT NOT NULL,
        state TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        exit_code INTEGER,
        error TEXT NOT NULL DEFAULT '',
        before_id TEXT,
        after_id TEXT,
        rolled_back INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 1,
        usage TEXT,
        output_bytes INTEGER NOT NULL DEFAULT 0,
        owner TEXT NOT NULL,
        output_head BLOB NOT NULL DEFAULT x''
    )""",
    "CREATE INDEX runs_of_session ON runs (session_id, id)",
    "CREATE INDEX runs_unfinished ON runs (owner) WHERE state = 'running'",
    """CREATE TABLE moves (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        from_id TEXT,
        to_id TEXT NOT NULL,
        at TEXT NOT NULL,
        run_id TEXT,
        subject_seq INTEGER REFERENCES moves (seq)
    )""",
    "CREATE INDEX moves_of_session ON moves (session_id, seq)",
)

_V2: Final = (
    # What a person decided about a command, or about a definition with exactly this content.
    """CREATE TABLE approvals (
        id TEXT PRIMARY KEY,
        verdict TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        shown TEXT NOT NULL,
        level TEXT NOT NULL,
        session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,
        user TEXT NOT NULL,
        decided_at TEXT NOT NULL,
        revoked_at TEXT
    )""",
    "CREATE INDEX approvals_of_subject ON approvals (subject) WHERE revoked_at IS NULL",
    # One row a run that counts against a rate limit; `at` in seconds since the epoch.
    """CREATE TABLE uses (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        command TEXT NOT NULL,
        role TEXT NOT NULL,
        user TEXT NOT NULL,
        at REAL NOT NULL
    )""",
    "CREATE INDEX uses_in_time ON uses (at)",
)

_V3: Final = (
    # How often a command in a row did not speak of the concepts it requires; `at` in seconds since the epoch.
    """CREATE TABLE failures (
        command TEXT NOT NULL,
        user TEXT NOT NULL,
        count INTEGER NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (command, user)
    )""",
)

_V4: Final = (
    # What a run that counts against rate limits is: its definition, and the programs that stand in it.
    """CREATE TABLE used_commands (
        command TEXT NOT NULL,
        use INTEGER NOT NULL REFERENCES uses (seq) ON DELETE CASCADE,
        PRIMARY KEY (command, use)
    ) WITHOUT ROWID""",
    "CREATE INDEX used_commands_of_use ON used_commands (use)",
    "INSERT INTO used_commands (command, use) SELECT command, seq FROM uses",
    "ALTER TABLE uses DROP COLUMN command",
)

MIGRATIONS: Final[Sequence[Sequence[str]]] = (_V1, _V2, _V3, _V4)
"""Statements that lead from version N to N + 1. Only ever appended to."""


def open_database(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> sqlite3.Connection:
    """Open a database, brought to the current version.

    The connection belongs to the thread that opened it; SQLite refuses any other.

    Raises:
        StoreError: it is damaged, cannot be written, or was made by a newer Rollcage.
    """
    with explained(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            # After a kill, WAL with NORMAL loses nothing. After a power cut it may lose the last commits but stays
            # consistent (https://sqlite.org/pragma.html#pragma_synchronous); what must not be lost asks for FULL.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(connection, path, migrations)
        except BaseException:
            connection.close()
            raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]]) -> None:
    if _version(connection) < len(migrations):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Read again: another process may have migrated while this one waited for the lock.
            for number in range(_version(connection), len(migrations)):
                for statement in migrations[number]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    if (version := _version(connection)) > len(migrations):
        raise StoreError(
            f"{path} has version {version}, but this Rollcage knows only up to {len(migrations)}",
            hint="a newer Rollcage made it: use that one; nothing was changed",
        )
