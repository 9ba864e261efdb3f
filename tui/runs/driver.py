"""One session as this process drives it: whose turn it is, and the session's live machine.

A machine between runs stands still, exactly at the head or ahead of it by what no snapshot holds yet. Because it is
only a cache of that state, the lock between processes is held just while something is done: when another process has
moved the head meanwhile, the machine here is dropped and the head restored.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tui.errors import Busy, RollcageError, UsageError
from tui.ids import new_id
from tui.machines.protocol import Machine, SnapshotLabel
from tui.runs.context import Context
from tui.runs.events import SnapshotTaken
from tui.store.locks import Held, Lock
from tui.store.model import SnapshotRecord
from tui.store.rows import now
from tui.store.states import MoveKind, SnapshotReason

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Live:
    """A session's machine."""

    machine: Machine
    head_id: str | None
    """The head of the session when the machine was at it; another head now makes the machine stale."""
    base_id: str | None
    """The last snapshot the state comes from."""
    exact: bool
    """Whether the machine stands exactly at `base_id`."""
    run_id: str | None = None
    """The run whose result no snapshot holds yet."""
    reason: SnapshotReason = SnapshotReason.AFTER
    """What a snapshot of that result would be."""
    running: bool = False
    uses: int = 0
    """Runs it has served."""
    source: str = "snapshot"
    """Where it came from, as `MachineLeased` says it."""
    claim_ms: float | None = None
    """From asking for it until it was there."""


