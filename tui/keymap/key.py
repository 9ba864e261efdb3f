"""One key of the application."""

from __future__ import annotations

from dataclasses import dataclass

from tui.keymap.names import shown


@dataclass(frozen=True, slots=True)
class Key:
    """One binding."""

    id: str
    """`scope.verb`; what a keymap calls it."""
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
    """How its keys are shown, if not all of them."""
    changes: bool = False
    """Whether it changes something; such keys are not there in a read-only application."""
    essential: bool = False
    """Whether a person would be lost without it: a keymap may move it, but not take it away."""

    @property
    def scope(self) -> str:
        """Where the key works."""
        return self.id.partition(".")[0]

    @property
    def default_keys(self) -> tuple[str, ...]:
        """The keys that do it unless a keymap says otherwise."""
        return tuple(self.keys.split(","))

    @property
    def shown_keys(self) -> str:
        """The default keys as a person reads them."""
        return self.display or " ".join(map(shown, self.default_keys))
