"""Searching in output and filtering it, while it grows."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from textual import work

from tui.ui.output.canvas import Canvas
from tui.ui.output.finding import AllRows, Finding, Source, Wanted
from tui.ui.output.query import PATTERN_MARK, Query
from tui.ui.reach import with_keys

if TYPE_CHECKING:
    from tui.ui.output.log import Piece
    from tui.ui.output.strips import Hit
    from tui.ui.output.viewport import ScreenLine

_AT_ONCE: Final = 4000
"""Rows that are looked at without a thread: about a millisecond."""
_BATCH: Final = 16
"""Pieces looked at in a thread at a time."""


def _find(wanted: Wanted, pieces: list[Piece]) -> list[array[int]]:
    found = []
    for piece in pieces:
        found.append(wanted.find(piece))
        time.sleep(0)  # the event loop takes its turn, instead of after the interpreter's five milliseconds
    return found


class Searching(Canvas):
    """Shows the rows that are wanted, and goes from match to match."""

    def __init__(self, placeholder: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(placeholder, id=id, classes=classes)
        self.source = Source.ALL
        """Whose output is shown."""
        self.filter: Query | None = None
        """Only rows with this are shown."""
        self.search: Query | None = None
        """What is marked."""
        self.match: int | None = None
        """Absolute number of the row last gone to."""
        self.matches: Finding | None = None
        """Rows with what is searched for."""
        self._is_looking = False
        """Whether a thread looks at rows."""
        self._going = 0
        """Which way to go as soon as a match is found: 1, -1, or 0."""
        self._origin = 0

    @property
    def wanted(self) -> Wanted:
        """Which rows are shown."""
        return Wanted(self.source, (self.filter,) if self.filter else ())

    def log_replaced(self) -> None:
        """Look for the same in another log."""
        self.match = None
        self._show_wanted()

    # --- what is wanted --------------------------------------------------------------------------------------------

    def set_filter(self, query: Query | None) -> None:
        """Show only the rows with this, or all."""
        self.filter = query
        self._show_wanted()
        self.draw_anew()

    def set_source(self, source: Source) -> None:
        """Show only what one stream carried, or all."""
        self.source = source
        self._show_wanted()
        self.draw_anew()

    def set_search(self, query: Query | None) -> None:
        """Mark this, and go to the match that is nearest to what is on the screen."""
        self.search, self.match = query, None
        self._search_anew()
        if query is not None:
            lines = self.port.lines()
            self._origin = (lines[0].number if lines else 0) - 1
            self._going = 1
        self.draw_anew()

    def _show_wanted(self) -> None:
        wanted = self.wanted
        self.port.wanted = wanted
        self.port.shown = AllRows(self.log_shown) if wanted.is_all else Finding(self.log_shown, wanted)
        self._search_anew()

    def _search_anew(self) -> None:
        self._going = 0
        wanted = self.wanted
        self.matches = (
            Finding(self.log_shown, Wanted(wanted.source, (*wanted.queries, self.search))) if self.search else None
        )

    # --- looking ---------------------------------------------------------------------------------------------------

    def _findings(self) -> list[Finding]:
        shown = self.port.shown
        return [each for each in (shown, self.matches) if isinstance(each, Finding) and not each.is_complete]

    def flush(self) -> None:
        """Look at new rows, and draw."""
        for finding in self._findings():
            self._look_at_once(finding)
        if self._findings() and not self._is_looking:
            self._is_looking = True
            self._look_in_thread()
        self._go_on()
        super().flush()

    def _look_at_once(self, finding: Finding) -> None:
        if finding.log.end - finding.position > _AT_ONCE or any(
            PATTERN_MARK in query.text for query in finding.wanted.queries
        ):
            return
        while (piece := finding.next_piece()) is not None and piece.is_in_memory:
            finding.add(piece, finding.wanted.find(piece))

    @work(group="find", exit_on_error=False)
    async def _look_in_thread(self) -> None:
        try:
            while findings := self._findings():
                for finding in findings:
                    batch: list[Piece] = []
                    position = finding.position
                    while len(batch) < _BATCH and (piece := finding.log.piece(position)) is not None:
                        batch.append(piece)
                        position = piece.first + piece.count
                    found = await asyncio.to_thread(_find, finding.wanted, batch)
                    for piece, numbers in zip(batch, found, strict=True):
                        finding.add(piece, numbers)
                self._draw_soon()
        finally:
            self._is_looking = False

    # --- matches ---------------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Go to the match that was asked for, if it is known by now."""
        if not self._going or self.matches is None:
            return
        down, done = self._going > 0, self.matches.is_complete
        if not down and not done:
            return
        number = self.matches.next(self._origin) if down else self.matches.previous(self._origin)
        if number is None and done and self.matches.count:  # round the end
            number = self.matches.number(0 if down else self.matches.count - 1)
        if number is None and not done:
            return
        self._going = 0
        if number is not None:
            self._go_to_match(number)

    def _go_to_match(self, number: int) -> None:
        before, self.match = self.match, number
        if before != number:
            self._strips.clear()
        hits = self.search.hits(self.log_shown.row(number).line.text) if self.search else []
        self.go_to_row(number, hits[0][0] if hits else 0)

    def next_match(self, way: int) -> None:
        """Go to the next match, or with -1 to the one before."""
        lines = self.port.lines()
        if self.match is not None:
            self._origin = self.match
        elif lines:
            self._origin = lines[0].number - 1 if way > 0 else lines[-1].number + 1
        self._going = way
        self.flush()

    @property
    def match_words(self) -> str:
        """Which match of how many the reader is at."""
        if self.matches is None:
            return ""
        if self.matches.wanted.is_slow:
            return "given up: the pattern takes too long"
        count = self.matches.count
        more = "" if self.matches.is_complete else "…"
        if self.match is None or not self.matches.has(self.match):
            return f"{count:,}{more} match{'' if count == 1 else 'es'}" if count or more else "no match"
        return f"{self.matches.index(self.match) + 1:,}/{count:,}{more}"

    def hits(self, line: ScreenLine) -> Iterator[Hit]:
        """Return what is marked in a line."""
        text = line.row.line.text
        if self.filter is not None:
            look = self.look("match")
            yield from ((start, end, look) for start, end in self.filter.hits(text))
        if self.search is not None:
            look = self.look("match-current" if line.number == self.match else "match")
            yield from ((start, end, look) for start, end in self.search.hits(text))

    def words_for_nothing(self) -> str:
        """Say why nothing is shown."""
        if self.port.wanted.is_all or self.log_shown.end == self.log_shown.first:
            return self.placeholder
        if self._findings():
            return "looking for rows …"
        ways = (with_keys(self.app, "{} changes the filter", "output.filter"),
                with_keys(self.app, "{} drops it", "output.leave"))  # fmt: skip
        return ": ".join(filter(None, ("no row is like that", ", ".join(filter(None, ways)))))
