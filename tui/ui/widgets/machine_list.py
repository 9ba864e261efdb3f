"""The machines there are, one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message

from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.describe import age, short_id, spec_words
from tui.ui.pool.words import STATES, UNKNOWN, made_words, memory_words, milliseconds, state_words
from tui.ui.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from tui.runs.fleet import MachineInfo

_ROOMY: Final = 104
"""Cells from which on there is room for all columns."""
_COLUMNS: Final = (
    ("state", 11), ("id", 8), ("profile", 13), ("session", 14), ("age", 5), ("uses", 5), ("memory", 10), ("made", 17),
    ("claimed", 10), ("pid", 8),
)  # fmt: skip
_SPARE: Final = frozenset(("claimed", "pid"))
_NARROW: Final = {"state": 10, "session": 13, "profile": 11, "made": 15}
Row = tuple[str, ...]


def columns(width: int) -> tuple[tuple[str, int], ...]:
    """Return the columns that fit a width, with theirs in cells; the session gets what is left over."""
    if width < _ROOMY:
        return tuple((name, _NARROW.get(name, cells)) for name, cells in _COLUMNS if name not in _SPARE)
    left = width - 1 - sum(cells for _, cells in _COLUMNS)
    return tuple((name, cells + (min(max(left, 0), 20) if name == "session" else 0)) for name, cells in _COLUMNS)


def heading(width: int) -> str:
    """Return the names of the columns, where they stand."""
    return " " + "".join(f"{name:<{cells}}" for name, cells in columns(width))


class MachineList(VirtualList):
    """One row per machine; the cursor stays on its machine while others come and go."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("machines")

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another machine, or what is known of it changed; None where there is none."""

        machine: MachineInfo | None

    class Opened(Message):
        """A person wants to see the log of the chosen machine."""

    class Resized(Message):
        """The columns stand elsewhere."""

    def __init__(self, clock: Callable[[], datetime] | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._machines: tuple[MachineInfo, ...] = ()
        self._cells: list[Row] = []

    @property
    def machine(self) -> MachineInfo | None:
        """The chosen machine."""
        return self._machines[self.cursor] if 0 <= self.cursor < len(self._machines) else None

    @property
    def machines(self) -> tuple[MachineInfo, ...]:
        """Those that are shown."""
        return self._machines

    def show(self, machines: tuple[MachineInfo, ...]) -> None:
        """Show how things are now. Draws only where something that is shown has changed."""
        now = self._clock()
        cells = [_cells(machine, now) for machine in machines]
        before, at = self.machine, max(self.cursor, 0)
        same = cells == self._cells and [each.id for each in machines] == [each.id for each in self._machines]
        self._machines, self._cells = machines, cells
        if same:
            return
        rows = (row for row, machine in enumerate(machines) if before is not None and machine.id == before.id)
        self.rows_changed(next(rows, at))

    def on_resize(self) -> None:
        """Tell."""
        self.post_message(self.Resized())

    def watch_show_vertical_scrollbar(self) -> None:
        """Tell that it takes room."""
        self.post_message(self.Resized())

    # --- rows ------------------------------------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many machines there are."""
        return len(self._machines)

    def chosen(self, row: int) -> None:
        """Tell which machine it is."""
        self.post_message(self.Highlighted(self.machine))

    def opened(self, row: int) -> None:
        """Tell that its log is wanted."""
        self.post_message(self.Opened())

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return the columns of a machine."""
        machine, cells = self._machines[row], dict(zip((name for name, _ in _COLUMNS), self._cells[row], strict=True))
        muted = self.look("muted")
        looks = {"state": self.look(STATES[machine.state][2]), "session": Style(bold=True)}
        parts: list[Part] = [(" ", Style())]
        for name, width in columns(self.scrollable_content_region.width):
            parts.append((_fitted(cells[name], width), looks.get(name, muted if cells[name] == UNKNOWN else Style())))
        return parts, []


def _cells(machine: MachineInfo, now: datetime) -> Row:
    spec = machine.spec
    return (
        state_words(machine.state),
        short_id(machine.id),
        machine.profile or (spec_words(spec) if spec is not None else UNKNOWN),
        f"process {machine.owner_pid}" if machine.owner_pid is not None else clean_line(machine.session, 60) or UNKNOWN,
        age(machine.created_at, now) if machine.created_at is not None else UNKNOWN,
        str(machine.uses),
        memory_words(machine.memory),
        made_words(machine.birth),
        milliseconds(machine.claim_ms),
        str(machine.pid) if machine.pid is not None else UNKNOWN,
    )


def _fitted(text: str, width: int) -> str:
    if cell_len(text) >= width:
        text = set_cell_size(text, width - 2) + "…"
    return set_cell_size(text, width)
