"""The scenarios there are, by category, each with what came of it the last time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.message import Message

from tui.definitions.model import Scope
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.scenarios.progress import GLYPHS, LOOKS, Phase, Progress
from tui.ui.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from tui.scenarios.catalog import Entry, Index

_UNSORTED = "other"
_BADGES = {Scope.PROJECT: "project ", Scope.USER: "yours ", Scope.SHIPPED: ""}
_ROOMY = 40
"""Cells from which on words fit where else there are letters."""


class ScenarioList(VirtualList):
    """One row per scenario: how it went as glyph and word, problems, and where it comes from unless it is shipped."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("scenariolist")

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another scenario, or its file changed; None where there is none."""

        entry: Entry | None

    class Opened(Message):
        """A person wants to run the chosen scenario."""

    def __init__(self, last: Callable[[Entry], Progress | None], *, id: str | None = None) -> None:
        """Prepare; `last` returns what came of a scenario the last time."""
        super().__init__(id=id)
        self._last = last
        self._rows: list[Entry | str] = []
        """Entries, and category names as headings."""

    @property
    def entry(self) -> Entry | None:
        """The chosen scenario."""
        row = self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None
        return None if isinstance(row, str) else row

    @property
    def shown(self) -> list[str]:
        """Names of the scenarios in the list, in order."""
        return [row.name for row in self._rows if not isinstance(row, str)]

    def show(self, index: Index) -> None:
        """Show another state of the catalog; the cursor stays on its scenario."""
        before = self.entry
        groups: dict[str, list[Entry]] = {}
        for entry in index.entries:
            category = entry.scenario.category if entry.scenario else None
            groups.setdefault(category or _UNSORTED, []).append(entry)
        self._rows = []
        for category in sorted(groups, key=lambda name: (name == _UNSORTED, name.casefold())):
            self._rows += [category, *groups[category]]
        name = before.name if before is not None else ""
        self.rows_changed(self._row_of(name))

    def choose(self, name: str) -> None:
        """Put the cursor on a scenario, if it is there."""
        if row := self._row_of(name):
            self.cursor = row

    def _row_of(self, name: str) -> int:
        rows = enumerate(self._rows)
        return next((number for number, row in rows if not isinstance(row, str) and row.name == name), 0)

    # --- rows ------------------------------------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many rows there are, headings included."""
        return len(self._rows)

    def can_choose(self, row: int) -> bool:
        """Headings cannot be chosen."""
        return not isinstance(self._rows[row], str)

    def chosen(self, row: int) -> None:
        """Tell which scenario it is."""
        self.post_message(self.Highlighted(self.entry))

    def opened(self, row: int) -> None:
        """Tell that it shall run."""
        self.post_message(self.Opened())

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return a heading, or a scenario with its badges."""
        entry = self._rows[row]
        if isinstance(entry, str):
            return [(f" {clean_line(entry)}", self.look("heading"))], []
        progress = self._last(entry)
        phase = progress.phase if progress is not None else Phase.PENDING
        look = self.look(LOOKS[phase])
        return [(f" {GLYPHS[phase]} ", look), (clean_line(entry.name), Style())], self._badges(entry, progress, look)

    def _badges(self, entry: Entry, progress: Progress | None, look: Style) -> list[Part]:
        roomy = self.size.width >= _ROOMY
        badges: list[Part] = []
        if entry.broken:
            word = ("stale " if entry.stale else "broken ") if roomy or progress is None else ""
            badges.append((f"⚠ {word}", self.look("bad")))
        elif entry.problems:
            badges.append(("⚠ ", self.look("warning")))
        if scope := _BADGES[entry.scope]:
            badges.append((scope if roomy else f"{scope[0].upper()} ", self.look("muted")))
        if progress is not None:
            count = f"{progress.at + 1}/{len(progress.steps)}"
            badges.append((f"{count if progress.phase is Phase.RUNNING else progress.phase.value} ", look))
        return badges
