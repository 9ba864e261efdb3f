"""The host's end of the channel to a guest agent.

One link belongs to one machine process: a socket that QEMU connects to the virtio-serial port. Everything happens in
the event loop, in the order the guest sent it. The guest is not trusted: what is malformed, or more than it had credit
for, ends the link, and everybody who waits for the machine learns why.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections import deque
from typing import Final, TypeVar

from tui.errors import InvalidInput
from tui.machines.errors import MachineError, MachineLost
from tui.machines.guest import reports
from tui.machines.guest.hunt import WelcomeHunt
from tui.machines.guest.link_process import AgentProcess
from tui.machines.guest.reports import Welcome
from tui.machines.guest.wire import (
    HEADER,
    MAX_PAYLOAD,
    MAX_START,
    PROTOCOL,
    Decoder,
    Frame,
    Kind,
    ProtocolError,
    encode,
    pack_fields,
)
from tui.machines.kinds import Stream
from tui.machines.model import Command, ExitReport, Identity

_READ_AT_ONCE: Final = 256 * 1024
_KILL: Final = bytes([9])
_PROTESTS_KEPT: Final = 20

_T = TypeVar("_T")


class AgentLink(asyncio.BufferedProtocol):
    """Speaks with the agent of one machine."""

    def __init__(self) -> None:
        """Use `open`."""
        self._transport: asyncio.Transport | None = None
        self._buffer = memoryview(bytearray(_READ_AT_ONCE))
        self._input: Decoder | WelcomeHunt = Decoder()
        self._generation = 0
        self._nonce = ""
        self._lost: str | None = None
        self._welcomed: asyncio.Future[Welcome] | None = None
        self._quiesced: asyncio.Future[None] | None = None
        self._pings: dict[bytes, asyncio.Future[None]] = {}
        self._held: list[bytes] | None = None
        self._channels = 0
        self._processes: dict[int, AgentProcess] = {}
        self.dropped_frames = 0
        """Frames of another life that came late and were dropped."""
        self.protests: deque[str] = deque(maxlen=_PROTESTS_KEPT)
        """The last errors the agent reported of itself. Untrusted text."""

    @classmethod
    async def open(cls, sock: socket.socket) -> AgentLink:
        """Return a link over a connected stream socket, which belongs to it from now on."""
        loop = asyncio.get_running_loop()
        _, link = await loop.create_unix_connection(cls, sock=sock)
        return link

    @property
    def lost(self) -> str | None:
        """Why nothing can be said any more, or None while it can."""
        return self._lost

    async def handshake(
        self, identity: Identity, *, timeout: float, resynchronise: bool = False, rehearsal: bool = False
    ) -> Welcome:
        """Begin a life: give the machine its identity and wait until it is in force.

        What ran in an earlier life goes on in the guest, unseen.

        Args:
            identity: what makes this life differ from others.
            timeout: seconds to wait.
            resynchronise: the machine may have been saved in the middle of a frame, in either direction.
            rehearsal: what earlier lives left running stays frozen, until a life that is none.

        Raises:
            MachineLost: the agent did not answer in time, or not sensibly.
        """
        self._check()
        self._generation = identity.generation
        self._nonce = secrets.token_hex(16)
        self._held = None
        for process in self._processes.values():
            process.lose("the machine began another life")
        self._processes.clear()
        hello = {
            "protocol": PROTOCOL,
            "generation": identity.generation,
            "nonce": self._nonce,
            "hostname": identity.hostname,
            "boot_id": identity.boot_id,
            "entropy": identity.entropy.hex(),
            "time_ns": identity.time_ns,
            "rehearsal": rehearsal,
        }
        if resynchronise:
            self._input = WelcomeHunt(identity.generation, self._nonce)
            self._write(bytes(HEADER.size + MAX_PAYLOAD))
        self._welcomed = asyncio.get_running_loop().create_future()
        self._send(Kind.HELLO, 0, pack_fields(hello))
        return await self._answer(self._welcomed, timeout)

    async def start(self, command: Command) -> AgentProcess:
        """Start a command and return it running. Its stdin stays open until `close_stdin`.

        Raises:
            GuestRefused: the guest could not start it.
            InvalidInput: it is too long for the channel.
            MachineLost: the machine died.
        """
        self._check()
        payload = reports.command_json(command)
        if len(payload) > MAX_START:
            raise InvalidInput(f"the command is {len(payload)} bytes long; at most {MAX_START} can be sent")
        self._channels += 1
        channel = self._channels
        process = AgentProcess(lambda kind, payload: self._send(kind, channel, payload))
        self._processes[channel] = process
        while len(payload) > MAX_PAYLOAD:
            self._send(Kind.PART, channel, payload[:MAX_PAYLOAD])
            payload = payload[MAX_PAYLOAD:]
        self._send(Kind.START, channel, payload)
        try:
            await process.started()
        except asyncio.CancelledError:
            process.discard_output()
            if not process.over:
                self._send(Kind.SIGNAL, channel, _KILL)
            raise
        return process

    async def run(
        self, command: Command, stdin: bytes = b"", *, limit: int = 16 * 1024 * 1024
    ) -> tuple[ExitReport, bytes, bytes]:
        """Execute a command to its end and return how it ended, its stdout and its stderr.

        Args:
            command: what to execute.
            stdin: what it reads.
            limit: bytes of output at most.

        Raises:
            GuestRefused: the guest could not start it.
            MachineError: it printed more than `limit`, and was killed.
            MachineLost: the machine died.
        """
        process = await self.start(command)
        feeding = asyncio.create_task(_feed(process, stdin))
        kept = {Stream.STDOUT: bytearray(), Stream.STDERR: bytearray()}
        try:
            async for chunk in process.output():
                kept[chunk.stream] += chunk.data
                if sum(map(len, kept.values())) > limit:
                    raise MachineError(f"the command printed more than {limit} bytes and was killed")
            report = await process.wait()
        finally:
            feeding.cancel()
            if not process.over:
                with contextlib.suppress(MachineLost):
                    await process.signal(9)
        return report, bytes(kept[Stream.STDOUT]), bytes(kept[Stream.STDERR])

    async def quiesce(self, timeout: float) -> None:
        """Bring both directions to a frame boundary and to silence, so that the machine can be saved.

        What the host wants to say meanwhile waits for `resume`.

        Raises:
            MachineLost: the agent did not answer in time. The link stays as it was.
        """
        self._check()
        if self._held is not None:
            return
        self._quiesced = asyncio.get_running_loop().create_future()
        self._send(Kind.QUIESCE, 0)
        self._held = []
        try:
            await self._answer(self._quiesced, timeout)
        except BaseException:
            await self.resume()
            raise

    async def resume(self) -> None:
        """End the silence in the same life. Does nothing while there is none."""
        held, self._held = self._held, None
        if held is not None and self._lost is None:
            self._send(Kind.RESUME, 0)
            for frame in held:
                self._write(frame)

    async def ping(self, timeout: float) -> None:
        """Wait for an answer of the agent.

        Raises:
            MachineLost: it did not answer in time.
        """
        self._check()
        token = secrets.token_bytes(8)
        self._pings[token] = asyncio.get_running_loop().create_future()
        try:
            self._send(Kind.PING, 0, token)
            await self._answer(self._pings[token], timeout)
        finally:
            del self._pings[token]

    async def close(self) -> None:
        """Hang up. May be called twice."""
        self._lose("the link to the machine was closed")

    def _check(self) -> None:
        if self._lost is not None:
            raise MachineLost(self._lost)

    async def _answer(self, future: asyncio.Future[_T], timeout: float) -> _T:
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise MachineLost(f"the agent of the machine did not answer within {timeout:.1f} s") from None

    def _send(self, kind: Kind, channel: int, payload: bytes = b"") -> None:
        frame = encode(kind, self._generation, channel, payload)
        if self._held is None:
            self._write(frame)
        else:
            self._held.append(frame)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and self._lost is None:
            self._transport.write(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the way out."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio names it
        """Give the one buffer everything is read into."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what came."""
        try:
            for frame in self._input.feed(self._buffer[:nbytes]):
                if self._lost is None:
                    self._receive(frame)
        except ProtocolError as error:
            self._lose(f"the machine's agent does not keep to the protocol: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody."""
        self._lose(f"the channel to the machine's agent broke: {exc or 'the other side hung up'}")

    def _receive(self, frame: Frame) -> None:
        if frame.generation != self._generation:
            self.dropped_frames += 1
        elif frame.kind == Kind.WELCOME:
            welcome = reports.read_welcome(frame.payload, self._nonce)
            if welcome is not None:
                _resolve(self._welcomed, welcome)
        elif frame.kind == Kind.QUIESCED:
            _resolve(self._quiesced, None)
        elif frame.kind == Kind.PONG:
            _resolve(self._pings.get(frame.payload), None)
        elif frame.kind == Kind.PROTEST:
            self.protests.append(reports.read_message(frame.payload))
        elif (process := self._processes.get(frame.channel)) is not None:
            process.receive(frame)
            if process.over:
                del self._processes[frame.channel]

    def _lose(self, reason: str) -> None:
        if self._lost is not None:
            return
        self._lost = reason
        for future in (self._welcomed, self._quiesced, *self._pings.values()):
            if future is not None and not future.done():
                future.set_exception(MachineLost(reason))
        for process in self._processes.values():
            process.lose(reason)
        self._processes.clear()
        if self._transport is not None:
            self._transport.abort()


async def _feed(process: AgentProcess, stdin: bytes) -> None:
    # A machine that dies meanwhile is reported by whoever waits for the process.
    with contextlib.suppress(MachineLost):
        if stdin:
            await process.write_stdin(stdin)
        await process.close_stdin()


def _resolve(future: asyncio.Future[_T] | None, value: _T) -> None:
    if future is not None and not future.done():
        future.set_result(value)
