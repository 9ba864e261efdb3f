"""Assessments of what nobody can know before it runs."""

from __future__ import annotations

from dataclasses import replace

from tui.risk.model import Assessment, Confidence, Effect, Reason


def doubted(assessment: Assessment, reason: Reason, unknown: str) -> Assessment:
    """Return an assessment that is at least as bad as a reason, and says what of it is not known."""
    return replace(
        assessment,
        level=max(assessment.level, reason.level, key=lambda level: level.rank),
        confidence=Confidence.PARTIAL,
        effects=assessment.effects | {Effect.EXECUTE},
        reasons=tuple(sorted((reason, *assessment.reasons), key=lambda each: -each.level.rank)),
        not_understood=(*assessment.not_understood, unknown),
    )
