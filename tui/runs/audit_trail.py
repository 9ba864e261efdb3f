"""Events into the audit log: what decides or changes something, in order, durable before anything runs by it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from tui import __version__
from tui.audit.errors import AuditError, AuditNotAnchored
from tui.audit.log import AuditLog
from tui.audit.model import AuditResult, Entry, EntryKind, Filter
from tui.config import Settings
from tui.errors import RollcageError
from tui.runs.events import (
    ApprovalDecided,
    ApprovalRequested,
    AttemptFailed,
    Event,
    HookDecided,
    MachineLeased,
    ModeDecided,
    PolicyChecked,
    RiskAssessed,
    RolledBack,
    RunExited,
    RunFinished,
    RunStarted,
    SnapshotTaken,
)
from tui.store.model import RunRecord
from tui.store.states import MoveKind, RunState

_log = logging.getLogger(__name__)

_KINDS: dict[type[Event], EntryKind] = {
    RunStarted: EntryKind.RUN_STARTED,
    RiskAssessed: EntryKind.ASSESSED,
    PolicyChecked: EntryKind.POLICY_CHECKED,
    HookDecided: EntryKind.HOOK_DECIDED,
    ModeDecided: EntryKind.MODE_DECIDED,
    ApprovalRequested: EntryKind.APPROVAL_ASKED,
    ApprovalDecided: EntryKind.APPROVAL_DECIDED,
    MachineLeased: EntryKind.MACHINE_LEASED,
    SnapshotTaken: EntryKind.SNAPSHOT_TAKEN,
    AttemptFailed: EntryKind.ATTEMPT_FAILED,
    RunExited: EntryKind.RUN_EXITED,
    RolledBack: EntryKind.ROLLED_BACK,
    RunFinished: EntryKind.RUN_FINISHED,
}
_STAMP = ("event", "at", "session_id", "run_id")


class AuditTrail:
    """Appends to the log in the background, in order. `settled` waits for it and raises where it cannot.

    What could not be appended stays queued and is tried again; until that works nothing runs.
    """

    def __init__(self, log: AuditLog, user: str, role: str, name_of: Callable[[str], str] = lambda _: "") -> None:
        """Append for a user in a role. `name_of` returns the name of a session by its id, or nothing."""
        self._log = log
        self._name_of = name_of
        self._user = user
        self._role = role
        self._queue: list[Entry] = []
        self._commands: dict[str, tuple[str, str]] = {}
        """Run -> name of its session and what it is called."""
        self._task: asyncio.Task[None] | None = None
        self._is_open = False

    def note(self, event: Event) -> None:
        """Record an event, if it is one that decides or changes something."""
        kind = _KINDS.get(type(event))
        if kind is None:
            return
        if isinstance(event, RunStarted) and event.run_id is not None:
            self._commands[event.run_id] = event.session, event.definition or event.title
        session, command = self._commands.get(event.run_id or "", ("", ""))
        if isinstance(event, RolledBack) and event.kind in (MoveKind.UNDO, MoveKind.REDO):
            kind = EntryKind.HEAD_MOVED
        elif isinstance(event, RunExited) and event.state is RunState.LIMIT_EXCEEDED:
            kind = EntryKind.LIMIT_EXCEEDED
        details = {key: value for key, value in event.to_json().items() if key not in _STAMP}
        if event.run_id is None:
            details["session_id"] = event.session_id
            with suppress(RollcageError):  # the id tells it too
                session = self._name_of(event.session_id)
        self.record(kind, _result(event), run_id=event.run_id, session=session, command=command, details=details)
        if isinstance(event, RunFinished) and event.run_id is not None:
            del self._commands[event.run_id]

    def record(
        self, kind: EntryKind, result: AuditResult = AuditResult.INFO, *, run_id: str | None = None,
        session: str = "", command: str = "", details: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Record something that is no event of a run."""
        self._queue.append(Entry(kind, result, run_id, session, self._user, self._role, command, details or {}))
        self._appending()

    def interrupted(self, run: RunRecord, session: str) -> None:
        """Record at once how a run ended whose process was killed. Raises AuditError."""
        details = {"state": str(run.state), "exit_code": None, "error": run.error}
        command = run.definition or run.title
        self._log.append(
            Entry(
                EntryKind.RUN_FINISHED, AuditResult.WARNING, run.id, session, self._user, self._role, command, details
            )
        )  # fmt: skip

    def opened(self, settings: Settings) -> None:
        """Record, once, that this process began to run things, and whether the settings are others than last time."""
        if self._is_open:
            return
        self._is_open = True
        digest = hashlib.sha256(json.dumps(asdict(settings), sort_keys=True).encode()).hexdigest()
        last = self._log.page(Filter(kinds=frozenset({EntryKind.ENGINE_OPENED})), limit=1)
        self.record(EntryKind.ENGINE_OPENED, details={"version": __version__, "settings": digest, "pid": os.getpid()})
        if last and last[0].details.get("settings") != digest:
            self.record(EntryKind.SETTINGS_CHANGED, details=asdict(settings))

    async def settled(self) -> None:
        """Return once everything noted so far is in the log.

        Raises:
            AuditError: it cannot be appended.
        """
        while self._queue:
            # Whoever waits may be cancelled; what is being appended is not, or it would be appended twice.
            await asyncio.shield(self._appending())

    async def close(self) -> None:
        """Append what is left, and close the log."""
        if self._is_open:
            self.record(EntryKind.ENGINE_CLOSED, details={"pid": os.getpid()})
        try:
            await self.settled()
        except AuditError as error:
            _log.error("%d audit records are lost: %s", len(self._queue), error.message)
        finally:
            if self._task is not None:
                await asyncio.gather(self._task, return_exceptions=True)
            self._log.close()

    def _appending(self) -> asyncio.Task[None]:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._append())
            self._task.add_done_callback(_heard)
        return self._task

    async def _append(self) -> None:
        while self._queue:
            some = self._queue[:]
            try:
                await asyncio.to_thread(self._log.append, *some)
            except AuditNotAnchored:
                del self._queue[: len(some)]
                raise
            del self._queue[: len(some)]


def _heard(task: asyncio.Task[None]) -> None:
    """Take note of what went wrong: whoever runs something next is told."""
    if not task.cancelled():
        task.exception()


def _result(event: Event) -> AuditResult:
    match event:
        case PolicyChecked():
            return {"allow": AuditResult.ALLOWED, "deny": AuditResult.DENIED}.get(event.outcome, AuditResult.WARNING)
        case HookDecided():
            return {"allow": AuditResult.ALLOWED, "block": AuditResult.DENIED}.get(event.decision, AuditResult.WARNING)
        case ApprovalDecided():
            return AuditResult.ALLOWED if event.answer.startswith("allow") else AuditResult.DENIED
        case RunFinished() | RunExited():
            if event.state is RunState.SUCCEEDED:
                return AuditResult.ALLOWED
            return AuditResult.DENIED if event.state is RunState.REFUSED else AuditResult.WARNING
        case AttemptFailed():
            return AuditResult.WARNING
        case _:
            return AuditResult.INFO
