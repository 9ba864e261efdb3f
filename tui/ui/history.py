"""The tree of a session as rows, newest first, drawn with lanes the way `git log --graph` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.store.states import RunState, SnapshotReason
from tui.ui.describe import STATE_GLYPHS

if TYPE_CHECKING:
    from tui.store.model import RunRecord, SnapshotRecord


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One moment of a session: a snapshot, or a run that left none."""

    graph: str
    """The lanes in front of it, its own glyph included."""
    node: int
    """Where its glyph stands in `graph`."""
    snapshot: SnapshotRecord | None
    run: RunRecord | None
    """The run that led here."""
    is_head: bool = False
    is_current: bool = False
    """On the path from the first snapshot to the head: what the machine's state consists of."""
    start: str | None = None
    """Of a run that left no snapshot: the one it started from, while that is there."""

    @property
    def key(self) -> str:
        """What stays the same when rows come and go."""
        if self.snapshot is not None:
            return self.snapshot.id
        assert self.run is not None
        return self.run.id

    @property
    def target(self) -> str | None:
        """The snapshot a rollback to this row goes to, if there is one."""
        return self.snapshot.id if self.snapshot is not None else self.start


@dataclass(frozen=True, slots=True)
class _Node:
    key: str
    age: str
    """What it is sorted by: the time, but what left no snapshot never stands below the one it started from."""
    parent: str | None
    snapshot: SnapshotRecord | None
    run: RunRecord | None


def history_rows(
    snapshots: Sequence[SnapshotRecord], runs: Sequence[RunRecord], head_id: str | None
) -> list[HistoryRow]:
    """Return the rows of a session. Ids sort by time, so that newest first puts every child before its parent."""
    current = _path(snapshots, head_id)
    lanes: list[str | None] = []
    rows: list[HistoryRow] = []
    for node in sorted(_nodes(snapshots, runs), key=lambda node: node.age, reverse=True):
        waiting = [index for index, expected in enumerate(lanes) if expected == node.key]
        lane = waiting[0] if waiting else _free_lane(lanes)
        glyph = _glyph(node, head_id, current)
        graph = _draw(lanes, lane, waiting[1:], glyph)
        for index in waiting[1:]:
            lanes[index] = None
        lanes[lane] = node.parent
        while lanes and lanes[-1] is None:
            lanes.pop()
        rows.append(
            HistoryRow(
                graph, 2 * lane, node.snapshot, node.run, node.key == head_id, node.key in current,
                node.parent if node.snapshot is None else None,
            )
        )  # fmt: skip
    return rows


def _nodes(snapshots: Sequence[SnapshotRecord], runs: Sequence[RunRecord]) -> list[_Node]:
    runs_by_id = {run.id: run for run in runs}
    known = {snapshot.id for snapshot in snapshots}
    nodes = [
        _Node(
            snapshot.id,
            snapshot.id,
            snapshot.parent_id if snapshot.parent_id in known else None,
            snapshot,
            runs_by_id.get(snapshot.run_id)
            if snapshot.run_id and snapshot.reason is not SnapshotReason.BEFORE
            else None,
        )
        for snapshot in snapshots
    ]
    with_snapshot = {node.run.id for node in nodes if node.run is not None}
    nodes += [
        _Node(run.id, _age(run), run.before_id if run.before_id in known else None, None, run)
        for run in runs
        if run.id not in with_snapshot
    ]
    return nodes


def _age(run: RunRecord) -> str:
    # A session's first snapshot is taken within its first run, and so is younger than that. `~` follows all ids' ends.
    return max(run.id, f"{run.before_id}~") if run.before_id is not None else run.id


def _path(snapshots: Sequence[SnapshotRecord], head_id: str | None) -> set[str]:
    parents = {snapshot.id: snapshot.parent_id for snapshot in snapshots}
    path: set[str] = set()
    while head_id is not None and head_id not in path:
        path.add(head_id)
        head_id = parents.get(head_id)
    return path


def _free_lane(lanes: list[str | None]) -> int:
    for index, expected in enumerate(lanes):
        if expected is None:
            return index
    lanes.append(None)
    return len(lanes) - 1


def _draw(lanes: list[str | None], lane: int, merging: list[int], glyph: str) -> str:
    cells = ["│" if expected is not None else " " for expected in lanes]
    cells[lane] = glyph
    joints = [" "] * len(cells)
    if merging:
        for index in range(lane + 1, merging[-1] + 1):
            joints[index - 1] = "─"
            cells[index] = "─" if cells[index] == " " else "┼" if index not in merging else "┴"
        cells[merging[-1]] = "╯"
    return "".join(cell + joint for cell, joint in zip(cells, joints, strict=True)).rstrip()


def _glyph(node: _Node, head_id: str | None, current: set[str]) -> str:
    if node.key == head_id:
        return "◉"
    if node.run is not None and node.run.state in (RunState.RUNNING, RunState.CANCELLED, RunState.REFUSED):
        return STATE_GLYPHS[node.run.state]
    if node.snapshot is None or node.snapshot.reason is SnapshotReason.FAILED:
        return "✗" if node.run is None or node.run.state is not RunState.SUCCEEDED else "○"
    if node.snapshot.reason is SnapshotReason.MANUAL:
        return "◆"
    return "●" if node.key in current else "○"
