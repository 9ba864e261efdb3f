"""Reading the audit log."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tui.audit import query, schema, verify
from tui.audit.errors import AuditError, explained
from tui.audit.model import Filter, Record, Verification
from tui.errors import NotFound
from tui.paths import Paths

COUNTED = 10_000
"""Records that are counted unless more are asked for."""
_EXPORTED_AT_ONCE = 500


class AuditReader:
    """The audit log, for reading. Threads may take turns with it.

    Every method raises `AuditError` when the log cannot be read.
    """

    def __init__(self, connection: sqlite3.Connection, paths: Paths) -> None:
        self._connection = connection
        self._paths = paths
        self._turn = threading.RLock()

    @classmethod
    def read(cls, paths: Paths) -> AuditReader | None:
        """Open the log for reading; None where nothing was ever recorded. Changes and makes nothing."""
        with explained(paths.audit_database):
            if not paths.audit_database.exists():
                return None
            return cls(schema.connect(paths.audit_database, writable=False), paths)

    @property
    def path(self) -> Path:
        """The database."""
        return self._paths.audit_database

    def close(self) -> None:
        """Close the log."""
        with self._turn, explained(self.path):
            self._connection.close()

    def page(self, wanted: Filter | None = None, *, before: int | None = None, limit: int = 100) -> list[Record]:
        """Return up to `limit` records, the newest first; `before` is the number of the last one of the page before.

        They are ordered by time, then by number; the two differ only where the clock was put back.
        """
        with self._turn, explained(self.path):
            position = None
            if before is not None and (position := query.position_of(self._connection, before)) is None:
                return []
            return query.page(self._connection, wanted or Filter(), position, limit)

    def count(self, wanted: Filter | None = None, *, limit: int = COUNTED) -> int:
        """Return how many records there are, but at most `limit`, so that it stays quick."""
        with self._turn, explained(self.path):
            if wanted is None or wanted == Filter():
                (count,) = self._connection.execute(query.HELD).fetchone()
                return min(int(count), limit)
            return min(sum(part.count(self._connection, limit) for part in query.queries(wanted)), limit)

    def last(self) -> int:
        """Return the number of the last record; 0 where there is none."""
        with self._turn, explained(self.path):
            (last,) = self._connection.execute("SELECT coalesce(max(seq), 0) FROM records").fetchone()
            return int(last)

    def get(self, seq: int) -> Record:
        """Return one record.

        Raises:
            NotFound: there is none of that number.
        """
        with self._turn, explained(self.path):
            row = self._connection.execute(query.ONE, (seq,)).fetchone()
        if row is None:
            raise NotFound(f"there is no audit record {seq}", hint=f"the last one is {self.last()}")
        return query.record_of(row)

    def records(self, wanted: Filter | None = None) -> Iterator[Record]:
        """Yield all records that are wanted, the oldest first, without keeping others from appending."""
        position = None
        while True:
            with self._turn, explained(self.path):
                found = query.page(self._connection, wanted or Filter(), position, _EXPORTED_AT_ONCE, oldest_first=True)
            if not found:
                return
            yield from found
            position = (found[-1].at_us, found[-1].seq)

    def stretch(self, first: int, last: int) -> list[Record]:
        """Return the records of these numbers, by number."""
        with self._turn, explained(self.path):
            return [query.record_of(row) for row in self._connection.execute(query.STRETCH, (first, last))]

    def span_before(self, at_us: int) -> tuple[int, int] | None:
        """Return the first and last number of the records before the first one of a moment or later, if any."""
        with self._turn, explained(self.path):
            first, last = self._connection.execute(query.SPAN_BEFORE, (at_us,)).fetchone()
        return (first, last) if first is not None and last is not None and first <= last else None

    def run_id(self, prefix: str) -> str:
        """Return the one run id that begins with this.

        Raises:
            NotFound: there is none, or more than one.
        """
        with self._turn, explained(self.path):
            found = [id_ for (id_,) in self._connection.execute(query.RUN_IDS, (prefix, prefix + "\U0010ffff"))]
        if prefix in found or len(found) == 1:
            return prefix if prefix in found else found[0]
        if found:
            raise NotFound(f"{prefix} is the beginning of several runs", hint="give more of the id")
        raise NotFound(f"there is no run {prefix} in the audit log", hint="`rollcage history` lists the runs")

    def verify(
        self,
        start: int = 1,
        *,
        noted: tuple[int, str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Verification:
        """Check every record from `start` on, the anchor, and what keeps the log append-only.

        Args:
            start: The first record that is looked at; the anchor always is.
            noted: Number and hash (hexadecimal, or the beginning of it) of a record as they were noted elsewhere.
            progress: Called now and then with how many records were checked, and of how many.
        """
        with self._turn, explained(self.path):
            return verify.verify(self._connection, self._paths, start, noted, progress)


def verify_paths(
    paths: Paths,
    start: int = 1,
    *,
    noted: tuple[int, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verification | None:  # fmt: skip
    """Verify the log below `paths`, which may be gone or unreadable; None where nothing was ever recorded."""
    try:
        reader = AuditReader.read(paths)
    except AuditError as error:
        return verify.unreadable(str(error.message))
    if reader is None:
        return verify.without_log(paths, noted)
    try:
        return reader.verify(start, noted=noted, progress=progress)
    except AuditError as error:
        return verify.unreadable(str(error.message))
    finally:
        reader.close()
