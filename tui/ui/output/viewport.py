"""Which part of which row stands on which line of the screen.

The place of a reader is the row at the top, by its absolute number, and the character at which its line begins. Rows
that come, rows that go, another filter, other widths: none of them moves it. Nothing here takes longer the more rows
there are; what is above and below the screen is never laid out.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from tui.ui.output.finding import AllRows, Shown, Wanted
from tui.ui.output.strips import wrap_points

if TYPE_CHECKING:
    from tui.ui.output.log import OutputLog
    from tui.ui.output.rows import Row


class ScreenLine(NamedTuple):
    """What one line of the screen shows."""

    number: int
    """Absolute number of the row; a row that is not complete has one past the last."""
    row: Row
    start: int
    """First character of the row on this line."""
    end: int
    """One past the last."""
    is_final: bool
    """Whether the row can never change."""


class Viewport:
    """A window of `height` lines on rows; `width` cells where they are wrapped, else None."""

    def __init__(self, log: OutputLog, shown: Shown | None = None, wanted: Wanted | None = None) -> None:
        self.log = log
        self.shown: Shown = shown or AllRows(log)
        self.wanted = wanted or Wanted()
        """Which of the rows that are not complete are shown."""
        self.width: int | None = None
        self.height = 1
        self.following = True
        """Whether the end stays in sight."""
        self._number = 0
        self._start = 0
        self._partial: list[Row] = []
        self._count = 0
        self.look()

    # --- rows by index, those that are not complete at the end -------------------------------------------------------

    @property
    def total(self) -> int:
        """Rows that are shown, as of the last look."""
        return self._count + len(self._partial)

    def _row(self, index: int) -> tuple[int, Row]:
        if index >= self._count:
            return self.log.end + index - self._count, self._partial[index - self._count]
        number = self.shown.number(index)
        return number, self.log.row(number)

    def _starts(self, index: int) -> list[int]:
        """Return where the lines of a row begin."""
        if self.width is None:
            return [0]
        text = self._row(index)[1].line.text
        return wrap_points(text, self.width) if text.isascii() else list(_points(text, self.width))

    def _index(self) -> int:
        """Return the index of the row at the top."""
        if self._number >= self.log.end:
            return min(self._count + self._number - self.log.end, max(self.total - 1, 0))
        return min(self.shown.index(self._number), max(self.total - 1, 0))

    # --- looking -----------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Take in what there is now; while following, go to the end."""
        self._count = self.shown.count
        self._partial = [row for row in self.log.partial() if self.wanted.accepts(row.kind, row.line.text)]
        if self.following:
            self._go(*self._last_top())

    def lines(self) -> list[ScreenLine]:
        """Return what is on the screen, from the top; fewer than `height` where there is no more."""
        found: list[ScreenLine] = []
        index, part = self._top()
        while index < self.total and len(found) < self.height:
            number, row = self._row(index)
            starts = self._starts(index)
            ends = [*starts[1:], len(row.line.text)]
            room = self.height - len(found)
            for begin, end in zip(starts[part : part + room], ends[part : part + room], strict=True):
                found.append(ScreenLine(number, row, begin, end, index < self._count))
            index, part = index + 1, 0
        return found

    @property
    def top(self) -> int:
        """Index of the row at the top."""
        return self._top()[0]

    @property
    def last_top(self) -> int:
        """The highest index at which the row at the top can be, not counting the row whose beginning is cut off."""
        index, part = self._last_top()
        return index + (part > 0)

    @property
    def bottom(self) -> int:
        """How many rows come up to the lowest line of the screen."""
        if self.width is None:
            return min(self.top + self.height, self.total)
        return self.top + len({line.number for line in self.lines()})

    @property
    def is_at_end(self) -> bool:
        """Whether the last line is in sight."""
        return self._top() >= self._last_top()

    # --- moving ------------------------------------------------------------------------------------------------------

    def move(self, lines: int) -> None:
        """Go down, or up with a negative number; following stops on the way up, and begins at the end."""
        index, part = self._top()
        if self.width is None:
            index += lines
        else:
            index, part = self._walk(index, part, lines)
        self._go(*min((max(index, 0), part), self._last_top()))
        if lines < 0 and not self.is_at_end:
            self.following = False
        elif lines > 0 and self.is_at_end:
            self.following = True

    def _walk(self, index: int, part: int, lines: int) -> tuple[int, int]:
        part += lines
        while part < 0 and index > 0:
            index -= 1
            part += len(self._starts(index))
        while index < self.total - 1 and part >= (count := len(self._starts(index))):
            part -= count
            index += 1
        return index, max(part, 0)

    def go_to_index(self, index: int) -> None:
        """Put a row at the top, as far as there are rows enough below."""
        self._go(*min((max(index, 0), 0), self._last_top()))
        self.following = index >= self.last_top

    def go_to_start(self) -> None:
        """Go to the oldest row."""
        self.following = self.total == 0
        self._go(0, 0)

    def go_to_end(self) -> None:
        """Go to the end, and follow it."""
        self.following = True
        self._go(*self._last_top())

    def show(self, number: int, start: int = 0) -> None:
        """Bring a row into sight, with some of what is around it where it was not; following stops."""
        self.following = False
        visible = self.lines()
        if any(line.number == number and line.start <= start < max(line.end, line.start + 1) for line in visible):
            return
        index = self.shown.index(number)
        starts = self._starts(index) if index < self.total else [0]
        part = max(sum(begin <= start for begin in starts) - 1, 0)
        above = self.height // 3
        target = self._walk(index, part, -above) if self.width else (max(index - above, 0), 0)
        self._go(*min(target, self._last_top()))

    def _top(self) -> tuple[int, int]:
        """Return the row at the top and which of its lines.

        That is the place of the reader, as far as there are rows enough below it now: a filter that has not looked at
        all rows yet must not lose the place.
        """
        return min((self._index(), self._part()), self._last_top())

    def _part(self) -> int:
        if not self._start or not self.total:
            return 0
        return max(sum(begin <= self._start for begin in self._starts(self._index())) - 1, 0)

    def _last_top(self) -> tuple[int, int]:
        """Return the row and the line of it that are at the top while the last line is at the bottom."""
        index, room = self.total - 1, self.height
        if self.width is None:
            return max(self.total - room, 0), 0
        while index >= 0:
            room -= len(self._starts(index))
            if room <= 0:
                return index, -room
            index -= 1
        return 0, 0

    def _go(self, index: int, part: int) -> None:
        index = min(max(index, 0), max(self.total - 1, 0))
        if index >= self._count:
            self._number = self.log.end + index - self._count
        else:
            self._number = self.shown.number(index)
        self._start = 0
        if part and self.width is not None:
            starts = self._starts(index)
            self._start = starts[min(part, len(starts) - 1)]


@functools.lru_cache(maxsize=512)
def _points(text: str, width: int) -> tuple[int, ...]:
    return tuple(wrap_points(text, width))
