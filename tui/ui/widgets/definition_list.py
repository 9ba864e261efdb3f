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
from tui.ui.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from tui.definitions.index import Entry, Index

_UNSORTED = "other"


class DefinitionList(VirtualList):
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
        self._rows: list[Entry | str] = []
        """Entries, and category names as headings."""

    @property
    def entry(self) -> Entry | None:
        """The chosen command."""
        row = self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None
        return None if isinstance(row, str) else row

    @property
    def shown(self) -> list[str]:
        """Names of the commands in the list, in order."""
        return [row.name for row in self._rows if not isinstance(row, str)]

    def show(self, index: Index) -> None:
        """Show another state of the catalog; the cursor stays on its command."""
        self._index = index
        self._lay_out()

    def filter(self, text: str) -> None:
        """Show only what matches, best first; everything by category for an empty text."""
        self._filter = text.strip()
        self._lay_out()

    def choose(self, name: str) -> None:
        """Put the cursor on a command, if it is in the list."""
        for number, row in enumerate(self._rows):
            if not isinstance(row, str) and row.name == name:
                self.cursor = number
                return

    def _lay_out(self) -> None:
        before = self.entry
        if self._index is None:
            return
        self._rows = list(self._matching(self._index) if self._filter else self._by_category(self._index))
        cursor = 0
        if before is not None:
            names = [row if isinstance(row, str) else row.name for row in self._rows]
            cursor = next((n for n, row in enumerate(self._rows) if row == before), None) or (
                names.index(before.name) if before.name in names else 0
            )
        self.rows_changed(cursor)

    def _by_category(self, index: Index) -> list[Entry | str]:
        rows: list[Entry | str] = []
        groups: dict[str, list[Entry]] = {}
        for entry in index.entries:
            category = entry.definition.category if entry.definition else None
            groups.setdefault(category or _UNSORTED, []).append(entry)
        for category in sorted(groups, key=lambda name: (name == _UNSORTED, name.casefold())):
            rows.append(category)
            rows += groups[category]
        return rows

    def _matching(self, index: Index) -> list[Entry | str]:
        from tui.definitions.ranking import search

        found: list[Entry | str] = [index.by_name[each.name] for each in search(index, self._filter)]
        wanted = self._filter.casefold()
        found += [e for e in index.entries if e.definition is None and wanted in e.name.casefold()]
        return found

    # --- rows ------------------------------------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many rows there are, headings included."""
        return len(self._rows)

    def can_choose(self, row: int) -> bool:
        """Headings cannot be chosen."""
        return not isinstance(self._rows[row], str)

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
