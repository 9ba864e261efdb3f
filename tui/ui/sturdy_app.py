"""What Textual 8.2.8 would end the application by, kept from it. Each was found by `tests/ui/test_fuzz.py`."""

from __future__ import annotations

from textual.app import App
from textual.errors import NoWidget
from textual.events import Event, MouseEvent
from textual.screen import Screen


class SturdyApp(App[int]):
    """Base of the application."""

    async def on_event(self, event: Event) -> None:
        """Let no part of the screen be pointed at that is gone already."""
        if isinstance(event, MouseEvent) and self._is_gone(event.x, event.y):
            return
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
