"""An assessment as a person reads it: three lines first, then what there is to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tui.text import clean_line

if TYPE_CHECKING:
    from tui.risk.model import Assessment, Reason, Span

_COLOURS: Final = {"low": "32", "medium": "33", "high": "31", "critical": "1;37;41"}
_WIDTH: Final = 100
_UNDO: Final = {
    "reversible": "nothing to take back, or easily taken back",
    "hard": "only from a backup, a clone or a log; a snapshot of the machine covers what is local",
    "irreversible": "not by itself; a snapshot of the machine covers what is local",
    "unknown": "not known; a snapshot of the machine covers what is local",
}
_CONFIDENCE: Final = {
    "parsed": "parsed",
    "folded": "had to be unfolded",
    "partial": "not all of it could be analysed",
}
_MOST_COMMANDS: Final = 12


def explain(assessment: Assessment, text: str, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines to show: level and worst effect, the evidence underlined, what it means; then the rest."""
    level = str(assessment.level)
    worst = assessment.reasons[0] if assessment.reasons else None
    head = clean_line(worst.effect, 160) if worst is not None else "nothing in it is worth a warning"
    label = level.upper()
    if colour:
        label = f"\x1b[{_COLOURS[level]}m{label}\x1b[0m"
    yield f"{label}  {head}   (confidence: {_CONFIDENCE[str(assessment.confidence)]})"
    if worst is None:
        return
    yield from _evidence(text, worst.span)
    chain = f" — found under {' → '.join(clean_line(step, 40) for step in worst.chain)}" if worst.chain else ""
    attack = f" ({', '.join(worst.attack)})" if worst.attack else ""
    yield f"  Why: {worst.category}{attack}, rule {worst.rule}{chain}"
    for reason in assessment.reasons[1:8]:
        yield f"  Also: {_reason(reason)}"
    if len(assessment.reasons) > 8:
        yield f"  … and {len(assessment.reasons) - 8} more (--json lists all)"
    yield from _unfolded(assessment, text)
    yield f"  Undo: {_UNDO[str(assessment.reversibility)]}"
    for problem in assessment.not_understood[:4]:
        yield f"  Not understood: {clean_line(problem, 160)}"
    if assessment.suggestion is not None:
        yield f"  Safer: {clean_line(assessment.suggestion.text, 400)}"
        yield f"         {clean_line(assessment.suggestion.why, 160)}"


def _reason(reason: Reason) -> str:
    chain = f" ({' → '.join(clean_line(step, 40) for step in reason.chain)})" if reason.chain else ""
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


def _unfolded(assessment: Assessment, text: str) -> Iterator[str]:
    """Yield what really runs, where that is not what stands there."""
    import shlex

    lines = []
    for command in assessment.commands:
        joined = shlex.join(command.argv)
        plain = text[command.span.start : command.span.end]
        if command.chain or (joined != plain and " ".join(command.argv) != plain):
            chain = f"   ({' → '.join(clean_line(step, 40) for step in command.chain)})" if command.chain else ""
            lines.append(f"    {clean_line(joined, 200)}{chain}")
    if not lines or assessment.level < "medium":
        return
    yield "  Really runs:"
    yield from lines[:_MOST_COMMANDS]
    if len(lines) > _MOST_COMMANDS:
        yield f"    … and {len(lines) - _MOST_COMMANDS} more"
