"""Facts that travel through the interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from tui.definitions.index import Index
    from tui.runs.events import Event
    from tui.ui.preparation import Progress
    from tui.ui.session_state import SessionState


@dataclass
class EngineEvent(Message):
    """The engine reported something other than output, which goes straight into its log."""

    event: Event


@dataclass
class EngineReady(Message):
    """The engine is open; sessions, snapshots and runs can be shown."""


@dataclass
class SessionLoaded(Message):
    """The session on view was read again."""

    state: SessionState


@dataclass
class CatalogChanged(Message):
    """The definitions were read, or read again."""

    index: Index
    notice: str = ""
    """What changed, for a person; nothing at the first time."""
    is_bad: bool = False


@dataclass
class SetUpFurther(Message):
    """More of setting the host up is done; only the newest such message matters."""

    progress: Progress

    def can_replace(self, message: Message) -> bool:
        """Let a newer one take the place of an older one."""
        return isinstance(message, SetUpFurther)
