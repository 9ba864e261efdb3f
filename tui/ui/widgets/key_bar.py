"""One line that says what keys do where the focus is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.strip import Strip
from textual.widget import Widget

from tui.keymap.names import shown
from tui.keymap.table import EVERYWHERE
from tui.ui.reach import Reachable, named, reachable, working_keys
from tui.ui.widgets.looks import Drawn, Look

if TYPE_CHECKING:
    from textual.screen import Screen

_BETWEEN: Final = 2
_STRUCK: Final = Style(strike=True)


@dataclass(frozen=True, slots=True)
class Item:
    """A key and what it does, as they stand in the bar."""

    key: str
    label: str
    what: Reachable
    is_told: bool = False
    """Whether the label tells what the key does just now, which is worth room."""

    @property
    def width(self) -> int:
        """Cells it takes."""
        return cell_len(self.key) + 1 + cell_len(self.label)


class KeyBar(Drawn, Widget):
    """What the focused widget can do, then the area, and at the right what works everywhere.

    A key is shown in full or not at all: where there is not room for all, those go that can do nothing now, then the
    last ones before those at the right, and at last those whose label tells what they do just now.
    """

    ALLOW_SELECT = False
    LOOKS: ClassVar[Mapping[str, Look]] = {
        "key": Look("footer-key-foreground", bold=True),
        "label": Look("footer-description-foreground"),
        "disabled": Look("text-disabled", dim=True),
    }
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $background;
        color: $foreground;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._items: list[Item] = []
        self._places: list[tuple[range, Item]] = []

    def on_mount(self) -> None:
        """Follow the focus and what can be done."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        self._changed(self.screen)

    def _changed(self, screen: Screen[Any]) -> None:
        if not self.is_attached or screen is not self.screen:
            return
        working = working_keys(screen)
        items = [
            Item(shown(keys[0]), name or each.key.label, each, bool(name))
            for each in reachable(screen)
            if (keys := working.get(each.key.id)) and ((name := named(each)) or each.key.shown)
        ]
        if [(each.key, each.label, bool(each.what.reason)) for each in items] != [
            (each.key, each.label, bool(each.what.reason)) for each in self._items
        ]:
            self.refresh()
        self._items = items

    @property
    def items(self) -> Sequence[Item]:
        """What there is to show, the most useful first."""
        return self._items

    def _laid_out(self, width: int) -> list[tuple[int, Item]]:
        """Return what is shown in so many cells, each with the column where it begins."""
        first = [item for item in self._items if item.what.key.scope != EVERYWHERE]
        last = [item for item in self._items if item.what.key.scope == EVERYWHERE]
        if _width(last) > width:
            last = []
        while first and _width(first) + _BETWEEN + _width(last) > width:
            # What can do nothing now goes first, from the end; last what is there just now.
            idle = [item for item in first if item.what.reason]
            usual = [item for item in first if not item.is_told]
            first.remove((idle or usual or first)[-1])
        return [*_columns(first, 0), *_columns(last, width - _width(last))]

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        base = self.base_style
        disabled = self.look("disabled")
        if self.app.no_color:  # shades of grey may be all there is, or not even those
            disabled += _STRUCK
        segments: list[Segment] = []
        self._places.clear()
        at = 0
        for column, item in self._laid_out(self.size.width):
            off = bool(item.what.reason)
            segments.append(Segment(" " * (column - at), base))
            segments.append(Segment(item.key, base + (disabled if off else self.look("key"))))
            segments.append(Segment(f" {item.label}", base + (disabled if off else self.look("label"))))
            at = column + item.width
            self._places.append((range(column, at), item))
        return Strip(segments).adjust_cell_length(self.size.width, base)

    async def on_click(self, event: Click) -> None:
        """Do what the key does that was clicked, or say why not."""
        for columns, item in self._places:
            if event.x in columns:
                if item.what.reason:
                    self.notify(item.what.reason, severity="warning", markup=False)
                else:
                    await item.what.run()
                return


def _width(items: Sequence[Item]) -> int:
    return sum(item.width for item in items) + _BETWEEN * max(len(items) - 1, 0)


def _columns(items: Sequence[Item], column: int) -> Iterator[tuple[int, Item]]:
    for item in items:
        yield column, item
        column += item.width + _BETWEEN
