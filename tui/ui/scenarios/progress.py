"""How far a scenario has come: a projection of its events."""

from __future__ import annotations

import enum
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tui.runs.events import ApprovalDecided, ApprovalRequested, Event, RunStarted
from tui.runs.scenario_events import (
    ScenarioBegun,
    ScenarioEnded,
    ScenarioEvent,
    StepBegun,
    StepEnded,
    StepHappened,
    StepOutput,
)
from tui.text import clean_line
from tui.ui.live import LiveRuns
from tui.ui.output.log import OutputLog, RowKind
from tui.units import duration

if TYPE_CHECKING:
    from tui.scenarios.model import Scenario, Step
    from tui.scenarios.outcome import Check


class Phase(enum.Enum):
    """Where a scenario, or one of its steps, is."""

    PENDING = "pending"
    RUNNING = "running"
    HELD = "paused"
    """Of a scenario: it waits for a person before its next step."""
    PASSED = "passed"
    FAILED = "failed"
    STOPPED = "stopped"
    LEFT = "not run"
    """Of a step: it was not carried out, and will not be."""


GLYPHS: Final = {
    Phase.PENDING: "·",
    Phase.RUNNING: "◌",
    Phase.HELD: "‖",
    Phase.PASSED: "✓",
    Phase.FAILED: "✗",
    Phase.STOPPED: "■",
    Phase.LEFT: "–",
}
LOOKS: Final = {
    Phase.PENDING: "muted",
    Phase.RUNNING: "active",
    Phase.HELD: "accent",
    Phase.PASSED: "good",
    Phase.FAILED: "bad",
    Phase.STOPPED: "warning",
    Phase.LEFT: "muted",
}
"""The looks of the lists."""
_COLOURS: Final = re.compile(r"\x1b\[[\d;:]*m")
"""SGR: the sequences that colour text."""


def plain(text: str) -> str:
    """Return untrusted text as one clean line. Colours are left out; every other control stays visible."""
    return clean_line(_COLOURS.sub("", text))


@dataclass(slots=True)
class Asked:
    """A question before a step ran, and the answer."""

    question: str
    answer: str = ""
    """Empty until there is one."""


@dataclass(slots=True)
class StepProgress:
    """One step, before, while and after it is carried out."""

    step: Step
    phase: Phase = Phase.PENDING
    checks: tuple[Check, ...] = ()
    reason: str = ""
    """Why it was refused or failed. Untrusted."""
    run_id: str | None = None
    took_s: float | None = None
    begun_at: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    log: OutputLog = field(default_factory=OutputLog)
    """What it prints, and what is done for it."""
    _live: LiveRuns = field(default_factory=LiveRuns)

    def happened(self, fact: Event) -> None:
        """Take in a fact of its run."""
        self._live.apply(fact)
        match fact:
            case RunStarted() if (run := self._live.run(fact.run_id or "")) is not None:
                self.log = run.log
            case ApprovalRequested():
                typed = f" (“{clean_line(fact.to_type, 60)}” must be typed)" if fact.to_type else ""
                self.asked.append(Asked(f"{clean_line('; '.join(fact.reasons), 300)}{typed}"))
            case ApprovalDecided() if self.asked:
                by = f", {clean_line(fact.by, 60)}" if fact.by and fact.answer != "no-answer" else ""
                self.asked[-1].answer = f"{fact.answer.replace('-', ' ')}{by}"

    def end(self, event: StepEnded) -> None:
        """Take in what came of it."""
        outcome = event.outcome
        self.phase = Phase.PASSED if event.passed else Phase.FAILED
        self.checks, self.reason, self.run_id = event.checks, outcome.reason, event.run_id
        self.took_s = outcome.took_ms / 1000
        if event.run_id is None:
            text = f"{outcome.state} · {duration(self.took_s)}"
            reason = f"\n{outcome.reason}" if outcome.reason else ""
            self.log.note(f"{text}{reason}", RowKind.GOOD_END if event.passed else RowKind.BAD_END)


