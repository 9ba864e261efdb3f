"""Choosing a session, or making one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Select, Static
from textual.widgets.option_list import Option

from tui.machines.model import PROFILES
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.describe import age, spec_words
from tui.ui.screens.dialog import Dialog
from tui.ui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from tui.store.model import SessionRecord


@dataclass(frozen=True, slots=True)
class SessionChoice:
    """The session to go to. `profile` is for a new one."""

    name: str
    profile: str | None = None


class SessionOptions(OptionList):
    """The sessions there are; its cursor moves as that of every other list."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("sessions")


class Sessions(Dialog[SessionChoice]):
    """Lists what there is, newest first, and takes the name of a new one."""

    FRAME_TITLE = "Sessions"
    AUTO_FOCUS = "OptionList"
    DEFAULT_CSS = """
    Sessions OptionList { height: auto; max-height: 12; border: none; padding: 0; background: $surface; }
    Sessions .sessions--new { height: 1; margin-top: 1; }
    Sessions .sessions--new Input { width: 1fr; }
    Sessions .sessions--new Select { width: 20; margin-left: 2; }
    """

    def __init__(self, sessions: Sequence[SessionRecord], current: str, profile: str) -> None:
        super().__init__()
        self._sessions = sorted(sessions, key=lambda session: session.updated_at, reverse=True)
        self._current = current
        self._profile = profile

    def content(self) -> Iterable[Widget]:
        """Return the list and the line for a new session."""
        options = SessionOptions(*(self._option(session) for session in self._sessions), compact=True)
        names = [session.name for session in self._sessions]
        options.highlighted = names.index(self._current) if self._current in names else None
        yield options
        yield Horizontal(
            LineInput(placeholder="name of a new session", compact=True, max_length=60),
            Select([(name, name) for name in PROFILES], value=self._profile, allow_blank=False, compact=True),
            classes="sessions--new",
        )
        yield Static(classes="dialog--problem", markup=False)
        yield Horizontal(
            Button("Cancel", id="cancel", compact=True),
            Button("New session", id="act", variant="primary", compact=True),
            classes="dialog--buttons",
        )

    def _option(self, session: SessionRecord) -> Option:
        here = "●" if session.name == self._current else " "
        prompt = Content.assemble(
            f"{here} ",
            (f"{clean_line(session.name, 28):<29}", "bold"),
            (f"{spec_words(session.spec):<18}{age(session.updated_at):>5}", "$text-muted"),
        )
        return Option(prompt, id=session.id)

    @on(OptionList.OptionSelected)
    def _switch(self, event: OptionList.OptionSelected) -> None:
        session = next(each for each in self._sessions if each.id == event.option_id)
        self.dismiss(SessionChoice(session.name))

    @on(Input.Submitted)
    def _make(self) -> None:
        name = self.query_one(Input).value.strip()
        if not name:
            self.query_one(".dialog--problem", Static).update("A new session needs a name.")
            self.query_one(Input).focus()
            return
        exists = any(session.name == name for session in self._sessions)
        self.dismiss(SessionChoice(name, None if exists else str(self.query_one(Select).value)))

    @on(Button.Pressed)
    def _choose(self, event: Button.Pressed) -> None:
        if event.button.id == "act":
            self._make()
        else:
            self.dismiss(None)
