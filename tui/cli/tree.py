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

    The line that leads to the head goes straight down and ends there; what was rolled back from branches off it. So a
    session of a hundred runs is a hundred lines, not a hundred columns. Where a parent is gone its children are roots.
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
        after = children[snapshot.id]
        straight = next((child for child in after if child.id in trunk), None)
        if straight is None and after and snapshot.id not in trunk:
            straight = after[-1]
        branches = [child for child in after if child is not straight]
        if straight is not None:
            waiting.append((straight, below, below))
        for branch in reversed(branches):
            last = straight is None and branch is branches[-1]
            waiting.append((branch, below + ("└─" if last else "├─"), below + ("  " if last else "│ ")))
    return lines


def _ancestors(snapshots: Sequence[SnapshotRecord], head_id: str | None) -> set[str]:
    parents = {snapshot.id: snapshot.parent_id for snapshot in snapshots}
    found: set[str] = set()
    current = head_id
    while current is not None and current in parents and current not in found:
        found.add(current)
        current = parents[current]
    return found
