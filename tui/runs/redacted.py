"""Assessments without secrets."""

from __future__ import annotations

from dataclasses import replace

from tui.redaction import Redactor
from tui.risk.model import Assessment


def redacted_assessment(assessment: Assessment, redactor: Redactor) -> Assessment:
    """Return an assessment whose texts hold no secret; spans are those of the text as it was written."""
    suggestion = assessment.suggestion
    return replace(
        assessment,
        reasons=tuple(replace(reason, effect=redactor.text(reason.effect)) for reason in assessment.reasons),
        commands=tuple(
            replace(command, argv=tuple(redactor.value(list(command.argv)))) for command in assessment.commands
        ),
        not_understood=tuple(map(redactor.text, assessment.not_understood)),
        suggestion=None if suggestion is None else replace(suggestion, text=redactor.text(suggestion.text)),
    )
