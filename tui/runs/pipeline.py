"""One run from its request to its final record."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, TypeVar

from tui.definitions.kinds import ExecutionMode
from tui.errors import Busy, Refused, RollcageError
from tui.machines.errors import MachineError
from tui.machines.local.host import LocalHost
from tui.runs.aftermath import Aftermath
from tui.runs.conclusion import Conclusion
from tui.runs.context import Context
from tui.runs.driver import Driver
from tui.runs.events import AttemptFailed, MachineLeased, RunExited, RunStarted
from tui.runs.execution import Execution
from tui.runs.gates import Admission, Ticket
from tui.runs.outcome import Outcome, with_log
from tui.runs.run import Run
from tui.store.model import RunRecord
from tui.store.output import OutputWriter
from tui.store.rows import now
from tui.store.states import RunState

_log = logging.getLogger(__name__)
T = TypeVar("T")
_CANCELLED = Outcome(RunState.CANCELLED, None, "cancelled before it started")


class _NotRun(Exception):
    """The run ends before anything of it executed."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error)
        self.outcome = outcome


class Pipeline:
    """Carries out one run. Whatever goes wrong is the outcome of the run, not an exception."""

    def __init__(
        self,
        context: Context,
        driver: Driver,
        run: Run,
        record: RunRecord,
    ) -> None:
        self._context = context
        self._driver = driver
        self._run = run
        self._record = record
        self._request = run.request
        self._writer: OutputWriter | None = None
        self._execution: Execution | None = None
        self._has_resumed = False
        # What a person did by hand is not thrown away by itself.
        self._aftermath = Aftermath(context, driver, run.id, takes_back=run.terminal is None)
        self._has_exited = False
        self._ticket = Ticket(run.id, run.session_id, run.request, run.redactor, context.emit)
        self._admission: Admission | None = None

    async def carry_out(self) -> RunRecord:
        """Run, and return the final record."""
        self._emit_started()
        try:
            self._writer = OutputWriter(
                self._context.store.output_path(self._run.id), self._context.settings.runs.max_output_mb * 1024 * 1024
            )
            async with contextlib.AsyncExitStack() as turn:
                # In its turn, so that what the gate finds still holds when the run starts.
                await self._unless_stopped(turn.enter_async_context(self._driver.driving()))
                admission = await self._unless_stopped(self._admitted())
                if admission.mode.mode is ExecutionMode.LOCAL:
                    return await self._on_host(admission)
                return await self._in_turn()
        except _NotRun as ended:
            outcome = ended.outcome
        except (Refused, Busy) as refusal:
            self._run.failure = refusal
            outcome = Outcome(RunState.REFUSED, None, str(refusal))
        except (RollcageError, OSError) as error:
            outcome = self._failed(error)
        except Exception as error:  # noqa: BLE001 - logged; every run gets a final record
            _log.exception("run %s failed inside Rollcage", self._run.id)
            outcome = Outcome(RunState.ERROR, None, f"internal error: {error!r}; the log has more")
        self._exited(outcome)
        return await self._conclude(outcome)

    def _failed(self, error: RollcageError | OSError) -> Outcome:
        self._run.failure = error
        return Outcome(RunState.ERROR, None, str(error))

    async def _in_turn(self) -> RunRecord:
        try:
            outcome = await self._attempts(self._writer_opened())
            self._exited(outcome)
            begun = self._execution is not None and self._execution.begun
            outcome = await self._aftermath.settle(outcome, has_resumed=self._has_resumed, begun=begun)
            return await self._conclude(outcome)
        except Exception:
            await self._driver.abandon()  # in an unknown state; the head is untouched
            raise

    def _writer_opened(self) -> OutputWriter:
        assert self._writer is not None
        return self._writer

    async def _admitted(self) -> Admission:
        """Go through the gate. What was decided there is in the audit log before anything runs by it.

        Raises:
            Refused: it must not run.
            AuditError: it could not be recorded.
        """
        try:
            admission = await self._context.gate.admit(self._ticket)
        except (RollcageError, OSError):
            raise
        except Exception as error:
            _log.exception("the gate failed on run %s", self._run.id)
            raise Refused(f"it could not be looked at, so it does not run: {error!r}") from error
        finally:
            await self._context.audit.settled()
        self._admission = admission
        self._request = admission.request
        self._learn_secrets()
        gate = {"mode": str(admission.mode.mode), "mode_reason": admission.mode.reason}
        if admission.proposal.assessment is not None:
            gate["level"] = str(admission.proposal.assessment.level)
        plain = {**self._request.to_json(), "gate": gate}
        self._record = replace(self._record, request=self._run.redactor.value(plain))
        return admission

    def _learn_secrets(self) -> None:
        """Know the secrets among the variables that hooks added, before anything is printed."""
        redactor, asked = self._run.redactor, self._run.request.env
        added = {name: value for name, value in self._request.env.items() if asked.get(name) != value}
        if secrets := {name: value for name, value in added.items() if redactor.is_secret_name(name)}:
            self._run.redactor = redactor.extended(secrets)
            self._ticket = replace(self._ticket, redactor=self._run.redactor)

    async def _on_host(self, admission: Admission) -> RunRecord:
        """Execute on the host, confined. There is nothing to snapshot and nothing to roll back."""
        execution = self._execution = Execution(
            self._run,
            self._writer_opened(),
            self._context.emit,
            lambda: None,
            redacts=self._context.settings.gate.redact,
        )
        settings = self._context.settings.runs
        try:
            assert admission.mode.confinement is not None
            host = LocalHost(admission.mode.confinement, allow_unconfined=settings.allow_unconfined_local)
            timeout_s = self._request.timeout_s or settings.timeout_s
            outcome = await execution.steps(host, self._request, timeout_s, settings.kill_grace_s)
        except (RollcageError, OSError) as error:
            outcome = self._failed(error)
        self._exited(outcome)
        return await self._conclude(outcome)

    async def _attempts(self, writer: OutputWriter) -> Outcome:
        """Try until the steps have ended, for whatever reason, or trying again is not allowed."""
        settings = self._context.settings.runs
        attempt = 1
        while True:
            self._record = replace(self._record, attempts=attempt)
            # Nothing else is made while the run starts: that would only delay it.
            with contextlib.ExitStack() as start:
                start.enter_context(self._context.pool.holding_back())

                def begun(start: contextlib.ExitStack = start) -> None:
                    start.close()
                    self._anticipate(self._record.before_id)

                execution = self._execution = Execution(
                    self._run, writer, self._context.emit, begun, redacts=self._context.settings.gate.redact
                )
                try:
                    await self._unless_stopped(self._make_ready())
                    assert self._driver.live is not None
                    timeout_s = self._request.timeout_s
                    if self._run.terminal is None:
                        timeout_s = timeout_s or settings.timeout_s
                    return await execution.steps(
                        self._driver.live.machine, self._request, timeout_s, settings.kill_grace_s
                    )
                except _NotRun as ended:
                    return ended.outcome
                except MachineError as error:
                    delay_s = self._context.retry.delay(error, attempt) if self._may_repeat(execution) else None
                    if delay_s is None:
                        return await self._machine_failed(error, execution)
                    failure = self._run.redactor.text(str(error))
                except (RollcageError, OSError) as error:
                    return self._failed(error)
            self._context.emit(AttemptFailed(**self._stamp(), attempt=attempt, error=failure, delay_s=delay_s))
            await self._driver.abandon()
            self._has_resumed = False
            try:
                await self._unless_stopped(self._context.retry.sleep(delay_s))
            except _NotRun as ended:
                return ended.outcome
            attempt += 1

    def _may_repeat(self, execution: Execution) -> bool:
        """Say whether nothing has been executed, or executing it again was declared harmless and is possible."""
        if not execution.begun:
            return True
        return self._request.idempotent and self._record.before_id is not None and not self._run.stdin.streamed

    async def _machine_failed(self, error: MachineError, execution: Execution) -> Outcome:
        live = self._driver.live
        message = await with_log(str(error), live.machine if live is not None else None)
        if not execution.begun:
            lost = live is not None and not live.machine.alive
            return Outcome(RunState.ERROR, None, f"no machine could be made ready: {message}", lost=lost)
        return Outcome(RunState.MACHINE_LOST, None, message, lost=True)

    async def _make_ready(self) -> None:
        """Get the session's machine, make sure of the snapshot before, and let the machine run."""
        machine, source, took_ms = await self._driver.acquire()
        backend = await self._context.backend()
        self._context.emit(
            MachineLeased(
                **self._stamp(), machine_id=machine.id, backend=backend.name, spec=machine.spec, source=source,
                took_ms=took_ms,
            )
        )  # fmt: skip
        before_id = await self._driver.ensure_before(self._run.id)
        self._aftermath.before_id = before_id
        self._record = replace(self._record, before_id=before_id)
        self._context.store.update_run(self._record)
        self._has_resumed = True
        await self._driver.resume()

    def _anticipate(self, snapshot_id: str | None) -> None:
        """Have the machine stand by that a failure would need."""
        if self._context.settings.snapshots.auto_rollback and self._run.terminal is None:
            self._context.anticipation.of(snapshot_id)

    async def _unless_stopped(self, work: Awaitable[T]) -> T:
        """Await something that precedes the first step, unless the run is cancelled meanwhile."""
        task = asyncio.ensure_future(work)
        stop = asyncio.create_task(self._run.stop.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise _NotRun(_CANCELLED)
        finally:
            stop.cancel()
            task.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)

    def _exited(self, outcome: Outcome) -> None:
        if not self._has_exited:
            self._has_exited = True
            self._context.emit(
                RunExited(
                    **self._stamp(), state=outcome.state, exit_code=outcome.exit_code,
                    error=self._run.redactor.text(outcome.error),
                )
            )  # fmt: skip

    async def _conclude(self, outcome: Outcome) -> RunRecord:
        record = replace(
            self._record,
            state=outcome.state,
            exit_code=outcome.exit_code,
            error=self._run.redactor.text(outcome.error),
            usage=self._execution.usage if self._execution else None,
        )
        conclusion = Conclusion(self._context, self._ticket, self._admission, self._aftermath)
        return await conclusion.of(record, self._writer)

    def _emit_started(self) -> None:
        self._context.emit(
            RunStarted(
                **self._stamp(), title=self._request.title, session=self._request.session,
                definition=self._request.definition, steps=len(self._request.steps),
                definition_hash=self._request.definition_hash,
            )
        )  # fmt: skip

    def _stamp(self) -> dict[str, Any]:
        return {"at": now(), "session_id": self._run.session_id, "run_id": self._run.id}
