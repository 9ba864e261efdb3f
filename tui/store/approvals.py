"""What people decided about commands, kept so that they need not be asked again until they take it back."""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from tui.errors import NotFound
from tui.ids import new_id
from tui.levels import RiskLevel
from tui.store import rows

Transaction: TypeAlias = "Callable[[], AbstractContextManager[sqlite3.Connection]]"
_COLUMNS: Final = "id, verdict, kind, subject, shown, level, session_id, user, decided_at, revoked_at"
_MANY: Final = 500
"""Subjects of one query."""


class Standing(enum.StrEnum):
    """What was decided for the future."""

    ALLOWED = "allowed"
    """In one session."""
    DENIED = "denied"
    """Everywhere, always."""


class SubjectKind(enum.StrEnum):
    """What a decision is bound to."""

    COMMAND = "command"
    """The normalised argv of one simple command, and the content of the definition it stands in."""
    TEXT = "text"
    """The exact text of a step that is more than its simple commands, and its definition's content."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to decide about."""

    kind: SubjectKind
    key: str
    """A digest; equal keys are the same subject."""
    shown: str
    """What a person recognises it by. Secrets are already taken out."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One decision."""

    id: str
    standing: Standing
    subject: Subject
    level: RiskLevel
    """How dangerous it was when it was decided."""
    session_id: str | None
    """The session it holds in; None everywhere."""
    user: str
    decided_at: datetime
    revoked_at: datetime | None = None


class Approvals:
    """The approvals of a store. Belongs to the thread that opened the store; every method raises `StoreError`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(
        self, standing: Standing, subjects: Iterable[Subject], level: RiskLevel, user: str, session_id: str | None
    ) -> list[Approval]:
        """Keep a decision about subjects."""
        at = rows.now()
        made = [Approval(new_id(), standing, subject, level, session_id, user, at) for subject in subjects]
        with self._transaction() as connection:
            connection.executemany(
                f"INSERT INTO approvals ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
                [_values(approval) for approval in made],
            )
        return made

    def standing(self, keys: Iterable[str], session_id: str, level: RiskLevel) -> dict[str, Standing]:
        """Return what stands for each of the keys in a session. A denial wins over an approval.

        An approval counts up to the level it was given at: with other commands around it the same one can be worse.
        """
        wanted, found = list(dict.fromkeys(keys)), dict[str, Standing]()
        with self._transaction() as connection:
            for start in range(0, len(wanted), _MANY):
                some = wanted[start : start + _MANY]
                marks = ", ".join("?" * len(some))
                for key, verdict, up_to in connection.execute(
                    f"SELECT subject, verdict, level FROM approvals WHERE subject IN ({marks}) AND revoked_at IS NULL"  # noqa: S608 - marks
                    " AND (session_id IS NULL OR session_id = ?)",
                    (*some, session_id),
                ):
                    counts = verdict == Standing.DENIED or level <= RiskLevel(up_to)
                    if counts and found.get(key) is not Standing.DENIED:
                        found[key] = Standing(verdict)
        return found

    def all(self, *, revoked: bool = False) -> list[Approval]:
        """Return the decisions in force, the newest first; with `revoked` those taken back too."""
        condition = "" if revoked else "WHERE revoked_at IS NULL"
        with self._transaction() as connection:
            found = connection.execute(f"SELECT {_COLUMNS} FROM approvals {condition} ORDER BY id DESC")  # noqa: S608 - constants
            return [_approval(row) for row in found]

    def revoke(self, id_or_beginning: str) -> Approval:
        """Take a decision back, and return it as it is then.

        Raises:
            NotFound: no decision in force has an id that begins so, or several have.
        """
        matching = [approval for approval in self.all() if approval.id.startswith(id_or_beginning.upper())]
        if len(matching) != 1 or not id_or_beginning:
            several = f"{len(matching)} decisions in force have" if matching else "no decision in force has"
            raise NotFound(
                f"{several} an id that begins with {id_or_beginning[:40]!r}",
                hint="`rollcage approvals list` shows them",
            )
        at = rows.moment(rows.now())
        with self._transaction() as connection:
            connection.execute("UPDATE approvals SET revoked_at = ? WHERE id = ?", (at, matching[0].id))
            row = connection.execute(f"SELECT {_COLUMNS} FROM approvals WHERE id = ?", (matching[0].id,)).fetchone()  # noqa: S608 - constants
        return _approval(row)


def _values(approval: Approval) -> tuple[str | None, ...]:
    subject = approval.subject
    return (
        approval.id, str(approval.standing), str(subject.kind), subject.key, subject.shown, str(approval.level),
        approval.session_id, approval.user, rows.moment(approval.decided_at), rows.moment(approval.revoked_at),
    )  # fmt: skip


def _approval(row: tuple[str, ...]) -> Approval:
    id_, verdict, kind, key, shown, level, session_id, user, decided_at, revoked_at = row
    return Approval(
        id_, Standing(verdict), Subject(SubjectKind(kind), key, shown), RiskLevel(level), session_id, user,
        datetime.fromisoformat(decided_at), datetime.fromisoformat(revoked_at) if revoked_at else None,
    )  # fmt: skip
