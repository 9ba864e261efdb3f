"""The engine: the one door to everything that runs. The interface and the command line both come through it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui.audit.log import AuditLog
from tui.audit.model import EntryKind
from tui.config import Settings
from tui.errors import UsageError
from tui.hooks.services import Services
from tui.ids import new_id
from tui.machines.model import PROFILES
from tui.machines.protocol import Backend
from tui.paths import Paths
from tui.pool.backoff import Backoff
from tui.pool.lease import PoolStatus
from tui.pool.manager import Pool
from tui.redaction import Redactor
from tui.runs import snapshots
from tui.runs.anticipation import Anticipation
from tui.runs.approval import Approver, Nobody
from tui.runs.audit_trail import AuditTrail
from tui.runs.backends import BackendStatus, LazyBackend, open_default
from tui.runs.branching import check_no_secret
from tui.runs.closing import Closing, Part
from tui.runs.comparison.comparer import Comparer
from tui.runs.context import Context
from tui.runs.driver import Driver
from tui.runs.drivers import Drivers
from tui.runs.engine_machines import EngineMachines
from tui.runs.engine_sessions import EngineSessions
from tui.runs.eventlog import EventLog
from tui.runs.events import Event, OutputReceived, PoolChanged
from tui.runs.fleet import Fleet
from tui.runs.gatekeeper import Gatekeeper, user_name
from tui.runs.gates import Gate, Preview, Ticket
from tui.runs.listeners import Listener, Listeners
from tui.runs.passing import remove_left
from tui.runs.pipeline import Pipeline
from tui.runs.recovery import engine_locks, reconcile_snapshots, recover_runs
from tui.runs.request import Request
from tui.runs.retry import Retry
from tui.runs.rollback import RollbackPlan
from tui.runs.rulebook import Rulebook
from tui.runs.run import Run
from tui.store.approvals import Approval
from tui.store.locks import Lock
from tui.store.model import RunRecord
from tui.store.rows import now
from tui.store.states import RunState
from tui.store.store import Store

__all__ = ["BackendStatus", "Engine", "RollbackPlan", "Run"]


class Engine(EngineSessions, EngineMachines):
    """Runs requests in sessions. Belongs to one event loop; open it with `open`, close it with `close`.

    What it does with sessions and machines besides running is in its two bases.
    """

    def __init__(
        self, paths: Paths, settings: Settings, store: Store, lock: Lock | None, owner: str,
        backend: Backend | None, gate: Gate, audit: AuditTrail, redactor: Redactor, retry: Retry | None, stays: bool,
    ) -> None:  # fmt: skip
        async def opening() -> Backend:
            return backend or await self._open_backend()

        async def opened(found: Backend) -> None:
            await reconcile_snapshots(store, found, paths)
            await remove_left(paths, self.delete_session)

        backoff = Backoff(settings.runs.retry_base_s, settings.runs.retry_cap_s)
        self.store = store
        """What is kept; for reading."""
        self._lock, self._owner = lock, owner
        self._backend = LazyBackend(opening, opened)
        self._pool = Pool(self._backend.get, PROFILES[settings.profile], settings.pool, changed=self._pool_changed)
        self._context = Context(
            paths, settings, store, self._pool, self._backend.get, self._emit,
            retry or Retry(settings.runs.retries, backoff),
            Anticipation(self._backend.get, wanted=stays and settings.snapshots.anticipate), gate, audit, redactor,
        )  # fmt: skip
        self._listeners = Listeners()
        self._drivers = Drivers(self._context)
        self._comparer = Comparer(self._backend.get, self._pool.holding_back, redactor)
        self._fleet = Fleet(self._context, self._drivers, self._backend)
        self._runs: dict[str, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = Closing(self._parts)

    @classmethod
    async def open(
        cls, paths: Paths, settings: Settings, *, backend: Backend | None = None, warm_pool: bool = False,
        approver: Approver | None = None, gate: Gate | None = None, retry: Retry | None = None,
        read_only: bool = False, bell: Callable[[], object] | None = None,
    ) -> Engine:  # fmt: skip
        """Open the store and put right what a crash left. The backend is opened when a machine is first needed.

        Args:
            paths: Where everything is.
            settings: How everything is done.
            backend: Makes the machines; QEMU if it is not given.
            warm_pool: Keep machines waiting from now on, for new sessions and for rollbacks. For a process that stays.
            approver: Is asked where a person must agree; without one the answer is no.
            gate: Decides what runs, in the place of this user's policy, hooks and rules.
            retry: How machine failures are retried, if not as the settings say.
            bell: Rings the bell of a terminal for the notification hook; may be called in any thread.
            read_only: Only tell what is kept; whatever would run or change something raises UsageError, and nothing is
                put right.

        Raises:
            StoreError: the records are damaged, or cannot be written.
            AuditError: the audit log is damaged, or cannot be written.
        """
        if read_only:
            from tui.runs.read_only import open_read_only

            return open_read_only(paths, settings, approver, gate)
        paths.create()
        redactor = await asyncio.to_thread(Redactor)  # compiles patterns, for longer than a frame
        with contextlib.ExitStack() as undo:
            store = Store.open(paths)
            undo.callback(store.close)
            owner = new_id()
            log = undo.enter_context(AuditLog.open(paths, redactor))
            audit = AuditTrail(log, user_name(), settings.gate.role, store.session_name)
            recover_runs(store, paths, audit.interrupted)
            lock = Lock.acquire(engine_locks(paths), owner)
            undo.pop_all()
        if gate is None:
            rulebook = Rulebook(paths, store.uses, Path.cwd(), Services(paths, redactor, bell))
            gate = Gatekeeper(rulebook, settings, store, approver or Nobody(), Path.cwd())
        engine = cls(paths, settings, store, lock, owner, backend, gate, audit, redactor, retry, warm_pool)
        if warm_pool:
            engine._pool.start()
        return engine

    async def __aenter__(self) -> Engine:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Kill what runs, discard all machines, close the store. Sessions stay.

        May be called again, also meanwhile: everybody waits for the one end, which comes even if all are cancelled.
        """
        await self._closing.close()

    @property
    def waits_for(self) -> str:
        """What `close` is waiting for, in words."""
        return self._closing.waits_for

    def _parts(self) -> Sequence[Part]:
        return (
            ("runs to end", self._end_runs),
            ("machines that stand by to go", self._context.anticipation.close),
            ("comparisons to end", self._comparer.close),
            ("the state of sessions to be kept", self._drivers.close),
            ("machines that wait to go", self._pool.close),
            ("what makes machines to end", self._backend.close),
            ("hooks and policy to end", self._context.gate.close),
            ("the audit log to be written", self._context.audit.close),
            ("records to be written", self._close_store),
        )

    async def _end_runs(self) -> None:
        await asyncio.gather(*(run.cancel(at_once=True) for run in list(self._runs.values())))
        await asyncio.gather(*list(self._tasks), return_exceptions=True)

    async def _close_store(self) -> None:
        self.store.close()
        if self._lock is not None:
            self._lock.release(remove=True)

    async def _open_backend(self) -> Backend:
        return await open_default(self._context.paths, self._context.settings)

    # Events

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event of every session, as it happens; returns what ends that.

        A listener must return quickly and must not raise.
        """
        return self._listeners.add(listener)

    def _emit(self, event: Event) -> None:
        self._context.audit.note(event)
        if event.run_id in self._runs and not isinstance(event, OutputReceived):
            self._runs[event.run_id].happened(event)
        self._listeners.tell(event)

    def _pool_changed(self, status: PoolStatus) -> None:
        self._emit(
            PoolChanged(
                at=now(), session_id="", ready=status.ready, warming=status.warming, leased=status.leased,
                hits=status.hits, misses=status.misses, memory_mb=status.memory_mb, drained=status.drained,
            )
        )  # fmt: skip

    # Runs

    def run(self, request: Request) -> Run:
        """Begin to run a request and return at once. Runs of one session wait for each other.

        Raises:
            UsageError: there is nothing to run, or the engine is closed.
            InvalidInput: the session's name is not one.
            StoreError: the run could not be recorded.
        """
        if self._closing.has_begun:
            raise UsageError("the engine is closed")
        if not request.steps:
            raise UsageError("there is nothing to run: the request has no steps")
        spec = request.spec or PROFILES[self._context.settings.profile]
        check_no_secret(request.session, self._context.redactor)
        session = self.store.session_for(request.session, spec)
        self._context.audit.opened(self._context.settings)
        redactor = self._redactor_for(request)
        request = replace(request, title=redactor.text(request.title))
        record = RunRecord(
            id=new_id(), session_id=session.id, title=request.title, definition=request.definition,
            request=redactor.value(request.to_json()), state=RunState.RUNNING, started_at=now(),
        )  # fmt: skip
        self.store.add_run(record, self._owner)
        log = EventLog(session.id, record.id, self.store.output_path(record.id))
        run = self._runs[record.id] = Run(record, request, log, redactor)
        driver = self._drivers.of(session.id)
        driver.runs += 1
        self._spawn(self._carry_out(run, record, driver))
        return run

    async def preview(self, request: Request) -> Preview:
        """Return what `run` would find: the risk, what the policy says, and where it would run. Nothing is recorded.

        Raises:
            RollcageError: the rules cannot be read.
        """
        ticket = Ticket("", "", request, self._redactor_for(request), lambda _: None)
        return await self._context.gate.preview(ticket)

    async def _carry_out(self, run: Run, record: RunRecord, driver: Driver) -> None:
        pipeline = Pipeline(self._context, driver, run, record)
        try:
            record = await pipeline.carry_out()
        finally:
            driver.runs -= 1
            del self._runs[run.id]
            run.finish(record)
        if not self._closing.has_begun:
            if driver.live is not None and driver.live.exact and self._context.settings.snapshots.auto_rollback:
                self._context.anticipation.of(driver.live.base_id)  # where a failure of the next run would go back to
            await self._drivers.bound()
            await snapshots.collect_if_due(self._context)

    def recover(self) -> int:
        """End the runs whose process was killed meanwhile, as opening does; return how many there were.

        Raises:
            StoreError: they could not be recorded.
            AuditError: that could not be recorded in the audit log.
        """
        return recover_runs(self.store, self._context.paths, self._context.audit.interrupted)

    def _redactor_for(self, request: Request) -> Redactor:
        """Return what also knows the secrets of one request: declared ones, and variables whose names say so."""
        redactor = self._context.redactor
        known = {name: value for name, value in request.env.items() if redactor.is_secret_name(name)}
        secrets = {**known, **request.secrets}
        return redactor.extended(secrets, names=request.secrets) if secrets else redactor

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Approvals

    def approvals(self) -> list[Approval]:
        """Return what people decided for the future and have not taken back, the newest first."""
        return self.store.approvals.all()

    def revoke_approval(self, id_or_beginning: str) -> Approval:
        """Take such a decision back.

        Raises:
            NotFound: none in force, or more than one, has an id that begins so.
        """
        approval = self.store.approvals.revoke(id_or_beginning)
        details = {"approval_id": approval.id, "standing": str(approval.standing), "subject": approval.subject.shown}
        self._context.audit.record(EntryKind.APPROVAL_REVOKED, details=details)
        return approval
