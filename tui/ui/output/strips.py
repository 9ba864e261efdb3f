"""From a row of the log to segments a terminal can draw."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.text import Colour, Sgr
from tui.ui.output.log import Row, RowKind

GUTTER: Final = 2
"""Cells in front of every row: its mark and a space."""
MARKS: Final[Mapping[RowKind, str]] = {
    RowKind.STDOUT: " ",
    RowKind.STDERR: "┃",
    RowKind.HEADING: "▶",
    RowKind.NOTE: "·",
    RowKind.GOOD_END: "✓",
    RowKind.BAD_END: "✗",
    RowKind.WARNING: "!",
}
CONTINUES: Final = "↩"
"""At the end of a row whose line was cut."""


def row_strip(row: Row, base: Style, mark: Style, start: int = 0, end: int | None = None) -> Strip:
    """Return the row from character `start` to `end`, not padded. Only the first part carries the row's mark."""
    text, spans, cut = row.line
    end = len(text) if end is None else end
    segments = [Segment(f"{MARKS[row.kind] if start == 0 else ' '} ", base + mark)]
    plain = base + mark if row.kind >= RowKind.HEADING else base
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
    if cut and end == len(text):
        segments.append(Segment(CONTINUES, base + mark))
    return Strip(segments)


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
