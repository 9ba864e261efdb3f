"""What a snapshot is for, where a run stands, and why a session moved."""

from __future__ import annotations

from enum import StrEnum


class SnapshotReason(StrEnum):
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


class RunState(StrEnum):
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
    """It did not run: policy, a hook or a person said no, nobody was there to say yes, or another process had the
    session."""
    ERROR = "error"
    """Rollcage could not carry the run out; the command may not have started."""
    INTERRUPTED = "interrupted"
    """Rollcage itself was killed during the run; found at the next start."""


class MoveKind(StrEnum):
    """Why a session's head moved."""

    RUN = "run"
    ROLLBACK = "rollback"
    UNDO = "undo"
    REDO = "redo"
