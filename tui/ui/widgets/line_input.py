"""A line to type in."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.strip import Strip
from textual.widgets import Input

from tui.ui.bindings import bindings_of


class LineInput(Input):
    """An input that stays on its line: Textual wraps a placeholder that is wider, and draws the line break itself."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("line")

    def render_line(self, y: int) -> Strip:
        """Draw the line, up to where it would go on in another one."""
        segments = list(super().render_line(y))
        for number, segment in enumerate(segments):
            text, broken, _ = segment.text.partition("\n")
            if broken:
                return Strip([*segments[:number], segment._replace(text=text)]).adjust_cell_length(self.size.width)
        return Strip(segments)
