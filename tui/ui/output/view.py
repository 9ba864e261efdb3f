"""The view of one output log: what its keys do."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, cast, get_args

from textual.binding import BindingType
from textual.events import Click, Key
from textual.message import Message
from textual.selection import Selection

from tui.ui.bindings import bindings_of
from tui.ui.output.canvas import Canvas
from tui.ui.output.finding import Source
from tui.ui.output.searching import Searching
from tui.ui.reach import with_keys

Question = Literal["search", "filter", "save"]
_TIMES: Final = ("", "clock", "elapsed")
_SOURCES: Final = tuple(Source)


class OutputView(Searching):
    """Shows an `OutputLog` while it grows; what needs a line to type or a file is asked of the panel around it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("output")
    Moved = Canvas.Moved

    @dataclass
    class CopyAsked(Message):
        """Rows are to be copied: those from `first` up to `end` that are shown, or all."""

        view: OutputView
        first: int = 0
        end: int | None = None
        is_selection: bool = False
        """Rows were chosen one by one: notes are copied too."""

    @dataclass
    class PagerAsked(Message):
        """What is shown is to be opened in a pager."""

        view: OutputView

    def __init__(self, placeholder: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(placeholder, id=id, classes=classes)
        self.ask: Callable[[Question], None] | None = None
        """Asks for something to be typed, at once: letters typed after the key must not come here."""
        self.cursor: int | None = None
        """Absolute number of the row the cursor of lines is on; None where there is no cursor."""
        self.mark: int | None = None
        """Where the range begins that goes up to the cursor."""

    def log_replaced(self) -> None:
        """Another log is on view."""
        self.cursor = self.mark = None
        super().log_replaced()

    # --- following and moving --------------------------------------------------------------------------------------

    def action_follow(self) -> None:
        """Follow or stand still."""
        self._drop_cursor()
        self.following = not self.following

    def action_top(self) -> None:
        """Go to the oldest row."""
        was_following = self.following
        self.port.go_to_start()
        self._moved(was_following)
        self._cursor_into_sight()

    def action_end(self) -> None:
        """Go to the end and follow; with the cursor, to the last row."""
        if self.cursor is None:
            self.following = True
        elif self.port.total:
            self._put_cursor(max(self.log_shown.end - 1, 0))

    def _moved(self, was_following: bool) -> None:
        self.port.following &= self.cursor is None  # what the cursor is on stays in sight
        super()._moved(was_following)

    def action_scroll_down(self) -> None:
        """Go a line down."""
        self._step(1)

    def action_scroll_up(self) -> None:
        """Go a line up."""
        self._step(-1)

    def action_page(self, halves: int) -> None:
        """Go some half pages down, or up."""
        self._move(halves * max(self.port.height // 2, 1))
        self._cursor_into_sight()

    def action_sideways(self, halves: int) -> None:
        """Go some half pages to the right, or to the left."""
        self.scroll_to(x=self.scroll_offset.x + halves * self.size.width // 2, animate=False)

    def action_column(self, end: bool) -> None:
        """Go to the beginning of the lines, or to their end."""
        self.scroll_to(x=self.max_scroll_x if end else 0, animate=False)

    def action_step(self, way: int) -> None:
        """Go to the next heading, or to the one before."""
        lines = self.port.lines()
        here = lines[0].number if lines else 0
        headings = self.log_shown.headings
        index = bisect_right(headings, here) if way > 0 else bisect_left(headings, here) - 1
        if 0 <= index < len(headings):
            was_following = self.following
            self.port.go_to_index(self.port.shown.index(headings[index]))
            self._moved(was_following)

    # --- how it is shown -------------------------------------------------------------------------------------------

    def action_wrap(self) -> None:
        """Wrap long lines or let them run beyond the edge."""
        self.wrap = not self.wrap

    def action_times(self) -> None:
        """Show when rows came: the clock, then the time since the first row, then nothing."""
        self.times = _TIMES[(_TIMES.index(self.times) + 1) % len(_TIMES)]

    def action_source(self) -> None:
        """Show all, then only what stdout carried, then only what stderr carried."""
        self.set_source(_SOURCES[(_SOURCES.index(self.source) + 1) % len(_SOURCES)])

    # --- searching -------------------------------------------------------------------------------------------------

    def action_ask(self, question: Question) -> None:
        """Ask what to search or filter for, or where to save."""
        if self.ask is not None:
            self.ask(question)

    def on_key(self, event: Key) -> None:
        """Open the line to type in the turn of its key, and give it the letters that were typed ahead.

        A binding runs only after its key went up to the application; what was typed meanwhile would go astray.
        """
        focused = self.screen.focused
        if focused is not None and focused is not self:
            event.stop().prevent_default()
            focused.post_message(Key(event.key, event.character))
        elif (active := self.screen.active_bindings.get(event.key)) is not None and active.node is self:
            name, _, question = active.binding.action.rstrip("')").partition("('")
            if name == "ask" and question in get_args(Question):
                event.stop().prevent_default()
                self.action_ask(cast("Question", question))

    def action_match(self, way: int) -> None:
        """Go to the next match, or to the one before."""
        if self.search is None:
            begins = with_keys(self.app, ": {} begins", "output.search")
            self.notify(f"Nothing is searched for{begins}.", markup=False)
        else:
            self.next_match(way)
            if self.cursor is not None and self.match is not None:
                self._put_cursor(self.match)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let escape through to the screen where there is nothing to leave here."""
        if action == "leave":
            return self.cursor is not None or self.search is not None or self.filter is not None
        return True

    def action_leave(self) -> None:
        """Leave the cursor, then the search, then the filter."""
        if self.cursor is not None:
            self._drop_cursor()
        elif self.search is not None:
            self.set_search(None)
        else:
            self.set_filter(None)

    # --- choosing rows ---------------------------------------------------------------------------------------------

    def action_cursor(self, as_range: bool = False) -> None:
        """Show the cursor of lines or take it away; with `as_range` begin a range at it."""
        if self.cursor is None:
            lines = self.port.lines()
            if not lines:
                return
            seen = [line.number for line in lines if line.is_final] or [lines[0].number]
            self._put_cursor(self.match if self.match in seen else seen[-1])
        elif not as_range:
            self._drop_cursor()
            return
        if as_range:
            self.mark = None if self.mark is not None else self.cursor
            self.draw_anew()

    def _put_cursor(self, number: int) -> None:
        index = min(self.port.shown.index(number), max(self.port.shown.count - 1, 0))
        if not self.port.shown.count:
            return
        self.cursor = self.port.shown.number(index)
        self._strips.clear()
        self.go_to_row(self.cursor)

    def _drop_cursor(self) -> None:
        self.cursor = self.mark = None
        self.draw_anew()

    def _step(self, lines: int) -> None:
        if self.cursor is None:
            self._move(lines)
            return
        index = self.port.shown.index(self.cursor) + lines
        if 0 <= index < self.port.shown.count:
            self._put_cursor(self.port.shown.number(index))

    def _cursor_into_sight(self) -> None:
        lines = [line.number for line in self.port.lines() if line.is_final]
        if self.cursor is not None and lines:
            self.cursor = min(max(self.cursor, lines[0]), lines[-1])
            self.draw_anew()

    def has_cursor(self, number: int) -> bool:
        """Say whether a row is chosen."""
        if self.cursor is None:
            return False
        mark = self.cursor if self.mark is None else self.mark
        return min(mark, self.cursor) <= number <= max(mark, self.cursor)

    def on_click(self, event: Click) -> None:
        """Put the cursor, where there is one, on a row."""
        if self.cursor is not None and 0 <= event.y < len(self._screen_lines):
            self._put_cursor(self._screen_lines[event.y].number)

    @property
    def chosen_words(self) -> str:
        """What is chosen."""
        if self.cursor is None:
            return ""
        if self.mark is None:
            return "LINE"
        first, last = sorted((self.mark, self.cursor))
        count = self.port.shown.index(last) - self.port.shown.index(first) + 1
        return f"RANGE {count:,} row{'' if count == 1 else 's'}"

    # --- copying ---------------------------------------------------------------------------------------------------

    def action_copy(self) -> None:
        """Copy what is chosen: rows, the selection of the mouse, or the match."""
        if self.cursor is not None:
            first, last = sorted((self.cursor if self.mark is None else self.mark, self.cursor))
            self.post_message(self.CopyAsked(self, first, last + 1, is_selection=True))
            self._drop_cursor()
        elif selected := self.screen.get_selected_text():
            from tui.ui.clipboard import copy

            copy(self.app, selected, "the selection")
        elif self.match is not None:
            self.post_message(self.CopyAsked(self, self.match, self.match + 1, is_selection=True))
        else:
            lines = with_keys(self.app, "{} chooses a line, {} a range, ", "output.line", "output.range")
            everything = with_keys(self.app, "; {} copies all", "output.copyall")
            self.notify(f"Nothing is chosen: {lines}a drag of the mouse a text{everything}.", markup=False)

    def action_copy_all(self) -> None:
        """Copy all that the run printed and that is shown."""
        self.post_message(self.CopyAsked(self))

    def action_pager(self) -> None:
        """Open what is shown in the pager."""
        self.post_message(self.PagerAsked(self))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text without what stands in front of the rows; of all, what is in memory."""
        log, shown = self.log_shown, self.port.shown
        rows = {line.number: line.row for line in self._screen_lines if not line.is_final}
        start, end = selection.start, selection.end
        first = max(start.y, log.first) if start else log.first_in_memory
        last = end.y if end else log.end + 1
        numbers = [
            shown.number(index) for index in range(shown.index(first), shown.count) if shown.number(index) <= last
        ]
        parts: list[str] = []
        for number in [*numbers, *(each for each in rows if first <= each <= last)]:
            text = (rows.get(number) or log.row(number)).line.text
            left = max(start.x, 0) if start and number == start.y else 0
            right = max(end.x, 0) if end and number == end.y else len(text)
            parts.append(text[left:right])
        return ("\n".join(parts), "\n") if parts else None

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        self.refresh()
