"""Proposals and clocks for tests."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tui.proposal import Proposal, ProposedStep
from tui.risk.model import Assessment, Confidence, Effect, RealCommand, Reason, Reversibility, RiskLevel, Span

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""A Wednesday."""


class Clock:
    """Shows what it is told to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def assessment(*commands: str | RealCommand, effects: set[Effect] | None = None, **changes: Any) -> Assessment:
    """Return the assessment of commands, given as they would be typed."""
    real = (each if isinstance(each, RealCommand) else real_command(each) for each in commands)
    found = Assessment(
        RiskLevel.LOW, Confidence.PARSED, Reversibility.REVERSIBLE, "bash",
        commands=tuple(real), effects=frozenset(effects or {Effect.READ}),
    )  # fmt: skip
    return replace(found, **changes)


def real_command(text: str, *chain: str, complete: bool = True) -> RealCommand:
    return RealCommand(tuple(shlex.split(text)), Span(0, len(text)), chain, complete)


def reason(rule: str = "fs.delete-system", **changes: Any) -> Reason:
    from tui.risk.model import Category

    found = Reason(RiskLevel.CRITICAL, Category.DESTROY, "deletes /etc", Span(0, 1), rule)
    return replace(found, **changes)


def proposal(text: str = "ls", judged: Assessment | None = None, **changes: Any) -> Proposal:
    """Return the proposal to run one text."""
    judged = judged or assessment(text)
    found = Proposal(
        title=changes.pop("title", text), steps=(ProposedStep(text, "bash", assessment=judged),), session="default",
        user="ann", role="engineer", assessment=judged,
    )  # fmt: skip
    return replace(found, **changes)
