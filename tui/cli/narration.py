"""What is said about a run besides its output: nothing when all went well, unless asked."""

from __future__ import annotations

from tui.cli.figures import SHORTEST_ID
from tui.runs.events import (
    ApprovalDecided,
    AttemptFailed,
    Event,
    HookDecided,
    MachineLeased,
    ModeDecided,
    PolicyChecked,
    RiskAssessed,
    RolledBack,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    StepExited,
    StepStarted,
)
from tui.store.states import RunState, SnapshotReason
from tui.text import clean_line
from tui.units import duration, size

_SOURCES = {
    "live": "the session's own machine",
    "pool": "a warm machine of the pool",
    "clone": "a new machine",
    "snapshot": "restored from its snapshot",
}


def _short(id_: str | None) -> str:
    return id_[:SHORTEST_ID] if id_ else "nothing"


class Narrator:
    """Turns the events of one run into lines for a person."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False, host_demanded: bool = False) -> None:
        """Speak; who demanded the host by name is told why it runs elsewhere."""
        self._quiet = quiet
        self._verbose = verbose
        self._host_demanded = host_demanded
        self._failed: SnapshotTaken | None = None
        self._rollback: RolledBack | None = None
        self._on_host = False

    def lines(self, event: Event) -> list[str]:
        """Return what to say about an event."""
        match event:
            case SnapshotTaken(reason=SnapshotReason.FAILED):
                self._failed = event
            case RolledBack():
                self._rollback = event
            case ModeDecided():
                self._on_host = event.no_rollback
        if self._quiet:
            return []
        if isinstance(event, RunFinished):
            ending = self._ending(event)
            # What follows the first line of an error is a hint or the end of a machine's log.
            more = [f"  {clean_line(line, 300)}" for line in event.error.splitlines()[1:]]
            return [f"rollcage: {ending}", *more] if ending else []
        if isinstance(event, AttemptFailed):
            reason = clean_line(event.error, 300)
            return [f"rollcage: the machine failed, trying again in {duration(event.delay_s)}: {reason}"]
        if isinstance(event, ModeDecided) and (event.no_rollback or self._host_demanded):
            return [f"rollcage: {clean_line(event.reason, 300)}"]
        detail = self._detail(event) if self._verbose else ""
        return [f"rollcage: {detail}"] if detail else []

    def _detail(self, event: Event) -> str:
        match event:
            case RunStarted():
                return f"run {event.run_id} in session {clean_line(event.session, 60)}"
            case RiskAssessed():
                found = event.assessment
                worst = f": {clean_line(found.reasons[0].effect, 200)}" if found.reasons else ""
                return f"risk {found.level} ({found.confidence}){worst}"
            case PolicyChecked():
                notes = "; ".join(check["reason"] for check in event.checks if check["result"] != "allowed")
                return f"policy: {event.outcome}{f' ({clean_line(notes, 300)})' if notes else ''}"
            case HookDecided() if event.decision != "allow":
                said = event.detail.get("reason") or event.detail.get("prompt") or ""
                return f"hook {clean_line(event.hook, 60)}: {event.decision} {clean_line(str(said), 200)}".rstrip()
            case ModeDecided():
                return f"mode {event.mode}: {clean_line(event.reason, 300)}"
            case ApprovalDecided():
                return f"approval: {event.answer}, by {clean_line(event.by, 60)}"
            case MachineLeased():
                source = _SOURCES.get(event.source, event.source)
                took = duration(event.took_ms / 1000)
                return f"machine: {source}, {event.backend}, {event.spec.memory_mb} MiB, took {took}"
            case SnapshotTaken():
                cost = f"paused {event.pause_ms:.1f} ms, {size(event.stored_bytes)}"
                return f"snapshot {_short(event.snapshot_id)} ({event.reason}): {cost}"
            case StepStarted():
                first = event.text.strip().partition("\n")[0]
                return f"step {event.index + 1} ({event.language}): {clean_line(first, 80)}"
            case StepExited():
                return f"step {event.index + 1} exited with {event.exit_code} after {duration(event.usage.wall_s)}"
            case RolledBack():
                return f"rolled back to {_short(event.to_id)} in {duration(event.took_ms / 1000)}"
            case _:
                return ""

    def _ending(self, event: RunFinished) -> str:
        if event.state is RunState.SUCCEEDED:
            if not self._verbose:
                return ""
            after = f", snapshot {_short(event.after_id)}" if event.after_id else ""
            return f"succeeded in {duration(event.duration_ms / 1000)}{after}"
        return "; ".join(part for part in (self._outcome(event), self._aftermath(event)) if part)

    def _outcome(self, event: RunFinished) -> str:
        error = clean_line(event.error.partition("\n")[0], 500)
        match event.state:
            case RunState.FAILED:
                return error or (f"exit code {event.exit_code}" if event.exit_code is not None else "failed")
            case RunState.TIMED_OUT:
                return error or f"timed out after {duration(event.duration_ms / 1000)}"
            case RunState.CANCELLED:
                return "cancelled"
            case RunState.OUT_OF_MEMORY:
                return error or "the machine ran out of memory"
            case RunState.MACHINE_LOST:
                return f"the machine was lost, so how the command ended is unknown: {error}"
            case RunState.REFUSED:
                return f"not run: {error}"
            case _:
                return error or str(event.state)

    def _aftermath(self, event: RunFinished) -> str:
        kept = f", the failed state is kept as {_short(self._failed.snapshot_id)}" if self._failed else ""
        if event.rolled_back:
            cost = f" in {duration(self._rollback.took_ms / 1000)}" if self._rollback else ""
            return f"rolled back to {_short(event.before_id)}{cost}{kept}"
        if event.state in (RunState.ERROR, RunState.MACHINE_LOST, RunState.REFUSED):
            return ""
        if self._on_host:
            return "no rollback: it ran on the host"
        return f"not rolled back{kept}"
