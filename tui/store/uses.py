"""What the policy counts, kept so that it holds across restarts and across processes: uses and failures.

A command is kept as its SHA-256: counting needs to know only whether two are the same, and the first word of a text may
be a secret that somebody pasted.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, TypeAlias

KEPT_S: Final = 32 * 86_400
"""Uses older than this many seconds are forgotten; no limit looks back further."""
FAILURES_KEPT_S: Final = 86_400
"""Failures are forgotten when the last one is this many seconds old."""

_NEWEST: Final = """
    SELECT at FROM uses
    WHERE at > :now - :per_s - 1 AND at + :per_s > :now
      AND (:command IS NULL OR EXISTS (SELECT 1 FROM used_commands WHERE command = :command AND use = uses.seq))
      AND (:role IS NULL OR role = :role) AND (:user IS NULL OR user = :user)
    ORDER BY at DESC LIMIT :uses
"""
Transaction: TypeAlias = "Callable[[], AbstractContextManager[sqlite3.Connection]]"


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `uses` uses of a command, role and user, None being any, in any stretch of `per_s` seconds.

    A use of several commands is one use of each of them.
    """

    uses: int
    per_s: float
    command: str | None = None
    role: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a quota."""

    quota: Quota
    used: int
    """At most the quota's uses."""
    free_at: float | None
    """Seconds since the epoch at which one more is allowed; None if it is now."""


class Uses:
    """Uses and failures. Belongs to the thread that opened the store; every method raises `StoreError`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def standings(self, quotas: Sequence[Quota], now: float) -> list[Standing]:
        """Return what is left of each quota. Takes nothing."""
        with self._transaction() as connection:
            return _standings(connection, quotas, now)

    def take(
        self, commands: Iterable[str], role: str, user: str, quotas: Sequence[Quota], now: float
    ) -> list[Standing]:
        """Record one use of all these commands if every quota has one left, and return what was left of each before.

        Looking and recording are one transaction: of two processes that want the last use, one gets it. Nothing is
        recorded if any `free_at` is not None.
        """
        with self._transaction() as connection:
            found = _standings(connection, quotas, now)
            if all(standing.free_at is None for standing in found):
                connection.execute("DELETE FROM uses WHERE at < ?", (now - KEPT_S,))
                use = connection.execute(
                    "INSERT INTO uses (role, user, at) VALUES (?, ?, ?)", (role, user, now)
                ).lastrowid
                keys = {(_key(command), use) for command in commands}
                connection.executemany("INSERT INTO used_commands (command, use) VALUES (?, ?)", keys)
            return found

    def failures(self, command: str, user: str, now: float) -> int:
        """Return how often in a row a command of a user has failed the knowledge graph."""
        with self._transaction() as connection:
            return _failures(connection, command, user, now)

    def count_failure(self, command: str, user: str, now: float) -> int:
        """Count one more failure, and return how many there are now."""
        with self._transaction() as connection:
            count = _failures(connection, command, user, now) + 1
            connection.execute(
                "INSERT INTO failures (command, user, count, at) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (command, user) DO UPDATE SET count = ?3, at = ?4",
                (_key(command), user, count, now),
            )
            return count

    def forget_failures(self, command: str, user: str) -> None:
        """Begin to count anew."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM failures WHERE command = ? AND user = ?", (_key(command), user))


def _key(command: str) -> str:
    return hashlib.sha256(command.encode("utf-8", "surrogatepass")).hexdigest()


def _failures(connection: sqlite3.Connection, command: str, user: str, now: float) -> int:
    row = connection.execute(
        "SELECT count FROM failures WHERE command = ? AND user = ? AND at > ?",
        (_key(command), user, now - FAILURES_KEPT_S),
    ).fetchone()
    return 0 if row is None else int(row[0])


def _standings(connection: sqlite3.Connection, quotas: Sequence[Quota], now: float) -> list[Standing]:
    found = []
    for quota in quotas:
        values = {
            "now": now, "per_s": quota.per_s, "uses": quota.uses,
            "command": None if quota.command is None else _key(quota.command), "role": quota.role, "user": quota.user,
        }  # fmt: skip
        times = [at for (at,) in connection.execute(_NEWEST, values)]
        # When the oldest of the newest `uses` has left the window, there is room for one more.
        free_at = times[-1] + quota.per_s if len(times) >= quota.uses else None
        found.append(Standing(quota, len(times), free_at))
    return found
