"""A run that plays given events: what `follow` sees of an engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from tui.machines.kinds import Stream
from tui.machines.model import MachineSpec, ResourceUsage
from tui.runs.events import (
    Event,
    MachineLeased,
    OutputReceived,
    RolledBack,
    RunExited,
    RunFinished,
    RunStarted,
    SnapshotTaken,
    StepExited,
    StepStarted,
)
from tui.store.states import RunState, SnapshotReason

AT = datetime(2025, 11, 21, 12, 0, tzinfo=UTC)
BEFORE = "01K9Z3X7QM00000000000BEFR0"
FAILED = "01K9Z3X7QN00000000000FA1ED"
COMMON: dict[str, Any] = {"at": AT, "session_id": "S", "run_id": "R"}


def output(text: str | bytes, stream: Stream = Stream.STDOUT) -> OutputReceived:
    return OutputReceived(data=text.encode() if isinstance(text, str) else text, stream=stream, **COMMON)


def finished(state: RunState, exit_code: int | None, *, rolled_back: bool = False, error: str = "") -> RunFinished:
    return RunFinished(
        state=state,
        exit_code=exit_code,
        error=error,
        duration_ms=1500.0,
        before_id=BEFORE,
        after_id=None,
        rolled_back=rolled_back,
        usage=None,
        **COMMON,
    )


def opening() -> list[Event]:
    return [
        RunStarted(title="t", session="demo", definition=None, steps=1, **COMMON),
        MachineLeased(machine_id="M", backend="qemu/tcg", spec=MachineSpec(256), source="pool", took_ms=20.0, **COMMON),
        SnapshotTaken(
            snapshot_id=BEFORE,
            parent_id=None,
            reason=SnapshotReason.BEFORE,
            name="",
            pause_ms=7.0,
            stored_bytes=3_700_000,
            **COMMON,
        ),
        StepStarted(index=0, language="bash", text="echo hello", **COMMON),
    ]


def succeeding(*outputs: OutputReceived) -> list[Event]:
    return [
        *opening(),
        *outputs,
        StepExited(index=0, exit_code=0, usage=ResourceUsage(0.5), **COMMON),
        RunExited(state=RunState.SUCCEEDED, exit_code=0, error="", **COMMON),
        finished(RunState.SUCCEEDED, 0),
    ]


def failing(*outputs: OutputReceived, code: int = 3) -> list[Event]:
    return [
        *opening(),
        *outputs,
        StepExited(index=0, exit_code=code, usage=ResourceUsage(0.5), **COMMON),
        RunExited(state=RunState.FAILED, exit_code=code, error="", **COMMON),
        SnapshotTaken(
            snapshot_id=FAILED,
            parent_id=BEFORE,
            reason=SnapshotReason.FAILED,
            name="",
            pause_ms=7.0,
            stored_bytes=10,
            **COMMON,
        ),
        RolledBack(to_id=BEFORE, from_id=FAILED, kind=None, took_ms=14.2, **COMMON),
        finished(RunState.FAILED, code, rolled_back=True),
    ]


class ScriptedRun:
    """Plays events; `hold` makes it wait at the end of the outputs until it is cancelled."""

    def __init__(self, events: Sequence[Event], *, hold: bool = False) -> None:
        self.failure: Exception | None = None
        self._events = events
        self._hold = hold
        self.cancelled = asyncio.Event()
        self.killed = asyncio.Event()
        self.stdin = bytearray()
        self.stdin_closed = asyncio.Event()

    async def events(self) -> AsyncIterator[Event]:
        for event in self._events:
            if isinstance(event, RunExited) and self._hold:
                await self.cancelled.wait()
            await asyncio.sleep(0)
            yield event

    async def cancel(self, *, at_once: bool = False) -> None:
        if at_once:
            self.killed.set()
        self.cancelled.set()

    async def send_stdin(self, data: bytes) -> None:
        self.stdin += data

    async def close_stdin(self) -> None:
        self.stdin_closed.set()


class ScriptedEngine:
    def __init__(self, run: ScriptedRun) -> None:
        self._run = run

    def run(self, request: object) -> ScriptedRun:
        return self._run
