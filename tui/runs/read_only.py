"""An engine that only tells: whatever runs, moves, keeps or deletes something is refused."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getmembers, isfunction
from pathlib import Path
from typing import Final, NoReturn

from tui.audit.model import AuditResult, EntryKind
from tui.config import Settings
from tui.errors import UsageError
from tui.hooks.services import Services
from tui.machines.protocol import Backend
from tui.paths import Paths
from tui.redaction import Redactor
from tui.runs.approval import Approver, Nobody
from tui.runs.audit_trail import AuditTrail
from tui.runs.engine import Engine
from tui.runs.events import Event
from tui.runs.gatekeeper import Gatekeeper
from tui.runs.gates import Gate
from tui.runs.rulebook import Rulebook
from tui.store.reading import ReadingStore

READING: Final = frozenset((
    "open", "close", "subscribe", "preview", "plan_rollback", "plan_undo", "plan_redo", "approvals", "pool_status",
    "machines", "machines_elsewhere", "machine_log", "templates",
))  # fmt: skip
"""What is not refused. What is new is, until somebody adds it here: that is the safe mistake."""


class _NoTrail(AuditTrail):
    """Nothing happens that would have to be recorded."""

    def __init__(self) -> None:
        pass

    def note(self, event: Event) -> None:
        """Record nothing."""

    def record(
        self, kind: EntryKind, result: AuditResult = AuditResult.INFO, *, run_id: str | None = None,
        session: str = "", command: str = "", details: dict[str, object] | None = None,
    ) -> None:  # fmt: skip
        """Record nothing."""

    async def settled(self) -> None:
        """Wait for nothing."""

    async def close(self) -> None:
        """Close nothing."""


class ReadOnlyEngine(Engine):
    """Reads what is kept and what would be done. No machine is made, no lock taken, nothing put right."""

    async def _open_backend(self) -> Backend:
        raise refusal("make machines")


def _refusing(name: str) -> Callable[..., NoReturn]:
    what = name.replace("_", " ")

    def refuse(*_: object, **__: object) -> NoReturn:
        raise refusal(what)

    refuse.__name__ = name
    refuse.__doc__ = "Refuse: the engine is read-only. Raises UsageError."
    return refuse


def refusal(what: str) -> UsageError:
    """Return the error of something that a read-only engine does not do."""
    return UsageError(f"Rollcage is read-only here: it does not {what}", hint="open it without --readonly to do that")


for _name, _member in getmembers(Engine, isfunction):
    if not _name.startswith("_") and _name not in READING:
        setattr(ReadOnlyEngine, _name, _refusing(_name))


def open_read_only(
    paths: Paths, settings: Settings, approver: Approver | None = None, gate: Gate | None = None
) -> Engine:
    """Open the store for reading. A database that does not exist yet reads as an empty one.

    Raises:
        StoreError: it is damaged, or of another version.
    """
    store = ReadingStore.open(paths)
    redactor = Redactor()
    if gate is None:
        rulebook = Rulebook(paths, store.uses, Path.cwd(), Services(paths, redactor))
        gate = Gatekeeper(rulebook, settings, store, approver or Nobody(), Path.cwd())
    return ReadOnlyEngine(paths, settings, store, None, "", None, gate, _NoTrail(), redactor, None, stays=False)
