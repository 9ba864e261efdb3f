"""One line that says where one is: area, session, run, machine, backend and pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.strip import Strip
from textual.widget import Widget

from tui.text import clean_line
from tui.ui.areas import AREAS


@dataclass(frozen=True, slots=True)
class Status:
    """What the bar says. An empty text is left out."""

    session: str = "default"
    run: str = "idle"
    run_look: str = "muted"
    machine: str = ""
    backend: str = ""
    backend_reason: str = ""
    pool: str = ""
    setting_up: str = ""
    read_only: bool = False


_BETWEEN: Final = " │ "
_NEEDED: Final = 2
"""Up to this rank, a part is worth more than the titles of the areas elsewhere."""
_Parts = list[tuple[int, list[tuple[str, str]]]]
"""What stands in the bar, in order: the rank of each part (the higher, the sooner it is left out), and its texts."""


class StatusBar(Widget):
    """The areas, and a `Status`; where there is not room for all, the least important part goes first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--area", "status--here", "status--label", "status--good", "status--bad", "status--warning",
        "status--muted",
    }  # fmt: skip
    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        background: $panel;
        color: $foreground;
        & .status--area { color: $text-muted; }
        & .status--here { color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold; }
        & .status--label { color: $text-muted; }
        & .status--good { color: $state-good; }
        & .status--bad { color: $state-bad; text-style: bold; }
        & .status--warning { color: $text-warning; text-style: bold; }
        & .status--muted { color: $text-muted; }
    }
    """

    def __init__(self, area: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.status = Status()
        self._area = area
        self._places: list[tuple[range, str]] = []

    def show(self, status: Status) -> None:
        """Change what the bar says."""
        if status != self.status:
            self.status = status
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width, base = self.size.width, self.rich_style
        parts = self._parts()
        needed = [part for part in parts if part[0] <= _NEEDED]
        areas = self._areas(short=_width(self._areas()) + _width(needed) > width)
        room = width - _width(areas)
        while parts and _width(parts) > room:
            parts.remove(max(parts, key=lambda part: part[0]))
        segments = [Segment(text, base + self._look(look)) for _, texts in areas for text, look in texts]
        for _, texts in parts:
            segments.append(Segment(_BETWEEN, base + self._look("label")))
            segments += [Segment(text, base + self._look(look)) for text, look in texts]
        return Strip(segments).adjust_cell_length(width, base)

    def _areas(self, *, short: bool = False) -> _Parts:
        """Return the tabs; `short` leaves out the titles of those elsewhere. Remembers where each stands."""
        texts: list[tuple[str, str]] = []
        self._places.clear()
        column = 0
        for area in AREAS:
            here = area.name == self._area
            text = f" {area.key} " if short and not here else f" {area.key} {area.title} "
            texts.append((text, "here" if here else "area"))
            self._places.append((range(column, column := column + cell_len(text)), area.name))
        return [(0, texts)]

    async def on_click(self, event: Click) -> None:
        """Go to the area."""
        for columns, name in self._places:
            if event.x in columns and name != self._area:
                await self.run_action(f"app.area({name!r})")

    def _parts(self) -> _Parts:
        status = self.status
        parts: _Parts = [
            (0, [("session ", "label"), (clean_line(status.session, 30), "")]),
            (1, [(status.run, status.run_look)]),
        ]
        if status.read_only:
            parts.insert(0, (0, [("READ ONLY", "warning")]))
        if status.setting_up:
            parts.append((2, [(status.setting_up, "warning")]))
        if status.machine:
            parts.append((4, [("vm ", "label"), (status.machine, "")]))
        if status.backend:
            parts.append((5, [(status.backend, "")]))
        if status.backend_reason:
            parts.append((7, [(clean_line(status.backend_reason, 60), "label")]))
        if status.pool:
            parts.append((6, [("pool ", "label"), (status.pool, "")]))
        return parts

    def _look(self, name: str) -> Style:
        if not name:
            return Style()
        component = self.get_component_rich_style(f"status--{name}")
        filled = component.bgcolor if name == "here" else None
        return Style(color=component.color, bgcolor=filled, bold=component.bold)


def _width(parts: _Parts) -> int:
    return sum(cell_len(text) for _, texts in parts for text, _ in texts) + len(_BETWEEN) * len(parts)
