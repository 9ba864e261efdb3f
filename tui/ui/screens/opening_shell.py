"""What stands on top while a shell is made ready."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Static

from tui.text import clean_line
from tui.ui.reach import with_keys
from tui.ui.screens.dialog import Dialog

if TYPE_CHECKING:
    from tui.runs.engine import Run


class OpeningShell(Dialog[None]):
    """Takes what is typed until the shell is there: it was meant for that, and must not act in the application."""

    FRAME_TITLE = "Shell"
    DEFAULT_CSS = """
    OpeningShell #frame { width: 56; }
    """

    def __init__(self, session: str) -> None:
        super().__init__()
        self._session = session
        self.run_opened: Run | None = None
        """The run of the shell, once it is started; then it can be cancelled."""

    def content(self) -> Iterable[Widget]:
        """Return what is awaited, and how to leave."""
        yield Static(f"Opening a shell in session {clean_line(self._session, 30)} …", markup=False)
        way = with_keys(self.app, "{} cancels. ", "dialog.cancel")
        yield Static(f"{way}What else is typed before it is there is dropped.", markup=False, classes="dialog--muted")

    def action_cancel(self) -> None:
        """Cancel the run; whoever opens the shell takes this away then."""
        if self.run_opened is not None:
            self.run_worker(self.run_opened.cancel(), group="cancel", exit_on_error=False)
