"""What is known of runs from their events: a projection of the engine's stream, without Textual."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from tui.levels import RiskLevel
from tui.runs.events import (
    ApprovalDecided,
    ApprovalRequested,
    AttemptFailed,
    Event,
    HookDecided,
    MachineLeased,
    ModeDecided,
    OutputReceived,
    PolicyChecked,
    PoolChanged,
    RiskAssessed,
    RolledBack,
    RunExited,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    StepExited,
    StepStarted,
)
from tui.store.states import RunState
from tui.text import clean_line
from tui.ui.describe import NO_ROLLBACK, RISK_GLYPHS, reason_words, spec_words, state_words
from tui.ui.output.log import OutputLog, RowKind
from tui.units import duration, size

_KEPT_LOGS: Final = 8
"""Logs of finished runs kept in memory; those of others are read from their files."""


@dataclass(slots=True)
class LiveRun:
    """A run this process carries out or carried out."""

    id: str
    session: str
    title: str
    started_at: datetime
    steps: int
    step: int = 0
    state: RunState = RunState.RUNNING
    exit_code: int | None = None
    log: OutputLog = field(default_factory=OutputLog)
    no_rollback: bool = False
    """It runs on the host."""
    exited_as: RunState | None = None
    """How its commands ended, before its record is final."""

    @property
    def is_over(self) -> bool:
        """Whether its record is final."""
        return self.state is not RunState.RUNNING


class LiveRuns:
    """All runs of this process, by session, and the last machine and pool that were heard of."""

    def __init__(self, output_file: Callable[[str], Path] | None = None) -> None:
        self._output_file = output_file
        """Where a run's output is kept: what its log holds no longer in memory is read back from there."""
        self._runs: OrderedDict[str, LiveRun] = OrderedDict()
        self._session_of: dict[str, str] = {}
        self.machines: dict[str, MachineLeased] = {}
        """By session name: the machine its last run used."""
        self.pool: PoolChanged | None = None

    def run(self, run_id: str) -> LiveRun | None:
        """Return a run of this process whose log is still in memory."""
        return self._runs.get(run_id)

    def running(self, session: str | None = None) -> LiveRun | None:
        """Return the run in progress in a session, or in any."""
        for run in reversed(self._runs.values()):
            if not run.is_over and session in (None, run.session):
                return run
        return None

    def latest(self, session: str) -> LiveRun | None:
        """Return the newest run of a session."""
        return next((run for run in reversed(self._runs.values()) if run.session == session), None)

    def apply(self, event: Event) -> None:
        """Take one event in. Cheap enough to be called for every chunk of output."""
        match event:
            case OutputReceived():
                if (run := self._runs.get(event.run_id or "")) is not None:
                    run.log.feed(event.stream, event.data, int(event.at.timestamp() * 1e9))
            case PoolChanged():
                self.pool = event
            case RunStarted():
                self._start(event)
            case RolledBack():
                # The session's machine is another one now, and events do not say which.
                self.machines.pop(self._session_of.get(event.session_id, ""), None)
                if (run := self._runs.get(event.run_id or "")) is not None:
                    self._advance(run, event)
            case MachineLeased() if event.run_id is None:  # by hand, not for a run
                if (session := self._session_of.get(event.session_id)) is not None:
                    self.machines[session] = event
            case _:
                if (run := self._runs.get(event.run_id or "")) is not None:
                    self._advance(run, event)

    def _start(self, event: RunStarted) -> None:
        assert event.run_id is not None
        for old in [run for run in self._runs.values() if run.is_over][: -_KEPT_LOGS or None]:
            del self._runs[old.id]
        file = self._output_file(event.run_id) if self._output_file is not None else None
        log = OutputLog(file=file)
        run = LiveRun(event.run_id, event.session, event.title, event.at, event.steps, log=log)
        run.log.note("checking it, then getting a machine")
        self._runs[run.id] = run
        self._session_of[event.session_id] = event.session

    def _advance(self, run: LiveRun, event: Event) -> None:
        log = run.log
        match event:
            case RiskAssessed() | PolicyChecked() | HookDecided() | ApprovalRequested() | ApprovalDecided():
                if (words := decision_words(event)) is not None:
                    log.note(*words)
            case ModeDecided():
                run.no_rollback = event.no_rollback
                log.note(*mode_words(event))
            case MachineLeased():
                self.machines[run.session] = event
                log.note(f"machine {spec_words(event.spec)} · {_SOURCES.get(event.source, event.source)} in "
                         f"{duration(event.took_ms / 1000)}")  # fmt: skip
            case SnapshotTaken():
                name = f" “{clean_line(event.name, 40)}”" if event.name else ""
                log.note(f"snapshot {reason_words(event.reason, run.exited_as)}{name} · paused "
                         f"{duration(event.pause_ms / 1000)} · {size(event.stored_bytes)}")  # fmt: skip
            case StepStarted():
                run.step = event.index + 1
                first = clean_line(event.text.strip().split("\n", 1)[0], 100)
                log.heading(f"{f'step {run.step}/{run.steps} · ' if run.steps > 1 else ''}{event.language} · {first}")
            case StepExited() if event.exit_code and run.steps > 1:
                log.note(f"step {event.index + 1} ended with {event.exit_code}", RowKind.WARNING)
            case AttemptFailed():
                log.note(
                    f"the machine failed (attempt {event.attempt}): {event.error}\n"
                    f"trying again in {duration(event.delay_s)}",
                    RowKind.WARNING,
                )
            case RunExited():
                run.exited_as = event.state
                log.finish()
            case RolledBack():
                stood_by = event.took_ms < 1
                how = "to a machine that stood by" if stood_by else f"in {duration(event.took_ms / 1000)}"
                log.note(f"rolled back {how}")
            case RunFinished():
                self._finish(run, event)

    def _finish(self, run: LiveRun, event: RunFinished) -> None:
        run.state, run.exit_code = event.state, event.exit_code
        run.log.note(
            *end_marker(event.state, event.exit_code, event.duration_ms / 1000, event.error, event.rolled_back)
        )


