"""An assessment as a person reads it: three lines first, then what there is to know."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from tui.risk.words import UNDERSTOOD, UNDO, real_commands
from tui.text import clean_line

if TYPE_CHECKING:
    from tui.risk.model import Assessment, Reason, Span

_COLOURS: Final = {"low": "32", "medium": "33", "high": "31", "critical": "1;37;41"}
_WIDTH: Final = 100
_MOST_COMMANDS: Final = 12


def explain(assessment: Assessment, text: str, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines to show: level and worst effect, the evidence underlined, what it means; then the rest."""
    level = str(assessment.level)
    worst = assessment.reasons[0] if assessment.reasons else None
    head = clean_line(worst.effect, 160) if worst is not None else "nothing in it is worth a warning"
    label = level.upper()
    if colour:
        label = f"\x1b[{_COLOURS[level]}m{label}\x1b[0m"
    yield f"{label}  {head}   ({UNDERSTOOD[assessment.confidence]})"
    if worst is None:
        return
    yield from _evidence(text, worst.span)
    chain = f" — in {_chain(worst.chain)}" if worst.chain else ""
    attack = f" ({', '.join(worst.attack)})" if worst.attack else ""
    yield f"  Why: {worst.category}{attack}, rule {worst.rule}{chain}"
    for reason in assessment.reasons[1:8]:
        yield f"  Also: {_reason(reason)}"
    if len(assessment.reasons) > 8:
        yield f"  … and {len(assessment.reasons) - 8} more (--json lists all)"
    yield from _real(assessment, text)
    covered = "" if assessment.reversibility == "reversible" else "; a snapshot of the machine covers what is local"
    yield f"  Undo: {UNDO[assessment.reversibility]}{covered}"
    for problem in assessment.not_understood[:4]:
        yield f"  Not understood: {clean_line(problem, 160)}"
    if assessment.suggestion is not None:
        yield f"  Safer: {clean_line(assessment.suggestion.text, 400)}"
        yield f"         {clean_line(assessment.suggestion.why, 160)}"


def _chain(steps: Sequence[str]) -> str:
    return " → ".join(clean_line(step, 40) for step in steps)


def _reason(reason: Reason) -> str:
    chain = f" ({_chain(reason.chain)})" if reason.chain else ""
    return f"{reason.level}: {clean_line(reason.effect, 160)}{chain} [{reason.rule}]"


def _evidence(text: str, span: Span) -> Iterator[str]:
    """Yield the line of the text that the span begins on, and a line that underlines it."""
    from rich.cells import cell_len

    start = min(max(span.start, 0), len(text))
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    last = len(text) if last < 0 else last
    end = min(max(span.end, start + 1), last)
    before, marked, after = text[first:start], text[start:end], text[end:last]
    room = _WIDTH - min(len(marked), 60)
    if len(before) > room // 2:
        before = "…" + before[-(room // 2) :]
    shown = [clean_line(before), clean_line(marked, 60), clean_line(after, max(room - len(before), 1))]
    yield f"  {''.join(shown)}"
    yield f"  {' ' * cell_len(shown[0])}{'^' * max(cell_len(shown[1]), 1)}"


def _real(assessment: Assessment, text: str) -> Iterator[str]:
    """Yield what commands become once they are worked out, where that is not what stands there."""
    if assessment.level < "medium" or not (commands := real_commands(text, assessment)):
        return
    yield "  Becomes:"
    for command in commands[:_MOST_COMMANDS]:
        chain = f"   (in {_chain(command.chain)})" if command.chain else ""
        yield f"    {clean_line(shlex.join(command.argv), 200)}{chain}"
    if len(commands) > _MOST_COMMANDS:
        yield f"    … and {len(commands) - _MOST_COMMANDS} more"
