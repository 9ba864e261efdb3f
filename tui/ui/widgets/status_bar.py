"""One line that says where one is: area, session, run, machine, backend and pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.events import Click
from textual.strip import Strip
from textual.widget import Widget

from tui.text import clean_line
from tui.ui.areas import AREAS
from tui.ui.widgets.looks import Drawn, Look

_USUAL_TITLE: Final = 24
"""Cells of the title of a run for which the titles of the areas make room, and what else is less needed."""
_LEAST_TITLE: Final = 8
"""Cells it keeps as long as there is any room for the run."""


@dataclass(frozen=True, slots=True)
class RunWords:
    """What the session does now, or did last."""

    mark: str = ""
    title: str = ""
    """In full: the bar shows of it what there is room for."""
    state: str = "idle"
    look: str = "muted"

    @property
    def usual(self) -> int:
        """Cells for it as it usually is shown."""
        return cell_len(self._with("")) + _USUAL_TITLE

    def within(self, cells: int) -> str:
        """Return it in so many cells, as far as it can be shortened."""
        title, room = self.title, max(cells - cell_len(self._with("")), _LEAST_TITLE)
        if cell_len(title) > room:
            title = f"{set_cell_size(title, room - 1).rstrip()}…"
        return self._with(title)

    def _with(self, title: str) -> str:
        return f"{self.mark} {title} {self.state}" if self.title else self.state

    def __str__(self) -> str:
        return self._with(self.title)


@dataclass(frozen=True, slots=True)
class Status:
    """What the bar says. An empty text is left out."""

    session: str = "default"
    run: RunWords = RunWords()
    machine: str = ""
    backend: str = ""
    backend_reason: str = ""
    pool: str = ""
    setting_up: str = ""
    read_only: bool = False


_BETWEEN: Final = " │ "
_NEEDED: Final = 2
"""Up to this rank, a part is worth more than the titles of the areas elsewhere."""
_RUN: Final = 1
_Texts = list[tuple[str, str]]
"""Texts with their looks."""
_Part = tuple[int, _Texts]
"""What stands in the bar: its rank (the higher, the sooner it is left out), and its texts."""
_Parts = list[_Part]
"""In order."""


class StatusBar(Drawn, Widget):
    """The areas, and a `Status`; where there is not room for all, the least important part goes first."""

    LOOKS: ClassVar[Mapping[str, Look]] = {
        "": Look(),
        "here": Look("block-cursor-foreground", "block-cursor-background", bold=True),
        "muted": Look("text-muted"),
        "good": Look("state-good"),
        "bad": Look("state-bad", bold=True),
        "warning": Look("text-warning", bold=True),
    }
    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        background: $panel;
        color: $foreground;
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
        width, base = self.size.width, self.base_style
        needed = _width([part for part in self._parts(self.status.run.usual) if part[0] <= _NEEDED])
        areas = self._areas()
        if _cells(areas) + needed > width:
            areas = self._areas(short=True)
        parts = self._fitted(width - _cells(areas))
        segments = [Segment(text, base + self.look(look)) for text, look in areas]
        for _, texts in parts:
            segments.append(Segment(_BETWEEN, base + self.look("muted")))
            segments += [Segment(text, base + self.look(look)) for text, look in texts]
        return Strip(segments).adjust_cell_length(width, base)

    def _fitted(self, room: int) -> _Parts:
        """Return the parts there is room for; the title of the run takes what the others leave."""
        parts = self._parts(self.status.run.usual)
        while _width(parts) > room and (last := max(parts, key=_rank))[0] > _RUN:
            parts.remove(last)
        others = [part for part in parts if part[0] != _RUN]
        of_run = room - _width(others) - len(_BETWEEN)
        parts = [part for part in self._parts(of_run) if part[0] == _RUN or part in others]
        while parts and _width(parts) > room:
            parts.remove(max(parts, key=_rank))
        return parts

    def _areas(self, *, short: bool = False) -> _Texts:
        """Return the tabs; `short` leaves out the titles of those elsewhere. Remembers where each stands."""
        texts: _Texts = []
        self._places.clear()
        column = 0
        for area in AREAS:
            here = area.name == self._area
            text = f" {area.key} " if short and not here else f" {area.key} {area.title} "
            texts.append((text, "here" if here else "muted"))
            self._places.append((range(column, column := column + cell_len(text)), area.name))
        return texts

    async def on_click(self, event: Click) -> None:
        """Go to the area."""
        for columns, name in self._places:
            if event.x in columns and name != self._area:
                await self.run_action(f"app.area({name!r})")

    def _parts(self, of_run: int) -> _Parts:
        """Return all parts; `of_run` are the cells for what runs."""
        status = self.status
        parts: _Parts = [
            (0, [("session ", "muted"), (clean_line(status.session, 30), "")]),
            (_RUN, [(status.run.within(of_run), status.run.look)]),
        ]
        if status.read_only:
            parts.insert(0, (0, [("READ ONLY", "warning")]))
        if status.setting_up:
            parts.append((2, [(status.setting_up, "warning")]))
        if status.machine:
            parts.append((4, [("vm ", "muted"), (status.machine, "")]))
        if status.backend:
            parts.append((5, [(status.backend, "")]))
        if status.backend_reason:
            parts.append((7, [(clean_line(status.backend_reason, 60), "muted")]))
        if status.pool:
            parts.append((6, [("pool ", "muted"), (status.pool, "")]))
        return parts


def _rank(part: _Part) -> int:
    return part[0]


def _cells(texts: _Texts) -> int:
    return sum(cell_len(text) for text, _ in texts)


def _width(parts: _Parts) -> int:
    return sum(len(_BETWEEN) + _cells(texts) for _, texts in parts)