def decision_words(
    event: RiskAssessed | PolicyChecked | HookDecided | ApprovalRequested | ApprovalDecided,
) -> tuple[str, RowKind] | None:
    """Return what was decided about a run in one line, or None where there is nothing worth a line."""
    match event:
        case RiskAssessed():
            assessment = event.assessment
            reasons = assessment.reasons
            effect = f": {clean_line(reasons[0].effect, 160)}" if reasons else ""
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            kind = RowKind.NOTE if assessment.level < RiskLevel.HIGH else RowKind.WARNING
            return f"{RISK_GLYPHS[assessment.level]} {assessment.level} risk{effect}{more}", kind
        case PolicyChecked():
            told = [check for check in event.checks if check.get("result") != "allowed"]
            if not told:
                return f"policy: {event.outcome}", RowKind.NOTE
            words = "; ".join(clean_line(str(check.get("reason", "")), 160) for check in told)
            return f"policy: {event.outcome}, {words}", RowKind.WARNING
        case HookDecided():
            if event.decision == "allow":
                return None
            why = event.detail.get("reason") or event.detail.get("prompt") or ""
            why = f": {clean_line(str(why), 160)}" if why else ""
            return f"hook {clean_line(event.hook, 40)}: {event.decision}{why}", RowKind.WARNING
        case ApprovalRequested():
            return f"asking: {clean_line('; '.join(event.reasons), 200)}", RowKind.WARNING
        case ApprovalDecided():
            good = event.answer.startswith("allow")
            by = f" by {clean_line(event.by, 40)}" if event.answer != "no-answer" else ""
            return f"{event.answer.replace('-', ' ')}{by}", RowKind.NOTE if good else RowKind.WARNING


def mode_words(event: ModeDecided) -> tuple[str, RowKind]:
    """Return where a run is carried out, and why."""
    reason = clean_line(event.reason, 240)
    if not event.no_rollback:
        return reason, RowKind.NOTE
    return (reason if NO_ROLLBACK in reason else f"{reason}; {NO_ROLLBACK}"), RowKind.WARNING


_SOURCES: Final = {
    "live": "kept from before",
    "pool": "warm from the pool",
    "clone": "cloned",
    "snapshot": "restored from its snapshot",
}


def end_marker(
    state: RunState, exit_code: int | None, seconds: float | None, error: str, rolled_back: bool
) -> tuple[str, RowKind]:
    """Return the last row of a run's log: how it ended and how long it took."""
    good = state is RunState.SUCCEEDED
    parts = ["succeeded" if good else state_words(state, exit_code)]
    if exit_code is not None and (good or state is not RunState.FAILED):
        parts.append(f"exit {exit_code}")
    if seconds is not None:
        parts.append(duration(seconds))
    if rolled_back:
        parts.append("rolled back")
    text = " · ".join(parts)
    tells_more = error and error not in (str(state), f"exit code {exit_code}")
    return (f"{text}\n{error}" if tells_more else text), RowKind.GOOD_END if good else RowKind.BAD_END
