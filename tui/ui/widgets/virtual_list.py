"""A list that draws only the rows in sight, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.ui.bindings import bindings_of
from tui.ui.widgets.looks import Drawn, Look

Part = tuple[str, Style]
"""Clean text and how it is drawn."""

_CURSOR: Final = "▌"


def row_strip(left: Sequence[Part], right: Sequence[Part], width: int, base: Style) -> Strip:
    """Return a row of exactly `width` cells. What does not fit ends with an ellipsis.

    `left` is shortened where `right` takes at most half of the row, else `right` is.
    """
    right_room = max(width // 2, width - _width(left) - 1)
    if _width(right) > right_room:
        right = _shortened(right, right_room)
    right_width = _width(right)
    left = _shortened(left, max(width - right_width - (1 if right else 0), 0))
    gap = width - _width(left) - right_width
    return Strip([Segment(text, base + style) for text, style in (*left, (" " * gap, Style()), *right)], width)


def _shortened(parts: Sequence[Part], room: int) -> Sequence[Part]:
    kept: list[Part] = []
    for text, style in parts:
        length = cell_len(text)
        if length > room:
            return [*kept, (set_cell_size(text, room - 1) + "…", style)] if room > 0 else kept
        kept.append((text, style))
        room -= length
    return kept


def _width(parts: Sequence[Part]) -> int:
    return sum(cell_len(text) for text, _ in parts)


class VirtualList(Drawn, ScrollView, can_focus=True):
    """Base of the lists: a cursor over rows that subclasses draw.

    A subclass says how many rows there are, which can be chosen, and what each looks like.
    """

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("list")
    LOOKS: ClassVar[Mapping[str, Look]] = {
        "cursor": Look("block-cursor-foreground", "block-cursor-background", bold=True),
        "cursor-blurred": Look("foreground", "block-cursor-blurred-background", bold=True),
        "muted": Look("text-muted"),
        "heading": Look("text-secondary", bold=True),
        "good": Look("state-good"),
        "bad": Look("state-bad"),
        "active": Look("state-active"),
        "warning": Look("text-warning"),
        "accent": Look("text-accent"),
        "risk-low": Look("risk-low"),
        "risk-medium": Look("risk-medium"),
        "risk-high": Look("risk-high"),
        "risk-critical": Look("risk-critical", bold=True),
    }
    DEFAULT_CSS = """
    VirtualList {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
    }
    """

    cursor: reactive[int] = reactive(-1)
    """The chosen row, or -1 where there is none to choose."""

    # --- what a subclass says --------------------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many rows there are."""
        raise NotImplementedError

    def can_choose(self, row: int) -> bool:
        """Say whether the cursor may stand on a row."""
        return True

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return what stands at the left, beginning with a blank, and at the right of a row."""
        raise NotImplementedError

    def chosen(self, row: int) -> None:
        """The cursor came to a row, or there is none (-1)."""

    def opened(self, row: int) -> None:
        """A row was clicked while the cursor was on it, or enter was pressed."""

    # --- content ---------------------------------------------------------------------------------------------------

    def rows_changed(self, cursor: int) -> None:
        """Lay out anew and put the cursor on a row, or on the next one that can be chosen."""
        self.virtual_size = Size(0, self.row_count())
        cursor = self._nearest(min(cursor, self.row_count() - 1))
        moved = cursor != self.cursor
        self.set_reactive(VirtualList.cursor, cursor)
        if moved:
            self._scroll_to_cursor()
        self.chosen(cursor)
        self.refresh()

    def _nearest(self, row: int) -> int:
        count = self.row_count()
        row = max(row, 0)
        below, above = range(max(row, 0), count), range(min(row, count) - 1, -1, -1)
        return next((candidate for candidate in chain(below, above) if self.can_choose(candidate)), -1)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._scroll_to_cursor()

    # --- cursor ----------------------------------------------------------------------------------------------------

    def watch_cursor(self, cursor: int) -> None:
        """Bring the cursor into sight and tell."""
        self._scroll_to_cursor()
        self.refresh()
        self.chosen(cursor)

    def _scroll_to_cursor(self) -> None:
        if self.cursor < 0:
            return
        top = self.cursor
        while top and not self.can_choose(top - 1):
            top -= 1  # a heading stays in sight with its first row
        region = Region(0, top, 1, self.cursor - top + 1) if self.cursor - top < 3 else Region(0, self.cursor, 1, 1)
        self.scroll_to_region(region, animate=False, force=True)

    def action_cursor_down(self) -> None:
        """Go to the next row that can be chosen."""
        self._step(range(self.cursor + 1, self.row_count()))

    def action_cursor_up(self) -> None:
        """Go to the previous row that can be chosen."""
        self._step(range(self.cursor - 1, -1, -1))

    def action_cursor_first(self) -> None:
        """Go to the first row."""
        self._step(range(self.row_count()))

    def action_cursor_last(self) -> None:
        """Go to the last row."""
        self._step(range(self.row_count() - 1, -1, -1))

    def action_cursor_page(self, pages: float) -> None:
        """Go so many pages down, or up; at the end to the last row there."""
        count = self.row_count()
        if not count:
            return
        target = self.cursor + round(pages * max(self.scrollable_content_region.height - 1, 1))
        target = min(max(target, 0), count - 1)
        if pages > 0:
            self._step(chain(range(target, count), range(target, self.cursor, -1)))
        else:
            self._step(chain(range(target, -1, -1), range(target, self.cursor)))

    def _step(self, candidates: Iterable[int]) -> None:
        for row in candidates:
            if self.can_choose(row):
                self.cursor = row
                return

    def action_open(self) -> None:
        """Open the chosen row."""
        if self.cursor >= 0:
            self.opened(self.cursor)

    def on_click(self, event: Click) -> None:
        """Choose a row; open it with the second click."""
        row = event.y + self.scroll_offset.y
        if 0 <= row < self.row_count() and self.can_choose(row):
            if event.chain > 1 and row == self.cursor:
                self.opened(row)
            self.cursor = row

    # --- drawing ---------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width, row = self.scrollable_content_region.width, y + self.scroll_offset.y
        base = self.base_style
        if row >= self.row_count():
            return Strip.blank(width, base)
        left, right = self.row_parts(row)
        if row == self.cursor:
            cursor = self.look("cursor" if self.has_focus else "cursor-blurred")
            if self.has_focus:  # the colours of parts are made for another background
                left, right = [(text, Style()) for text, _ in left], [(text, Style()) for text, _ in right]
            base = base + cursor
            # A mark too, for where colours are few or none. Every row begins with a blank cell for it.
            left = [(_CURSOR, Style()), (left[0][0][1:], left[0][1]), *left[1:]]
        return row_strip(left, right, width, base)
