"""Entries, records and what may be asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EntryKind(StrEnum):
    """What was decided or changed."""

    ASSESSED = "assessed"
    POLICY_CHECKED = "policy-checked"
    HOOK_DECIDED = "hook-decided"
    APPROVAL_ASKED = "approval-asked"
    APPROVAL_DECIDED = "approval-decided"
    APPROVAL_REVOKED = "approval-revoked"
    MODE_DECIDED = "mode-decided"
    RUN_STARTED = "run-started"
    MACHINE_LEASED = "machine-leased"
    SNAPSHOT_TAKEN = "snapshot-taken"
    LIMIT_EXCEEDED = "limit-exceeded"
    ATTEMPT_FAILED = "attempt-failed"
    """The machine, not the command, failed, and the run is tried again."""
    RUN_EXITED = "run-exited"
    ROLLED_BACK = "rolled-back"
    HEAD_MOVED = "head-moved"
    """By undo or redo."""
    RUN_FINISHED = "run-finished"
    SNAPSHOT_CHANGED = "snapshot-changed"
    """Named, pinned or unpinned."""
    SNAPSHOT_DELETED = "snapshot-deleted"
    SESSION_DELETED = "session-deleted"
    SESSION_BRANCHED = "session-branched"
    """A session began at a snapshot of another one."""
    POOL_DRAINED = "pool-drained"
    POOL_RESUMED = "pool-resumed"
    MACHINE_RESTARTED = "machine-restarted"
    """By a person."""
    MACHINE_DISCARDED = "machine-discarded"
    """By a person."""
    TEMPLATE_REMOVED = "template-removed"
    SETTINGS_CHANGED = "settings-changed"
    """Found when a process begins to run things."""
    ENGINE_OPENED = "engine-opened"
    """A process began to run things."""
    ENGINE_CLOSED = "engine-closed"
    LOG_ARCHIVED = "log-archived"
    """The oldest records were moved into a file."""


class AuditResult(StrEnum):
    """How it came out."""

    ALLOWED = "allowed"
    DENIED = "denied"
    WARNING = "warning"
    INFO = "info"
    """There was nothing to allow or deny."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be recorded. Secrets are taken out of it as it is appended."""

    kind: EntryKind
    result: AuditResult = AuditResult.INFO
    run_id: str | None = None
    session: str = ""
    """The session's name; empty where none is concerned."""
    user: str = ""
    role: str = ""
    command: str = ""
    """The definition's name or the program, as one filters by it; the full text belongs into the details."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON data."""


@dataclass(frozen=True, slots=True)
class Record:
    """An entry as it was kept."""

    seq: int
    """Counts from 1 without gaps."""
    at_us: int
    """When it was recorded, microseconds since the epoch."""
    kind: str
    run_id: str | None
    session: str
    user: str
    role: str
    command: str
    result: str
    details: Mapping[str, Any]
    previous: bytes
    """The hash of the record before."""
    hash: bytes

    @property
    def at(self) -> datetime:
        """When it was recorded, in UTC."""
        return moment(self.at_us)

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return {
            "seq": self.seq,
            "at": self.at.isoformat(timespec="microseconds"),
            "kind": self.kind,
            "result": self.result,
            "run_id": self.run_id,
            "session": self.session,
            "user": self.user,
            "role": self.role,
            "command": self.command,
            "details": dict(self.details),
            "previous": self.previous.hex(),
            "hash": self.hash.hex(),
        }


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are wanted: those that meet all conditions that are given."""

    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    run_id: str | None = None
    session: str | None = None
    command: str | None = None
    user: str | None = None
    result: AuditResult | None = None
    kinds: frozenset[EntryKind] = frozenset()
    """Any of these; none given means all."""


class FindingKind(StrEnum):
    """What verification found to be wrong."""

    EDITED = "edited"
    REMOVED = "removed"
    REORDERED = "reordered"
    INSERTED = "inserted"
    FORGED = "forged"
    """Hashes are consistent, but this installation did not make them: the chain was computed anew."""
    TRUNCATED = "truncated"
    REPLACED = "replaced"
    """The log, or a part that was noted elsewhere, is another one."""
    ANCHOR = "anchor"
    """The anchor is missing or not this installation's."""
    KEY = "key"
    """The key is missing, so seals and anchor cannot be checked."""
    UNPROTECTED = "unprotected"
    """What keeps the table append-only was taken away."""
    DAMAGED = "damaged"
    """SQLite cannot read its file, or its indexes disagree with the table."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with the records it concerns."""

    kind: FindingKind
    message: str
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification looked at and found."""

    records: int
    """How many were looked at."""
    head: int
    """Number of the last record."""
    head_hash: str
    findings: tuple[Finding, ...]
    unanchored: int = 0
    """Records after the anchor whose seals are right: a process was killed between writing and anchoring them."""

    @property
    def whole(self) -> bool:
        """Nothing is wrong."""
        return not self.findings


def microseconds(at: datetime) -> int:
    """Return a moment as it is kept."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(at_us: int) -> datetime:
    """Return what was kept as a moment, in UTC."""
    return _EPOCH + timedelta(microseconds=at_us)
