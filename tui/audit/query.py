"""Filters as SQL that stays quick on a million records."""

# ruff: noqa: S608 - statements are put together of constants; values are always bound

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tui.audit.model import Filter, Record, microseconds
from tui.audit.schema import INDEXED

_SHOWN: Final = "seq, at, kind, run_id, session, user, role, command, result, details, previous, hash"
_COUNTED: Final = (1000, 50_000)
"""Entries of an index that are counted to tell which condition leaves the fewest records; 50 000 take 2 ms."""

Row = tuple[Any, ...]
Position = tuple[int, int]
"""Time and number of a record: records are shown in the order of these."""


@dataclass(frozen=True, slots=True)
class Query:
    """One filter with at most one kind: conditions on indexed columns, and a stretch of time."""

    equal: dict[str, str]
    times: tuple[tuple[str, int], ...]

    def _where(self, columns: dict[str, str]) -> tuple[str, list[Any]]:
        conditions = [f"{column} = ?" for column in columns] + [f"at {operator} ?" for operator, _ in self.times]
        return " AND ".join(conditions) or "1", [*columns.values(), *(value for _, value in self.times)]

    def _index(self, connection: sqlite3.Connection) -> str:
        """Return the index of the condition that leaves the fewest records."""
        if len(self.equal) < 2:
            return next((INDEXED[column] for column in self.equal), "records_in_time")
        for most in _COUNTED:
            fewest, index = min((self._entries(connection, column, most), INDEXED[column]) for column in self.equal)
            if fewest < most:
                break
        return index

    def _entries(self, connection: sqlite3.Connection, column: str, most: int) -> int:
        """Return how many records meet one condition, but at most `most`."""
        where, values = self._where({column: self.equal[column]})
        statement = f"SELECT 1 FROM records INDEXED BY {INDEXED[column]} WHERE {where} LIMIT ?"
        (count,) = connection.execute(f"SELECT count(*) FROM ({statement})", (*values, most)).fetchone()
        return int(count)

    def rows(
        self, connection: sqlite3.Connection, position: Position | None, limit: int, oldest_first: bool
    ) -> Iterator[Row]:
        """Yield rows beyond a position, in order."""
        where, values = self._where(self.equal)
        direction = "ASC" if oldest_first else "DESC"
        if position is not None:
            where += f" AND (at, seq) {'>' if oldest_first else '<'} (?, ?)"
            values += position
        yield from connection.execute(
            f"SELECT {_SHOWN} FROM records INDEXED BY {self._index(connection)} WHERE {where}"
            f" ORDER BY at {direction}, seq {direction} LIMIT ?",
            (*values, limit),
        )

    def count(self, connection: sqlite3.Connection, limit: int) -> int:
        """Return how many records there are, but at most `limit`."""
        where, values = self._where(self.equal)
        (count,) = connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM records INDEXED BY {self._index(connection)} WHERE {where} LIMIT ?)",
            (*values, limit),
        ).fetchone()
        return int(count)


def queries(wanted: Filter) -> list[Query]:
    """Return the queries whose results together are what is wanted: one for each kind."""
    equal = {
        column: str(value)
        for column in ("run_id", "session", "command", "user", "result")
        if (value := getattr(wanted, column)) is not None
    }
    times = []
    if wanted.since is not None:
        times.append((">=", microseconds(wanted.since)))
    if wanted.until is not None:
        times.append(("<", microseconds(wanted.until)))
    if not wanted.kinds:
        return [Query(equal, tuple(times))]
    return [Query({**equal, "kind": str(kind)}, tuple(times)) for kind in sorted(wanted.kinds)]


def page(
    connection: sqlite3.Connection, wanted: Filter, position: Position | None, limit: int, *, oldest_first: bool = False
) -> list[Record]:
    """Return up to `limit` records beyond a position, the newest or the oldest first."""
    parts = [query.rows(connection, position, limit, oldest_first) for query in queries(wanted)]
    merged = heapq.merge(*parts, key=lambda row: (row[1], row[0]), reverse=not oldest_first)
    return [record_of(row) for row, _ in zip(merged, range(limit), strict=False)]


def position_of(connection: sqlite3.Connection, seq: int) -> Position | None:
    """Return where a record stands; for a number beyond the last, behind the last; None where nothing is before it."""
    found = connection.execute(
        "SELECT at, seq FROM records WHERE seq <= ? ORDER BY seq DESC LIMIT 1", (seq,)
    ).fetchone()
    if found is None:
        return None
    at, nearest = found
    return (at, nearest) if nearest == seq else (at, seq)


def record_of(row: Row) -> Record:
    """Return the record of a row as it is selected here."""
    seq, at, kind, run_id, session, user, role, command, result, details, previous, digest = row
    return Record(
        seq, at, kind, run_id, session, user, role, command, result, _details(details), bytes(previous), bytes(digest)
    )


def _details(text: str) -> dict[str, Any]:
    """Return details as data; of a record that was tampered with, whatever is there."""
    try:
        details = json.loads(text)
    except (ValueError, TypeError):
        return {"unreadable": str(text)}
    return details if isinstance(details, dict) else {"unreadable": str(text)}


ONE: Final = f"SELECT {_SHOWN} FROM records WHERE seq = ?"
HELD: Final = "SELECT coalesce((SELECT max(seq) FROM records) - (SELECT min(seq) FROM records) + 1, 0)"
"""How many records there are: numbers have no gaps. Only a `min` or `max` alone is looked up instead of counted."""
SPAN_BEFORE: Final = (
    "SELECT (SELECT min(seq) FROM records),"
    " coalesce((SELECT min(seq) - 1 FROM records WHERE at >= ?), (SELECT max(seq) FROM records))"
)
STRETCH: Final = f"SELECT {_SHOWN} FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq"
RUN_IDS: Final = (
    "SELECT DISTINCT run_id FROM records INDEXED BY records_of_run"
    " WHERE run_id IS NOT NULL AND run_id >= ? AND run_id < ? LIMIT 2"
)
