"""What happens while a scenario runs. The command line and the interface are projections of these."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from tui.machines.kinds import Stream
from tui.runs.events import Event
from tui.scenarios.outcome import Check, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEvent:
    """Something that happened in a scenario."""

    scenario: str

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain data, with its type as `event`."""
        return {"event": type(self).__name__, "scenario": self.scenario}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioBegun(ScenarioEvent):
    """A scenario began."""

    title: str
    session: str
    steps: int

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain data."""
        return {**ScenarioEvent.to_json(self), "title": self.title, "session": self.session, "steps": self.steps}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent(ScenarioEvent):
    """Something that happened in one step. `index` counts from 0."""

    index: int

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain data."""
        return {**ScenarioEvent.to_json(self), "index": self.index}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBegun(StepEvent):
    """A step began."""

    title: str
    action: str
    """What is done, in a line."""
    expected: tuple[str, ...]
    """What is expected of it, one text for each thing."""

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain data."""
        more = {"title": self.title, "action": self.action, "expected": list(self.expected)}
        return {**StepEvent.to_json(self), **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutput(StepEvent):
    """The code of a step printed bytes: untrusted and not sanitised."""

    stream: Stream
    data: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the event with its bytes as text where they are UTF-8, else as base64."""
        return {**StepEvent.to_json(self), "stream": str(self.stream), **_text(self.data, "data")}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepHappened(StepEvent):
    """A fact of the run of a step, other than its output."""

    fact: Event

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain data."""
        return {**StepEvent.to_json(self), "fact": self.fact.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded(StepEvent):
    """A step ended: what was expected of it, and what came of it."""

    run_id: str | None
    outcome: Outcome
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came as it was expected."""
        return all(check.passed for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What did not come as it was expected. Untrusted text."""
        return tuple(
            f"{check.what}: expected {check.expected}, found {check.found}" for check in self.checks if not check.passed
        )

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain data; the output has been told already."""
        outcome = self.outcome
        return {
            **StepEvent.to_json(self),
            "run_id": self.run_id,
            "passed": self.passed,
            "reasons": list(self.reasons),
            "checks": [
                {"what": c.what, "expected": c.expected, "found": c.found, "passed": c.passed} for c in self.checks
            ],
            "outcome": {
                "state": str(outcome.state),
                "exit_code": outcome.exit_code,
                "rolled_back": outcome.rolled_back,
                "level": None if outcome.level is None else str(outcome.level),
                "asked": outcome.asked,
                "reason": outcome.reason,
                "output_bytes": outcome.output_bytes,
                "events": list(outcome.events),
                "took_ms": outcome.took_ms,
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEnded(ScenarioEvent):
    """A scenario ended."""

    session: str
    kept: bool
    """The session is still there."""
    steps: int
    steps_passed: int
    steps_failed: int
    """The others were not carried out."""
    took_ms: float

    @property
    def passed(self) -> bool:
        """Whether every step did as expected."""
        return self.steps_passed == self.steps

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain data."""
        return {
            **ScenarioEvent.to_json(self),
            "session": self.session,
            "kept": self.kept,
            "passed": self.passed,
            "steps": self.steps,
            "steps_passed": self.steps_passed,
            "steps_failed": self.steps_failed,
            "took_ms": self.took_ms,
        }


def _text(data: bytes, key: str) -> dict[str, str]:
    try:
        return {key: data.decode()}
    except UnicodeDecodeError:
        return {key: base64.b64encode(data).decode(), "encoding": "base64"}
