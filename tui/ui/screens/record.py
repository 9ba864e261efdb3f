"""One record of the audit log, whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from tui.ui.audit.words import pretty
from tui.ui.bindings import bindings_of
from tui.ui.screens.dialog import Dialog

if TYPE_CHECKING:
    from tui.audit.model import Record


class RecordScreen(Dialog[None]):
    """Shows the record as JSON; `y` copies it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("record")
    AUTO_FOCUS = "VerticalScroll"
    WITH_FOOTER = True
    DEFAULT_CSS = """
    RecordScreen {
        & #frame { width: 120; max-height: 100%; padding: 0 1; margin-bottom: 1; }
        & VerticalScroll { height: auto; max-height: 1fr; }
    }
    """

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.FRAME_TITLE = f"Record {record.seq}"
        self.text = pretty(record)
        """What is shown."""

    def content(self) -> Iterable[Widget]:
        """Return the text."""
        from textual.highlight import highlight

        yield VerticalScroll(Static(highlight(self.text, language="json"), markup=False))

    def action_copy(self) -> None:
        """Copy the record."""
        from tui.ui.clipboard import copy

        copy(self.app, self.text, "the record")
