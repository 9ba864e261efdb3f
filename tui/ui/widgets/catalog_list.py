"""A list of what a catalog of files holds, below headings of categories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tui.ui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from tui.definitions.claims import NamedFile

EntryT = TypeVar("EntryT", bound="NamedFile[Any]")
_UNSORTED = "other"


class CatalogList(VirtualList, Generic[EntryT]):
    """Base of the lists of definitions and of scenarios. A subclass fills `_rows` and draws them."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[EntryT | str] = []
        """Entries, and category names as headings."""

    @property
    def entry(self) -> EntryT | None:
        """The chosen entry."""
        row = self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None
        return None if isinstance(row, str) else row

    @property
    def shown(self) -> list[str]:
        """Names of the entries in the list, in order."""
        return [row.name for row in self._rows if not isinstance(row, str)]

    def choose(self, name: str) -> None:
        """Put the cursor on an entry, if it is in the list."""
        if (row := self._row_of(name)) is not None:
            self.cursor = row

    def _row_of(self, name: str) -> int | None:
        rows = enumerate(self._rows)
        return next((number for number, row in rows if not isinstance(row, str) and row.name == name), None)

    def row_count(self) -> int:
        """Return how many rows there are, headings included."""
        return len(self._rows)

    def can_choose(self, row: int) -> bool:
        """Headings cannot be chosen."""
        return not isinstance(self._rows[row], str)


def by_category(entries: Iterable[EntryT]) -> list[EntryT | str]:
    """Return entries below headings of their categories; those without one come last."""
    groups: dict[str, list[EntryT]] = {}
    for entry in entries:
        category = entry.content.category if entry.content else None
        groups.setdefault(category or _UNSORTED, []).append(entry)
    rows: list[EntryT | str] = []
    for category in sorted(groups, key=lambda name: (name == _UNSORTED, name.casefold())):
        rows += [category, *groups[category]]
    return rows
