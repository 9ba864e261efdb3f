"""Writing code and running it in the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Footer, Label, Select, TextArea

from tui.ui.bindings import bindings_of
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.risk_pane import RiskPane
from tui.ui.widgets.toggle import Toggle

if TYPE_CHECKING:
    from tui.runs.request import Request

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
    AUTO_FOCUS = "CodeEditor"
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
        & CodeEditor { height: 1fr; min-height: 5; background: $panel; padding: 0; }
    }
    """

    def __init__(self, code: Code, session: str, request_for: Callable[[Code], Request]) -> None:
        super().__init__()
        self._request_for = request_for
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
            yield CodeEditor(self._code.text)
            yield RiskPane(evidence=False)
        yield Footer(show_command_palette=False, compact=True)

    def _written(self) -> Code:
        return Code(self.query_one(TextArea).text, str(self.query_one(Select).value), self.query_one(Toggle).value)

    def on_mount(self) -> None:
        """Assess what was there before."""
        self._look_at_risk()

    def on_resize(self, event: Resize) -> None:
        """Leave room for the code."""
        for pane in self.query(RiskPane):
            pane.fit(event.size.height)

    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(Toggle.Changed)
    def _look_at_risk(self) -> None:
        self.query_one(RiskPane).look_at(self._request_shown)

    def _request_shown(self) -> Request | str:
        code = self._written()
        return self._request_for(code) if code.text.strip() else "assessed as you type"

    @on(RiskPane.Assessed)
    def _underline(self, event: RiskPane.Assessed) -> None:
        from tui.ui.evidence import marks

        step = event.preview.proposal.steps[0]
        reasons = step.assessment.reasons if step.assessment is not None else ()
        self.query_one(CodeEditor).mark(step.text, marks(reasons, len(step.text)))

    def action_risk(self) -> None:
        """Show all that is known of the risk, or one line."""
        self.query_one(RiskPane).toggle()

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
