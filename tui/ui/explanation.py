"""What is known of a request before it runs, in words: risk, what really runs, where, and what the policy says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui.definitions.kinds import ExecutionMode
from tui.policy.verdict import Action, Check, Result, Verdict
from tui.risk.model import Assessment, Effect, Reversibility
from tui.risk.words import UNDERSTOOD, UNDO, real_commands
from tui.text import clean, clean_line
from tui.ui.describe import NO_ROLLBACK, RISK_GLYPHS
from tui.ui.evidence import LEVEL_STYLES, code_lines, command_line
from tui.ui.widgets.facts import Fact, labelled

if TYPE_CHECKING:
    from tui.levels import RiskLevel
    from tui.proposal import Proposal
    from tui.runs.gates import Preview

_CHECK_GLYPHS: Final = {Result.DENIED: "✗", Result.WARNING: "!", Result.ALLOWED: "✓"}
_CHECK_STYLES: Final = {Result.DENIED: "$text-error", Result.WARNING: "$text-warning", Result.ALLOWED: "$text-success"}
_ELSEWHERE: Final = frozenset({Effect.REMOTE, Effect.NETWORK_OUT})
_MOST_REASONS: Final = 8
_MOST_COMMANDS: Final = 8
_MOST_PROBLEMS: Final = 3


def level_words(level: RiskLevel) -> Content:
    """Return a level as glyph, word and colour."""
    return Content.styled(f"{RISK_GLYPHS[level]} {str(level).upper()} risk", LEVEL_STYLES[level])


def summary(preview: Preview) -> Content:
    """Return the whole in one line, the most important first."""
    assessment = preview.proposal.assessment
    if assessment is None:
        return Content.styled("not assessed", "$text-muted")
    parts = [level_words(assessment.level)]
    if preview.mode.refused:
        parts.append(Content.styled("✗ does not run", "$text-error"))
    elif preview.verdict is not None and str(preview.verdict.outcome) == "deny":
        parts.append(Content.styled("✗ policy denies", "$text-error"))
    elif preview.verdict is not None and str(preview.verdict.outcome) == "ask":
        parts.append(Content.styled("! policy asks", "$text-warning"))
    if preview.mode.no_rollback:
        parts.append(Content.styled(f"! host, {NO_ROLLBACK}", "$text-warning"))
    if assessment.reasons:
        parts.append(Content(clean_line(assessment.reasons[0].effect, 160)))
    else:
        parts.append(Content.styled("nothing in it is worth a warning", "$text-muted"))
    return Content.styled(" · ", "$text-muted").join(parts)


def preview_facts(preview: Preview, *, evidence: bool = True) -> list[Fact]:
    """Return all that is known of a request."""
    proposal = preview.proposal
    lines: list[Fact] = []
    if (assessment := proposal.assessment) is not None:
        lines += reason_lines(assessment)
        if evidence:
            lines += _evidence_lines(proposal)
        lines += real_lines(proposal)
        lines += _understood(assessment)
        lines += undo_line(assessment)
    lines += where_lines(preview.mode.mode, preview.mode.reason, proposal)
    if preview.verdict is not None:
        lines += policy_lines(preview.verdict)
    lines += suggestion_lines(proposal)
    return lines


def reason_lines(assessment: Assessment) -> list[Fact]:
    """Return why it is so dangerous, the worst first."""
    rows: list[Content] = []
    for reason in assessment.reasons[:_MOST_REASONS]:
        chain = f"  in {' → '.join(clean_line(each, 40) for each in reason.chain)}" if reason.chain else ""
        rows.append(
            Content.assemble(
                (f"{RISK_GLYPHS[reason.level]} {reason.level:<8} ", LEVEL_STYLES[reason.level]),
                clean_line(reason.effect, 300),
                (f"  {reason.category}{chain}", "$text-muted"),
            )
        )
    if len(assessment.reasons) > _MOST_REASONS:
        rows.append(Content.styled(f"and {len(assessment.reasons) - _MOST_REASONS} more", "$text-muted"))
    return labelled("why", rows)


def _evidence_lines(proposal: Proposal) -> list[Fact]:
    rows: list[Content] = []
    for number, step in enumerate(proposal.steps, 1):
        if step.assessment is None or not step.assessment.reasons:
            continue
        if len(proposal.steps) > 1:
            rows.append(Content.styled(f"step {number} · {clean_line(step.language, 20)}", "$text-muted"))
        rows += code_lines(step, most=6, only_evidence=True)
    return labelled("evidence", rows)


def real_lines(proposal: Proposal) -> list[Fact]:
    """Return what commands become once they are worked out, where that is not what stands there.

    Commands of every branch: which one is taken is only known when it runs.
    """
    commands = [
        command
        for step in proposal.steps
        if step.assessment is not None
        for command in real_commands(step.text, step.assessment)
    ]
    rows = [command_line(command) for command in commands[:_MOST_COMMANDS]]
    if len(commands) > _MOST_COMMANDS:
        rows.append(Content.styled(f"and {len(commands) - _MOST_COMMANDS} more", "$text-muted"))
    return labelled("becomes", rows)


def _understood(assessment: Assessment) -> list[Fact]:
    rows = [Content(UNDERSTOOD[assessment.confidence])]
    rows += [Content(clean_line(each, 200)) for each in assessment.not_understood[:_MOST_PROBLEMS]]
    return labelled("text", rows)


def undo_line(assessment: Assessment) -> list[Fact]:
    """Return whether what it does can be taken back without the machine's snapshot."""
    style = "" if assessment.reversibility is Reversibility.REVERSIBLE else "$text-warning"
    return labelled("undo", [Content.styled(UNDO[assessment.reversibility], style)])


