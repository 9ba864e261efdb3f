"""The audit log, one line for each record, the newest at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual.binding import BindingType
from textual.events import MouseScrollUp
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive

from tui.text import clean_line
from tui.ui.audit.words import result_words
from tui.ui.bindings import bindings_of
from tui.ui.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from tui.ui.audit.rows import AuditRow, Rows

_LOOKS: Final = {"allowed": "good", "denied": "bad", "warning": "warning", "info": "muted"}
_AHEAD: Final = 50
"""Rows before the first one at which older ones are asked for."""
_WIDE: Final = 110


def columns(width: int) -> tuple[tuple[str, int], ...]:
    """Return the columns before the detail, with their widths in cells; where there is no room, without the session."""
    if width >= _WIDE:
        return ("time", 12), ("result", 10), ("kind", 17), ("session", 15), ("command", 19)
    return ("time", 12), ("result", 10), ("kind", 17), ("command", 11)


def heading(width: int) -> str:
    """Return the names of the columns, where they stand."""
    return " " + "".join(f"{name:<{size}}" for name, size in columns(width)) + "detail"


class AuditList(VirtualList):
    """Rows of the log. It follows the newest one until somebody moves up; `end` follows again."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("audit")

    following: reactive[bool] = reactive(True)
    """Whether the newest record stays in sight."""

    @dataclass
    class Opened(Message):
        """Somebody wants to see a whole record."""

        seq: int

    class OlderWanted(Message):
        """The first rows are near, and there are older ones."""

    class Moved(Message):
        """Position, length or mode of the list changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Rows | None = None
        self._missed = 0

    def clock(self) -> datetime:
        """Return the moment that says what today is, in local time."""
        return datetime.now().astimezone()

    # --- content ---------------------------------------------------------------------------------------------------

    def show(self, rows: Rows) -> None:
        """Show other rows, from their end."""
        self._rows = rows
        self._missed = 0
        self.following = True
        self.rows_changed(len(rows) - 1)
        self._go_to_end()
        self.post_message(self.Moved())

    def added(self, count: int) -> None:
        """Show that rows were added at the end. What is in sight stays there, unless the newest is followed."""
        if self.following:
            self.rows_changed(self.row_count() - 1)
            self._go_to_end()
        else:
            self._missed += max(count, 0)
            self.rows_changed(self.cursor)
        self.post_message(self.Moved())

    def added_before(self, count: int) -> None:
        """Show that rows were added at the beginning; what is in sight stays there."""
        self.virtual_size = Size(0, self.row_count())
        self.set_reactive(VirtualList.cursor, self.cursor + count)
        self.scroll_to(y=self.scroll_offset.y + count, animate=False, force=True, immediate=True)
        self.refresh()
        self.post_message(self.Moved())

    def indicator(self) -> str:
        """Return position and mode in one line, for the frame around the list."""
        new = f" +{self._missed:,} new" if self._missed else ""
        mode = "● FOLLOW" if self.following else f"○ PAUSED{new}"
        return f"[{max(self.cursor + 1, 0):,}/{self.row_count():,}] {mode}"

    # --- following -------------------------------------------------------------------------------------------------

    def watch_following(self, following: bool) -> None:
        """Forget what was missed."""
        if following:
            self._missed = 0
        if self.is_mounted:
            self.post_message(self.Moved())

    def watch_cursor(self, cursor: int) -> None:
        """Follow when the last row was gone to."""
        super().watch_cursor(cursor)
        self.following = cursor == self.row_count() - 1
        self.post_message(self.Moved())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following on any move upwards, and ask for older rows near the first one."""
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) < round(old_value) and round(new_value) < self.max_scroll_y:
            self.following = False
        if new_value < _AHEAD and self._rows is not None and self._rows.older:
            self.post_message(self.OlderWanted())

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Stop following at once: a record that comes between two notches must not take the view along."""
        if self.max_scroll_y:
            self.following = False

    def action_cursor_last(self) -> None:
        """Go to the newest record and follow."""
        super().action_cursor_last()
        self.following = True
        self._go_to_end()

    def _go_to_end(self) -> None:
        self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    # --- rows ------------------------------------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many records there are."""
        return len(self._rows) if self._rows is not None else 0

    def opened(self, row: int) -> None:
        """Ask for the whole record."""
        if self._rows is not None:
            self.post_message(self.Opened(self._rows[row].seq))

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return the columns of a record."""
        assert self._rows is not None
        item = self._rows[row]
        muted, result = self.look("muted"), self.look(_LOOKS.get(item.result, "bad"))
        cells = {
            "time": (self._moment(item), muted),
            "result": (result_words(item.result) if item.kind else "✗ missing", result),
            "kind": (item.kind, Style()),
            "session": (item.session, muted),
            "command": (item.command, Style(bold=True)),
        }
        parts: list[Part] = [(" ", Style())]
        for name, width in columns(self.size.width):
            text, look = cells[name]
            parts.append((_fitted(text, width), look))
        parts.append((item.detail, result if item.result in ("denied", "warning") else Style()))
        return parts, []

    def _moment(self, item: AuditRow) -> str:
        if item.at is None:
            return f"#{item.seq}"
        at = item.at.astimezone()
        return f"{at:%H:%M:%S}" if at.date() == self.clock().date() else f"{at:%m-%d %H:%M}"


def _fitted(text: str, width: int) -> str:
    shown = clean_line(text, width * 2)
    if cell_len(shown) >= width:
        shown = set_cell_size(shown, width - 2) + "…"
    return set_cell_size(shown, width)
