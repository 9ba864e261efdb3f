"""NO_COLOR (https://no-color.org), whichever theme is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.filter import LineFilter, Monochrome, NoColor

if TYPE_CHECKING:
    from rich.segment import Segment
    from textual.app import App
    from textual.color import Color


class WithoutColour(LineFilter):
    """Shades of grey; none at all in a theme of the terminal's own colours, of which nobody knows which are dark.

    Textual decides that when the application is made, before there is a theme.
    """

    def __init__(self, app: App[Any]) -> None:
        super().__init__()
        self._app = app
        self._shades, self._none = Monochrome(), NoColor()

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return segments without colours."""
        chosen = self._none if self._app.native_ansi_color else self._shades
        return chosen.apply(segments, background)


def without_colour(app: App[Any]) -> None:
    """Put this filter in the place of the one that Textual chose."""
    for number, each in enumerate(app._filters):
        if isinstance(each, Monochrome | NoColor):
            app._filters[number] = WithoutColour(app)
