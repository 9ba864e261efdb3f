"""Assessments and proposals without secrets, as people may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.proposal import Proposal, ProposedStep
from tui.redaction import Redactor
from tui.risk.model import Assessment, Span


def redacted_assessment(assessment: Assessment, redactor: Redactor) -> Assessment:
    """Return an assessment whose texts hold no secret; spans are those of the text as it was written."""
    suggestion = assessment.suggestion

    def each(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(redactor.text, texts))

    return replace(
        assessment,
        reasons=tuple(
            replace(reason, effect=redactor.text(reason.effect), chain=each(reason.chain))
            for reason in assessment.reasons
        ),
        commands=tuple(
            replace(
                command,
                argv=tuple(redactor.value(list(command.argv))),
                chain=each(command.chain),
                around=each(command.around),
            )
            for command in assessment.commands
        ),
        not_understood=each(assessment.not_understood),
        suggestion=None if suggestion is None else replace(suggestion, text=redactor.text(suggestion.text)),
    )


def redacted_proposal(proposal: Proposal, redactor: Redactor) -> Proposal:
    """Return a proposal to show: no secret in it, and the spans of its steps' assessments fit the texts it has then."""
    steps = tuple(_redacted_step(step, redactor) for step in proposal.steps)
    together = proposal.assessment
    if together is not None:
        together = steps[0].assessment if len(steps) == 1 else redacted_assessment(together, redactor)
    return replace(
        proposal,
        title=redactor.text(proposal.title),
        steps=steps,
        parameters=redactor.value(proposal.parameters),
        env=redactor.value(proposal.env),
        assessment=together,
    )


def _redacted_step(step: ProposedStep, redactor: Redactor) -> ProposedStep:
    places = redactor.places(step.text)
    text, at = "", 0
    for start, end, marker in places:
        text += step.text[at:start] + marker
        at = end
    text += step.text[at:]
    argv = tuple(redactor.value(list(step.argv)))
    assessment = None if step.assessment is None else redacted_assessment(step.assessment, redactor)
    if assessment is not None and places:
        assessment = replace(
            assessment,
            reasons=tuple(replace(one, span=_moved(one.span, places)) for one in assessment.reasons),
            commands=tuple(replace(one, span=_moved(one.span, places)) for one in assessment.commands),
        )
    return replace(step, text=text, argv=argv, assessment=assessment)


def _moved(span: Span, places: Sequence[tuple[int, int, str]]) -> Span:
    """Return where a span is once markers have taken the places of secrets; one that cuts a secret takes it in."""
    start, end, grown = span.start, span.end, 0
    for first, last, marker in places:
        wider = len(marker) - (last - first)
        if last <= span.start:
            start += wider
        elif first < span.start:
            start = first + grown
        if last <= span.end:
            end += wider
        elif first < span.end:
            end = first + grown + len(marker)
        grown += wider
    return Span(start, end)
