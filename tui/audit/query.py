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
_ENOUGH: Final = 10_000
"""Entries of an index that are counted to tell which condition leaves the fewest records."""

Row = tuple[Any, ...]


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
        fewest, best = _ENOUGH + 1, ""
        for column, value in self.equal.items():
            where, values = self._where({column: value})
            index = INDEXED[column]
            statement = f"SELECT 1 FROM records INDEXED BY {index} WHERE {where} LIMIT {fewest}"
            (count,) = connection.execute(f"SELECT count(*) FROM ({statement})", values).fetchone()
            if count < fewest or not best:
                fewest, best = count, index
        return best

    def rows(self, connection: sqlite3.Connection, before: tuple[int, int] | None, limit: int) -> Iterator[Row]:
        """Yield rows, the newest first, that are older than the (time, number) `before`."""
        where, values = self._where(self.equal)
        if before is not None:
            where += " AND (at, seq) < (?, ?)"
            values += before
        yield from connection.execute(
            f"SELECT {_SHOWN} FROM records INDEXED BY {self._index(connection)} WHERE {where}"
            " ORDER BY at DESC, seq DESC LIMIT ?",
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


def page(connection: sqlite3.Connection, wanted: Filter, before: int | None, limit: int) -> list[Record]:
    """Return up to `limit` records, the newest first, older than the record `before`."""
    position = None
    if before is not None:
        position = connection.execute("SELECT at, seq FROM records WHERE seq = ?", (before,)).fetchone()
        if position is None:
            # A number that was not given yet means the newest.
            position = connection.execute("SELECT at, seq FROM records WHERE seq < ? ORDER BY seq DESC", (before,))
            position = position.fetchone()
            if position is None:
                return []
            position = (position[0], before)
    parts = [query.rows(connection, position, limit) for query in queries(wanted)]
    newest = heapq.merge(*parts, key=lambda row: (row[1], row[0]), reverse=True)
    return [record_of(row) for row, _ in zip(newest, range(limit), strict=False)]


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
