"""Writing code and running it in the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Label, Select, TextArea

from tui.ui.bindings import bindings_of
from tui.ui.widgets.toggle import Toggle

LANGUAGES = ("bash", "python", "javascript")


@dataclass(frozen=True, slots=True)
class Code:
    """What was written."""

    text: str = ""
    language: str = "bash"
    keep_interpreter: bool = False


class CodeScreen(ModalScreen[tuple[Code, bool]]):
    """Dismissed with what was written, and whether to run it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("code")
    AUTO_FOCUS = "TextArea"
    DEFAULT_CSS = """
    CodeScreen {
        align: center middle;
        background: $background 60%;
        & > Vertical {
            width: 90%; height: 80%; background: $surface; border: round $primary; padding: 0 1;
            border-title-color: $text-primary; border-title-style: bold;
        }
        & Horizontal { height: 1; margin-bottom: 1; }
        & Select { width: 18; }
        & Label { margin: 0 1 0 3; color: $text-muted; }
        & TextArea { height: 1fr; background: $panel; padding: 0; }
    }
    """

    def __init__(self, code: Code, session: str) -> None:
        super().__init__()
        self._code = code
        self._session = session

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Vertical() as frame:
            frame.border_title = Content(f"Code in session {self._session}")
            with Horizontal():
                yield Select(
                    [(name, name) for name in LANGUAGES], value=self._code.language, allow_blank=False, compact=True
                )
                yield Label("keep Python variables between runs")
                yield Toggle(self._code.keep_interpreter)
            yield TextArea(self._code.text, show_line_numbers=True, tab_behavior="indent", compact=True)
        yield Footer(show_command_palette=False, compact=True)

    def _written(self) -> Code:
        return Code(self.query_one(TextArea).text, str(self.query_one(Select).value), self.query_one(Toggle).value)

    def action_run(self) -> None:
        """Run what was written."""
        code = self._written()
        if code.text.strip():
            self.dismiss((code, True))
        else:
            self.notify("There is no code to run.", severity="warning")

    def action_close(self) -> None:
        """Keep what was written for the next time."""
        self.dismiss((self._written(), False))
