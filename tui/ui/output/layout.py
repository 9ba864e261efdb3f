"""Which line of the view shows which part of which row of the log."""

from __future__ import annotations

from collections import deque

from tui.ui.output.log import OutputLog, Row
from tui.ui.output.strips import wrap_points


class Layout:
    """Lays a log out in lines, as it was when it was last looked at; rows may have been added or dropped since.

    Without wrapping a line is a row, so nothing is kept per row. With wrapping the parts of new rows are added at the
    end, and those of dropped rows leave at the top.
    """

    def __init__(self, log: OutputLog, wrap_width: int | None = None) -> None:
        self.log = log
        self._width = wrap_width
        """Cells of a line; None where rows are not wrapped."""
        self._first = log.first
        self._end = log.first
        self._parts: deque[tuple[int, int]] = deque()
        """With wrapping: row number and first character of each line, for complete rows."""
        self._partial: list[Row] = []

    def look(self) -> int:
        """Take in what the log has now. Returns how many lines vanished at the top."""
        dropped = self._drop()
        if self._width is not None:
            self._add(self._width)
        self._end = self.log.end
        self._partial = self.log.partial()
        return dropped

    def _drop(self) -> int:
        before, self._first = self._first, self.log.first
        if self._width is None:
            return self._first - before
        dropped = 0
        while self._parts and self._parts[0][0] < self._first:
            self._parts.popleft()
            dropped += 1
        return dropped

    def _add(self, width: int) -> None:
        start, append = max(self._end, self._first), self._parts.append
        for number, text in enumerate(self.log.texts(start), start):
            append((number, 0))
            if len(text) > width or not text.isascii():
                for point in wrap_points(text, width)[1:]:
                    append((number, point))

    @property
    def complete_lines(self) -> int:
        """Lines of rows that are complete."""
        return self._end - self._first if self._width is None else len(self._parts)

    @property
    def lines(self) -> int:
        """All lines."""
        return self.complete_lines + len(self._partial)

    @property
    def columns(self) -> int:
        """Characters of the widest line; 0 where rows are wrapped."""
        if self._width is not None:
            return 0
        return max([self.log.widest, *(len(row.line.text) for row in self._partial)])

    def key(self, y: int) -> tuple[int, int] | None:
        """Return what identifies the content of a line for good; None where it may still change."""
        if y >= self.complete_lines:
            return None
        return (self._first + y, 0) if self._width is None else self._parts[y]

    def locate(self, y: int) -> tuple[Row, int, int | None]:
        """Return the row that line `y` shows, and from which to which character of it."""
        if y >= self.complete_lines:
            return self._partial[y - self.complete_lines], 0, None
        if self._width is None:
            return self.log.row(self._first + y), 0, None
        number, start = self._parts[y]
        follows = self._parts[y + 1] if y + 1 < len(self._parts) else (number + 1, 0)
        return self.log.row(number), start, follows[1] if follows[0] == number else None

    def text(self, y: int) -> str:
        """Return what line `y` says."""
        row, start, end = self.locate(y)
        return row.line.text[start:end]

    def rows(self) -> list[Row]:
        """Return all rows that are kept, incomplete ones included."""
        return self.log.rows() + self._partial
