"""The steps of a scenario: what is expected of each, and beside it what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message

from tui.ui.bindings import bindings_of
from tui.ui.scenarios.layout import Piece, RowOf, rows_of
from tui.ui.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from textual.events import Click

    from tui.scenarios.catalog import Entry
    from tui.ui.scenarios.progress import Progress

_NARROWEST = 35
_NOTCH = 3
"""Rows one press goes on within a step that is longer than the screen."""


class StepList(VirtualList):
    """The cursor stands on steps. It goes with the step that is carried out until somebody moves it elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("steps")

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another step; -1 where there is none."""

        step: int

    class Opened(Message):
        """A person wants to see what the chosen step printed."""

    class Resized(Message):
        """The columns stand elsewhere."""

    following: bool = True
    """Whether the cursor goes with the step that is carried out."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entry: Entry | None = None
        self._progress: Progress | None = None
        self._rows: list[RowOf] = []

    @property
    def step(self) -> int:
        """The chosen step, counted from 0; -1 where there is none."""
        return self._rows[self.cursor].step if 0 <= self.cursor < len(self._rows) else -1

    @property
    def lines(self) -> list[str]:
        """What every row says."""
        return ["".join(text for text, _ in (*row.left, *row.right)).rstrip() for row in self._rows]

    def show(self, entry: Entry | None, progress: Progress | None) -> None:
        """Show a scenario, and how far it has come."""
        same = (self._entry is not None and entry is not None and self._entry.path == entry.path) and (
            progress is self._progress
        )
        step = self.step if same else -1
        if not same:
            self.following = True
        self._entry, self._progress = entry, progress
        if progress is not None and self.following and progress.at >= 0:
            step = progress.at
        self._lay_out(step, to_top=not same)

    def _lay_out(self, step: int, *, to_top: bool = False) -> None:
        width = max(self.scrollable_content_region.width, _NARROWEST)
        self._rows = rows_of(self._entry, self._progress, width) if self._entry is not None else []
        head = next((number for number, row in enumerate(self._rows) if row.is_head and row.step == step), 0)
        if head != self.cursor:
            self.rows_changed(head)
        else:  # the cursor stays; so does what is in sight
            self.virtual_size = Size(0, len(self._rows))
            self.refresh()
        if to_top and step <= 0:
            self.scroll_to(y=0, animate=False, force=True)
        elif self.following:
            self._scroll_to_cursor()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lay_out(self.step)
        self.post_message(self.Resized())

    def watch_show_vertical_scrollbar(self) -> None:
        """Leave it the room it takes."""
        self.call_after_refresh(self.on_resize)

    # --- moving ----------------------------------------------------------------------------------------------------

    def _end(self, head: int) -> int:
        """Return the row after the last one of the step that begins at a row."""
        step = self._rows[head].step
        return next((n for n in range(head + 1, len(self._rows)) if self._rows[n].step != step), len(self._rows))

    def _scroll_to_cursor(self) -> None:
        """Show the whole step, or as much of its beginning as there is room for."""
        if not 0 <= self.cursor < len(self._rows):
            return
        height = max(self.scrollable_content_region.height, 1)
        region = Region(0, self.cursor, 1, min(self._end(self.cursor) - self.cursor, height))
        self.scroll_to_region(region, animate=False, force=True)

    def action_cursor_down(self) -> None:
        """Go on in the step while there is more of it, then to the next one."""
        self.following = False
        bottom = self.scroll_offset.y + self.scrollable_content_region.height
        if self.cursor >= 0 and self._end(self.cursor) > bottom:
            self.scroll_relative(y=_NOTCH, animate=False)
        else:
            super().action_cursor_down()

    def action_cursor_up(self) -> None:
        """Go back in the step while its beginning is out of sight, then to the one before; at last to the top."""
        self.following = False
        first = not any(row.is_head for row in self._rows[: max(self.cursor, 0)])
        if self.cursor < self.scroll_offset.y or first:
            self.scroll_relative(y=-_NOTCH, animate=False)
        else:
            super().action_cursor_up()

    def action_cursor_first(self) -> None:
        """Go to the top."""
        self.following = False
        super().action_cursor_first()
        self.scroll_to(y=0, animate=False, force=True)

    def action_cursor_last(self) -> None:
        """Go to the last step; while one is carried out, go with it again."""
        self.following = self._progress is not None and self._progress.is_going_on
        if self.following:
            self.show(self._entry, self._progress)
        else:
            super().action_cursor_last()

    def action_cursor_page(self, pages: float) -> None:
        """Scroll by pages; the cursor stays on its step."""
        self.following = False
        self.scroll_relative(y=round(pages * max(self.scrollable_content_region.height - 1, 1)), animate=False)

    def on_click(self, event: Click) -> None:
        """Choose the step that was clicked anywhere; open it with the second click."""
        row = event.y + self.scroll_offset.y
        if not 0 <= row < len(self._rows) or self._rows[row].step < 0:
            return
        self.following = False
        step = self._rows[row].step
        head = next((n for n, each in enumerate(self._rows) if each.is_head and each.step == step), -1)
        if event.chain > 1 and head == self.cursor:
            self.opened(head)
        elif head >= 0:
            self.cursor = head

    # --- rows ------------------------------------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many rows there are."""
        return len(self._rows)

    def can_choose(self, row: int) -> bool:
        """Only the beginning of a step can be chosen."""
        return self._rows[row].is_head

    def chosen(self, row: int) -> None:
        """Tell which step it is."""
        self.post_message(self.Highlighted(self.step))

    def opened(self, row: int) -> None:
        """Tell that what it printed is wanted."""
        self.post_message(self.Opened())

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return the pieces of a row."""
        of = self._rows[row]
        return [self._part(piece) for piece in of.left], [self._part(piece) for piece in of.right]

    def _part(self, piece: Piece) -> Part:
        text, look = piece
        return text, self.look(look) if look else Style()
