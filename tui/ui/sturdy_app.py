"""What of Textual 8.2.8 would end the application, let something pass to the terminal, or cover what is asked.

Each was found by `tests/ui/test_fuzz.py` or in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.errors import NoWidget
from textual.events import Event, MouseEvent, Paste
from textual.screen import Screen
from textual.widgets import Input
from textual.widgets._toast import ToastHolder, ToastRack

from tui.text import clean_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.notifications import Notification


class SturdyApp(App[int]):
    """Base of the application."""

    _missed = False
    """Something was to be drawn while drawing was put off."""

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Draw. What comes while drawing is put off would be taken for drawn."""
        self._missed |= renderable is not None and self._batch_count > 0
        super()._display(screen, renderable)

    def _end_batch(self) -> None:
        """Go on drawing, with what was missed."""
        super()._end_batch()
        if self._missed and not self._batch_count and self._screen_stack:
            self._missed = False
            self.screen.refresh()

    def _refresh_notifications(self) -> None:
        """Show the messages there are."""
        super()._refresh_notifications()
        self.call_later(self._mark_older_messages)

    def _unnotify(self, notification: Notification, refresh: bool = True) -> None:
        """Forget a message."""
        super()._unnotify(notification, refresh)
        self._mark_older_messages()

    def _mark_older_messages(self) -> None:
        """Mark all messages but the newest: a small screen has no room for more, and a dialog has none to spare."""
        if not self._screen_stack:
            return
        shown = list(self._notifications)
        newest = ToastRack._toast_id(shown[-1]) if shown else ""
        for holder in self.screen.query(ToastHolder):
            holder.set_class(holder.id != newest, "-older")

    @property
    def clipboard(self) -> str:
        """What was copied last; for a line to type in, in one line."""
        copied = super().clipboard
        return clean_line(copied) if self._screen_stack and isinstance(self.focused, Input) else copied

    async def on_event(self, event: Event) -> None:
        """Let no part of the screen be pointed at that is gone already, and nothing be pasted that cannot be seen."""
        if isinstance(event, MouseEvent) and self._is_gone(event.x, event.y):
            return
        if isinstance(event, Paste) and isinstance(self.focused, Input):
            # A line shows what is in it as it is. It takes the first line, as before.
            event.text = clean_line(next(iter(event.text.splitlines()), ""))
        await super().on_event(event)

    def _is_gone(self, x: int, y: int) -> bool:
        """Say whether what is drawn at a place was removed since, such as a message whose time is up.

        `Screen._forward_event` asks the container of what is pressed for its place, and there is none any more.
        """
        if not self._screen_stack:
            return False
        try:
            widget, _ = self.screen.get_widget_at(x, y)
        except NoWidget:
            return False
        return widget.parent is None and not isinstance(widget, Screen)
