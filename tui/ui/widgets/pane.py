"""A framed part of the main screen with a title above and a word at its foot."""

from __future__ import annotations

from collections.abc import Sequence

from textual.containers import Vertical
from textual.content import Content


class Pane(Vertical):
    """Its frame lights up while something in it has the focus."""

    DEFAULT_CSS = """
    Pane {
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        background: $surface;
        &:focus-within {
            border: round $primary;
            border-title-color: $text-primary;
            border-title-style: bold;
        }
    }
    """

    def __init__(self, title: str, *, id: str) -> None:
        super().__init__(id=id)
        self.border_title = Content(title)
        self._named: tuple[tuple[str, ...], int] = ((title,), 0)
        self._said = ""

    def title(self, names: Sequence[str], here: int) -> None:
        """Change the title: this pane's name at `here`, among those of panes hidden behind it."""
        if (tuple(names), here) == self._named:
            return  # setting a title draws the whole pane anew
        self._named = tuple(names), here
        parts = [
            Content(name) if index == here else Content.styled(name, "not bold $text-muted")
            for index, name in enumerate(names)
        ]
        self.border_title = Content("  ").join(parts)

    def say(self, text: str) -> None:
        """Change the word at the foot."""
        if text != self._said:
            self._said = text
            self.border_subtitle = Content(text)
