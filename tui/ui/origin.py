"""Where a branch began: a snapshot of another session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.errors import NotFound
from tui.store.states import SnapshotReason
from tui.text import clean_line
from tui.ui.describe import short_id

if TYPE_CHECKING:
    from tui.store.model import SnapshotRecord
    from tui.store.store import Store


class Origin:
    """What the session on view began at, once it was looked for."""

    def __init__(self) -> None:
        self.snapshot: SnapshotRecord | None = None
        self._session = ""

    def look_for(self, branch: SnapshotRecord, store: Store) -> SnapshotRecord | None:
        """Return what the first snapshot of a branch is a copy of; None if it is no such, or that was deleted."""
        if branch.reason is not SnapshotReason.BRANCH or branch.parent_id is None:
            return None
        if self.snapshot is None or self.snapshot.id != branch.parent_id:
            try:
                found = store.snapshot(branch.parent_id)
            except NotFound:
                return None
            self.snapshot, self._session = found, store.session(found.session_id).name
        return self.snapshot

    @property
    def label(self) -> str:
        """How a person recognises it."""
        if self.snapshot is None:
            return ""
        name = self.snapshot.name
        which = f"“{clean_line(name, 40)}”" if name else f"snapshot {short_id(self.snapshot.id)}"
        return f"{which} in {clean_line(self._session, 30)}"
