"""Finding rows: which rows of a log are wanted, looked at piece by piece while it grows."""

from __future__ import annotations

import enum
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tui.ui.output.rows import RowKind

if TYPE_CHECKING:
    from tui.ui.output.log import OutputLog, Piece
    from tui.ui.output.query import Query


class Source(enum.Enum):
    """Whose output is shown."""

    ALL = "all"
    STDOUT = "stdout"
    STDERR = "stderr"

    @property
    def hidden(self) -> RowKind | None:
        """The kind of rows that are left out."""
        return {Source.STDOUT: RowKind.STDERR, Source.STDERR: RowKind.STDOUT}.get(self)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are meant: of one source, and with all that is looked for."""

    source: Source = Source.ALL
    queries: tuple[Query, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether every row is meant."""
        return self.source is Source.ALL and not self.queries

    @property
    def is_slow(self) -> bool:
        """Whether a regular expression was given up, so that no further row can be found."""
        return any(query.is_slow for query in self.queries)

    def accepts(self, kind: int, text: str) -> bool:
        """Say whether a row is meant; none is once a regular expression was given up."""
        if kind == self.source.hidden:
            return False
        try:
            return all(query.holds(text) for query in self.queries)
        except TimeoutError:
            return False

    def find(self, piece: Piece) -> array[int]:
        """Return the absolute numbers of the rows of a piece that are meant. Works in any thread."""
        rows, span = piece.load()
        kinds, hidden, offset = rows.kinds, self.source.hidden, piece.first - span.start
        indexes: Iterable[int] = span if hidden is None else [index for index in span if kinds[index] != hidden]
        try:
            for query in self.queries:
                indexes = query.select(rows.texts, indexes)
        except TimeoutError:
            return array("Q")
        return array("Q", [index + offset for index in indexes])


class Finding:
    """The rows that are wanted, as far as the log was looked at."""

    def __init__(self, log: OutputLog, wanted: Wanted) -> None:
        self.log = log
        self.wanted = wanted
        self.position = log.first
        """The next row to look at."""
        self._numbers: array[int] = array("Q")

    @property
    def is_complete(self) -> bool:
        """Whether every row there is was looked at, as far as that is possible."""
        return self.position >= self.log.end or self.wanted.is_slow

    def next_piece(self) -> Piece | None:
        """Return what to look at next; None where nothing is left."""
        return None if self.wanted.is_slow else self.log.piece(self.position)

    def add(self, piece: Piece, numbers: array[int]) -> None:
        """Take in what was found in the piece that came next."""
        self._numbers.extend(numbers)
        self.position = piece.first + piece.count

    def catch_up(self) -> None:
        """Look at all that is left, here and now."""
        while (piece := self.next_piece()) is not None:
            self.add(piece, self.wanted.find(piece))

    # --- as rows that are shown ------------------------------------------------------------------------------------

    @property
    def _dropped(self) -> int:
        first = self.log.first
        return 0 if not self._numbers or self._numbers[0] >= first else bisect_left(self._numbers, first)

    @property
    def count(self) -> int:
        """How many were found and are still there."""
        return len(self._numbers) - self._dropped

    def number(self, index: int) -> int:
        """Return the absolute number of the row at an index."""
        return self._numbers[self._dropped + index]

    def index(self, number: int) -> int:
        """Return the index of the first row from `number` on."""
        return max(bisect_left(self._numbers, number) - self._dropped, 0)

    def next(self, number: int) -> int | None:
        """Return the first row found after `number`."""
        index = bisect_right(self._numbers, number)
        return self._numbers[index] if index < len(self._numbers) else None

    def previous(self, number: int) -> int | None:
        """Return the last row found before `number`."""
        index = bisect_left(self._numbers, number) - 1
        return self._numbers[index] if index >= self._dropped else None

    def has(self, number: int) -> bool:
        """Say whether a row was found."""
        index = bisect_left(self._numbers, number)
        return index < len(self._numbers) and self._numbers[index] == number


class Shown(Protocol):
    """Rows that are shown, by index from 0."""

    @property
    def count(self) -> int:
        """How many there are."""

    def number(self, index: int) -> int:
        """Return the absolute number of the row at an index."""

    def index(self, number: int) -> int:
        """Return the index of the first row from `number` on."""


class AllRows:
    """Every row of a log."""

    def __init__(self, log: OutputLog) -> None:
        self._log = log

    @property
    def count(self) -> int:
        """How many there are."""
        return self._log.end - self._log.first

    def number(self, index: int) -> int:
        """Return the absolute number of the row at an index."""
        return self._log.first + index

    def index(self, number: int) -> int:
        """Return the index of the first row from `number` on."""
        return min(max(number, self._log.first), self._log.end) - self._log.first
