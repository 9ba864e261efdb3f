"""The scenarios there are, by category, each with what came of it the last time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.message import Message

from tui.definitions.kinds import Scope
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.scenarios.progress import GLYPHS, LOOKS, Phase, Progress
from tui.ui.widgets.catalog_list import CatalogList, by_category

if TYPE_CHECKING:
    from tui.scenarios.catalog import Entry, Index
    from tui.ui.widgets.virtual_list import Part

_BADGES = {Scope.PROJECT: "project ", Scope.USER: "yours ", Scope.SHIPPED: ""}
_ROOMY = 40
"""Cells from which on words fit where else there are letters."""


class ScenarioList(CatalogList["Entry"]):
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

    def show(self, index: Index) -> None:
        """Show another state of the catalog; the cursor stays on its scenario."""
        before = self.entry
        self._rows = by_category(index.entries)
        self.rows_changed(self._row_of(before.name if before is not None else "") or 0)

    # --- rows ------------------------------------------------------------------------------------------------------

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
