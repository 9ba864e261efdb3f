"""The records that are kept: sessions, snapshots, runs and the journal of where a session's head has been."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tui.machines.model import MachineSpec, ResourceUsage


class SnapshotReason(enum.StrEnum):
    """Why a snapshot was taken."""

    BEFORE = "before"
    """The state a run starts from."""
    AFTER = "after"
    """The state a successful run left."""
    FAILED = "failed"
    """The state a failed run left, kept for a post-mortem."""
    MANUAL = "manual"
    """A person asked for it."""
    BRANCH = "branch"
    """The state of another session's snapshot, which is its parent, and where this session begins."""


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


class RunState(enum.StrEnum):
    """Where a run stands. All but RUNNING are final."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The command ended with a non-zero exit code or by a signal."""
    TIMED_OUT = "timed-out"
    CANCELLED = "cancelled"
    OUT_OF_MEMORY = "out-of-memory"
    """The machine's memory came to its end."""
    LIMIT_EXCEEDED = "limit-exceeded"
    """The run exceeded one of its own limits and was ended."""
    MACHINE_LOST = "machine-lost"
    """The machine died under the run; its exit code is unknown."""
    REFUSED = "refused"
    """It did not run: policy, a hook or a person said no, or nobody was there to say yes."""
    ERROR = "error"
    """Rollcage could not carry the run out; the command may not have started."""
    INTERRUPTED = "interrupted"
    """Rollcage itself was killed during the run; found at the next start."""


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


class MoveKind(enum.StrEnum):
    """Why a session's head moved."""

    RUN = "run"
    ROLLBACK = "rollback"
    UNDO = "undo"
    REDO = "redo"


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
