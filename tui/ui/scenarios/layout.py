"""A scenario as rows of two columns: what is expected, and what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from tui.definitions.kinds import Scope
from tui.scenarios.model import RunCode, Scenario, Step
from tui.scenarios.outcome import describe
from tui.text import clean, clean_line
from tui.ui.describe import SCOPE_MEANINGS
from tui.ui.scenarios.progress import GLYPHS, LOOKS, Phase, Progress, StepProgress, plain
from tui.units import duration

if TYPE_CHECKING:
    from tui.scenarios.catalog import Entry

Piece = tuple[str, str]
"""Clean text and the look it is drawn in; empty: as it is."""

MARK: Final = 12
"""Cells in front of what is expected: two blank ones, a sign and a word."""
_GAP: Final = " │ "
_CODE: Final = 16
"""Lines of code shown of a step."""
_SHORT: Final = 30
"""Cells from which on a step's time is shown beside its state."""
_WORDS: Final = {True: ("✓ met", "good"), False: ("✗ NOT MET", "bad")}


@dataclass(frozen=True, slots=True)
class RowOf:
    """One row. `step` counts from 0 and is -1 before the first; a row with `is_head` begins a step."""

    step: int
    left: tuple[Piece, ...]
    right: tuple[Piece, ...] = ()
    is_head: bool = False


def columns(width: int) -> tuple[int, int]:
    """Return the cells for what is expected and for what happened, in a width."""
    room = max(width - MARK - len(_GAP), 20)
    return room - room // 2, room // 2


def heading(width: int) -> str:
    """Return what stands above the two columns."""
    expected, _ = columns(width)
    return f"{'':<{MARK}}{'expected':<{expected}}{_GAP}what happened"


def rows_of(entry: Entry, progress: Progress | None, width: int) -> list[RowOf]:
    """Return everything that is said of a scenario, laid out for a width of at least 35 cells."""
    rows = [RowOf(-1, pieces) for pieces in _introduction(entry, width)]
    if progress is not None:
        steps = progress.steps
    elif entry.scenario is not None:
        steps = [StepProgress(step) for step in entry.scenario.steps]
    else:
        steps = []
    opening = _opening(progress.scenario if progress is not None else entry.scenario)
    for index, step in enumerate(steps):
        rows += _step(index, step, progress, width, opening if index == 0 else "")
    return rows


def _introduction(entry: Entry, width: int) -> Iterator[tuple[Piece, ...]]:
    scenario = entry.scenario
    if scenario is not None:
        yield from _wrapped(clean_line(scenario.title), width, 1, "heading")
        yield from _wrapped(clean_line(scenario.description), width, 1, "")
        yield from _prose(_opening(scenario), width, 1)
    for problem in entry.problems:
        yield from _wrapped(f"⚠ {clean_line(str(problem))}", width, 1, "bad" if entry.broken else "warning")
    if entry.stale:
        yield from _wrapped("⚠ this is the last good version of the file", width, 1, "bad")
    hides = ", ".join(SCOPE_MEANINGS[each.scope] for each in entry.shadows)
    hidden = f"; hides the one that is {hides}" if hides else ""
    place = "" if entry.scope is Scope.SHIPPED else f": {clean_line(str(entry.path))}"
    yield from _wrapped(f"{SCOPE_MEANINGS[entry.scope]}{hidden}{place}", width, 1, "muted")


def _opening(scenario: Scenario | None) -> str:
    """Return the prose before the first heading."""
    text = scenario.documentation if scenario is not None else ""
    return "" if text.startswith("#") else text.partition("\n#")[0].strip()


def _step(index: int, step: StepProgress, progress: Progress | None, width: int, opening: str) -> Iterator[RowOf]:
    yield RowOf(index, ((" ", ""),))
    yield _head(index, step, progress, width)
    prose = step.step.prose.strip().removeprefix(opening).strip()
    below = [*_prose(prose, width, 3), *_action(step.step, width)]
    yield from (RowOf(index, pieces) for pieces in below)
    for asked in step.asked:
        answer = asked.answer or "…"
        good = answer.startswith("allow")
        yield from _pair(index, ("? asked", "warning"), asked.question, (answer, "" if good else "warning"), width)
    yield from _checks(index, step, width)
    if step.reason and step.phase in (Phase.FAILED, Phase.STOPPED):
        for line in clean(step.reason).splitlines():
            yield from (RowOf(index, pieces) for pieces in _wrapped(line, width, MARK, "bad"))


