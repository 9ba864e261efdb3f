"""Words, glyphs and figures as the interface shows them. Nothing says by colour alone what it does not say in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tui.definitions.kinds import ExecutionMode, Scope
from tui.levels import RiskLevel
from tui.store.states import RunState, SnapshotReason
from tui.text import clean_line

if TYPE_CHECKING:
    from tui.machines.model import MachineSpec
    from tui.store.model import RunRecord

RISK_GLYPHS: Final = {
    RiskLevel.LOW: "○",
    RiskLevel.MEDIUM: "◐",
    RiskLevel.HIGH: "▲",
    RiskLevel.CRITICAL: "■",
}
SCOPE_MEANINGS: Final = {Scope.PROJECT: "this project", Scope.USER: "yours", Scope.SHIPPED: "shipped"}
MODE_MEANINGS: Final = {
    ExecutionMode.LOCAL: "local",
    ExecutionMode.FIRECRACKER: "machine",
    ExecutionMode.HYBRID: "hybrid",
}
STATE_GLYPHS: Final = {
    RunState.RUNNING: "◌",
    RunState.SUCCEEDED: "✓",
    RunState.FAILED: "✗",
    RunState.TIMED_OUT: "✗",
    RunState.CANCELLED: "⊘",
    RunState.OUT_OF_MEMORY: "✗",
    RunState.LIMIT_EXCEEDED: "✗",
    RunState.REFUSED: "⊘",
    RunState.MACHINE_LOST: "✗",
    RunState.ERROR: "✗",
    RunState.INTERRUPTED: "✗",
}
NO_ROLLBACK: Final = "no rollback here"
"""What is said of every run on the host, before and after."""
REASONS: Final = {
    SnapshotReason.BEFORE: "before a run",
    SnapshotReason.AFTER: "after success",
    SnapshotReason.FAILED: "of a failed run",
    SnapshotReason.MANUAL: "taken by hand",
    SnapshotReason.BRANCH: "where it branched off",
}
_UNSUCCESSFUL: Final = {
    RunState.CANCELLED: "of a cancelled run",
    RunState.TIMED_OUT: "of a run that timed out",
    RunState.INTERRUPTED: "of an interrupted run",
}


def reason_words(reason: SnapshotReason, run: RunState | None = None) -> str:
    """Return why a snapshot was taken, said of the run it is of as that ended, where that is known."""
    if reason is SnapshotReason.FAILED and run is not None:
        return _UNSUCCESSFUL.get(run, REASONS[reason])
    return REASONS[reason]


def state_words(state: RunState, exit_code: int | None) -> str:
    """Return how a run ended, such as `exit 3` or `timed out`."""
    match state:
        case RunState.SUCCEEDED:
            return "ok"
        case RunState.FAILED:
            return "failed" if exit_code is None else f"exit {exit_code}"
        case RunState.OUT_OF_MEMORY:
            return "no memory"
        case RunState.LIMIT_EXCEEDED:
            return "over its limit"
        case _:
            return str(state).replace("-", " ")


def on_host(run: RunRecord) -> bool:
    """Say whether a run was carried out on the host, where nothing can be rolled back."""
    gate = run.request.get("gate")
    return isinstance(gate, dict) and gate.get("mode") == ExecutionMode.LOCAL


def run_seconds(run: RunRecord) -> float | None:
    """Return how long a run took, or None while it goes on and where nobody knows."""
    return None if run.took is None else run.took.total_seconds()


def age(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago a moment was, in one unit of at most four characters."""
    seconds = max(((now or datetime.now(UTC)) - moment).total_seconds(), 0)
    if seconds < 5:
        return "now"
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def abreast(left: str, right: str, room: int) -> tuple[str, str]:
    """Shorten two texts so that they share so many characters; what one does not need the other gets."""
    half = max(room // 2, 1)
    of_left = max(half, room - len(right))
    of_right = max(half, room - len(left))
    return clean_line(left, of_left), clean_line(right, of_right)


def spec_words(spec: MachineSpec) -> str:
    """Return a machine's spec, such as `256M·1cpu`."""
    disk = f"·{spec.disk_mb // 1024}G disk" if spec.disk_mb and spec.disk_mb >= 1024 else ""
    if spec.disk_mb and not disk:
        disk = f"·{spec.disk_mb}M disk"
    return f"{spec.memory_mb}M·{spec.cpus}cpu{disk}{'·net' if spec.network else ''}"


def short_id(id_: str) -> str:
    """Return the end of a ULID, where ids of the same moment differ."""
    return id_[-6:].lower()
