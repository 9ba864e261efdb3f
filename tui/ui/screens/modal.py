"""What stands on top of an area and is answered once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from tui.ui.screens.drawing import CarefulCompositor

Result = TypeVar("Result")


class Modal(ModalScreen[Result]):
    """Base of everything that stands on top of an area.

    `Screen.dismiss` of Textual takes the topmost screen away, whichever that is, and tells the answer as often as it is
    called. Two quick presses of a key would answer twice and take away what is below; a question that the engine asks
    meanwhile would be taken away without an answer.
    """

    _answers: tuple[Result | None, ...] = ()
    """The answer that was given while something else was on top."""

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name, id, classes)
        self._compositor = CarefulCompositor()

    def reason_against(self, action: str) -> str:
        """Return why an action can do nothing now, or nothing where that is not known."""
        return ""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Answer and go away: now if this is on top, else once it is again. An answer after the first is none."""
        if self.is_active:
            return super().dismiss(result)
        if not self._answers:
            self._answers = (result,)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """Go away if it was answered meanwhile."""
        if self._answers:
            self.dismiss(*self._answers)
