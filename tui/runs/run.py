"""The live handle of one run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tui.errors import RollcageError
from tui.redaction import Redactor
from tui.runs.eventlog import EventLog
from tui.runs.events import Event
from tui.runs.request import Request
from tui.runs.stdin import Stdin
from tui.runs.terminal import RunTerminal
from tui.store.model import RunRecord


class Run:
    """One run, while it goes on and after."""

    def __init__(self, record: RunRecord, request: Request, log: EventLog, redactor: Redactor) -> None:
        self.id = record.id
        self.session = request.session
        """Name of the session."""
        self.session_id = record.session_id
        self.request = request
        self.redactor = redactor
        """Knows the secrets of this run."""
        self.stdin = Stdin(request.stdin, follows=request.stdin_follows)
        self.terminal = RunTerminal(self.stdin) if request.terminal is not None else None
        """Its pseudo-terminal, if it is an interactive run. Whoever starts one attaches to it, or hangs up."""
        self.stop = asyncio.Event()
        """Set when somebody wants the run to end."""
        self.at_once = asyncio.Event()
        """Set when the command is to be killed without a further chance to end by itself."""
        self.failure: RollcageError | OSError | None = None
        """Why Rollcage could not carry the run out, where an error says so."""
        self._log = log
        self._ended: asyncio.Future[RunRecord] = asyncio.get_running_loop().create_future()

    def events(self) -> AsyncIterator[Event]:
        """Yield what happens, from the first event on; ends after `RunFinished`. For any number of readers."""
        return self._log.read()

    async def cancel(self, *, at_once: bool = False) -> None:
        """End the run: SIGTERM, a grace period, SIGKILL, and a rollback as after a failure. Returns when it is over.

        An interactive run gets SIGHUP instead, as SIGTERM is nothing to a shell, and is not rolled back.
        A command that has already ended is not cancelled. With `at_once` there is no grace period, and one that has
        begun ends.
        """
        if at_once:
            self.at_once.set()
        self.stop.set()
        await self.result()

    async def send_stdin(self, data: bytes) -> None:
        """Give the first step further input; returns when the guest has taken it.

        Raises:
            UsageError: it reads no more input, or the request did not say that more follows.
        """
        await self.stdin.send(data)

    async def close_stdin(self) -> None:
        """Let the first step read end-of-file."""
        self.stdin.end()

    async def result(self) -> RunRecord:
        """Wait for the end and return the final record."""
        return await asyncio.shield(self._ended)

    def happened(self, event: Event) -> None:
        """Add a fact to the run's events. Called by the engine."""
        self._log.add(event)

    def printed(self, start: int, end: int) -> None:
        """Add what stands between two positions of the output file. Called by the engine."""
        self._log.add_output(start, end)

    def finish(self, record: RunRecord) -> None:
        """Hand the final record to whoever waits. Called by the engine, after the last event."""
        self._log.close()
        self.stdin.refuse()
        if self.terminal is not None:
            self.terminal.end()
        if not self._ended.done():
            self._ended.set_result(record)
