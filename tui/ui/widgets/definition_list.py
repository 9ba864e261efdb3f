"""The commands there are: by category, or by relevance while a filter is typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.message import Message

from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.describe import RISK_GLYPHS
from tui.ui.widgets.catalog_list import CatalogList, by_category

if TYPE_CHECKING:
    from tui.definitions.index import Entry, Index
    from tui.ui.widgets.virtual_list import Part


class DefinitionList(CatalogList["Entry"]):
    """One row per command: risk as glyph and word, problems and where it comes from as letters."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("definitions")

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another command, or its content changed; None where there is no command."""

        entry: Entry | None

    @dataclass
    class Opened(Message):
        """A person wants to fill in a command's parameters."""

        entry: Entry

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._index: Index | None = None
        self._filter = ""
        self._left: Entry | None = None
        """The command the cursor was on when the filter was begun; None once another one was chosen with it."""

    @property
    def is_filtered(self) -> bool:
        """Whether only what matches a filter is shown."""
        return bool(self._filter)

    @property
    def total(self) -> int:
        """How many commands there are, also those whose files have errors."""
        return len(self._index.entries) if self._index is not None else 0

    def show(self, index: Index) -> None:
        """Show another state of the catalog; the cursor stays on its command."""
        self._index = index
        self._lay_out(self.entry)

    def filter(self, text: str) -> None:
        """Show only what matches, with the cursor on the best, which comes first.

        For an empty text show everything by category, with the cursor where it was before, unless `settle` was called.
        """
        text = text.strip()
        if text == self._filter:
            return
        self._filter = text
        if text:
            self._left = self._left or self.entry
            self._lay_out(None)
        else:
            before, self._left = self._left or self.entry, None
            self._lay_out(before)

    def settle(self) -> None:
        """Stay on what was found, also when the filter is cleared."""
        if self.entry is not None:
            self._left = None

    def _lay_out(self, entry: Entry | None) -> None:
        """Fill the rows, and put the cursor on a command as it is now, or on the first one."""
        if self._index is None:
            return
        self._rows = self._matching(self._index) if self._filter else by_category(self._index.entries)
        cursor = 0
        if entry is not None:
            same = next((number for number, row in enumerate(self._rows) if row == entry), None)
            cursor = same or self._row_of(entry.name) or 0
        self.rows_changed(cursor)

    def _matching(self, index: Index) -> list[Entry | str]:
        from tui.definitions.matching import fit
        from tui.definitions.ranking import search

        found: list[Entry | str] = [index.by_name[each.name] for each in search(index, self._filter)]
        wanted = self._filter.casefold()
        found += [e for e in index.entries if e.definition is None and fit(wanted, e.name.casefold())]
        return found

    # --- rows ------------------------------------------------------------------------------------------------------

    def chosen(self, row: int) -> None:
        """Tell which command it is."""
        self.post_message(self.Highlighted(self.entry))

    def opened(self, row: int) -> None:
        """Tell which command it is."""
        if (entry := self.entry) is not None:
            self.post_message(self.Opened(entry))

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return a heading, or a command with its badges."""
        entry = self._rows[row]
        if isinstance(entry, str):
            return [(f" {clean_line(entry)}", self.look("heading"))], []
        definition = entry.definition
        right: list[Part] = []
        if entry.broken:
            right.append(("⚠ stale " if entry.stale else "⚠ broken ", self.look("bad")))
        elif entry.problems:
            right.append(("⚠ ", self.look("warning")))
        if definition is None:
            return [("   ", Style()), (clean_line(entry.name), self.look("muted"))], right
        risk = self.look(f"risk-{definition.risk_level}")
        right.append((f"{definition.risk_level} ", risk))
        return [(f" {RISK_GLYPHS[definition.risk_level]} ", risk), (clean_line(entry.name), Style())], right
