"""One key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """One binding."""

    id: str
    keys: str
    """Separated by commas, as Textual names them."""
    action: str
    label: str
    """For the footer: at most 12 characters."""
    help: str
    """A sentence for the help screen."""
    shown: bool = False
    """In the footer, where there is room."""
    priority: bool = False
    """Before the focused widget sees the key."""
    display: str | None = None

    @property
    def scope(self) -> str:
        """Where the key works."""
        return self.id.partition(".")[0]

    @property
    def shown_keys(self) -> str:
        """The keys as a person reads them."""
        return self.display or " ".join(_KEY_NAMES.get(key, key) for key in self.keys.split(","))

    def to_binding(self) -> Binding:
        """Return what Textual takes."""
        return Binding(
            self.keys,
            self.action,
            self.label,
            show=self.shown,
            priority=self.priority,
            key_display=self.display,
            tooltip=self.help,
            id=self.id,
        )


_KEY_NAMES: Final = {
    "question_mark": "?", "slash": "/", "escape": "esc", "ctrl+r": "^r", "ctrl+x": "^x", "ctrl+p": "^p",
    "ctrl+q": "^q", "ctrl+c": "^c", "ctrl+n": "^n", "colon": ":", "space": "space", "left_square_bracket": "[",
    "right_square_bracket": "]", "pageup": "pgup", "pagedown": "pgdn",
    "up": "↑", "down": "↓", "left": "←", "right": "→",
}  # fmt: skip