def _head(index: int, step: StepProgress, progress: Progress | None, width: int) -> RowOf:
    held = progress is not None and progress.phase is Phase.HELD and index == progress.at + 1
    word = "next" if held else step.phase.value
    look = LOOKS[Phase.HELD if held else step.phase]
    seconds = progress.seconds(step) if progress is not None else None
    took = f" {duration(max(seconds, 0))}" if seconds is not None and width >= _SHORT else ""
    glyph = GLYPHS[Phase.HELD if held else step.phase]
    title = clean_line(step.step.title or step.step.shown, 200)
    left = ((f" {glyph} ", look), (f"{index + 1} {title}", "heading"))
    return RowOf(index, left, ((f"{word}{took} ", look),), is_head=True)


def _action(step: Step, width: int) -> Iterator[tuple[Piece, ...]]:
    if isinstance(step.action, RunCode):
        lines = clean(step.action.text.strip("\n")).replace("\t", "    ").split("\n")
        for line in lines[:_CODE]:
            for part in _hard(line, max(width - 6, 10)):
                yield ("   │ ", "muted"), (part, "")
        if len(lines) > _CODE:
            yield (("   │ ", "muted"), (f"… {len(lines) - _CODE} more lines", "muted"))
    else:
        yield from _wrapped(clean_line(str(step.action)), width, 3, "accent")
    extra = []
    if step.answer is not None:
        extra.append(f"if a person is asked, the answer is: {step.answer}")
    if step.timeout_s is not None:
        extra.append(f"timeout: {duration(step.timeout_s)}")
    for text in extra:
        yield from _wrapped(text, width, 3, "accent")


def _checks(index: int, step: StepProgress, width: int) -> Iterator[RowOf]:
    if step.checks:
        for check in step.checks:
            mark = _WORDS[check.passed]
            found = (plain(check.found), "" if check.passed else "bad")
            yield from _pair(index, mark, f"{check.what} {clean_line(check.expected)}", found, width)
        return
    wait = {Phase.RUNNING: "◌ running", Phase.PENDING: "· pending"}.get(step.phase, "– not run")
    expected = list(describe(step.step.expected))
    if step.step.meanwhile is not None:
        expected.append(f"meanwhile {step.step.meanwhile}")
    for text in expected:
        yield from _pair(index, (wait, "muted"), clean_line(text), ("", ""), width)


def _pair(index: int, mark: Piece, expected: str, found: Piece, width: int) -> Iterator[RowOf]:
    """Return two texts side by side, each wrapped in its column."""
    left_width, right_width = columns(width)
    left = _lines(expected, left_width)
    right = _lines(found[0], right_width)
    for number in range(max(len(left), len(right))):
        sign = f"  {mark[0]:<{MARK - 2}}" if number == 0 else " " * MARK
        first = left[number] if number < len(left) else ""
        second = right[number] if number < len(right) else ""
        padded = set_cell_size(first, left_width)
        yield RowOf(index, ((sign, mark[1]), (padded, ""), (_GAP, "muted"), (second, found[1])))


def _prose(text: str, width: int, indent: int) -> Iterator[tuple[Piece, ...]]:
    """Return markdown as it was written, its paragraphs filled anew."""
    for number, paragraph in enumerate(part for part in clean(text).split("\n\n") if part.strip()):
        if number:
            yield ((" ", ""),)
        filled = paragraph if paragraph.lstrip()[:1] in "-*|>`0123456789" else " ".join(paragraph.split())
        for line in filled.splitlines():
            yield from _wrapped(line, width, indent, "muted")


def _wrapped(text: str, width: int, indent: int, look: str) -> Iterator[tuple[Piece, ...]]:
    for line in _lines(text, max(width - indent, 10)):
        yield (" " * indent, ""), (line, look)


def _lines(text: str, width: int) -> list[str]:
    """Wrap between words, and within those that are longer than a line."""
    return [line.plain.rstrip() for line in Content(text.replace("\t", " ")).wrap(width)] or [""]


def _hard(text: str, width: int) -> list[str]:
    """Break a line of code where it is too long, nowhere else."""
    if cell_len(text) <= width:
        return [text]
    parts, part, cells = [], "", 0
    for character in text:
        size = cell_len(character)
        if part and cells + size > width:
            parts.append(part)
            part, cells = "", 0
        part, cells = part + character, cells + size
    return [*parts, part]
