"""The tables of the audit log, and what keeps them append-only."""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path
from typing import Final

from tui.audit.chain import HASH_BYTES
from tui.audit.errors import AuditError

VERSION: Final = 1
BUSY_TIMEOUT_MS: Final = 5000

FIELDS: Final = "seq, at, kind, run_id, session, user, role, command, result, details"
"""What is hashed, in this order."""
COLUMNS: Final = FIELDS + ", previous, hash, seal"

# The columns one filters by, and the index that finds and orders them.
INDEXED: Final = {
    "run_id": "records_of_run",
    "session": "records_of_session",
    "command": "records_of_command",
    "user": "records_of_user",
    "kind": "records_of_kind",
    "result": "records_of_result",
}

_COMMON: Final = ("result", "kind", "command", "user", "session")
"""Columns whose values many records share."""

PROTECTION: Final = {
    "records_stay": "CREATE TRIGGER records_stay BEFORE DELETE ON records"
    " BEGIN SELECT raise(ABORT, 'audit records are never deleted'); END",
    "records_keep": "CREATE TRIGGER records_keep BEFORE UPDATE ON records"
    " BEGIN SELECT raise(ABORT, 'audit records are never changed'); END",
    # A replacing insert deletes without asking the triggers for deletions.
    "records_follow": "CREATE TRIGGER records_follow BEFORE INSERT ON records"
    " WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM records)"
    " BEGIN SELECT raise(ABORT, 'audit records follow one another'); END",
    "origin_stays": "CREATE TRIGGER origin_stays BEFORE DELETE ON origin"
    " BEGIN SELECT raise(ABORT, 'the origin of the log is never deleted'); END",
    "origin_keeps": "CREATE TRIGGER origin_keeps BEFORE UPDATE ON origin"
    " BEGIN SELECT raise(ABORT, 'the origin of the log is never changed'); END",
}
"""Triggers by name, word for word as the database keeps them."""

_TABLES: Final = (
    "CREATE TABLE origin (id INTEGER PRIMARY KEY CHECK (id = 1), genesis BLOB NOT NULL) STRICT",
    # `at` in microseconds since the epoch.
    """CREATE TABLE records (
        seq INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        run_id TEXT,
        session TEXT NOT NULL,
        user TEXT NOT NULL,
        role TEXT NOT NULL,
        command TEXT NOT NULL,
        result TEXT NOT NULL,
        details TEXT NOT NULL,
        previous BLOB NOT NULL,
        hash BLOB NOT NULL,
        seal BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX records_in_time ON records (at)",
    "CREATE INDEX records_of_run ON records (run_id, at) WHERE run_id IS NOT NULL",
    # After the time follow the other columns one filters by, so that a condition that few records meet is checked
    # without reading the records themselves.
    *(
        f"CREATE INDEX {index} ON records ({column}, at, {', '.join(other for other in _COMMON if other != column)})"
        for column, index in INDEXED.items()
        if column in _COMMON
    ),
)


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """Open a database that is there. Threads may take turns with it.

    Raises:
        sqlite3.Error: it cannot be opened.
        AuditError: a newer Rollcage made it.
    """
    uri = f"{path.absolute().as_uri()}?mode={'rw' if writable else 'ro'}"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False
    )
    try:
        if writable:
            # FULL: what was allowed must be on record after a power cut, too.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise AuditError(
                f"{path} has version {version}, but this Rollcage knows only {VERSION}",
                hint="a newer Rollcage made it: use that one; nothing was changed",
            )
    except BaseException:
        connection.close()
        raise
    return connection


def create(path: Path) -> None:
    """Make an empty log; one that is there, or was begun, stays. Call it with the log's lock held."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = connect(path, writable=True)
    try:
        if connection.execute("PRAGMA user_version").fetchone() == (VERSION,):
            return
        connection.execute("BEGIN IMMEDIATE")
        for statement in (*_TABLES, *PROTECTION.values()):
            connection.execute(statement)
        connection.execute("INSERT INTO origin (id, genesis) VALUES (1, ?)", (secrets.token_bytes(HASH_BYTES),))
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    finally:
        connection.close()
