"""The session as a tree: snapshots, the runs between them, and where the machine stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive

from tui.store.states import RunState, SnapshotReason
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.describe import NO_ROLLBACK, age, on_host, state_words
from tui.ui.history import HistoryRow, history_rows
from tui.ui.widgets.virtual_list import Part, VirtualList

if TYPE_CHECKING:
    from tui.store.model import RunRecord, SnapshotRecord


class SessionTree(VirtualList):
    """One row per moment, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("tree")

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another row."""

        row: HistoryRow | None

    @dataclass
    class RollbackAsked(Message):
        """A person wants the machine back at this row's snapshot."""

        row: HistoryRow

    @dataclass
    class OutputAsked(Message):
        """A person wants to read what this row's run printed."""

        row: HistoryRow

    @dataclass
    class NameAsked(Message):
        """A person wants to name this row's snapshot."""

        row: HistoryRow

    @dataclass
    class PinAsked(Message):
        """A person wants this row's snapshot kept, or no longer."""

        row: HistoryRow

    @dataclass
    class BranchAsked(Message):
        """A person wants a new session that begins at this row's snapshot."""

        row: HistoryRow

    @dataclass
    class DeleteAsked(Message):
        """A person wants this row's snapshot deleted."""

        row: HistoryRow

    marked: reactive[str | None] = reactive(None)
    """The id of the snapshot that others are compared with."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[HistoryRow] = []

    def clock(self) -> datetime:
        """Return the moment ages are counted from."""
        return datetime.now(UTC)

    @property
    def row(self) -> HistoryRow | None:
        """The chosen row."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    @property
    def rows(self) -> Sequence[HistoryRow]:
        """All rows, newest first."""
        return self._rows

    def show(self, snapshots: Sequence[SnapshotRecord], runs: Sequence[RunRecord], head_id: str | None) -> None:
        """Show a session.

        The cursor begins on the head. It then stays on its row, or near it once that is gone; on the newest row it
        stays on the newest, and else on the head.
        """
        before, at = self._rows, self.cursor
        self._rows = history_rows(snapshots, runs, head_id)
        self.rows_changed(self._cursor_after(before, at))

    def _cursor_after(self, before: Sequence[HistoryRow], at: int) -> int:
        found = {row.key: n for n, row in enumerate(self._rows)}
        head = next((n for n, row in enumerate(self._rows) if row.is_head), 0)
        if at < 0 or not any(row.key in found for row in before):
            return head
        if at == 0:
            return 0
        if before[at].is_head:
            return head
        near = (row.key for row in (*before[at:], *reversed(before[:at])))
        return next(found[key] for key in near if key in found)

    # --- rows ------------------------------------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many moments there are."""
        return len(self._rows)

    def row_parts(self, row: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return the lanes, what happened, how it ended and how long ago."""
        item = self._rows[row]
        muted = self.look("muted")
        node = self._node_look(item)
        graph, at = item.graph, item.node
        width = max(len(item.graph), at + 1)
        left: list[Part] = [
            (" " + graph[:at], muted), (graph[at], node), (graph[at + 1 :].ljust(width - at - 1) + " ", muted),
        ]  # fmt: skip
        left += self._words(item, Style() if item.is_current or item.run is not None else muted)
        moment = item.snapshot.created_at if item.snapshot else item.run.started_at if item.run else None
        right: list[Part] = []
        if item.snapshot is not None and item.snapshot.id == self.marked:
            right.append(("◂ marked ", self.look("warning") + Style(bold=True)))
        if item.is_head:
            right.append(("HEAD ", self.look("accent") + Style(bold=True)))
        if item.run is not None and item.run.state is not RunState.SUCCEEDED:
            right.append((f"{state_words(item.run.state, item.run.exit_code)} ", node))
        if item.run is not None and on_host(item.run):
            right.append((f"{NO_ROLLBACK} ", self.look("warning")))
        if item.snapshot is not None and item.snapshot.pinned:
            right.append(("pinned ", self.look("accent")))
        if moment is not None:
            right.append((f"{age(moment, self.clock()):>4} ", muted))
        return left, right

    def _node_look(self, item: HistoryRow) -> Style:
        if item.is_head:
            return self.look("accent")
        if item.run is not None and item.run.state is RunState.RUNNING:
            return self.look("active")
        if item.run is not None and item.run.state is not RunState.SUCCEEDED:
            return self.look("bad")
        return self.look("good") if item.is_current else self.look("muted")

    def _words(self, item: HistoryRow, style: Style) -> list[Part]:
        snapshot = item.snapshot
        words: list[Part] = []
        if snapshot is not None and snapshot.name:  # first: what a person called it is never cut off for a title
            words.append((f"“{clean_line(snapshot.name, 40)}”", self.look("accent")))
        if item.run is not None:
            words.append(((" " if words else "") + clean_line(item.run.title, 60), style))
        elif snapshot is not None and not snapshot.name:
            first = snapshot.parent_id is None
            words.append(("fresh machine" if first else _PLAIN_WORDS[snapshot.reason], style))
        return words

    # --- what a person asks ----------------------------------------------------------------------------------------

    def chosen(self, row: int) -> None:
        """Tell which row it is."""
        self.post_message(self.Highlighted(self.row))

    def opened(self, row: int) -> None:
        """Ask for the output of the row's run."""
        self._ask(self.OutputAsked)

    def action_rollback(self) -> None:
        """Ask for a rollback to the row."""
        self._ask(self.RollbackAsked)

    def action_name(self) -> None:
        """Ask for a name."""
        self._ask(self.NameAsked)

    def action_pin(self) -> None:
        """Ask to keep the snapshot, or no longer."""
        self._ask(self.PinAsked)

    def action_branch(self) -> None:
        """Ask for a session that begins here."""
        self._ask(self.BranchAsked)

    def action_delete(self) -> None:
        """Ask to delete the snapshot."""
        self._ask(self.DeleteAsked)

    def _ask(self, message: Callable[[HistoryRow], Message]) -> None:
        if (row := self.row) is not None:
            self.post_message(message(row))


_PLAIN_WORDS = {
    SnapshotReason.BEFORE: "before a run",
    SnapshotReason.AFTER: "after a run",
    SnapshotReason.FAILED: "failed state",
    SnapshotReason.MANUAL: "snapshot",
    SnapshotReason.BRANCH: "start of the branch",
}
