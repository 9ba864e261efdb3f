"""Appending to the audit log."""

# ruff: noqa: S608 - statements are put together of constants; values are always bound

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tui.audit import anchor, schema
from tui.audit.anchor import Anchor, BadAnchor
from tui.audit.chain import canonical_details, record_hash, same, seal
from tui.audit.errors import AuditError, damaged, explained, not_anchored
from tui.audit.model import Entry, microseconds
from tui.audit.reader import AuditReader
from tui.audit.schema import COLUMNS
from tui.paths import Paths
from tui.redaction import Redactor

LONGEST_TEXT: Final = 16 * 1024
"""Characters of one text in the details; the rest is cut off, with a note of how much it was."""
_LONGEST_FIELD: Final = 1024
_PATIENCE: Final = 2500
_PAUSE_S: Final = 0.002

_INSERT: Final = f"INSERT INTO records ({COLUMNS}) VALUES ({', '.join('?' * 13)})"
_HEAD: Final = "SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1"


def _now() -> datetime:
    return datetime.now(UTC)


class AuditLog(AuditReader):
    """The audit log, for appending. Any number of processes may append at once; threads may take turns with one log.

    What is appended is redacted, durable and anchored when `append` returns. If it cannot be, `AuditError` is raised,
    and whatever was to be recorded must not happen.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        paths: Paths,
        lock: int,
        key: bytes,
        redactor: Redactor,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(connection, paths)
        self._lock = lock
        self._key = key
        self._redactor = redactor
        self._clock = clock
        (self._genesis,) = connection.execute("SELECT genesis FROM origin").fetchone()

    @classmethod
    def open(cls, paths: Paths, redactor: Redactor | None = None, *, clock: Callable[[], datetime] = _now) -> AuditLog:
        """Open the log below `paths`, made as needed.

        Raises:
            AuditError: it cannot be written, or is not what was written.
        """
        with explained(paths.audit_database), contextlib.ExitStack() as undo:
            paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            lock = os.open(paths.data / "audit.lock", flags, 0o600)
            undo.callback(os.close, lock)
            with _locked(lock, paths):
                key = _prepare(paths)
                connection = schema.connect(paths.audit_database, writable=True)
                undo.callback(connection.close)
                try:
                    log = cls(connection, paths, lock, key, redactor or Redactor(), clock)
                except (sqlite3.Error, TypeError) as error:
                    raise damaged(paths.audit_database, "it has no origin") from error
                log._head()
            undo.pop_all()
        return log

    def close(self) -> None:
        """Close the log. May be called twice."""
        with self._turn:
            super().close()
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def __enter__(self) -> AuditLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, *entries: Entry, redactor: Redactor | None = None) -> int:
        """Record entries, all or none, and return the number of the last one.

        `redactor` is used instead of the log's own where more is known to be secret, as for one run.

        Raises:
            AuditNotAnchored: they are recorded, but not anchored.
            AuditError: they could not be recorded, or the log is not what was written.
        """
        return self._append([_fields(entry, redactor or self._redactor) for entry in entries])

    def let_go(self, last: int, digest: bytes, entry: Entry) -> int:
        """Record an entry that says where all records up to `last` are now, and delete them: both or neither.

        `digest` is the hash of the record `last`, as it was written elsewhere. Raises as `append` does.
        """

        def delete(connection: sqlite3.Connection) -> None:
            row = connection.execute("SELECT hash FROM records WHERE seq = ?", (last,)).fetchone()
            if row is None or row[0] != digest:
                raise damaged(self.path, f"record {last} is not the one that was archived")
            connection.execute("DROP TRIGGER records_stay")
            connection.execute("DELETE FROM records WHERE seq <= ?", (last,))
            connection.execute(schema.PROTECTION["records_stay"])

        return self._append([_fields(entry, self._redactor)], delete)

    def _append(
        self,
        prepared: Sequence[tuple[str | None, ...]],
        then: Callable[[sqlite3.Connection], None] = lambda _: None,
    ) -> int:
        """Record what was prepared, and do what else belongs to it in the same transaction."""
        with self._turn, explained(self.path), _locked(self._lock, self._paths):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                seq, digest = self._head()
                for kind, *fields in prepared:
                    previous, seq = digest, seq + 1
                    values = (seq, microseconds(self._clock()), kind, *fields)
                    digest = record_hash(previous, values)
                    self._connection.execute(_INSERT, (*values, previous, digest, seal(self._key, digest)))
                then(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            # A process killed here leaves the anchor behind. The seals of the records after it show that they are ours.
            if prepared:
                try:
                    self._anchor(seq, digest)
                except OSError as error:
                    raise not_anchored(self._paths.audit_head, error) from error
        return seq

    def _anchor(self, seq: int, digest: bytes) -> None:
        anchor.write_anchor(self._paths.audit_head, Anchor(self._genesis.hex(), seq, digest.hex()), self._key)

    def _head(self) -> tuple[int, bytes]:
        """Return number and hash of the last record; raise where appending would hide what was done to the log."""
        row = self._connection.execute(_HEAD).fetchone()
        seq, digest = row if row is not None else (0, self._genesis)
        try:
            anchored = anchor.read_anchor(self._paths.audit_head, self._key)
        except BadAnchor as error:
            raise damaged(self._paths.audit_head, str(error)) from error
        if anchored is None:
            if seq:
                raise damaged(self.path, "its anchor is missing")
            self._anchor(0, self._genesis)
        elif anchored.genesis != self._genesis.hex():
            raise damaged(self.path, "it is not the log that was anchored")
        elif anchored.seq > seq:
            raise damaged(self.path, f"it ends with record {seq}, but there were {anchored.seq}")
        elif anchored.seq < seq:
            self._catch_up(anchored)
        elif anchored.hash != digest.hex():
            raise damaged(self.path, f"record {seq} is not the one that was anchored")
        return seq, digest

    def _catch_up(self, anchored: Anchor) -> None:
        """Check what was recorded after the anchor, which a killed process left behind."""
        digest = bytes.fromhex(anchored.hash)
        found = self._connection.execute(f"SELECT {COLUMNS} FROM records WHERE seq > ? ORDER BY seq", (anchored.seq,))
        for expected, (*fields, previous, stored, sealed) in enumerate(found, anchored.seq + 1):
            made_here = same(seal(self._key, stored), sealed) and record_hash(digest, fields) == stored
            if fields[0] != expected or previous != digest or not made_here:
                raise damaged(self.path, f"record {fields[0]} was not written by this installation")
            digest = stored


def _prepare(paths: Paths) -> bytes:
    """Make what a first use needs, and return the key."""
    key = anchor.read_key(paths.audit_key)
    there = [path for path in (paths.audit_database, paths.audit_head) if path.exists()]
    if key is None:
        if there:
            raise damaged(paths.audit_database, f"its key {paths.audit_key} is missing")
        key = anchor.make_key(paths.audit_key)
    elif there == [paths.audit_head]:
        raise damaged(paths.audit_database, "it is gone, but its anchor is there")
    schema.create(paths.audit_database)
    return key


@contextlib.contextmanager
def _locked(lock: int, paths: Paths) -> Iterator[None]:
    """Hold the log's lock, so that anchors are written in the order of the records."""
    for attempt in range(_PATIENCE):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if attempt == _PATIENCE - 1:
                raise AuditError(
                    f"another process keeps the audit log {paths.audit_database} locked",
                    hint="try again when it is done; a stopped one must be continued or ended",
                ) from None
            time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _fields(entry: Entry, redactor: Redactor) -> tuple[str | None, ...]:
    """Return kind, run_id, session, user, role, command, result and details as they are kept."""

    def text(value: str) -> str:
        return _storable(redactor.text(value))[:_LONGEST_FIELD]

    details = canonical_details(_shortened(redactor.value(_plain(entry.details))))
    return (
        str(entry.kind), entry.run_id, text(entry.session), text(entry.user), text(entry.role), text(entry.command),
        str(entry.result), details,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    """Return data as JSON has it, so that nothing becomes text only after it was redacted."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case _:
            return str(value)


def _shortened(value: Any) -> Any:
    match value:
        case str() if len(value) > LONGEST_TEXT:
            return f"{value[:LONGEST_TEXT]}… and {len(value) - LONGEST_TEXT} more characters"
        case dict():
            return {key: _shortened(item) for key, item in value.items()}
        case list():
            return [_shortened(item) for item in value]
        case _:
            return value


def _storable(text: str) -> str:
    """Return text that UTF-8 can express: file names may hold half characters."""
    return text.encode("utf-8", "backslashreplace").decode()
