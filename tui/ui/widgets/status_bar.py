"""One line that says where one is: session, run, machine, backend and pool."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.text import clean_line


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


class StatusBar(Widget):
    """Draws a `Status`; where there is not room for all, the least important part goes first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--brand", "status--label", "status--good", "status--bad", "status--warning", "status--muted",
    }  # fmt: skip
    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        background: $panel;
        color: $foreground;
        & .status--brand { color: $text-primary; text-style: bold; }
        & .status--label { color: $text-muted; }
        & .status--good { color: $text-success; }
        & .status--bad { color: $text-error; text-style: bold; }
        & .status--warning { color: $text-warning; text-style: bold; }
        & .status--muted { color: $text-muted; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.status = Status()

    def say(self, **changes: str) -> None:
        """Change what the bar says."""
        status = replace(self.status, **changes)
        if status != self.status:
            self.status = status
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width, base = self.size.width, self.rich_style
        parts = self._parts()
        while len(parts) > 1 and _width(parts) > width:
            least = max(parts, key=lambda part: part[0])
            parts.remove(least)
        segments = [Segment(" ", base)]
        for number, (_, texts) in enumerate(parts):
            if number:
                segments.append(Segment(" │ ", base + self._look("muted")))
            segments += [Segment(text, base + self._look(look)) for text, look in texts]
        return Strip(segments).adjust_cell_length(width, base)

    def _parts(self) -> list[tuple[int, list[tuple[str, str]]]]:
        """Return the parts in order, each with its rank: the higher, the sooner it is left out."""
        status = self.status
        parts = [
            (3, [("◆ rollcage", "brand")]),
            (0, [("session ", "label"), (clean_line(status.session, 30), "")]),
            (1, [(status.run, status.run_look)]),
        ]
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
        return Style(color=component.color, bold=component.bold)


def _width(parts: list[tuple[int, list[tuple[str, str]]]]) -> int:
    return 1 + sum(cell_len(text) for _, texts in parts for text, _ in texts) + 3 * (len(parts) - 1)
