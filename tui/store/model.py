"""The records that are kept: sessions, snapshots, runs and the journal of where a session's head has been."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tui.machines.model import MachineSpec, ResourceUsage
from tui.store.states import MoveKind, RunState, SnapshotReason


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """One moment of a session that can be returned to."""

    id: str
    session_id: str
    parent_id: str | None
    reason: SnapshotReason
    created_at: datetime
    name: str = ""
    """A label for people. Data, never part of a path."""
    pinned: bool = False
    """Kept by garbage collection."""
    run_id: str | None = None
    """The run that led here from the parent, if one did."""
    stored_bytes: int = 0
    """Bytes this snapshot added on disk."""
    pause_ms: float = 0.0
    """How long the machine stood still for it."""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A named line of machine state: a tree of snapshots and a head."""

    id: str
    name: str
    spec: MachineSpec
    created_at: datetime
    updated_at: datetime
    head_id: str | None = None
    """The snapshot the next run starts from; None before the first."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run. It never changes after it ends."""

    id: str
    session_id: str
    title: str
    """The definition's name, or the first line of the code."""
    definition: str | None
    """Name of the definition; None for code given directly."""
    request: dict[str, Any]
    """The request as data, so it can be looked at and repeated."""
    state: RunState
    started_at: datetime
    ended_at: datetime | None = None
    """None while it goes on, and for one whose Rollcage was killed: nobody knows when that ended."""
    exit_code: int | None = None
    """None when it is unknown: a missing exit code is never zero."""
    error: str = ""
    before_id: str | None = None
    after_id: str | None = None
    """The snapshot after success, or of the failed state."""
    rolled_back: bool = False
    attempts: int = 1
    usage: ResourceUsage | None = None
    output_bytes: int = 0
    output_head: bytes = b""
    """The first 64 KiB of what was printed, stdout and stderr as they came; the file has all of it."""

    @property
    def took(self) -> timedelta | None:
        """How long it took; None while it goes on, and where nobody knows."""
        return None if self.ended_at is None else self.ended_at - self.started_at


@dataclass(frozen=True, slots=True)
class HeadMove:
    """One entry of a session's append-only journal. UNDO and REDO name the move they reverse or repeat."""

    seq: int
    session_id: str
    kind: MoveKind
    from_id: str | None
    to_id: str
    at: datetime
    run_id: str | None = None
    subject_seq: int | None = None
