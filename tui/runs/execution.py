"""Executing the steps of a run on a machine that runs."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from typing import Any, Final

from tui.errors import RollcageError
from tui.machines.errors import GuestRefused, MachineError
from tui.machines.kinds import Stream
from tui.machines.model import Command, ExitReport, OutputChunk, ResourceUsage
from tui.machines.protocol import Executor, GuestProcess
from tui.redaction import RedactingStream
from tui.runs.events import Event, OutputReceived, StepExited, StepStarted
from tui.runs.limits import lacking, limits_left
from tui.runs.outcome import Outcome, outcome_at_terminal, outcome_of, total, with_log
from tui.runs.request import Request, StepRequest
from tui.runs.run import Run
from tui.store.errors import StoreError
from tui.store.output import OutputWriter
from tui.store.rows import now
from tui.store.states import RunState

KILL_PATIENCE_S: Final = 15.0
"""After SIGKILL a command is gone at once; a guest that has not said so by then is hung."""
INTERPRETER: Final = "session"
"""Name of the one interpreter a session keeps."""


def command_for(step: StepRequest, request: Request, used: ResourceUsage | None = None) -> Command:
    """Return what is to be executed for a step, when the steps before it have used that much."""
    keeps = request.keep_interpreter and step.language == "python"
    return Command(
        "argv" if step.argv else "shell" if step.language == "bash" else "code",
        argv=step.argv,
        text=step.text,
        language=step.language,
        env=dict(request.env),
        cwd=request.cwd,
        interpreter=INTERPRETER if keeps and not step.argv else None,
        terminal=request.terminal,
        limits=limits_left(request.limits, used),
        network=request.limits is None or request.limits.network_access,
    )


class Execution:
    """One attempt to execute all steps."""

    def __init__(
        self,
        run: Run,
        writer: OutputWriter,
        emit: Callable[[Event], None],
        begun: Callable[[], None],
        *,
        redacts: bool = True,
    ) -> None:
        self.begun = False
        """Whether a command may have started: from then on nothing is silently run again."""
        self.usage: ResourceUsage | None = None
        self._run = run
        self._terminal = run.terminal
        self._writer = writer
        self._emit = emit
        self._on_begun = begun
        self._process: GuestProcess | None = None
        self._stopping = False
        self._output_error: StoreError | None = None
        self._redacts = redacts
        self._redacting: dict[Stream, RedactingStream] = {}

    async def steps(self, machine: Executor, request: Request, timeout_s: float | None, grace_s: float) -> Outcome:
        """Execute until the end, a failure, the timeout, a cancellation, or until nobody is at the terminal.

        Raises:
            MachineError: the machine failed under it.
        """
        if machine.spec is not None and (reason := lacking(request.limits, machine.spec)):
            return Outcome(RunState.ERROR, None, f"not started: {reason}")
        work = asyncio.create_task(self._all(machine, request))
        stop = asyncio.create_task(self._run.stop.wait())
        left = asyncio.create_task(self._left())
        try:
            await asyncio.wait({work, stop, left}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            if stop.done():
                ended = Outcome(RunState.CANCELLED, None, "cancelled")
            elif left.done():
                ended = Outcome(RunState.SUCCEEDED)
            else:
                ended = Outcome(RunState.TIMED_OUT, None, f"timed out after {timeout_s:g} s")
            return await self._stopped(work, machine, ended, grace_s)
        finally:
            tasks = (work, stop, left)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _left(self) -> None:
        """Return when nobody is at the terminal any more; without one, never."""
        await (self._terminal.hung_up if self._terminal is not None else asyncio.Event()).wait()

    async def _stopped(self, work: asyncio.Task[Outcome], machine: Executor, ended: Outcome, grace_s: float) -> Outcome:
        """End what executes, first kindly; say how that went."""
        self._stopping = True
        kindly = signal.SIGTERM
        if self._terminal is not None:
            self._terminal.discard()
            kindly = signal.SIGHUP  # a shell ignores SIGTERM, and hands SIGHUP on to what it runs
        tries = ((kindly, grace_s), (signal.SIGKILL, KILL_PATIENCE_S))
        for number, patience_s in tries[1:] if self._run.at_once.is_set() else tries:
            sending = asyncio.create_task(self._signal(number))
            hurry = asyncio.create_task(self._run.at_once.wait())
            ended_or_hurried = {work, hurry} if number is kindly else {work}
            await asyncio.wait(ended_or_hurried, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            sending.cancel()
            hurry.cancel()
            await asyncio.gather(sending, hurry, return_exceptions=True)
            if work.done():
                break
        else:
            return await self._given_up(machine, ended, "the machine did not answer and was given up")
        try:
            return Outcome(ended.state, work.result().exit_code, ended.error)
        except MachineError as error:
            return await self._given_up(machine, ended, str(error))

    async def _given_up(self, machine: Executor, ended: Outcome, why: str) -> Outcome:
        state = RunState.MACHINE_LOST if ended.state is RunState.SUCCEEDED else ended.state
        message = f"{ended.error}; {why}" if ended.error else why
        return Outcome(state, None, await with_log(message, machine), lost=True)

    async def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(MachineError):  # that the machine is lost is found out by whoever reads
                await self._process.signal(number)

    async def _all(self, machine: Executor, request: Request) -> Outcome:
        outcome = Outcome(RunState.SUCCEEDED, 0)
        for index, step in enumerate(request.steps):
            if self._stopping:
                break
            self.begun = True
            try:
                self._process = await machine.execute(command_for(step, request, self.usage))
            except GuestRefused as error:
                return Outcome(RunState.ERROR, None, f"step {index + 1} could not be started: {error}")
            if self._terminal is not None:
                self._terminal.connect(self._process)
            self._step_started(index, step)
            report = await self._one(self._process, index)
            self._process = None
            self.usage = total(self.usage, report.usage)
            self._emit(StepExited(**self._stamp(), index=index, exit_code=report.shell_code, usage=report.usage))
            if self._terminal is not None:
                outcome = outcome_at_terminal(report, machine.spec, request.limits, self.usage)
            else:
                outcome = outcome_of(
                    report, index, len(request.steps), machine.spec, limits=request.limits, used=self.usage
                )
            if self._output_error is not None:
                return Outcome(RunState.ERROR, outcome.exit_code, str(self._output_error))
            if outcome.state is not RunState.SUCCEEDED:
                break
        return outcome

    async def _one(self, process: GuestProcess, index: int) -> ExitReport:
        feeding = None
        if index == 0:
            feeding = asyncio.create_task(self._feed(process))
        else:
            await process.close_stdin()
        try:
            async for chunk in process.output():
                if self._terminal is not None:
                    # As it is: what redaction holds back or replaces would spoil a screen. What is kept is redacted.
                    await self._terminal.printed(chunk.data)
                await self._printed(chunk)
            return await process.wait()
        finally:
            if self._terminal is not None:
                self._terminal.end()
            await self._release()
            if feeding is not None:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
                self._run.stdin.refuse()

    async def _feed(self, process: GuestProcess) -> None:
        # A command that ends without reading its input is no error, nor is one whose machine is lost: both show
        # where its output is read.
        with contextlib.suppress(RollcageError, OSError):
            await self._run.stdin.feed(process)

    async def _printed(self, chunk: OutputChunk) -> None:
        """Pass on what a command printed, without secrets; what may be the beginning of one waits for the rest."""
        if not self._redacts:
            await self._received(chunk)
            return
        stream = self._redacting.get(chunk.stream)
        if stream is None:
            stream = self._redacting[chunk.stream] = self._run.redactor.stream()
        if data := stream.feed(chunk.data):
            await self._received(OutputChunk(chunk.stream, data))

    async def _release(self) -> None:
        for name, stream in self._redacting.items():
            if data := stream.finish():
                await self._received(OutputChunk(name, data))

    async def _received(self, chunk: OutputChunk) -> None:
        if self._output_error is not None:
            return  # what cannot be kept is drained, so that the command can end
        start, at_ns = self._writer.position, time.time_ns()
        try:
            self._writer.append(chunk.stream, chunk.data, at_ns)
        except StoreError as error:
            self._output_error = error
            await self._signal(signal.SIGKILL)
            return
        self._run.printed(start, self._writer.position)
        self._emit(OutputReceived(**self._stamp(), stream=chunk.stream, data=chunk.data))

    def _step_started(self, index: int, step: StepRequest) -> None:
        text = self._run.redactor.text(step.text)
        self._emit(StepStarted(**self._stamp(), index=index, language=step.language, text=text))
        if index == 0:
            self._on_begun()

    def _stamp(self) -> dict[str, Any]:
        return {"at": now(), "session_id": self._run.session_id, "run_id": self._run.id}
