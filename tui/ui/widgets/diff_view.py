"""The lines in which a file differs, with their numbers in both versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.runs.comparison.model import DiffLine, FileDiff, LineKind
from tui.ui.bindings import bindings_of
from tui.ui.widgets.looks import Drawn, Look
from tui.ui.widgets.reading import Reading

_NUMBER: Final = "number"
_TAB: Final = 4


class DiffView(Drawn, ScrollView, Reading, can_focus=True):
    """Draws only what is in sight. The text is clean already."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("difference")
    LOOKS: ClassVar[Mapping[str, Look]] = {
        _NUMBER: Look("text-muted"),
        LineKind.HUNK: Look("text-secondary"),
        LineKind.ADDED: Look("text-success"),
        LineKind.REMOVED: Look("text-error"),
        LineKind.NOTE: Look("text-muted", italic=True),
    }
    DEFAULT_CSS = """
    DiffView {
        background: $surface;
        color: $foreground;
        overflow-x: auto;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[DiffLine, ...] = ()
        self._number = 0

    @property
    def lines(self) -> tuple[DiffLine, ...]:
        """What is shown."""
        return self._lines

    def show(self, diff: FileDiff) -> None:
        """Show how a file differs."""
        notes = [f"{note[:1].upper()}{note[1:]}" for note in diff.notes]
        if diff.truncated and diff.lines:
            notes.append("There is more that differs; `rollcage diff --file` shows all of it.")
        self._set((*diff.lines, *(DiffLine(LineKind.NOTE, note) for note in notes)))

    def say(self, text: str) -> None:
        """Show sentences instead of a difference."""
        self._set(tuple(DiffLine(LineKind.NOTE, line) for line in text.split("\n") if text))

    def _set(self, lines: tuple[DiffLine, ...]) -> None:
        self._lines = tuple(
            line if "\t" not in line.text else DiffLine(line.kind, line.text.expandtabs(_TAB), line.before, line.after)
            for line in lines
        )
        highest = max((number for line in lines for number in (line.before, line.after) if number), default=0)
        self._number = len(str(highest)) if highest else 0
        widest = max((cell_len(line.text) for line in self._lines), default=0)
        self.virtual_size = Size(self._gutter + widest, len(self._lines))
        self.scroll_to(0, 0, animate=False)
        self.refresh()

    @property
    def _gutter(self) -> int:
        """Cells in front of the text: two numbers and the mark."""
        return 2 * self._number + 5 if self._number else 1

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        left, top = self.scroll_offset
        width, base = self.scrollable_content_region.width, self.base_style
        if top + y >= len(self._lines):
            return Strip.blank(width, base)
        line = self._lines[top + y]
        look = self.look(line.kind) if line.kind in self.LOOKS else Style()
        segments = [Segment(" ", base)]
        if self._number:
            numbers = "".join(f"{number or '':>{self._number}} " for number in (line.before, line.after))
            segments.append(Segment(numbers, base + self.look(_NUMBER)))
            segments.append(Segment(f"{_MARKS.get(line.kind, ' ')} ", base + look))
        segments.append(Segment(line.text, base + look))
        return Strip(segments).crop_extend(left, left + width, base)

    def action_copy(self) -> None:
        """Copy all lines, as a unified diff."""
        if self._lines:
            from tui.ui.clipboard import copy

            count = len(self._lines)
            copy(self.app, "\n".join(map(str, self._lines)), f"{count:,} line{'s' * (count != 1)}")


_MARKS: Final = {LineKind.ADDED: "+", LineKind.REMOVED: "-"}
