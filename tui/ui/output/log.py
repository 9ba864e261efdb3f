"""What one run printed, as clean rows in a bounded ring, with the headings and notes that come between."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.machines.kinds import Stream
from tui.store.output import BEGINNING, LARGEST_FRAME, stored_size
from tui.text import ColouredLine, Line, LineCleaner, clean
from tui.ui.output.blocks import (
    BLOCK_BYTES,
    BLOCK_ROWS,
    Block,
    Cleaners,
    Note,
    Position,
    add_finished,
    copied,
    read_back,
)
from tui.ui.output.rows import Row, RowKind, Rows

__all__ = ["CAPACITY", "OutputLog", "Piece", "Row", "RowKind"]

CAPACITY: Final = 100_000
"""Rows kept in memory, about 12 MB of usual output."""
_PAGES: Final = 64
"""Blocks read back that are kept: a screen of rows that a filter found may need a block for each."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some neighbouring rows, to be looked at in any thread while the log grows."""

    first: int
    """Absolute number of the first row."""
    count: int
    _skip: int
    _rows: Rows | None
    _block: Block
    _path: Path | None

    @property
    def is_in_memory(self) -> bool:
        """Whether nothing has to be read."""
        return self._rows is not None

    def load(self) -> tuple[Rows, range]:
        """Return rows and which of them belong to the piece, read from the file if need be."""
        rows = self._rows
        if rows is None:
            assert self._path is not None
            rows = read_back(self._path, self._block)
        return rows, range(self._skip, self._skip + self.count)