def where_lines(mode: str, reason: str, proposal: Proposal) -> list[Fact]:
    """Return where it runs, why, and what a rollback takes back there."""
    text = clean_line(reason, 400)
    rows = [Content(text)]
    effects = proposal.assessment.effects if proposal.assessment is not None else frozenset()
    if mode == ExecutionMode.LOCAL:
        says_it = NO_ROLLBACK in text
        rows = [Content.styled(f"! {text}{'' if says_it else f'; {NO_ROLLBACK}'}", "bold $text-warning")]
    elif effects & _ELSEWHERE:
        words = "a rollback takes back the machine, not what is sent or done elsewhere"
        rows.append(Content.styled(words, "$text-warning"))
    else:
        rows.append(Content.styled("a rollback takes back all that it does in the machine", "$text-muted"))
    return labelled("where", rows)


def policy_lines(verdict: Verdict) -> list[Fact]:
    """Return what the policy says: what is denied or warned of, the knowledge graph, and how much is fine."""
    graph = [check for check in verdict.checks if check.action is Action.KNOWLEDGE_GRAPH]
    others = [check for check in verdict.checks if check.action is not Action.KNOWLEDGE_GRAPH]
    order = list(_CHECK_GLYPHS)
    told = sorted((check for check in others if check.result is not Result.ALLOWED),
                  key=lambda check: order.index(check.result))  # fmt: skip
    rows = [_check(check) for check in told]
    fine = [str(check.action).replace("-", " ") for check in others if check.result is Result.ALLOWED]
    if fine:
        rows.append(Content.assemble(("✓ ", "$text-success"), (", ".join(fine), "$text-muted")))
    return labelled("policy", rows) + labelled("graph", [_check(check, named=False) for check in graph])


def _check(check: Check, *, named: bool = True) -> Content:
    name = f"{check.action}: ".replace("-", " ") if named else ""
    asks = " (a person is asked)" if check.asks else ""
    return Content.assemble(
        (f"{_CHECK_GLYPHS[check.result]} {check.result} ", _CHECK_STYLES[check.result]),
        (name, "$text-muted"),
        clean_line(check.reason, 300),
        (asks, "$text-muted"),
    )


def suggestion_lines(proposal: Proposal) -> list[Fact]:
    """Return safer ways of doing it."""
    rows: list[Content] = []
    for step in proposal.steps:
        if step.assessment is not None and (safer := step.assessment.suggestion) is not None:
            rows += [Content.styled(line, "$text-success") for line in _first_lines(safer.text)]
            rows.append(Content.styled(clean_line(safer.why, 200), "$text-muted"))
    return labelled("safer", rows)


def _first_lines(text: str, most: int = 6) -> Sequence[str]:
    lines = clean(text).strip("\n").split("\n")
    return lines[:most] if len(lines) <= most else [*lines[:most], "…"]
