"""Keys of whatever is read by scrolling: pages and halves of them, as in vim and less."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui.ui.bindings import bindings_of


class Reading(Widget):
    """A widget that scrolls text. The second base of one, for Textual takes styles from the first: what scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("text")

    def action_half_page(self, direction: int) -> None:
        """Scroll half a page."""
        self.scroll_relative(y=direction * max(self.size.height // 2, 1), animate=False)
