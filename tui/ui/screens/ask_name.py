"""A dialog with one line to type."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from textual import on, work
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from tui.errors import RollcageError
from tui.text import clean
from tui.ui.screens.dialog import Dialog
from tui.ui.widgets.line_input import LineInput

_UNDER_WAY = "It is under way …"


class AskName(Dialog[str]):
    """Dismissed with the name, which may be nothing, once what it was asked for is done.

    A name that is refused stays, with the reason below it.
    """

    AUTO_FOCUS = "Input"

    def __init__(
        self,
        title: str,
        explanation: str,
        carry_out: Callable[[str], Awaitable[object]],
        *,
        act: str,
        value: str = "",
        needed: bool = False,
    ) -> None:
        """Prepare to ask for a name, with a `value` to begin with; `carry_out` does with it what it is for."""
        super().__init__()
        self.FRAME_TITLE = title
        self._explanation = explanation
        self._carry_out = carry_out
        self._act = act
        self._value = value
        self._needed = needed
        self._is_under_way = False

    def content(self) -> Iterable[Widget]:
        """Return the explanation, the line, what is wrong with it, and the buttons."""
        yield Static(self._explanation, markup=False, classes="dialog--muted")
        line = LineInput(self._value, placeholder="name", compact=True, max_length=100)
        line.styles.margin = (1, 0, 0, 0)
        yield line
        yield Static(classes="dialog--problem", markup=False)
        yield Horizontal(
            Button("Cancel", id="cancel", compact=True),
            Button(Content(self._act), id="act", variant="primary", compact=True),
            classes="dialog--buttons",
        )

    def _say(self, problem: str) -> None:
        self.query_one(".dialog--problem", Static).update(Content(f"✗ {clean(problem)}" if problem else ""))

    @on(Input.Changed)
    def _changed(self) -> None:
        self._say("")

    @on(Input.Submitted)
    def _submit(self) -> None:
        name = self.query_one(Input).value.strip()
        if self._is_under_way:
            self._say(_UNDER_WAY)
        elif self._needed and not name:
            self._say("A name is needed.")
        else:
            self._is_under_way = True
            self._do(name)

    @work(group="name", exit_on_error=False)
    async def _do(self, name: str) -> None:
        try:
            await self._carry_out(name)
        except RollcageError as error:
            self._say(str(error))
            self.query_one(Input).focus()
        else:
            self.dismiss(name)
        finally:
            self._is_under_way = False

    def action_cancel(self) -> None:
        """Leave without doing anything; what is under way is waited for, as it cannot be taken back by leaving."""
        if self._is_under_way:
            self._say(_UNDER_WAY)
        else:
            self.dismiss(None)

    @on(Button.Pressed)
    def _choose(self, event: Button.Pressed) -> None:
        if event.button.id == "act":
            self._submit()
        else:
            self.action_cancel()
