"""Going to any part of a screen with two keys: a letter stands on each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.errors import NoWidget
from textual.events import Click, Key
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.ui.bindings import bindings_of
from tui.ui.screens.modal import Modal
from tui.ui.widgets.pane import Pane

LETTERS: Final = "asdfghjklqwertyuiopzxcvbnm"
"""The row under the fingers first."""


def targets(screen: Screen[Any]) -> dict[str, Widget]:
    """Return everything in sight that can have the focus, by the letter that leads there, from the top left on."""
    seen = [widget for widget in screen.focus_chain if _place(widget) is not None]
    seen.sort(key=lambda widget: (_pane(widget), *_row_column(widget)))
    return dict(zip(LETTERS, seen, strict=False))


def _pane(widget: Widget) -> tuple[int, int]:
    pane = next((node for node in widget.ancestors_with_self if isinstance(node, Pane)), widget)
    assert isinstance(pane, Widget)
    return pane.region.x, pane.region.y


def _row_column(widget: Widget) -> tuple[int, int]:
    return widget.region.y, widget.region.x


def _place(widget: Widget) -> Offset | None:
    """Return where its letter stands, or None where nothing of it is in sight."""
    try:
        visible = widget.screen.find_widget(widget).visible_region
    except NoWidget:
        return None
    return visible.offset if visible.area else None


class Jump(Modal[Widget]):
    """Dismissed with the widget whose letter was pressed or clicked, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("dialog")
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Jump {
        background: $background 40%;
        & Static {
            position: absolute; width: auto; height: 1; padding: 0 1;
            color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
        }
        & Static:nocolor { text-style: bold reverse; }
    }
    """

    def __init__(self, targets: Mapping[str, Widget]) -> None:
        super().__init__()
        self.targets = targets
        """What each letter leads to."""

    def compose(self) -> ComposeResult:
        """Put a letter on each."""
        yield from self._labels()

    def _labels(self) -> Iterable[Static]:
        for letter, widget in self.targets.items():
            place = _place(widget)
            if place is not None:
                label = Static(Content(letter), id=f"jump-{letter}")
                label.styles.offset = place
                yield label

    def on_key(self, event: Key) -> None:
        """Go where the letter leads; any other key stays here."""
        if event.key == "escape":
            return
        event.stop()
        if (target := self.targets.get(event.key)) is not None:
            self.dismiss(target)

    def on_click(self, event: Click) -> None:
        """Go where the letter leads; a click elsewhere leaves."""
        id_ = event.widget.id if event.widget is not None else None
        self.dismiss(self.targets.get((id_ or "").removeprefix("jump-")))

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss(None)
