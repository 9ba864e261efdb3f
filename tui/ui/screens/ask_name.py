"""A dialog with one line to type."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from tui.ui.screens.dialog import Dialog
from tui.ui.widgets.line_input import LineInput


class AskName(Dialog[str]):
    """Dismissed with what was typed, which may be nothing."""

    AUTO_FOCUS = "Input"

    def __init__(self, title: str, explanation: str, *, act: str, value: str = "") -> None:
        super().__init__()
        self.FRAME_TITLE = title
        self._explanation = explanation
        self._act = act
        self._value = value

    def content(self) -> Iterable[Widget]:
        """Return the explanation, the line and the buttons."""
        yield Static(self._explanation, markup=False, classes="dialog--muted")
        line = LineInput(self._value, placeholder="name", compact=True, max_length=100)
        line.styles.margin = (1, 0, 0, 0)
        yield line
        yield Horizontal(
            Button("Cancel", id="cancel", compact=True),
            Button(Content(self._act), id="act", variant="primary", compact=True),
            classes="dialog--buttons",
        )

    @on(Input.Submitted)
    def _submit(self) -> None:
        self.dismiss(self.query_one(Input).value.strip())

    @on(Button.Pressed)
    def _choose(self, event: Button.Pressed) -> None:
        if event.button.id == "act":
            self._submit()
        else:
            self.dismiss(None)