@dataclass(slots=True)
class Progress:
    """One carrying out of a scenario."""

    scenario: Scenario
    steps: list[StepProgress]
    phase: Phase = Phase.PENDING
    session: str = ""
    kept: bool = False
    took_s: float | None = None
    at: int = -1
    """The step that began last."""
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def of(cls, scenario: Scenario, clock: Callable[[], float] = time.monotonic) -> Progress:
        """Return a scenario of which nothing was carried out yet."""
        return cls(scenario, [StepProgress(step) for step in scenario.steps], clock=clock)

    @property
    def is_going_on(self) -> bool:
        """Whether it is not over."""
        return self.phase in (Phase.RUNNING, Phase.HELD)

    @property
    def passed(self) -> int:
        """How many steps did as expected."""
        return sum(step.phase is Phase.PASSED for step in self.steps)

    @property
    def has_more(self) -> bool:
        """Whether another step follows the one that began last."""
        failed = any(step.phase is Phase.FAILED for step in self.steps)
        return self.at + 1 < len(self.steps) and (self.scenario.goes_on or not failed)

    @property
    def is_ending(self) -> bool:
        """Whether all that is carried out of it has been, and what is left is to clean up."""
        return self.phase is Phase.RUNNING and not self.has_more and self.steps[self.at].phase is not Phase.RUNNING

    def seconds(self, step: StepProgress) -> float | None:
        """Return how long a step took, or takes so far; None before it begins."""
        return self.clock() - step.begun_at if step.phase is Phase.RUNNING else step.took_s

    def apply(self, event: ScenarioEvent) -> None:
        """Take one event in."""
        match event:
            case ScenarioBegun():
                self.phase, self.session = Phase.RUNNING, event.session
            case StepBegun():
                step = self.steps[event.index]
                self.at, step.phase, step.begun_at = event.index, Phase.RUNNING, self.clock()
                step.log.heading(clean_line(step.step.shown, 200))
            case StepOutput():
                self.steps[event.index].log.feed(event.stream, event.data)
            case StepHappened():
                self.steps[event.index].happened(event.fact)
            case StepEnded():
                self.steps[event.index].end(event)
            case ScenarioEnded():
                self.took_s, self.kept = event.took_ms / 1000, event.kept
                self._over(Phase.PASSED if event.passed else Phase.FAILED)

    def stop(self) -> None:
        """Somebody stopped it."""
        self._over(Phase.STOPPED)

    def break_off(self, reason: str) -> None:
        """It could not be carried out further."""
        self._over(Phase.FAILED)
        if self.at >= 0 and not self.steps[self.at].reason:
            self.steps[self.at].reason = reason

    def _over(self, phase: Phase) -> None:
        self.phase = phase
        for step in self.steps:
            if step.phase is Phase.RUNNING:
                step.phase, step.took_s = phase, self.clock() - step.begun_at
            elif step.phase is Phase.PENDING:
                step.phase = Phase.LEFT

    def verdict(self) -> str:
        """Return in a line how it stands, with glyph and word. Nothing in it is untrusted."""
        glyph, count = GLYPHS[self.phase], len(self.steps)
        match self.phase:
            case Phase.PENDING:
                return f"{glyph} not run yet"
            case Phase.RUNNING:
                return f"{glyph} running: step {self.at + 1} of {count}"
            case Phase.HELD:
                return f"{glyph} paused before step {self.at + 2} of {count}"
        took = f", {duration(self.took_s)}" if self.took_s is not None else ""
        left = sum(step.phase is Phase.LEFT for step in self.steps)
        rest = f", {left} not run" if left else ""
        kept = f"; its session is {self.session}" if self.kept else ""
        word = self.phase.value.upper()
        return f"{glyph} {word}: {self.passed} of {count} as expected{rest}{took}{kept}"
