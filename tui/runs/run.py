"""The live handle of one run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from tui.errors import RollcageError, UsageError
from tui.redaction import Redactor
from tui.runs.eventlog import EventLog
from tui.runs.events import Event
from tui.runs.request import Request
from tui.store.model import RunRecord

if TYPE_CHECKING:
    from tui.machines.protocol import GuestProcess


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
        if not self._ended.done():
            self._ended.set_result(record)


class Stdin:
    """Input on its way to the first step."""

    def __init__(self, first: bytes, *, follows: bool) -> None:
        self._first = first
        self._pieces: asyncio.Queue[tuple[bytes, asyncio.Future[None]]] = asyncio.Queue()
        self._ended = asyncio.Event()
        if not follows:
            self._ended.set()
        self._refused = False
        self.streamed = False
        """Whether anything was sent that cannot be sent again."""

    async def send(self, data: bytes) -> None:
        """Queue some bytes and wait until they are taken."""
        if self._refused or self._ended.is_set():
            raise UsageError("the command reads no more input")
        taken = asyncio.get_running_loop().create_future()
        self._pieces.put_nowait((data, taken))
        await taken

    def end(self) -> None:
        """No more follows."""
        self._ended.set()

    def refuse(self) -> None:
        """Nothing is read any more: whoever waits or comes is told."""
        self._refused = True
        while not self._pieces.empty():
            _, taken = self._pieces.get_nowait()
            if not taken.done():
                taken.set_exception(UsageError("the command reads no more input"))

    async def feed(self, process: GuestProcess) -> None:
        """Pass everything on to a process until the input ends."""
        if self._first:
            await process.write_stdin(self._first)
        while not (self._ended.is_set() and self._pieces.empty()):
            piece = await self._next()
            if piece is not None:
                self.streamed = True
                data, taken = piece
                try:
                    await process.write_stdin(data)
                finally:
                    if not taken.done():
                        taken.set_result(None)
        await process.close_stdin()

    async def _next(self) -> tuple[bytes, asyncio.Future[None]] | None:
        """Return the next piece, or None when the end came first."""
        getting = asyncio.ensure_future(self._pieces.get())
        ending = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({getting, ending}, return_when=asyncio.FIRST_COMPLETED)
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()
            ending.cancel()