class OutputLog:
    """Rows with absolute numbers: row `n` stays row `n` as long as there is a log.

    The newest rows are in memory. Older ones are read back from the run's output file, so that nothing is lost; without
    a file they are dropped.
    """

    def __init__(
        self, capacity: int = CAPACITY, file: Path | None = None, *, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.file = file
        """The run's output file: all that is fed here stands in it, in the same portions."""
        self.listeners: set[Callable[[], None]] = set()
        """Called after every change."""
        self.version = 0
        """Grows with every change, so that a view knows when to draw again."""
        self.widest = 0
        """Characters of the longest row so far; whoever draws a row whose cells are more says so here."""
        self.headings: list[int] = []
        """Absolute numbers of the headings."""
        self._now_ns = now_ns
        self._capacity = capacity
        self._block_rows = min(BLOCK_ROWS, max(capacity // 8, 16))
        self._cleaners: Cleaners = {Stream.STDOUT: LineCleaner(), Stream.STDERR: LineCleaner()}
        self._position = BEGINNING
        self._blocks = [Block(0, Position(BEGINNING), copied(self._cleaners))]
        self._firsts = [0]
        self._oldest = 0
        """Index of the oldest block in memory."""
        self._held = 0
        self._end = 0
        self._pages: OrderedDict[int, Rows] = OrderedDict()
        self._at_ns = 0

    @property
    def first(self) -> int:
        """Absolute number of the oldest row there is."""
        return self._firsts[0]

    @property
    def end(self) -> int:
        """Absolute number after the last complete row."""
        return self._end

    @property
    def first_in_memory(self) -> int:
        """Absolute number of the oldest row that need not be read back."""
        return self._firsts[self._oldest]

    # --- growing ---------------------------------------------------------------------------------------------------

    def feed(self, stream: Stream, data: bytes, at_ns: int | None = None) -> None:
        """Take bytes as the guest printed them, and as one call wrote them to the file."""
        self._at_ns = at_ns = self._now_ns() if at_ns is None else at_ns
        start, size = self._position, len(data)
        self._position += stored_size(size)
        kind, cleaner = RowKind(stream), self._cleaners[stream]
        for begin in range(0, size, BLOCK_BYTES):
            end = min(begin + BLOCK_BYTES, size)
            part = data if end - begin == size else data[begin:end]
            texts, lines = cleaner.feed_texts(part)
            block = self._blocks[-1]
            block.bytes += end - begin
            self._add(kind, texts, lines, at_ns)
            if self._is_full(block):
                before = end // LARGEST_FRAME
                inside = Position(start + stored_size(before * LARGEST_FRAME), end % LARGEST_FRAME)
                self._fill(block, Position(self._position) if end == size else inside)
        self._touch()

    def heading(self, text: str, at_ns: int | None = None) -> None:
        """Begin a new part, now or then; lines that were not complete end here."""
        self.finish()
        self.headings.append(self._end)
        self._note(RowKind.HEADING, (clean(text).replace("\t", " ").replace("\n", " "),), at_ns)

    def note(self, text: str, kind: RowKind = RowKind.NOTE, at_ns: int | None = None) -> None:
        """Add what Rollcage has to say now, or had to say then, which may be several lines."""
        self._note(kind, tuple(clean(text).replace("\t", " ").split("\n")), at_ns)

    def finish(self) -> None:
        """Complete what both streams left without a newline."""
        self._note(RowKind.NOTE, ())

    def _note(self, kind: RowKind, lines: tuple[str, ...], at_ns: int | None = None) -> None:
        block = self._blocks[-1]
        if at_ns is None:
            at_ns = self._at_ns if not lines else self._now_ns()
        finished = Rows()
        add_finished(finished, self._cleaners, at_ns)
        for index in range(len(finished)):
            row = finished.row(index)
            self._add(row.kind, [row.line.text], {0: row.line} if row.line.spans or row.line.cut else {}, at_ns)
        self._add(kind, list(lines), {}, at_ns)
        block.notes.append(Note(self._position, kind, lines, at_ns))
        if self._is_full(block):
            self._fill(block, Position(self._position))
        self._touch()

    def _add(self, kind: RowKind, texts: list[str], lines: Mapping[int, Line | ColouredLine], at_ns: int) -> None:
        if not texts:
            return
        block = self._blocks[-1]
        assert block.rows is not None
        block.rows.extend(kind, texts, lines, at_ns)
        block.count += len(texts)
        self._held += len(texts)
        self._end += len(texts)
        self.widest = max(self.widest, *map(len, texts))

    def _is_full(self, block: Block) -> bool:
        """Say whether the next row belongs to another block."""
        return block.count >= self._block_rows or block.bytes >= BLOCK_BYTES

    def _fill(self, block: Block, end: Position) -> None:
        """Go on with another block, and let go of the oldest in memory."""
        if not block.count:  # a progress bar may draw itself anew for long; it begins again here
            block.start, block.cleaners, block.bytes = end, copied(self._cleaners), 0
            block.notes.clear()
            return
        block.end = end
        self._blocks.append(Block(self._end, end, copied(self._cleaners)))
        self._firsts.append(self._end)
        while self._held - self._blocks[self._oldest].count >= self._capacity:
            oldest = self._blocks[self._oldest]
            self._held -= oldest.count
            oldest.rows = None
            if self.file is not None:
                self._oldest += 1
            else:
                del self._blocks[0], self._firsts[0]

    def _touch(self) -> None:
        self.version += 1
        for listener in self.listeners:
            listener()

    # --- reading ---------------------------------------------------------------------------------------------------

    def partial(self) -> list[Row]:
        """Return the lines that are not complete yet, at most one per stream."""
        return [
            Row(RowKind(stream), line)
            for stream, cleaner in self._cleaners.items()
            if (line := cleaner.partial) is not None
        ]

    def row(self, number: int) -> Row:
        """Return a row by its absolute number; an empty one if it was dropped already."""
        if not self.first <= number < self._end:
            return Row(RowKind.STDOUT, Line(""))
        rows, index = self._find(number)
        return rows.row(index)

    def at_ns(self, number: int) -> int:
        """Return when a row came, in nanoseconds since the epoch; for one that is not complete, when its bytes came."""
        if not self.first <= number < self._end:
            return self._at_ns
        rows, index = self._find(number)
        return rows.at_ns(index)

    def _find(self, number: int) -> tuple[Rows, int]:
        block = self._blocks[bisect_right(self._firsts, number) - 1]
        return self._rows(block), number - block.first

    def _rows(self, block: Block) -> Rows:
        if block.rows is not None:
            return block.rows
        if (rows := self._pages.get(block.first)) is None:
            assert self.file is not None
            rows = self._pages[block.first] = read_back(self.file, block)
            if len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(block.first)
        return rows

    def piece(self, start: int, end: int | None = None) -> Piece | None:
        """Return the next rows from `start` on, as many as are near each other; None where there are none."""
        start, end = max(start, self.first), self._end if end is None else min(end, self._end)
        if start >= end:
            return None
        block = self._blocks[bisect_right(self._firsts, start) - 1]
        rows = block.rows if block.rows is not None else self._pages.get(block.first)
        count = min(end, block.first + block.count) - start
        return Piece(start, count, start - block.first, rows, block, self.file)

    def rows(self, start: int = 0, end: int | None = None) -> list[Row]:
        """Return the rows from `start` up to `end` that there are."""
        return [rows.row(index) for rows, indexes in self._pieces(start, end) for index in indexes]

    def texts(self, start: int = 0, end: int | None = None) -> list[str]:
        """Return the texts of the rows from `start` up to `end` that there are."""
        return [text for rows, indexes in self._pieces(start, end) for text in rows.texts[indexes.start : indexes.stop]]

    def _pieces(self, start: int, end: int | None) -> Iterator[tuple[Rows, range]]:
        while (piece := self.piece(start, end)) is not None:
            yield piece.load()
            start = piece.first + piece.count
