"""What is known of the chosen row of a session's tree, below that tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.ui.session_state import row_details

if TYPE_CHECKING:
    from tui.ui.history import HistoryRow


class MomentDetails(VerticalScroll, can_focus=False):
    """As high as its lines, up to 60 % of its pane; what is more scrolls, from the top for every row."""

    DEFAULT_CSS = """
    MomentDetails {
        height: auto;
        max-height: 60%;
        padding: 0 1;
        border-top: solid $border-blurred;
        scrollbar-size-vertical: 1;
        & Static { height: auto; }
    }
    """

    def compose(self) -> ComposeResult:
        """Lay the lines out."""
        yield Static(markup=False)

    def show(self, row: HistoryRow | None) -> None:
        """Show a row, or that there is none."""
        self.query_one(Static).update(row_details(row))
        self.scroll_home(animate=False)
