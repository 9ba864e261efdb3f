"""Proposals, outcomes and hooks for the tests in this directory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tui.hooks.model import Decision, Finished, HookContext, Output, Point
from tui.levels import RiskLevel
from tui.proposal import Proposal, ProposedStep
from tui.risk.model import (
    Assessment,
    Category,
    Confidence,
    Effect,
    RealCommand,
    Reason,
    Reversibility,
    Span,
)
from tui.risk.shell import read

NOWHERE = Span(0, 0)


def assessment(
    *commands: tuple[str, ...],
    level: RiskLevel = RiskLevel.LOW,
    category: Category = Category.DESTROY,
    effects: frozenset[Effect] = frozenset(),
    confidence: Confidence = Confidence.PARSED,
    complete: bool = True,
) -> Assessment:
    reasons = (Reason(level, category, "deletes /srv", NOWHERE, "test.rule"),) if level > RiskLevel.LOW else ()
    return Assessment(
        level, confidence, Reversibility.UNKNOWN, "bash", reasons,
        tuple(RealCommand(argv, NOWHERE, complete=complete) for argv in commands), effects,
    )  # fmt: skip


def shell_assessment(text: str, **fields: Any) -> Assessment:
    """The commands a shell text really runs, without the judge: these tests are not about rules."""
    return assessment(*(tuple(word.text for word in one.argv) for one in read(text).invocations), **fields)


def proposal(*texts: str, language: str = "bash", assessed: Assessment | None = None, **fields: Any) -> Proposal:
    steps = tuple(ProposedStep(text, language, assessment=assessed) for text in texts or ("true",))
    known = {"title": "a run", "session": "default", "user": "ada", "role": "engineer", "run_id": "R1", "mode": "local"}
    return Proposal(**{**known, "steps": steps, "assessment": assessed, **fields})


def outcome(
    output: Output | str = "",
    *,
    state: str = "succeeded",
    exit_code: int | None = 0,
    duration_s: float = 1.0,
    usage: Mapping[str, float | None] | None = None,
) -> Finished:
    shown = Output(output) if isinstance(output, str) else output
    return Finished(state, exit_code, duration_s, shown, usage or {})


def context(
    point: Point = Point.BEFORE_EXECUTION,
    about: Proposal | None = None,
    finished: Finished | None = None,
    model_text: str | None = None,
) -> HookContext:
    about = about if about is not None else proposal(assessed=assessment())
    if point is Point.AFTER_EXECUTION and finished is None:
        finished = outcome()
    return HookContext(point, about, finished, model_text)


@dataclass(frozen=True)
class Scripted:
    """A hook that does what a function says."""

    name: str
    answer: Callable[[HookContext], Decision | Awaitable[Decision]]
    priority: int = 0
    points: frozenset[Point] = frozenset(Point)

    def decide(self, context: HookContext) -> Decision | Awaitable[Decision]:
        return self.answer(context)


async def assess_low(about: Proposal) -> Proposal:
    steps = tuple(replace(step, assessment=assessment()) for step in about.steps)
    return replace(about, steps=steps, assessment=assessment())
