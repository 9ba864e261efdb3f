"""How the code in the editor runs: its language, and four switches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Label, Select

from tui.languages import INTERPRETED, Language
from tui.ui.widgets.toggle import Toggle

if TYPE_CHECKING:
    from tui.ui.code.draft import Code

_GUESSED: Final = "guess"


class CodeOptions(Horizontal):
    """One row. Those that are about blocks are only there with the class `-blocks`."""

    DEFAULT_CSS = """
    CodeOptions {
        height: 1;
        & Select { width: 15; }
        & Label { margin: 0 0 0 2; color: $text-muted; }
        & .of-blocks { display: none; }
        &.-blocks .of-blocks { display: block; }
    }
    """

    @dataclass
    class LanguagePicked(Message):
        """A person picked a language; None has it guessed."""

        language: Language | None

    @dataclass
    class Changed(Message):
        """A switch was flipped."""

    def __init__(self, code: Code) -> None:
        super().__init__()
        self._code = code

    def compose(self) -> ComposeResult:
        """Lay the row out."""
        code = self._code
        languages = [(_GUESSED, _GUESSED), *((str(language), str(language)) for language in INTERPRETED)]
        yield Select(languages, value=str(code.language or _GUESSED), allow_blank=False, compact=True)
        yield Label("keep vars")
        yield Toggle(code.keep_interpreter, id="keep")
        yield Label("stop on fail", classes="of-blocks")
        yield Toggle(code.stop_on_failure, id="stop", classes="of-blocks")
        yield Label("one run", classes="of-blocks")
        yield Toggle(code.as_one, id="one", classes="of-blocks")

    def on_mount(self) -> None:
        """Explain what is named in two words."""
        self.query_one("#keep", Toggle).tooltip = "Python runs in the session's own interpreter: variables persist."
        self.query_one("#stop", Toggle).tooltip = "A block that fails has the rest skipped."
        self.query_one("#one", Toggle).tooltip = "The chosen blocks are one run: a failure rolls all of them back."

    def taken(self, code: Code) -> Code:
        """Return some code with what the switches say."""
        return replace(
            code,
            keep_interpreter=self.query_one("#keep", Toggle).value,
            stop_on_failure=self.query_one("#stop", Toggle).value,
            as_one=self.query_one("#one", Toggle).value,
        )

    def show_language(self, language: Language | None) -> None:
        """Show a language without having picked it."""
        with self.prevent(Select.Changed):
            self.query_one(Select).value = str(language) if language in INTERPRETED else _GUESSED

    def pick_language(self) -> None:
        """Open the list of languages."""
        picker = self.query_one(Select)
        picker.focus()
        picker.action_show_overlay()

    def flip_stop(self) -> bool:
        """Stop after a failure, or no longer; return which."""
        stop = self.query_one("#stop", Toggle)
        stop.value = not stop.value
        return stop.value

    @on(Select.Changed)
    def _picked(self, event: Select.Changed) -> None:
        event.stop()
        self.post_message(self.LanguagePicked(None if event.value == _GUESSED else Language(str(event.value))))

    @on(Toggle.Changed)
    def _flipped(self, event: Toggle.Changed) -> None:
        event.stop()
        self.post_message(self.Changed())
