"""What all dialogs share: a frame in the middle, and escape to leave without consequence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from tui.ui.bindings import bindings_of
from tui.ui.screens.modal import Modal
from tui.ui.widgets.key_bar import KeyBar

Result = TypeVar("Result")


class Dialog(Modal[Result | None]):
    """Base of the dialogs. A subclass yields what stands in the frame."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("dialog")
    FRAME_TITLE = ""
    WITH_FOOTER = False
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: $background 60%;
        & > #frame {
            width: 72;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 1 2;
            background: $surface;
            border: round $primary;
            border-title-color: $text-primary;
            border-title-style: bold;
        }
        & .dialog--buttons { height: auto; margin-top: 1; align-horizontal: right; }
        & .dialog--buttons Button { margin-left: 2; min-width: 14; }
        & .dialog--muted { color: $text-muted; }
        & .dialog--problem { color: $text-error; height: auto; }
        & Input { background: $panel; }
    }
    """

    def content(self) -> Iterable[Widget]:
        """Return what stands in the frame."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Lay the dialog out."""
        frame = Vertical(*self.content(), id="frame")
        frame.border_title = Content(self.FRAME_TITLE)
        yield frame
        if self.WITH_FOOTER:
            yield KeyBar()

    def action_cancel(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)
