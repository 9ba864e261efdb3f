"""From a row of the log to segments a terminal can draw."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.ui.output.rows import Row, RowKind

if TYPE_CHECKING:
    from tui.text import Colour, Sgr

GUTTER: Final = 2
"""Cells in front of every row: its mark and a space."""
TIME_WIDTH: Final = 13
"""Cells of a time and the space after it."""
MARKS: Final[Mapping[RowKind, str]] = {
    RowKind.STDOUT: " ",
    RowKind.STDERR: "┃",
    RowKind.HEADING: "▶",
    RowKind.NOTE: "·",
    RowKind.GOOD_END: "✓",
    RowKind.BAD_END: "✗",
    RowKind.WARNING: "!",
}
CURSOR: Final = "▌"
CONTINUES: Final = "↩"
"""At the end of a row whose line was cut."""

Hit = tuple[int, int, Style]
"""First character, one past the last, and what is drawn over them."""


def row_strip(
    row: Row,
    base: Style,
    mark: Style,
    start: int = 0,
    end: int | None = None,
    *,
    hits: Iterable[Hit] = (),
    before: str = "",
    cursor: Style | None = None,
) -> Strip:
    """Return the row from character `start` to `end`, not padded.

    Args:
        row: The row.
        base: How plain text is drawn.
        mark: The colour of the row's kind.
        start: First character; only the first part carries the row's mark.
        end: One past the last character; None for all.
        hits: What is marked, later ones over earlier ones.
        before: What stands before the mark.
        cursor: How it is drawn where the cursor of lines is on it.
    """
    text, spans, cut = row.line
    end = len(text) if end is None else end
    is_ours = not row.kind.is_output
    plain = base + mark if is_ours else base
    segments: list[Segment] = []
    position = start
    for span_start, span_end, look in spans:
        if span_end <= start or span_start >= end:
            continue
        first, last = max(span_start, start), min(span_end, end)
        if first > position:
            segments.append(Segment(text[position:first], plain))
        segments.append(Segment(text[first:last], plain + sgr_style(look)))
        position = last
    if position < end:
        segments.append(Segment(text[position:end], plain))
    for first, last, over in hits:
        segments = _marked(segments, first - start, last - start, over)
    if cut and end == len(text):
        segments.append(Segment(CONTINUES, base + mark))
    sign = MARKS[row.kind] if start == 0 else " "
    gutter = [Segment(f"{sign} ", base + mark)]
    if cursor is not None:
        segments = [Segment(part, (style or base) + cursor) for part, style, _ in segments]
        gutter = [Segment(f"{CURSOR}{sign}", base + cursor)]
    if before:
        gutter.insert(0, Segment(before if start == 0 else " " * len(before), base + Style(dim=True)))
    return Strip(gutter + segments)


def _marked(segments: Sequence[Segment], start: int, end: int, over: Style) -> list[Segment]:
    """Draw `over` on the characters from `start` to `end`."""
    marked: list[Segment] = []
    position = 0
    for segment in segments:
        text, style, _ = segment
        first, last = max(start - position, 0), min(end - position, len(text))
        position += len(text)
        if first >= last:
            marked.append(segment)
            continue
        pieces = ((text[:first], style), (text[first:last], (style or Style()) + over), (text[last:], style))
        marked += [Segment(part, look) for part, look in pieces if part]
    return marked


@functools.lru_cache(maxsize=1024)
def sgr_style(look: Sgr) -> Style:
    """Return a rendition as a style.

    The sixteen named colours stay named: the theme's own palette, or the terminal's, decides what they look like.
    """
    return Style(
        color=_colour(look.foreground),
        bgcolor=_colour(look.background),
        bold=look.bold or None,
        dim=look.dim or None,
        italic=look.italic or None,
        underline=look.underline or None,
        reverse=look.reverse or None,
        strike=look.strike or None,
    )


def _colour(colour: Colour) -> Color | None:
    match colour:
        case None:
            return None
        case int():
            return Color.from_ansi(colour)
        case red, green, blue:
            return Color.from_rgb(red, green, blue)


def clock(at_ns: int) -> str:
    """Return a time of day of the person's own time zone, `TIME_WIDTH` cells wide."""
    seconds, rest = divmod(at_ns, 1_000_000_000)
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{rest // 1_000_000:03} "


def elapsed(nanoseconds: int) -> str:
    """Return how much later something was, `TIME_WIDTH` cells wide."""
    minutes, rest = divmod(max(nanoseconds, 0), 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    shown = f"{hours}:{minutes:02}:" if hours else f"{minutes}:" if minutes else ""
    seconds = f"{rest / 1e9:06.3f}" if shown else f"{rest / 1e9:.3f}"
    return f"+{shown}{seconds}".rjust(TIME_WIDTH - 1) + " "


def wrap_points(text: str, width: int) -> list[int]:
    """Return where the parts of `text` begin that are each at most `width` cells wide; the first is 0."""
    if text.isascii():
        return list(range(0, max(len(text), 1), width))
    points, cells = [0], 0
    for index, character in enumerate(text):
        size = cell_len(character)
        if cells + size > width and cells:
            points.append(index)
            cells = 0
        cells += size
    return points