class Driver:
    """Queue, lock and machine of one session."""

    def __init__(self, context: Context, session_id: str) -> None:
        self.session_id = session_id
        self.live: Live | None = None
        self.runs = 0
        """Runs that wait or execute."""
        self._context = context
        self._turn = asyncio.Lock()
        self._moving = asyncio.Lock()
        """Held while the machine is captured, paused or replaced; a manual snapshot may come at any time."""
        self._lock: Lock | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being done in this session, by this process."""
        return self.runs == 0 and not self._turn.locked()

    @asynccontextmanager
    async def driving(self) -> AsyncIterator[None]:
        """Wait for this session's turn and keep other processes out.

        Raises:
            Busy: another process is driving the session.
        """
        async with self._turn:
            try:
                self._lock = Lock.acquire(self._context.paths.locks, self.session_id)
            except Held as held:
                who = f"process {held.pid}" if held.pid else "another process"
                name = self._context.store.session(self.session_id).name
                raise Busy(
                    f"{who} is using session {name!r}", hint="wait until it is done, or use another session"
                ) from None
            try:
                yield
            finally:
                self._lock.release()

    def forget(self) -> None:
        """Remove the session's lock with the session. Only inside `driving`."""
        assert self._lock is not None
        self._lock.release(remove=True)

    async def acquire(self) -> tuple[Machine, str, float]:
        """Return the session's machine standing still, where it comes from, and the milliseconds it took.

        Raises:
            MachineError: there is none to be had.
        """
        started = time.perf_counter()
        session = self._context.store.session(self.session_id)
        if self.live is not None:
            if self.live.machine.alive and self.live.head_id == session.head_id:
                return self.live.machine, "live", (time.perf_counter() - started) * 1000
            await self.let_go()
        if session.head_id is not None:
            machine = await (await self._context.backend()).restore(session.head_id)
            took_ms = (time.perf_counter() - started) * 1000
            self._restored(machine, took_ms)
            self.live = Live(machine, session.head_id, session.head_id, exact=True, claim_ms=took_ms)
            return machine, "snapshot", took_ms
        lease = await self._context.pool.lease(session.spec)
        self.live = Live(lease.machine, None, None, exact=False, source=lease.source, claim_ms=lease.took_ms)
        return lease.machine, lease.source, lease.took_ms

    async def ensure_before(self, run_id: str) -> str | None:
        """Return the snapshot the machine stands at, taken now if there is none; None where the settings want none."""
        live = self._live()
        if live.exact:
            return live.base_id
        if not self._context.settings.snapshots.before:
            return None
        if live.run_id is not None:
            await self.settle()
        else:
            record = await self.capture(SnapshotReason.BEFORE, run_id=None, told_of=run_id)
            self._context.store.add_snapshot(record, head=True)
            self.stands_at(record.id)
        return live.base_id

    async def capture(
        self, reason: SnapshotReason, *, run_id: str | None, name: str = "", told_of: str | None = None
    ) -> SnapshotRecord:
        """Capture the machine and return the record, which the caller keeps. `told_of` is the run whose events tell it.

        Raises:
            SnapshotError: it could not be stored.
        """
        async with self._moving:
            live = self._live()
            id_, at = new_id(), now()
            label = SnapshotLabel(id_, self.session_id, live.base_id, str(reason), at.isoformat(), name)
            cost = await (await self._context.backend()).capture(live.machine, label)
            record = SnapshotRecord(
                id_, self.session_id, live.base_id, reason, at, name,
                run_id=run_id, stored_bytes=cost.stored_bytes, pause_ms=cost.pause_ms,
            )  # fmt: skip
        self._taken(record, told_of or run_id)
        return record

    def _taken(self, record: SnapshotRecord, run_id: str | None) -> None:
        self._context.emit(
            SnapshotTaken(
                at=record.created_at, session_id=self.session_id, run_id=run_id, snapshot_id=record.id,
                parent_id=record.parent_id, reason=record.reason, name=record.name, pause_ms=record.pause_ms,
                stored_bytes=record.stored_bytes,
            )
        )  # fmt: skip

    async def capture_by_hand(self, name: str, run_id: str | None) -> SnapshotRecord:
        """Capture and keep a snapshot a person asked for; the head stays where it is."""
        record = await self.capture(SnapshotReason.MANUAL, run_id=run_id, name=name)
        self._context.store.add_snapshot(record)
        if self.live is not None and self.live.running:
            self.live.base_id = record.id  # what the run does from here on comes after it
        return record

    async def resume(self) -> None:
        """Let the machine run."""
        async with self._moving:
            live = self._live()
            live.running, live.exact = True, False
            live.uses += 1
            await live.machine.resume()

    async def pause(self) -> None:
        """Make the machine stand still."""
        async with self._moving:
            live = self._live()
            await live.machine.pause()
            live.running = False

    def stands_at(self, snapshot_id: str) -> None:
        """Note that the machine stands exactly at a snapshot which is the head now."""
        live = self._live()
        live.head_id = live.base_id = snapshot_id
        live.exact, live.run_id = True, None

    def is_ahead(self, run_id: str, reason: SnapshotReason) -> None:
        """Note that the machine holds a run's result that no snapshot holds."""
        live = self._live()
        live.exact, live.run_id, live.reason = False, run_id, reason

    async def settle(self) -> None:
        """Capture what no snapshot holds yet, and move the head there.

        Raises:
            SnapshotError: it could not be stored; the machine still holds it.
        """
        live = self.live
        if live is None or live.run_id is None:
            return
        run_id = live.run_id
        record = await self.capture(live.reason, run_id=run_id)
        is_current = self._context.store.session(self.session_id).head_id == live.head_id
        self._context.store.add_snapshot(record, move=MoveKind.RUN if is_current else None)
        self.stands_at(record.id)

    async def swap(self, snapshot_id: str) -> float:
        """Put a machine at `snapshot_id` in the place of the present one, which goes only once the other is there.

        Returns the milliseconds until the new machine was ready.

        Raises:
            MachineError: it could not be restored; the present machine is untouched.
        """
        took_ms = await self._replace(snapshot_id)
        self._context.pool.measurements.rollback.add(took_ms)
        return took_ms

    async def renew(self) -> float:
        """Put a fresh machine at the head in the place of the present one, which goes only once the other is there.

        What no snapshot holds yet is captured first. Returns the milliseconds until the new machine was ready.

        Raises:
            UsageError: the machine has died and the session has no snapshot.
            MachineError: it could not be captured or restored; the present machine is untouched.
        """
        if self._live().machine.alive:
            await self._secure()
        session = self._context.store.session(self.session_id)
        if session.head_id is None:
            raise UsageError(
                f"the machine of session {session.name!r} died before anything of it was kept",
                hint="discard it; the next run starts with a new one",
            )
        return await self._replace(session.head_id)

    async def put_away(self) -> None:
        """Discard the machine after keeping what no snapshot holds yet.

        Raises:
            MachineError: that could not be kept; the machine is still there.
        """
        if self._live().machine.alive:
            await self._secure()
        await self.abandon()

    async def _secure(self) -> None:
        """See to it that a snapshot holds all that the machine holds, and that it is the head if the head was here."""
        await self.settle()
        live = self._live()
        if not live.exact:
            is_current = self._context.store.session(self.session_id).head_id == live.head_id
            record = await self.capture(SnapshotReason.BEFORE, run_id=None)
            self._context.store.add_snapshot(record, head=is_current)
            self.stands_at(record.id)

    async def _replace(self, snapshot_id: str) -> float:
        started = time.perf_counter()
        backend = await self._context.backend()
        machine = await self._context.retry.call(lambda: backend.restore(snapshot_id))
        took_ms = (time.perf_counter() - started) * 1000
        self._restored(machine, took_ms)
        async with self._moving:
            old, self.live = self.live, Live(machine, snapshot_id, snapshot_id, exact=True, claim_ms=took_ms)
            if old is not None:
                await self._context.pool.discard(old.machine)
        return took_ms

    def _restored(self, machine: Machine, took_ms: float) -> None:
        birth = machine.birth  # of one that stood by, the restoring was over before anybody asked
        self._context.pool.measurements.restore.add(took_ms if birth is None else birth.took_ms)

    async def let_go(self) -> None:
        """Discard the machine after keeping what no snapshot holds yet, as far as that is possible."""
        try:
            await self.settle()
        except (RollcageError, OSError) as error:
            _log.error("the state run %s left is lost: %s", self.live and self.live.run_id, error)
        await self.abandon()

    async def abandon(self) -> None:
        """Discard the machine with whatever it holds."""
        async with self._moving:
            live, self.live = self.live, None
            if live is not None:
                await self._context.pool.discard(live.machine)

    def lose_machine(self) -> None:
        """Kill the hypervisor of the machine, for a drill. Nothing else is told: it is found out as a real loss is.

        Raises:
            UsageError: there is no machine that lives.
        """
        if self.live is None or not self.live.machine.alive:
            raise UsageError("the session has no live machine to lose")
        os.kill(self.live.machine.pid, signal.SIGKILL)

    def _live(self) -> Live:
        assert self.live is not None, "the session has no machine"
        return self.live
