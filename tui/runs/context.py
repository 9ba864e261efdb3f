"""What every part of the engine works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tui.config import Settings
from tui.machines.protocol import Backend
from tui.paths import Paths
from tui.pool.manager import Pool
from tui.redaction import Redactor
from tui.runs.anticipation import Anticipation
from tui.runs.audit_trail import AuditTrail
from tui.runs.events import Event
from tui.runs.gates import Gate
from tui.runs.retry import Retry
from tui.store.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """The engine's tools."""

    paths: Paths
    settings: Settings
    store: Store
    pool: Pool
    backend: Callable[[], Awaitable[Backend]]
    """Returns the backend, opened the first time."""
    emit: Callable[[Event], None]
    """Tells every listener of the engine."""
    retry: Retry
    anticipation: Anticipation
    gate: Gate
    """Decides what runs."""
    audit: AuditTrail
    redactor: Redactor
    """Knows the shapes of secrets; a run's own also knows its values."""
