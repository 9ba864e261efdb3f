"""An engine without machines: runs are what a test says they print and how it says they end.

It keeps the same records, emits the same events in the same order and moves the head by the same rules as the real
one; `tests/machine` runs the interface on that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.errors import Busy, NotFound, UsageError
from tui.ids import new_id
from tui.machines.inventory import TemplateInfo
from tui.machines.kinds import Stream
from tui.machines.model import PROFILES, MachineSpec, ResourceUsage
from tui.pool.lease import PoolStatus
from tui.pool.measurements import Measurements
from tui.runs.comparison.model import Comparison, DiffLine, FileChange, FileDiff, MemoryChange, ProcessChange
from tui.runs.events import (
    Event,
    MachineLeased,
    OutputReceived,
    PoolChanged,
    RolledBack,
    RunExited,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    StepExited,
    StepStarted,
)
from tui.runs.fleet import MachineInfo
from tui.runs.request import Request
from tui.store.model import RunRecord, SessionRecord, SnapshotRecord
from tui.store.states import MoveKind, RunState, SnapshotReason

START = datetime(2026, 1, 2, 14, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    target: SnapshotRecord
    head: SnapshotRecord | None
    lost_runs: tuple[RunRecord, ...]


@dataclass(frozen=True)
class BackendWords:
    name: str = "qemu/tcg"
    why: str = "/dev/kvm is not there"
    capabilities: dict[str, str] = field(default_factory=dict)


@dataclass
class ScriptedStore:
    session_records: dict[str, SessionRecord] = field(default_factory=dict)
    snapshot_records: dict[str, SnapshotRecord] = field(default_factory=dict)
    run_records: dict[str, RunRecord] = field(default_factory=dict)
    changed_by_others: int = 0
    """How often another process has changed something."""

    def version(self) -> int:
        return self.changed_by_others

    def output_path(self, run_id: str) -> Path:
        return Path("/nowhere") / run_id

    def sessions(self) -> list[SessionRecord]:
        return list(self.session_records.values())

    def session(self, name: str) -> SessionRecord:
        found = self.session_records.get(name) or next((each for each in self.sessions() if each.id == name), None)
        if found is None:
            raise NotFound(f"no session {name}")
        return found

    def snapshot(self, snapshot_id: str) -> SnapshotRecord:
        if snapshot_id not in self.snapshot_records:
            raise NotFound(f"no snapshot {snapshot_id}")
        return self.snapshot_records[snapshot_id]

    def snapshots(self, session_id: str) -> list[SnapshotRecord]:
        return [each for each in self.snapshot_records.values() if each.session_id == session_id]

    def runs(self, session_id: str | None = None, *, limit: int = 100) -> list[RunRecord]:
        return [each for each in self.run_records.values() if each.session_id == session_id][-limit:]


class ScriptedRun:
    """A run that a test drives: `output`, then `end`."""

    def __init__(self, engine: ScriptedEngine, request: Request) -> None:
        self.engine = engine
        self.request = request
        self.session = request.session
        self.id = new_id()
        self._over = asyncio.Event()
        self._happened: list[Event] = []
        self._news = asyncio.Event()

    def happened(self, event: Event) -> None:
        self._happened.append(event)
        self._news.set()

    async def events(self) -> AsyncIterator[Event]:
        seen = 0
        while True:
            self._news.clear()
            for event in self._happened[seen:]:
                seen += 1
                yield event
                if isinstance(event, RunFinished):
                    return
            if seen == len(self._happened):
                await self._news.wait()

    def output(self, data: bytes, stream: Stream = Stream.STDOUT) -> None:
        record = self.engine.store.run_records[self.id]
        self.engine.emit(OutputReceived(**self.engine.about(record), stream=stream, data=data))
        head = (record.output_head + data)[:65536]
        self.engine.store.run_records[self.id] = replace(
            record, output_head=head, output_bytes=record.output_bytes + len(data)
        )

    def end(self, exit_code: int = 0, state: RunState | None = None) -> None:
        self.engine.end(self, exit_code, state or (RunState.FAILED if exit_code else RunState.SUCCEEDED))
        self._over.set()

    async def cancel(self, *, at_once: bool = False) -> None:
        if not self._over.is_set():
            self.end(130, RunState.CANCELLED)

    async def result(self) -> RunRecord:
        await self._over.wait()
        return self.engine.store.run_records[self.id]


class ScriptedEngine:
    def __init__(self, script: Callable[[ScriptedRun], None] | None = None) -> None:
        self.store = ScriptedStore()
        self.started: list[ScriptedRun] = []
        """Every run, in order."""
        self.closed = False
        self.waits_for = ""
        self.calls: list[str] = []
        """Methods below that were begun, in order."""
        self.gates: dict[str, asyncio.Event] = {}
        """By the name of such a method: what it waits for first."""
        self.orphaned: set[str] = set()
        """Runs of other processes that were killed."""
        self._script = script
        self._listeners: list[Callable[[Event], None]] = []
        self._undone: dict[str, list[tuple[str, str]]] = {}
        self._done: dict[str, list[tuple[str, str]]] = {}
        self._now = START
        self.changed: tuple[FileChange, ...] = ()
        self.processes: tuple[ProcessChange, ...] = ()
        self.lines: tuple[DiffLine, ...] = ()
        self.pages = 310
        """What comparisons say."""
        self.compared: list[tuple[str, str]] = []

    async def called(self, method: str) -> None:
        """Note a call, and hold it where a test wants that."""
        self.calls.append(method)
        if method in self.gates:
            await self.gates[method].wait()

    def hold(self, method: str) -> asyncio.Event:
        """Hold every call of a method until the event is set that this returns."""
        self.gates[method] = asyncio.Event()
        return self.gates[method]

    # --- time and events -------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def emit(self, event: Event) -> None:
        for run in self.started:
            if run.id == event.run_id:
                run.happened(event)
        for listener in list(self._listeners):
            listener(event)

    def about(self, record: RunRecord) -> dict[str, object]:
        return {"at": self.now(), "session_id": record.session_id, "run_id": record.id}

    # --- runs ------------------------------------------------------------------------------------------------------

    def recover(self) -> int:
        self.calls.append("recover")
        dead = [run for run in self.store.run_records.values() if run.id in self.orphaned]
        for run in dead:
            self.store.run_records[run.id] = replace(run, state=RunState.INTERRUPTED, ended_at=self.now())
        self.orphaned.clear()
        return len(dead)

    def run(self, request: Request) -> ScriptedRun:
        for other in self.started:
            if other.session == request.session and not other._over.is_set():
                raise Busy(f"session {request.session} is busy", hint="wait for its run to end")
        run = ScriptedRun(self, request)
        self.started.append(run)
        session = self.store.session_records.get(request.session) or self._new_session(request)
        record = RunRecord(
            run.id, session.id, request.title, request.definition, request.to_json(), RunState.RUNNING, self.now()
        )
        self.store.run_records[run.id] = record
        about = self.about(record)
        self.emit(RunStarted(**about, title=request.title, session=session.name, definition=request.definition,
                             steps=len(request.steps)))  # fmt: skip
        self.emit(MachineLeased(**about, machine_id=new_id(), backend="qemu/tcg", spec=session.spec, source="pool",
                                took_ms=3.0))  # fmt: skip
        if session.head_id is None:
            before = self._capture(record, None, SnapshotReason.BEFORE)
            session = self.store.session_records[session.name] = replace(session, head_id=before.id)
        self.store.run_records[run.id] = replace(record, before_id=session.head_id)
        step = request.steps[0]
        self.emit(StepStarted(**about, index=0, language=step.language, text=step.text))
        if self._script is not None:
            asyncio.get_running_loop().call_soon(self._script, run)
        return run

    def end(self, run: ScriptedRun, exit_code: int, state: RunState) -> None:
        record = self.store.run_records[run.id]
        about = self.about(record)
        usage = ResourceUsage(1.2, 0.8, 0.1, 40 * 1024 * 1024, 4096)
        self.emit(StepExited(**about, index=0, exit_code=exit_code, usage=usage))
        self.emit(RunExited(**about, state=state, exit_code=exit_code, error=""))
        good = state is RunState.SUCCEEDED
        after = self._capture(record, record.before_id, SnapshotReason.AFTER if good else SnapshotReason.FAILED)
        session = next(each for each in self.store.sessions() if each.id == record.session_id)
        if good:
            self._done.setdefault(session.name, []).append((record.before_id or "", after.id))
            self._undone.pop(session.name, None)
            self.store.session_records[session.name] = replace(session, head_id=after.id)
        else:
            self.emit(RolledBack(**about, to_id=record.before_id or "", from_id=after.id, kind=None, took_ms=14))
        self.store.run_records[run.id] = record = replace(
            record, state=state, exit_code=exit_code, ended_at=record.started_at + timedelta(seconds=1.2),
            after_id=after.id, rolled_back=not good, usage=usage,
        )  # fmt: skip
        self.emit(RunFinished(
            **about, state=state, exit_code=exit_code, error="", duration_ms=1200.0,
                              before_id=record.before_id, after_id=after.id, rolled_back=not good, usage=usage,
        ))  # fmt: skip
        self.emit(PoolChanged(at=self.now(), session_id="", ready=2, warming=1, leased=1, hits=len(self.started),
                              misses=1, memory_mb=512))  # fmt: skip

    def _new_session(self, request: Request) -> SessionRecord:
        spec: MachineSpec = request.spec or PROFILES["minimal"]
        now = self.now()
        session = SessionRecord(new_id(), request.session, spec, now, now)
        self.store.session_records[request.session] = session
        return session

    def _capture(self, record: RunRecord, parent: str | None, reason: SnapshotReason, name: str = "") -> SnapshotRecord:
        run_id = record.id if reason in (SnapshotReason.AFTER, SnapshotReason.FAILED) else None
        snapshot = SnapshotRecord(
            new_id(), record.session_id, parent, reason, self.now(), name, run_id=run_id, stored_bytes=1_300_000,
            pause_ms=7.0,
        )  # fmt: skip
        self.store.snapshot_records[snapshot.id] = snapshot
        about = self.about(record)
        self.emit(SnapshotTaken(**about, snapshot_id=snapshot.id, parent_id=parent, reason=reason, name=name,
                                pause_ms=7.0, stored_bytes=1_300_000))  # fmt: skip
        return snapshot

    # --- moving the head -------------------------------------------------------------------------------------------

    async def plan_rollback(self, session: str, target: str) -> Plan:
        record = self.store.session(session)
        if target == "last-success":
            target = max(run.after_id or "" for run in self.store.runs(record.id) if run.state is RunState.SUCCEEDED)
        lost, at = [], record.head_id
        while at is not None and at != target:
            snapshot = self.store.snapshot_records[at]
            if snapshot.run_id:
                lost.append(self.store.run_records[snapshot.run_id])
            at = snapshot.parent_id
        head = self.store.snapshot_records.get(record.head_id or "")
        return Plan(self.store.snapshot_records[target], head, tuple(lost))

    async def rollback(self, session: str, target: str) -> RolledBack:
        await self.called("rollback")
        before = self.store.session(session).head_id or ""
        self._done.setdefault(session, []).append((before, target))
        self._undone.pop(session, None)
        return self._move(session, target, MoveKind.ROLLBACK)

    async def plan_undo(self, session: str) -> Plan | None:
        done = self._done.get(session)
        return await self.plan_rollback(session, done[-1][0]) if done else None

    async def plan_redo(self, session: str) -> Plan | None:
        undone = self._undone.get(session)
        return await self.plan_rollback(session, undone[-1][1]) if undone else None

    async def undo(self, session: str) -> RolledBack:
        await self.called("undo")
        if not self._done.get(session):
            raise NotFound(f"there is nothing to undo in session {session!r}")
        move = self._done[session].pop()
        self._undone.setdefault(session, []).append(move)
        return self._move(session, move[0], MoveKind.UNDO)

    async def redo(self, session: str) -> RolledBack:
        await self.called("redo")
        if not self._undone.get(session):
            raise NotFound(f"there is nothing to redo in session {session!r}")
        move = self._undone[session].pop()
        self._done.setdefault(session, []).append(move)
        return self._move(session, move[1], MoveKind.REDO)

    def _move(self, name: str, target: str, kind: MoveKind) -> RolledBack:
        session = self.store.session(name)
        self.store.session_records[name] = replace(session, head_id=target)
        moved = RolledBack(at=self.now(), session_id=session.id, to_id=target, from_id=session.head_id, kind=kind,
                           took_ms=14.0)  # fmt: skip
        self.emit(moved)
        return moved

    # --- the rest --------------------------------------------------------------------------------------------------

    async def snapshot(self, session: str, name: str = "") -> SnapshotRecord:
        await self.called("snapshot")
        record = self.store.session(session)
        run = next(run for run in self.store.run_records.values() if run.session_id == record.id)
        return self._capture(run, record.head_id, SnapshotReason.MANUAL, name)

    async def set_snapshot(self, snapshot_id: str, *, name: str | None = None, pinned: bool | None = None) -> None:
        old = self.store.snapshot_records[snapshot_id]
        self.store.snapshot_records[snapshot_id] = replace(
            old, name=old.name if name is None else name, pinned=old.pinned if pinned is None else pinned
        )

    async def compare(self, older_id: str, newer_id: str) -> Comparison:
        """One file more and one changed for every snapshot in between, as the test's `changed` says."""
        self.compared.append((older_id, newer_id))
        older, newer = (self.store.snapshot_records[each] for each in (older_id, newer_id))
        return Comparison(older, newer, self.changed, self.processes, MemoryChange(self.pages, 65536, 4096))

    async def file_diff(self, older_id: str, newer_id: str, path: str) -> FileDiff:
        change = next(each for each in self.changed if each.path == path)
        return FileDiff(path, change.shown, change.before, change.after, self.lines)

    async def branch(self, snapshot_id: str, name: str) -> SessionRecord:
        source = self.store.snapshot_records[snapshot_id]
        spec = next(each.spec for each in self.store.sessions() if each.id == source.session_id)
        now = self.now()
        session = SessionRecord(new_id(), name, spec, now, now)
        copy = SnapshotRecord(new_id(), session.id, source.id, SnapshotReason.BRANCH, now)
        self.store.snapshot_records[copy.id] = copy
        self.store.session_records[name] = session = replace(session, head_id=copy.id)
        return session

    async def delete_snapshots(self, snapshot_ids: Iterable[str]) -> int:
        freed = 0
        for each in snapshot_ids:
            if any(session.head_id == each for session in self.store.sessions()):
                raise UsageError("it is the head of session default", hint="roll back elsewhere first")
            freed += self.store.snapshot_records.pop(each).stored_bytes
        return freed

    def passing_session(self, session: str) -> AbstractContextManager[None]:
        return nullcontext()

    async def delete_session(self, session: str) -> None:
        record = self.store.session(session)
        del self.store.session_records[session]
        for snapshot in self.store.snapshots(record.id):
            del self.store.snapshot_records[snapshot.id]
        for run in self.store.runs(record.id):
            del self.store.run_records[run.id]

    async def backend_status(self) -> BackendWords:
        return BackendWords()

    async def machines(self) -> tuple[MachineInfo, ...]:
        return ()

    async def machines_elsewhere(self) -> tuple[MachineInfo, ...]:
        return ()

    def pool_status(self) -> PoolStatus:
        return PoolStatus(ready=0, warming=0, leased=0, hits=0, misses=0, failures=0, memory_mb=0)

    @property
    def measurements(self) -> Measurements:
        return Measurements()

    async def templates(self) -> tuple[TemplateInfo, ...]:
        return ()

    async def close(self) -> None:
        self.waits_for = "the state of sessions to be kept"
        await self.called("close")
        self.waits_for = ""
        self.closed = True
