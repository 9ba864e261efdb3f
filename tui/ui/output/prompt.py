"""The line below the output: what the view does now, or what is being typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.output.finding import Source
from tui.ui.reach import NamesKeys
from tui.ui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from tui.keymap.key import Key
    from tui.ui.output.view import OutputView, Question

_LABELS: Final[dict[Question, str]] = {"search": "/", "filter": "&", "save": "save to "}
_DONE: Final[dict[Question, str]] = {"search": "Find", "filter": "Only these", "save": "Save"}
_HINTS: Final[dict[Question, str]] = {
    "search": "text, or re:pattern",
    "filter": "text, or re:pattern; ! inverts",
    "save": "a path; what is there already stays",
}


class Prompt(Vertical, NamesKeys):
    """A line to type, with what is wrong with it below."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("prompt")

    DEFAULT_CSS = """
    Prompt {
        height: auto;
        display: none;
        background: $panel;
        & Horizontal { height: 1; }
        & #prompt-label { width: auto; padding: 0 0 0 1; color: $text-primary; text-style: bold; }
        & Input { width: 1fr; background: $panel; padding: 0; }
        & #prompt-problem { display: none; height: auto; max-height: 3; padding: 0 1; color: $text-error; }
        & #prompt-problem.-some { display: block; }
    }
    """

    @dataclass
    class Typed(Message):
        """The line changed, or is done."""

        question: Question
        text: str
        is_done: bool

    @dataclass
    class Left(Message):
        """Nothing is to be done after all."""

        question: Question

    question: Question = "search"

    @property
    def is_asking(self) -> bool:
        """Whether it is in sight."""
        return self.is_attached and self.display

    def compose(self) -> ComposeResult:
        """Lay the line out."""
        with Horizontal():
            yield Static(id="prompt-label", markup=False)
            yield LineInput(compact=True, select_on_focus=False)
        yield Static(id="prompt-problem", markup=False)

    def ask(self, question: Question, text: str) -> None:
        """Begin to ask, with a text to begin with."""
        self.question = question
        self.query_one("#prompt-label", Static).update(_LABELS[question])
        line = self.query_one(Input)
        with line.prevent(Input.Changed):
            line.value = text
        line.cursor_position = len(text)
        line.placeholder = _HINTS[question]
        self.say("")
        self.display = True
        self.screen.set_focus(line)

    def say(self, problem: str) -> None:
        """Say what is wrong, below the line."""
        line = self.query_one("#prompt-problem", Static)
        line.update(Content(f"✗ {problem}" if problem else ""))
        line.set_class(bool(problem), "-some")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self.post_message(self.Typed(self.question, event.value, is_done=False))

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Typed(self.question, event.value, is_done=True))

    def action_leave(self) -> None:
        """Leave the line."""
        self.post_message(self.Left(self.question))

    def key_label(self, key: Key) -> str:
        """Say what enter does with the line."""
        return _DONE[self.question] if key.id == "line.done" else ""


class Strip(Static):
    """All toggles of the view in one line."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Strip {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $text-muted;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self.words = ""
        """What it says."""

    def show(self, view: OutputView) -> None:
        """Show what the view does now."""
        parts = list(_parts(view))
        words = "  ".join(str(part) for part in parts)
        if words != self.words:
            self.words = words
            self.update(Content("  ").join(parts), layout=False)


def _parts(view: OutputView) -> Iterable[Content]:
    position, _, mode = view.indicator().partition("] ")
    yield Content.styled(mode, "bold $text-success" if view.following else "bold $text-warning")
    yield Content(f"{position}]")
    if chosen := view.chosen_words:
        yield Content.styled(f"-- {chosen} --", "bold $text-primary")
    if view.search is not None:
        yield Content.assemble(
            ("/", "bold"), f"{clean_line(view.search.text, 24)} ", (view.match_words, "bold $text-warning")
        )
    if view.filter is not None:
        slow = " given up: too slow" if view.filter.is_slow else ""
        yield Content.assemble(("&", "bold"), (f"{clean_line(view.filter.text, 24)}{slow}", "bold $text-warning"))
    yield Content.styled(f"src:{view.source.value}", "$text-primary" if view.source is not Source.ALL else "")
    yield Content.styled(f"wrap:{'on' if view.wrap else 'off'}", "$text-primary" if view.wrap else "")
    yield Content.styled(f"time:{view.times or 'off'}", "$text-primary" if view.times else "")
