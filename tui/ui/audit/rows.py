"""The rows of the audit log that a filter leaves, oldest first, read in pieces of a bounded size.

Without a filter row `n` is record `n + 1`: rows are read by their number as they come into sight, so that a million of
them cost no more than a screenful. With a filter the newest are read first, and older ones when somebody scrolls there.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from tui.errors import NotFound
from tui.ui.audit.words import short_detail

if TYPE_CHECKING:
    from tui.audit.model import Filter, Record

PIECE: Final = 500
"""Records of one query."""
MOST_FILTERED: Final = 20_000
"""Rows of a filter that are kept in memory; what is older is found with `until:`."""
_CACHED: Final = 2000


class Log(Protocol):
    """What is needed of `tui.audit.reader.AuditReader`."""

    def last(self) -> int:
        """Return the number of the last record."""
        ...

    def get(self, seq: int) -> Record:
        """Return one record."""
        ...

    def page(self, wanted: Filter | None = None, *, before: int | None = None, limit: int = 100) -> list[Record]:
        """Return up to `limit` records, the newest first."""
        ...


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A record in one line."""

    seq: int
    at: datetime | None
    """None where the record is gone from the log."""
    kind: str
    result: str
    session: str
    command: str
    detail: str


def row_of(record: Record) -> AuditRow:
    """Return a record as a row."""
    detail = short_detail(record)
    return AuditRow(record.seq, record.at, record.kind, record.result, record.session, record.command, detail)


@dataclass(frozen=True, slots=True)
class News:
    """What was found beyond the rows there are; read in a thread, taken in by whoever shows them."""

    last: int
    rows: list[AuditRow]
    since: int = 0
    """The last record known when this was read: what was read twice from one moment on is taken in once."""
    older: bool | None = None
    """Whether there are more before the first row; None where that was not found out."""


class AllRows:
    """Every record."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._last = 0
        self._cache: OrderedDict[int, AuditRow] = OrderedDict()
        self.older = False
        """Whether there is more above the first row; never here."""

    def __len__(self) -> int:
        return self._last

    def __getitem__(self, index: int) -> AuditRow:
        """Return a row, reading it if it was not in sight lately."""
        if (row := self._cache.get(index)) is None:
            try:
                row = row_of(self._log.get(index + 1))
            except NotFound:
                row = AuditRow(index + 1, None, "", "", "", "", "this record is missing from the log: verify it")
            self._cache[index] = row
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return row

    def read_new(self) -> News:
        """Find out what was recorded since."""
        return News(self._log.last(), [], self._last)

    def add_new(self, news: News) -> int:
        """Take it in, and return how many rows were added at the end; less than nothing where some are gone."""
        if news.since != self._last:
            return 0
        added, self._last = news.last - self._last, news.last
        if added < 0:
            self._cache.clear()
        return added

    def read_older(self) -> News:
        """Return nothing: all rows are there."""
        return News(self._last, [], self._last, older=False)

    def add_older(self, news: News) -> int:
        """Take nothing in."""
        return 0


class FilteredRows:
    """The records a filter leaves."""

    def __init__(self, log: Log, wanted: Filter) -> None:
        self._log = log
        self._wanted = wanted
        self._rows: list[AuditRow] = []
        self._seen = 0
        self._more = True

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> AuditRow:
        return self._rows[index]

    @property
    def older(self) -> bool:
        """Whether there may be more above the first row that can be read."""
        return self._more and 0 < len(self._rows) < MOST_FILTERED

    @property
    def is_cut(self) -> bool:
        """Whether there is more above the first row than is kept."""
        return self._more and len(self._rows) >= MOST_FILTERED

    def read_new(self) -> News:
        """Find out what was recorded since; the first time, only the newest."""
        last, seen = self._log.last(), self._seen
        if last == seen:
            return News(last, [], seen)
        new: list[AuditRow] = []
        before = last + 1
        while True:
            page = self._log.page(self._wanted, before=before, limit=PIECE)
            new += [row_of(record) for record in page if record.seq > seen]
            if not seen:
                return News(last, new[::-1], seen, older=len(page) == PIECE)
            if len(page) < PIECE or page[-1].seq <= seen or len(new) >= MOST_FILTERED:
                return News(last, new[::-1], seen)
            before = page[-1].seq

    def add_new(self, news: News) -> int:
        """Take it in, and return how many rows were added at the end; nothing where others were faster."""
        if news.since != self._seen:
            return 0
        self._seen = news.last
        self._rows += news.rows
        if news.older is not None:
            self._more = news.older
        return len(news.rows)

    def read_older(self) -> News:
        """Read further rows before the first."""
        if not self.older:
            return News(self._seen, [], older=self._more)
        page = self._log.page(self._wanted, before=self._rows[0].seq, limit=PIECE)
        return News(self._seen, [row_of(record) for record in reversed(page)], older=len(page) == PIECE)

    def add_older(self, news: News) -> int:
        """Take them in, and return how many rows were added at the beginning."""
        self._rows[:0] = news.rows
        self._more = bool(news.older)
        return len(news.rows)


Rows = AllRows | FilteredRows
