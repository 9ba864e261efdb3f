"""Assessments, proposals and previews without secrets, as people may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.policy.verdict import Verdict
from tui.proposal import Proposal, ProposedStep
from tui.redaction import Redactor
from tui.risk.model import Assessment, Span
from tui.runs.gates import Preview
from tui.runs.modes import ModeDecision


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
                argv=_redacted_words(command.argv, redactor),
                chain=each(command.chain),
                around=each(command.around),
            )
            for command in assessment.commands
        ),
        not_understood=each(assessment.not_understood),
        suggestion=None
        if suggestion is None
        else replace(suggestion, text=redactor.text(suggestion.text), why=redactor.text(suggestion.why)),
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
        documentation=redactor.text(proposal.documentation),
        cwd=redactor.value(proposal.cwd),
        env=redactor.value(proposal.env),
        stdin=redactor.data(proposal.stdin),
        assessment=together,
    )


def redacted_preview(proposal: Proposal, verdict: Verdict | None, mode: ModeDecision, redactor: Redactor) -> Preview:
    """Return what was found about a proposal, to show."""
    return Preview(
        redacted_proposal(proposal, redactor),
        None if verdict is None else _redacted_verdict(verdict, redactor),
        replace(mode, reason=redactor.text(mode.reason), confirmation=redactor.text(mode.confirmation)),
        tuple(redacted_assessment(step.assessment, redactor) for step in proposal.steps if step.assessment is not None),
    )


def _redacted_verdict(verdict: Verdict, redactor: Redactor) -> Verdict:
    checks = (
        replace(check, reason=redactor.text(check.reason), details=redactor.value(check.details))
        for check in verdict.checks
    )
    return replace(verdict, checks=tuple(checks))


def _redacted_step(step: ProposedStep, redactor: Redactor) -> ProposedStep:
    places = redactor.places(step.text)
    text, at = "", 0
    for start, end, marker in places:
        text += step.text[at:start] + marker
        at = end
    text += step.text[at:]
    argv = _redacted_words(step.argv, redactor)
    assessment = None if step.assessment is None else redacted_assessment(step.assessment, redactor)
    if assessment is not None and places:
        assessment = replace(
            assessment,
            reasons=tuple(replace(one, span=_moved(one.span, places)) for one in assessment.reasons),
            commands=tuple(replace(one, span=_moved(one.span, places)) for one in assessment.commands),
        )
    return replace(step, text=text, argv=argv, assessment=assessment)


def _redacted_words(words: Sequence[str], redactor: Redactor) -> tuple[str, ...]:
    """Return words without secrets, those included that are one only when they are put together again."""
    redacted = redactor.value(list(words))
    together = " ".join(redacted)
    shown = redactor.text(together)
    return tuple(redacted) if shown == together else tuple(shown.split(" "))


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
