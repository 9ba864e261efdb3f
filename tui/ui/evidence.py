"""Code as a person reads it before it runs: the evidence underlined, and what really runs where that differs."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui.levels import RiskLevel
from tui.text import clean, clean_line

if TYPE_CHECKING:
    from tui.proposal import ProposedStep
    from tui.risk.model import RealCommand, Reason

LEVEL_STYLES: Final = {
    RiskLevel.LOW: "$risk-low",
    RiskLevel.MEDIUM: "$risk-medium",
    RiskLevel.HIGH: "$risk-high",
    RiskLevel.CRITICAL: "bold $risk-critical",
}
LEXERS: Final = {"bash": "bash", "python": "python", "javascript": "javascript", "rust": "rust", "go": "go"}
_LONGEST_LINE: Final = 600
"""Characters of one line that are shown, around its evidence."""
_LEAD: Final = 60
_HIGHLIGHTED: Final = 20_000
"""Characters up to which code is coloured by its syntax; more would delay what is on the screen."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Evidence: characters `start` to `end` of a text, and how bad what they do is."""

    start: int
    end: int
    level: RiskLevel


def marks(reasons: Iterable[Reason], length: int) -> list[Mark]:
    """Return the evidence of reasons in a text of a length, in order and without overlaps; the worst level wins."""
    reasons = [reason for reason in reasons if 0 <= reason.span.start < min(reason.span.end, length)]
    edges = sorted({edge for reason in reasons for edge in (reason.span.start, min(reason.span.end, length))})
    found: list[Mark] = []
    for start, end in itertools.pairwise(edges):
        levels = [reason.level for reason in reasons if reason.span.start <= start and end <= reason.span.end]
        if not levels:
            continue
        level = max(levels, key=lambda each: each.rank)
        if found and (found[-1].end, found[-1].level) == (start, level):
            found[-1] = Mark(found[-1].start, end, level)
        else:
            found.append(Mark(start, end, level))
    return found


def mark_style(level: RiskLevel) -> str:
    """Return how evidence is drawn: underlined, so that it is seen without colour too."""
    return f"{LEVEL_STYLES[level]} underline"


def code_lines(step: ProposedStep, *, most: int, only_evidence: bool = False) -> list[Content]:
    """Return the lines of a step with numbers and evidence, at most about `most` of them, the evidence among them."""
    assessment = step.assessment
    found = marks(assessment.reasons, len(step.text)) if assessment is not None else []
    content, underlined = _marked(step.text, step.language, found)
    lines = content.split("\n", allow_blank=True)
    while len(lines) > 1 and not lines[-1].plain.strip():
        lines.pop()
    kept = _kept(len(lines), underlined, most, only_evidence=only_evidence)
    width = len(str(len(lines)))
    rows: list[Content] = []
    before = -1
    for number in kept:
        if number != before + 1:
            rows.append(Content.styled(f"{'⋮':>{width + 1}}", "$text-muted"))
        rows.append(Content.styled(f"{number + 1:>{width + 1}} ", "$text-muted") + _cropped(lines[number]))
        before = number
    if before < len(lines) - 1:
        rows.append(Content.styled(f"{'⋮':>{width + 1}} {len(lines)} lines in all", "$text-muted"))
    return rows


def _marked(text: str, language: str, found: Sequence[Mark]) -> tuple[Content, list[int]]:
    """Return the text cleaned, coloured and underlined, and the numbers of the lines with evidence."""
    pieces: list[str] = []
    placed: list[tuple[int, int, RiskLevel]] = []
    at = length = 0
    for mark in (*found, None):
        start, end = (mark.start, mark.end) if mark is not None else (len(text), len(text))
        for piece in (text[at:start], text[start:end]):
            cleaned = clean(piece)
            pieces.append(cleaned)
            length += len(cleaned)
        if mark is not None:
            placed.append((length - len(pieces[-1]), length, mark.level))
        at = end
    plain = "".join(pieces)
    content = Content(plain)
    if length <= _HIGHLIGHTED and language in LEXERS:
        from textual.highlight import highlight  # slow to import, and not needed for the first paint

        coloured = highlight(plain, language=LEXERS[language])
        if plain.startswith(coloured.plain.rstrip("\n")):
            content = coloured
    underlined: list[int] = []
    for first, last, level in placed:
        content = content.stylize(mark_style(level), first, last)
        underlined += range(plain.count("\n", 0, first), plain.count("\n", 0, max(last - 1, first)) + 1)
    return content, underlined


def _kept(count: int, underlined: Sequence[int], most: int, *, only_evidence: bool) -> list[int]:
    if count <= most and not only_evidence:
        return list(range(count))
    evidence = sorted(set(underlined))[:most]
    if only_evidence:
        return evidence
    wanted = set(evidence)
    for distance in (1, 2):
        for line in evidence:
            if len(wanted) < most:
                wanted |= {line - distance, line + distance} & set(range(count))
    for line in range(count):
        if len(wanted) >= most:
            break
        wanted.add(line)
    return sorted(wanted)


def _cropped(line: Content) -> Content:
    """Return a very long line around its first evidence."""
    if len(line.plain) <= _LONGEST_LINE:
        return line
    starts = [span.start for span in line.spans if "underline" in str(span.style)]
    start = max(min(starts, default=0) - _LEAD, 0)
    end = min(start + _LONGEST_LINE, len(line.plain))
    left = f"… {start:,} characters … " if start else ""
    right = f" … {len(line.plain) - end:,} more characters" if end < len(line.plain) else ""
    return Content.styled(left, "$text-muted") + line[start:end] + Content.styled(right, "$text-muted")


def command_line(command: RealCommand, limit: int = 400) -> Content:
    """Return a command as it really runs, and what had to be peeled off to find it."""
    line = Content.styled(clean_line(shlex.join(command.argv), limit), "bold")
    if command.chain:
        line += Content.styled(f"   in {' → '.join(clean_line(each, 60) for each in command.chain)}",
                               "$text-muted")  # fmt: skip
    if not command.complete:
        line += Content.styled("   some words are only known when it runs", "$text-warning")
    return line
