"""The dialog before something that takes state away. The safe choice has the focus."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.ui.screens.dialog import Dialog


class Confirm(Dialog[bool]):
    """Says what will happen and asks. Dismissed with True only for the act itself."""

    AUTO_FOCUS = "#keep"
    DEFAULT_CSS = """
    Confirm #frame { border: round $warning; border-title-color: $text-warning; }
    Confirm #body { height: auto; max-height: 14; }
    """

    def __init__(self, title: str, body: Content, *, act: str, keep: str) -> None:
        super().__init__()
        self.FRAME_TITLE = title
        self.body = body
        """What the dialog says."""
        self._act = act
        self._keep = keep

    def content(self) -> Iterable[Widget]:
        """Return the text and the two buttons."""
        yield VerticalScroll(Static(self.body, markup=False), id="body", can_focus=False)
        yield Horizontal(
            Button(Content(self._keep), id="keep", compact=True),
            Button(Content(self._act), id="act", variant="warning", compact=True),
            classes="dialog--buttons",
        )

    @on(Button.Pressed)
    def _choose(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "act")

    def key_left(self) -> None:
        """Go to the other button."""
        self.focus_previous()

    def key_right(self) -> None:
        """Go to the other button."""
        self.focus_next()
