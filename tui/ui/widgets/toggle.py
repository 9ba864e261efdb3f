"""A choice between yes and no that can be told apart without colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static


class Toggle(Static, can_focus=True):
    """Shows `[x] yes` or `[ ] no`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "flip", "Change", show=False)]
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Toggle {
        height: 1;
        width: auto;
        padding: 0 1;
        background: $panel;
        &:focus { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
    }
    """

    value: reactive[bool] = reactive(False)

    @dataclass
    class Changed(Message):
        """The value changed."""

        toggle: Toggle
        value: bool

        @property
        def control(self) -> Toggle:
            """The toggle that changed."""
            return self.toggle

    def __init__(self, value: bool = False, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self.set_reactive(Toggle.value, value)

    def on_mount(self) -> None:
        """Show the first value."""
        self._show()

    def watch_value(self, value: bool) -> None:
        """Show it and tell."""
        if self.is_mounted:
            self._show()
            self.post_message(self.Changed(self, value))

    def _show(self) -> None:
        self.update("[x] yes" if self.value else "[ ] no ")

    def action_flip(self) -> None:
        """Change the value."""
        self.value = not self.value

    def on_click(self) -> None:
        """Change the value."""
        self.value = not self.value
