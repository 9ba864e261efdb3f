"""The facts a run consists of, in the order they happen. Panes, `--json` and every record are projections of these.

Each event is frozen and named in the past tense; `to_json` gives the object `--json` prints, with `event` as its type.
"""

from __future__ import annotations

import base64
import enum
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from tui.levels import RiskLevel
from tui.machines.kinds import Stream
from tui.machines.model import MachineSpec, ResourceUsage
from tui.risk.model import Assessment
from tui.store.states import MoveKind, RunState, SnapshotReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a session."""

    at: datetime
    session_id: str
    run_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain data."""
        data: dict[str, Any] = {"event": type(self).__name__}
        for item in fields(self):
            data[item.name] = _plain(getattr(self, item.name))
        return data


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case enum.IntEnum():
            return value.name.lower()
        case enum.StrEnum():
            return str(value)
        case ResourceUsage() | MachineSpec() | Assessment():
            return value.to_json()
        case _:
            return value


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A request was accepted and has a run record."""

    title: str
    session: str
    definition: str | None
    steps: int
    definition_hash: str | None = None
    """SHA-256 of the definition's file, so that a change of it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAssessed(Event):
    """It is known what running the request would do."""

    assessment: Assessment
    """Of all steps together; secrets are taken out of it."""
    steps: list[dict[str, Any]]
    """What was assessed: `language`, `text` and `argv` of each step, without secrets."""
    cwd: str | None
    env: dict[str, str]
    stdin: dict[str, Any]
    """`bytes` and `sha256` of the input that is known, and whether more `follows`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChecked(Event):
    """The policy was asked."""

    outcome: str
    """`allow`, `ask` or `deny`."""
    checks: list[dict[str, Any]]
    """What `tui.policy.verdict.Check.to_json` gives, in the order the checks were made."""
    rules: str
    """Identifies the rules in force, so that a change of them shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDecided(Event):
    """One hook was heard."""

    hook: str
    point: str
    decision: str
    """`allow`, `block`, `modify` or `ask`."""
    detail: dict[str, Any]
    """What `tui.hooks.model.HookRecord.to_json` gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeDecided(Event):
    """It is settled where the request runs."""

    mode: str
    """`local` or `firecracker`."""
    reason: str
    no_rollback: bool
    """Nothing of it can be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested(Event):
    """A person has to agree."""

    level: RiskLevel
    reasons: list[str]
    to_type: str
    """What must be typed to agree; empty where a choice is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided(Event):
    """It was decided whether the request may go on."""

    answer: str
    """`allow-once`, `allow-session`, `deny` or `deny-always`; `no-answer` where nobody answered."""
    by: str
    """The user, or `an earlier answer`."""
    subjects: list[str]
    """What the answer is bound to, as a person recognises it; only where it stands for the future or did before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLeased(Event):
    """The session has a live machine."""

    machine_id: str
    backend: str
    spec: MachineSpec
    source: str
    """`live` (the session's own), `pool` (a warm clone), `clone` (made on demand) or `snapshot` (restored)."""
    took_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken(Event):
    """The whole machine was captured."""

    snapshot_id: str
    parent_id: str | None
    reason: SnapshotReason
    name: str
    pause_ms: float
    stored_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(Event):
    """One step began."""

    index: int
    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputReceived(Event):
    """The command printed bytes: untrusted and not sanitised."""

    stream: Stream
    data: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the event with its bytes as text where they are UTF-8, else as base64."""
        data = Event.to_json(self)
        try:
            data["data"] = self.data.decode()
        except UnicodeDecodeError:
            data["data"] = base64.b64encode(self.data).decode()
            data["encoding"] = "base64"
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class StepExited(Event):
    """One step ended."""

    index: int
    exit_code: int
    """As a shell shows it: 128 + signal for a process that a signal ended."""
    usage: ResourceUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed(Event):
    """The machine, not the command, failed, and the run is tried again after a delay."""

    attempt: int
    error: str
    delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExited(Event):
    """Nothing of the run executes any more; snapshots and rollback follow."""

    state: RunState
    exit_code: int | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack(Event):
    """The session's machine was replaced by one at an earlier snapshot."""

    to_id: str
    from_id: str | None
    kind: MoveKind | None
    """None for the automatic rollback of a failed run, which leaves the head where it was."""
    took_ms: float
    """From the decision until the restored machine was ready to execute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """The record of the run is final."""

    state: RunState
    exit_code: int | None
    error: str
    duration_ms: float
    before_id: str | None
    after_id: str | None
    rolled_back: bool
    usage: ResourceUsage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolChanged(Event):
    """The pool of warm machines changed; `session_id` is empty."""

    ready: int
    warming: int
    leased: int
    hits: int
    misses: int
    memory_mb: int
    drained: bool = False
    """No machines are made to wait until somebody resumes the pool."""
