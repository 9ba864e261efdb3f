"""The question before something runs that a person has to agree to. The safe choice has the focus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Key, Resize
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from tui.definitions.kinds import ExecutionMode
from tui.levels import RiskLevel
from tui.runs.approval import Answer, Question
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.describe import NO_ROLLBACK
from tui.ui.evidence import code_lines
from tui.ui.explanation import (
    level_words,
    real_lines,
    reason_lines,
    suggestion_lines,
    undo_line,
    where_lines,
)
from tui.ui.screens.dialog import Dialog
from tui.ui.widgets.facts import Fact, Facts, labelled
from tui.ui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from tui.ui.keyed_app import KeyedApp

ARMING_S: Final = 0.7
"""What allows can be chosen only after this long: keys meant for what was on the screen before must not agree. Firefox
does so too (`security.dialog_enable_delay`)."""
_MOST_LINES: Final = 60
_AROUND: Final = 4
"""Rows of the dialog around its text: frame, padding, buttons."""


class Approval(Dialog[Answer]):
    """Dismissed with the answer; escape is a no. None: it is no longer asked."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("approval")
    AUTO_FOCUS = "#deny"
    DEFAULT_CSS = """
    Approval {
        & #frame { width: 110; padding: 0 2; border: round $warning; border-title-color: $text-warning; }
        &.-critical #frame { border: heavy $error; border-title-color: $text-error; }
        & #body { height: auto; scrollbar-size-vertical: 1; }
        & #to-type { height: auto; margin-top: 1; }
        & #to-type Static { height: auto; }
        & #to-type Input { width: 1fr; }
        & .dialog--buttons Button { min-width: 10; }
        & .dialog--buttons #deny { min-width: 12; }
    }
    """

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.FRAME_TITLE = "May this run?"
        self.question = question
        self.body = question_facts(question)
        """What the dialog says."""
        self.is_armed = False
        """Whether something that allows can be chosen."""
        self._withdrawn = False
        self._has_left = False
        self._to_type = clean_line(question.to_type)
        self.set_class(question.level is RiskLevel.CRITICAL, "-critical")

    def content(self) -> Iterable[Widget]:
        """Return the text, the line to type where one is wanted, and the buttons."""
        yield VerticalScroll(Facts(self.body), id="body", can_focus=False)
        if self._to_type:
            explanation = Content.assemble("To allow it, type “", (self._to_type, "bold"), "” here (↑ goes here):")
            yield Static(explanation, markup=False, id="to-type")
            yield LineInput(placeholder=self._to_type, compact=True, id="typed")
        yield Horizontal(
            Button(self._label("Deny", "deny"), id="deny", compact=True),
            Button(self._label("Allow once", "once"), id="once", variant="warning", compact=True, disabled=True),
            *([] if self._to_type else [self._allow_session()]),
            Button(self._label("Deny always", "always"), id="always", compact=True),
            classes="dialog--buttons",
        )

    def _allow_session(self) -> Button:
        label = self._label("Allow session", "session")
        return Button(label, id="session", variant="warning", compact=True, disabled=True)

    def _label(self, words: str, verb: str) -> Content:
        return Content(f"{words}  {cast('KeyedApp', self.app).key_of(f'approval.{verb}')}".rstrip())

    def on_mount(self) -> None:
        """Let nobody agree before there was time to see the question."""
        self.set_timer(ARMING_S, self._arm)
        self.watch(self.query_one("#body"), "show_vertical_scrollbar", self._tell_more)

    def _arm(self) -> None:
        self.is_armed = True
        self._enable()

    def _enable(self) -> None:
        self.query_one("#once", Button).disabled = not self._may_allow()
        for button in self.query("#session"):
            button.disabled = not self._may_allow()

    def _may_allow(self) -> bool:
        typed = self.query_one("#typed", Input).value if self._to_type else ""
        return self.is_armed and typed == self._to_type

    def on_resize(self, event: Resize) -> None:
        """Give the text the room the buttons leave."""
        around = _AROUND + (4 if self._to_type else 0)
        for body in self.query("#body"):
            body.styles.max_height = max(event.size.height - around, 3)

    def _tell_more(self) -> None:
        """Say at the foot that there is more to read."""
        if self.is_attached:
            more = self.query_one("#body").show_vertical_scrollbar
            key = cast("KeyedApp", self.app).key_of("approval.down")
            self.query_one("#frame").border_subtitle = Content(f"{key} reads on" if more else "")

    @on(Input.Changed)
    def _typed(self) -> None:
        self._enable()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_once()

    @on(Button.Pressed)
    def _choose(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "once":
                self.action_once()
            case "session":
                self.action_session()
            case "always":
                self.action_always()
            case _:
                self.action_cancel()

    # --- answers ---------------------------------------------------------------------------------------------------

    def action_cancel(self) -> None:
        """No, this time."""
        self._leave(Answer.DENY)

    def action_once(self) -> None:
        """Yes, this time."""
        if self._may_allow():
            self._leave(Answer.ONCE)
        elif self._to_type and self.is_armed:
            self.query_one("#typed").focus()
            self.notify(f"To allow it, type {self._to_type}", severity="warning", markup=False)

    def action_session(self) -> None:
        """Yes, and no more questions about it in this session."""
        if self._may_allow() and not self._to_type:
            self._leave(Answer.SESSION)

    def action_always(self) -> None:
        """No, now and for good."""
        self._leave(Answer.DENY_ALWAYS)

    def _leave(self, answer: Answer | None) -> None:
        """Go away, once: a second key would close what is below."""
        if not self._has_left:
            self._has_left = True
            self.dismiss(answer)

    # --- moving ----------------------------------------------------------------------------------------------------

    def action_page(self, direction: int) -> None:
        """Scroll the text."""
        body = self.query_one("#body")
        if direction < 0:
            body.scroll_page_up(animate=False)
        else:
            body.scroll_page_down(animate=False)

    def on_key(self, event: Key) -> None:
        """Go from button to button with the arrows, and up to the line that has to be typed."""
        match event.key:
            case "up" if self._to_type:
                self.query_one("#typed").focus()
            case "down" if self._to_type:
                self.query_one("#deny").focus()
            case "left" if isinstance(self.focused, Button):
                self.focus_previous()
            case "right" if isinstance(self.focused, Button):
                self.focus_next()

    # --- withdrawing -----------------------------------------------------------------------------------------------

    def withdraw(self) -> None:
        """Go away: nobody waits for the answer any more. What is on top of the dialog stays until it is closed."""
        self._withdrawn = True
        if self.is_active:
            self._leave(None)

    def on_screen_resume(self) -> None:
        """Go away if that was wanted meanwhile."""
        if self._withdrawn:
            self._leave(None)


def question_facts(question: Question) -> list[Fact]:
    """Return what a person is to know before the answer: why, what really runs, where, and the way back."""
    proposal = question.proposal
    head = Content.assemble(
        level_words(question.level),
        "   ",
        (clean_line(question.title, 60), "bold"),
        (f"   session {clean_line(question.session, 30)}", "$text-muted"),
    )
    lines = [Fact(None, head)]
    if question.mode == ExecutionMode.LOCAL:
        lines.append(Fact(None, Content.styled(f"! runs on the host: {NO_ROLLBACK}", "bold $text-warning")))
    asked = [Content.styled(clean_line(reason, 400), "bold") for reason in question.reasons]
    lines += labelled("because", asked)
    if proposal.assessment is not None:
        lines += reason_lines(proposal.assessment)
    lines.append(Fact(None, Content("")))
    for number, step in enumerate(proposal.steps, 1):
        if len(proposal.steps) > 1:
            words = f"step {number}/{len(proposal.steps)} · {clean_line(step.language, 20)}"
            lines.append(Fact(None, Content.styled(words, "$text-muted")))
        lines += [Fact(None, line) for line in code_lines(step, most=_MOST_LINES)]
    lines.append(Fact(None, Content("")))
    lines += real_lines(proposal)
    lines += where_lines(question.mode, question.mode_reason, proposal)
    if proposal.assessment is not None:
        lines += undo_line(proposal.assessment)
    lines += suggestion_lines(proposal)
    return lines
