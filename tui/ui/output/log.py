"""What one run printed, as clean rows in a bounded ring, with the headings and notes that come between."""

from __future__ import annotations

import enum
import itertools
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from tui.machines.model import Stream
from tui.text import Line, LineCleaner, Span, clean

CAPACITY: Final = 100_000
"""Rows kept in memory, about 11 MB of usual output; the store keeps all of it in a file."""


class RowKind(enum.IntEnum):
    """What a row is, which decides its mark and its colour."""

    STDOUT = 1
    STDERR = 2
    HEADING = 3
    """A step begins."""
    NOTE = 4
    """Something Rollcage did, such as taking a snapshot."""
    GOOD_END = 5
    BAD_END = 6
    WARNING = 7


class Row(NamedTuple):
    """One row of the log."""

    kind: RowKind
    line: Line


_Stored = tuple[int, str, tuple[Span, ...], bool]


def _row(stored: _Stored) -> Row:
    kind, text, spans, cut = stored
    return Row(RowKind(kind), Line(text, spans, cut))


class OutputLog:
    """Rows with absolute numbers: row `n` stays row `n` when older ones are dropped."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        # Plain tuples of plain values: the garbage collector stops tracking these, and need not walk them all again
        # and again while output pours in (with a hundred thousand objects each such walk takes over 100 ms).
        self._rows: deque[_Stored] = deque(maxlen=capacity)
        self._appended = 0
        self._widest = 0
        self._cleaners = {Stream.STDOUT: LineCleaner(), Stream.STDERR: LineCleaner()}
        self.version = 0
        """Grows with every change, so that a view knows when to draw again."""

    @property
    def first(self) -> int:
        """Absolute number of the oldest row that is kept."""
        return self._appended - len(self._rows)

    @property
    def end(self) -> int:
        """Absolute number after the last complete row."""
        return self._appended

    @property
    def widest(self) -> int:
        """Characters of the longest row so far."""
        return self._widest

    def feed(self, stream: Stream, data: bytes) -> None:
        """Take bytes as the guest printed them."""
        self._extend(RowKind(stream), self._cleaners[stream].feed(data))
        self.version += 1

    def heading(self, text: str) -> None:
        """Begin a new part; lines that were not complete end here."""
        self.finish()
        self._extend(RowKind.HEADING, [Line(clean(text))])

    def note(self, text: str, kind: RowKind = RowKind.NOTE) -> None:
        """Add what Rollcage has to say, which may be several lines."""
        self.finish()
        self._extend(kind, [Line(part) for part in clean(text).replace("\t", " ").split("\n")])

    def finish(self) -> None:
        """Complete what both streams left without a newline."""
        for stream, cleaner in self._cleaners.items():
            self._extend(RowKind(stream), cleaner.finish())
        self.version += 1

    def partial(self) -> list[Row]:
        """Return the lines that are not complete yet, at most one per stream."""
        return [
            Row(RowKind(stream), line)
            for stream, cleaner in self._cleaners.items()
            if (line := cleaner.partial) is not None
        ]

    def row(self, number: int) -> Row:
        """Return a row by its absolute number; an empty one if it was dropped already."""
        first = self.first
        return _row(self._rows[number - first]) if number >= first else Row(RowKind.STDOUT, Line(""))

    def rows(self, start: int = 0, end: int | None = None) -> list[Row]:
        """Return the rows from `start` up to `end` that are still kept."""
        return [_row(stored) for stored in self._stored(start, end)]

    def texts(self, start: int) -> list[str]:
        """Return the texts of the rows from `start` on that are still kept."""
        return [stored[1] for stored in self._stored(start, None)]

    def _stored(self, start: int, end: int | None) -> Iterable[_Stored]:
        count = len(self._rows)
        skip = min(max(start - self.first, 0), count)
        stop = count if end is None else min(max(end - self.first, skip), count)
        if skip <= count // 2:
            return itertools.islice(self._rows, skip, stop)
        # From the nearer end: reaching into a deque takes time in proportion to the distance.
        return list(itertools.islice(reversed(self._rows), count - stop, count - skip))[::-1]

    def _extend(self, kind: RowKind, lines: Iterable[Line]) -> None:
        lines = list(lines)
        if not lines:
            return
        self._widest = max(self._widest, *(len(line.text) for line in lines))
        number = int(kind)
        self._rows.extend([(number, *line) for line in lines])
        self._appended += len(lines)
        self.version += 1
