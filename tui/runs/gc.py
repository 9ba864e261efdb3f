"""Which snapshots may go.

Kept in any case: the head of a session, what is pinned or named, and what an unfinished run started from. Of the others
every session keeps its newest `keep_per_session`, and all together stay within `keep_total_mb`, the oldest going first.
What a kept snapshot needs of a deleted one, the backend keeps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tui.config import SnapshotSettings
from tui.store.model import SnapshotRecord


def garbage(snapshots: Iterable[SnapshotRecord], needed: Collection[str], settings: SnapshotSettings) -> set[str]:
    """Return the ids of the snapshots to delete, of those of all sessions. `needed` are never deleted."""
    everything = sorted(snapshots, key=lambda snapshot: snapshot.id, reverse=True)
    free = [item for item in everything if not (item.pinned or item.name or item.id in needed)]
    seen: dict[str, int] = {}
    doomed: set[str] = set()
    for snapshot in free:
        seen[snapshot.session_id] = seen.get(snapshot.session_id, 0) + 1
        if seen[snapshot.session_id] > settings.keep_per_session:
            doomed.add(snapshot.id)
    excess = sum(item.stored_bytes for item in everything if item.id not in doomed)
    excess -= settings.keep_total_mb * 1024 * 1024
    for snapshot in reversed(free):
        if excess <= 0:
            break
        if snapshot.id not in doomed:
            doomed.add(snapshot.id)
            excess -= snapshot.stored_bytes
    return doomed
