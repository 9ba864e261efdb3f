"""The host's side of one execution in a guest."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final

from tui.machines.errors import GuestRefused, MachineLost
from tui.machines.guest import reports
from tui.machines.guest.wire import CREDIT, MAX_PAYLOAD, SIZE, WINDOW, Frame, Kind, ProtocolError
from tui.machines.kinds import Stream
from tui.machines.model import ExitReport, OutputChunk, TerminalSize

_GRANT_STEP: Final = WINDOW // 4
_STDIN: Final = bytes([Stream.STDIN])

Send = Callable[[Kind, bytes], None]


class AgentProcess:
    """An execution, as `tui.machines.protocol.GuestProcess` describes it.

    At most a window of each output stream is kept. Who waits without reading loses what exceeds half of one; who stops
    reading loses the rest.
    """

    def __init__(self, send: Send) -> None:
        """Make the host's side of an execution; `send` sends a frame on its channel, or raises MachineLost."""
        self._send = send
        self._pid: int | None = None
        self._refusal: str | None = None
        self._report: ExitReport | None = None
        self._lost: str | None = None
        self._started = asyncio.Event()
        self._over = asyncio.Event()
        self._chunks: deque[OutputChunk] = deque()
        self._something_to_read = asyncio.Event()
        self._queued = 0
        self._may_come = {Stream.STDOUT: WINDOW, Stream.STDERR: WINDOW}
        self._to_grant = {Stream.STDOUT: 0, Stream.STDERR: 0}
        self._read = False
        self._waited_for = False
        self._discarding = False
        self._stdin_credit = WINDOW
        self._stdin_room = asyncio.Event()
        self._stdin_open = True
        self._stdin_turn = asyncio.Lock()

    @property
    def pid(self) -> int:
        """Process id in the guest."""
        if self._pid is None:
            raise RuntimeError("the process has not started yet")
        return self._pid

    async def started(self) -> None:
        """Wait until the guest has started it.

        Raises:
            GuestRefused: the guest could not.
            MachineLost: the machine died.
        """
        await self._started.wait()
        if self._refusal is not None:
            raise GuestRefused(self._refusal)
        if self._pid is None:
            raise MachineLost(self._lost or "the guest reported an exit without a start")

    async def output(self) -> AsyncIterator[OutputChunk]:
        """Yield what the process prints, as it comes, until it has ended. Can be done once.

        Raises:
            MachineLost: the machine died; chunks already received were yielded before.
        """
        if self._read:
            raise RuntimeError("the output of this process is being read already")
        self._read = True
        try:
            while True:
                while self._chunks:
                    chunk = self._chunks.popleft()
                    self._queued -= len(chunk.data)
                    self._consumed(chunk.stream, len(chunk.data))
                    yield chunk
                if self._report is not None:
                    return
                if self._lost is not None:
                    raise MachineLost(self._lost)
                self._something_to_read.clear()
                await self._something_to_read.wait()
        finally:
            self.discard_output()

    def discard_output(self) -> None:
        """Take output from now on without keeping it, so that the process is not held up."""
        self._discarding = True
        while self._chunks:
            chunk = self._chunks.popleft()
            self._consumed(chunk.stream, len(chunk.data))
        self._queued = 0

    async def wait(self) -> ExitReport:
        """Return how the process ended.

        Raises:
            MachineLost: the machine died first, so that is unknown.
        """
        self._waited_for = True
        await self._over.wait()
        if self._report is None:
            raise MachineLost(self._lost or "the process was never started")
        return self._report

    async def write_stdin(self, data: bytes) -> None:
        """Send bytes to the process; returns once the guest has room for them.

        What a process does not read, because it ended or closed its stdin, is dropped, as a shell's pipe does.

        Raises:
            MachineLost: the machine died.
        """
        rest = memoryview(data)
        async with self._stdin_turn:
            while rest and self._stdin_open:
                while self._stdin_credit == 0 and self._stdin_open:
                    self._stdin_room.clear()
                    await self._stdin_room.wait()
                amount = min(len(rest), self._stdin_credit, MAX_PAYLOAD)
                if self._stdin_open:
                    self._stdin_credit -= amount
                    self._send(Kind.DATA, _STDIN + rest[:amount])
                    rest = rest[amount:]
        self._raise_if_lost()

    async def close_stdin(self) -> None:
        """Let the process read end-of-file."""
        async with self._stdin_turn:
            if self._stdin_open:
                self._stdin_open = False
                self._send(Kind.EOF, _STDIN)
        self._raise_if_lost()

    async def signal(self, signum: int) -> None:
        """Signal the whole process group; SIGKILL reaches every descendant. Does nothing to one that has ended."""
        if not self._over.is_set():
            self._send(Kind.SIGNAL, bytes([signum]))
        self._raise_if_lost()

    async def resize(self, size: TerminalSize) -> None:
        """Change the size of the process's pseudo-terminal."""
        if not self._over.is_set():
            self._send(Kind.RESIZE, SIZE.pack(size.rows, size.columns))
        self._raise_if_lost()

    def _raise_if_lost(self) -> None:
        if self._lost is not None:
            raise MachineLost(self._lost)

    @property
    def over(self) -> bool:
        """Whether nothing more comes from the guest."""
        return self._over.is_set()

    def receive(self, frame: Frame) -> None:
        """Take a frame of the guest.

        Raises:
            ProtocolError: the guest does not keep to the rules.
        """
        if frame.kind == Kind.DATA:
            self._receive_output(frame.payload)
        elif frame.kind == Kind.CREDIT:
            self._receive_credit(frame.payload)
        elif frame.kind == Kind.EOF:
            if frame.payload == _STDIN:
                self._stdin_open = False
                self._stdin_room.set()
        elif frame.kind == Kind.STARTED:
            self._pid = reports.read_pid(frame.payload)
            self._started.set()
        elif frame.kind == Kind.REFUSED:
            self._refusal = reports.read_message(frame.payload)
            self._end()
        elif frame.kind == Kind.EXIT:
            self._report = reports.read_exit(frame.payload)
            self._end()
        else:
            raise ProtocolError(f"the agent sent frame {frame.kind} on the channel of a process")

    def _receive_output(self, payload: bytes) -> None:
        if not payload or payload[0] not in (Stream.STDOUT, Stream.STDERR):
            raise ProtocolError("the agent sent data of no known stream")
        chunk = OutputChunk(Stream(payload[0]), payload[1:])
        size = len(chunk.data)
        if size > self._may_come[chunk.stream]:
            raise ProtocolError("the agent sent more output than there was credit for")
        self._may_come[chunk.stream] -= size
        nobody_reads = self._waited_for and not self._read and self._queued >= WINDOW // 2
        if self._discarding or nobody_reads:
            self._consumed(chunk.stream, size)
        elif size:
            self._queued += size
            self._chunks.append(chunk)
            self._something_to_read.set()

    def _consumed(self, stream: Stream, count: int) -> None:
        self._to_grant[stream] += count
        if self._to_grant[stream] >= _GRANT_STEP and not self._over.is_set():
            self._may_come[stream] += self._to_grant[stream]
            self._send(Kind.CREDIT, CREDIT.pack(stream, self._to_grant[stream]))
            self._to_grant[stream] = 0

    def _receive_credit(self, payload: bytes) -> None:
        if len(payload) != CREDIT.size:
            raise ProtocolError("the agent sent a credit of the wrong size")
        stream, count = CREDIT.unpack(payload)
        if stream == Stream.STDIN:
            self._stdin_credit = min(WINDOW, self._stdin_credit + count)
            self._stdin_room.set()

    def lose(self, reason: str) -> None:
        """The machine died or began another life: nothing more is to be known."""
        if not self._over.is_set():
            self._lost = reason
            self._end()

    def _end(self) -> None:
        self._stdin_open = False
        for event in (self._started, self._over, self._something_to_read, self._stdin_room):
            event.set()
