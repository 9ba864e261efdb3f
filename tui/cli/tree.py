"""A session's snapshots as a tree of text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tui.store.model import SnapshotRecord


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One snapshot and the branches drawn before it."""

    art: str
    snapshot: SnapshotRecord


def tree(snapshots: Sequence[SnapshotRecord], head_id: str | None) -> list[TreeLine]:
    """Return the snapshots, parents first, each below what it came from.

    The line that leads to the head goes straight down; what was rolled back from branches off it. So a session of a
    hundred runs is a hundred lines, not a hundred columns. Where a parent is gone its children are roots.
    """
    known = {snapshot.id for snapshot in snapshots}
    children: dict[str | None, list[SnapshotRecord]] = defaultdict(list)
    for snapshot in sorted(snapshots, key=lambda item: item.id):
        children[snapshot.parent_id if snapshot.parent_id in known else None].append(snapshot)
    trunk = _ancestors(snapshots, head_id)
    lines: list[TreeLine] = []
    # What is still to be drawn, the next one last: a deep tree must not exhaust the stack.
    waiting: list[tuple[SnapshotRecord, str, str]] = [(root, "", "") for root in reversed(children[None])]
    while waiting:
        snapshot, art, below = waiting.pop()
        lines.append(TreeLine(art + ("●" if snapshot.id == head_id else "○"), snapshot))
        after = sorted(children[snapshot.id], key=lambda item: (item.id in trunk, item.id))
        if after:
            waiting.append((after[-1], below, below))
            waiting += [(branch, f"{below}├─", f"{below}│ ") for branch in reversed(after[:-1])]
    return lines


def _ancestors(snapshots: Sequence[SnapshotRecord], head_id: str | None) -> set[str]:
    parents = {snapshot.id: snapshot.parent_id for snapshot in snapshots}
    found: set[str] = set()
    current = head_id
    while current is not None and current in parents and current not in found:
        found.add(current)
        current = parents[current]
    return found
