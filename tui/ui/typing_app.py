"""What the application has to do with typing: each key acts before the next one goes anywhere."""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Final

from textual import on
from textual.events import Event, Key, Paste
from textual.message import Message

from tui.ui.sturdy_app import SturdyApp

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

_LOOK_S: Final = 0.05
_MOST_LOOKS: Final = 20
"""So often it is looked whether what had a key is gone, with what follows it; then it is busy, and keys go on."""
_ROUNDS: Final = {"enter": 3, "escape": 3}
"""What finishes a line is told of by a message, which may lead to another one, before the focus moves on."""


class Passed(Message):
    """Follows a key on its way up. Where it arrives, whatever wanted the key has had it: queues keep their order."""

    def __init__(self, turn: int, rounds: int) -> None:
        super().__init__()
        self.turn = turn
        """Which wait it belongs to: one that was given up may still be on its way."""
        self.rounds = rounds
        """How often it goes that way, this time included."""


class TypingApp(SturdyApp):
    """Base of the application.

    Textual 8.2.8 sends a key to what has the focus when the key arrives, but a binding acts only once its key went from
    there up to the application again. What is typed right behind a key that moves the focus, or puts a screen on top,
    would go to where the focus was. So a key waits until the one before it has acted, and a new screen is there.
    """

    _busy: Widget | None = None
    """What the key went to that those behind it wait for."""
    _looking: Timer | None = None
    """Runs while something is held."""
    _looks = 0
    _turn = 0
    """Counts what was waited for."""

    @cached_property
    def _typed(self) -> deque[Key | Paste]:
        return deque()

    async def on_event(self, event: Event) -> None:
        """Hold what is typed until what was typed before has acted."""
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        if self._busy is None or not self._busy.is_attached:
            await self._pass_on()
        self._keep_looking()

    def _keep_looking(self) -> None:
        """Look at what is waited for while something is held."""
        if self._typed and self._looking is None:
            self._looking = self.set_interval(_LOOK_S, self._look)
        elif not self._typed and self._looking is not None:
            self._looking.stop()
            self._looking = None

    async def _look(self) -> None:
        self._looks += 1
        if self._busy is None or not self._busy.is_attached or self._looks >= _MOST_LOOKS:
            await self._pass_on()

    async def _pass_on(self) -> None:
        """Send what was typed next to where the focus is now, once there is a place for it."""
        self._busy, self._looks = None, 0
        self._turn += 1
        while self._typed and self._busy is None and self._screen_stack:
            if not self.screen.is_mounted:
                self._wait_for(self.screen, 1)
                break
            event = self._typed.popleft()
            await super().on_event(event)
            if event.is_forwarded:
                rounds = _ROUNDS.get(event.key, 1) if isinstance(event, Key) else 1
                self._wait_for(self.focused or self.screen, rounds)
        self._keep_looking()

    def _wait_for(self, target: Widget, rounds: int) -> None:
        self._busy = target if target.post_message(Passed(self._turn, rounds)) else None

    @on(Passed)
    def _passed(self, event: Passed) -> None:
        if event.turn != self._turn:
            return
        if self._busy is not None and event.rounds > 1:
            self._wait_for(self._busy, event.rounds - 1)
        if self._busy is None or event.rounds == 1:
            # Behind what the key's action asked for, such as another focus.
            self.call_later(self._pass_on_after, event.turn)

    async def _pass_on_after(self, turn: int) -> None:
        if turn == self._turn:
            await self._pass_on()
