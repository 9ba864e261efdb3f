"""A guest that lies is found out, and everybody who waits for it learns why."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tui.machines.errors import GuestRefused, MachineLost
from tui.machines.guest.link import AgentLink
from tui.machines.guest.link_process import AgentProcess
from tui.machines.guest.wire import (
    CREDIT,
    MAX_PAYLOAD,
    PROTOCOL,
    WINDOW,
    Decoder,
    Frame,
    Kind,
    encode,
    pack_fields,
    read_fields,
)
from tui.machines.model import Command, Identity

PATIENCE = 10.0
IDENTITY = Identity(3, "h", "b", bytes(32), 0)
EXIT: dict[str, Any] = {
    "exit_code": 0,
    "signal": None,
    "usage": {
        "wall_s": 0.1, "cpu_user_s": None, "cpu_system_s": 0, "peak_memory_bytes": None, "disk_written_bytes": 0,
    },
    "out_of_memory": False,
    "detached": 0,
    "interpreter_lost": False,
}  # fmt: skip


class Guest:
    """Plays the agent."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._decoder = Decoder()
        self._frames: list[Frame] = []

    async def say(self, kind: int, payload: bytes = b"", *, channel: int = 1, generation: int = 3) -> None:
        await self.raw(encode(Kind(kind), generation, channel, payload))

    async def raw(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def hear(self, kind: Kind) -> Frame:
        while True:
            while self._frames:
                if (frame := self._frames.pop(0)).kind == kind:
                    return frame
            self._frames += self._decoder.feed(await asyncio.get_running_loop().sock_recv(self._socket, 65536))

    async def welcome(self, **changes: object) -> None:
        nonce = read_fields((await self.hear(Kind.HELLO)).payload)["nonce"]
        fields = {"protocol": PROTOCOL, "nonce": nonce, "kernel": "k", "python": "p", "clock_skew_ns": 5, **changes}
        await self.say(Kind.WELCOME, pack_fields(fields), channel=0)


@pytest.fixture
async def pair() -> AsyncIterator[tuple[AgentLink, Guest]]:
    ours, theirs = socket.socketpair()
    with theirs:
        link = await AgentLink.open(ours)
        yield link, Guest(theirs)
        await link.close()


async def greeted(pair: tuple[AgentLink, Guest]) -> tuple[AgentLink, Guest]:
    link, guest = pair
    await asyncio.gather(link.handshake(IDENTITY, timeout=PATIENCE), guest.welcome())
    return link, guest


async def started(pair: tuple[AgentLink, Guest]) -> tuple[AgentLink, Guest, AgentProcess]:
    link, guest = await greeted(pair)
    await guest.say(Kind.STARTED, b'{"pid": 5}')
    return link, guest, await link.start(Command("shell", text="true"))


@pytest.mark.parametrize(
    "changes",
    [{"protocol": 1}, {"protocol": None}, {"clock_skew_ns": 1.5}, {"clock_skew_ns": 10**30}, {"python": "\n"}],
)
async def test_a_bad_welcome_ends_the_link(pair: tuple[AgentLink, Guest], changes: dict[str, object]) -> None:
    link, guest = pair
    with pytest.raises(MachineLost, match="protocol"):
        await asyncio.gather(link.handshake(IDENTITY, timeout=PATIENCE), guest.welcome(**changes))


async def test_a_welcome_to_somebody_else_is_no_answer(pair: tuple[AgentLink, Guest]) -> None:
    link, guest = pair
    handshake = asyncio.create_task(link.handshake(IDENTITY, timeout=PATIENCE))
    await guest.say(Kind.WELCOME, b"protocol=2\nnonce=wrong\n", channel=0)
    await guest.welcome()
    assert (await handshake).clock_skew_ns == 5


async def test_silence_is_a_lost_machine(pair: tuple[AgentLink, Guest]) -> None:
    link, guest = pair
    with pytest.raises(MachineLost, match=r"did not answer within 0\.0 s"):
        await link.handshake(IDENTITY, timeout=0.01)
    await asyncio.gather(link.handshake(IDENTITY, timeout=PATIENCE), guest.welcome(), guest.welcome())
    with pytest.raises(MachineLost, match="did not answer"):
        await link.quiesce(0.01)
    assert link.lost is None
    await guest.hear(Kind.RESUME)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.STARTED, b"{}"),
        (Kind.STARTED, b'{"pid": -1}'),
        (Kind.STARTED, b'{"pid": true}'),
        (Kind.REFUSED, b"no json"),
        (Kind.REFUSED, b'{"message": 5}'),
        (Kind.DATA, b""),
        (Kind.DATA, b"\0stdin"),
        (Kind.DATA, b"\x07data"),
        (Kind.CREDIT, b"\0"),
        (Kind.HELLO, b""),
        (Kind.EXIT, b"[]"),
        (Kind.EXIT, b"[" * 60_000),
        (Kind.PROTEST, b"{}"),
    ],
)
async def test_malformed_frames_end_the_link(pair: tuple[AgentLink, Guest], kind: Kind, payload: bytes) -> None:
    link, guest = await greeted(pair)
    starting = asyncio.create_task(link.start(Command("shell", text="true")))
    await guest.hear(Kind.START)
    await guest.say(kind, payload)
    with pytest.raises(MachineLost, match="does not keep to the protocol"):
        await starting
    assert link.lost


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda report: report.pop(name)


def having(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda report: report.update({name: value})


def using(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda report: report["usage"].update({name: value})


@pytest.mark.parametrize(
    "spoil",
    [
        without("usage"), without("detached"), without("out_of_memory"), having("exit_code", 256),
        having("exit_code", "0"), having("exit_code", None), having("signal", 9), having("signal", 0),
        having("detached", -1), having("interpreter_lost", 1), using("wall_s", -1), using("wall_s", float("nan")),
        using("wall_s", None), using("peak_memory_bytes", 1.5), using("disk_written_bytes", 2**70),
    ],
)  # fmt: skip
async def test_exit_reports_are_checked(pair: tuple[AgentLink, Guest], spoil: Callable[[dict[str, Any]], None]) -> None:
    _, guest, process = await started(pair)
    report = {**EXIT, "usage": dict(EXIT["usage"])}
    spoil(report)
    await guest.say(Kind.EXIT, json.dumps(report).encode())
    with pytest.raises(MachineLost, match="agent"):
        await process.wait()


async def test_a_good_report_passes(pair: tuple[AgentLink, Guest]) -> None:
    _, guest, process = await started(pair)
    await guest.say(Kind.EXIT, json.dumps(EXIT).encode())
    report = await process.wait()
    assert (process.pid, report.exit_code, report.usage.wall_s, report.usage.cpu_user_s) == (5, 0, 0.1, None)


async def test_output_beyond_the_credit_ends_the_link(pair: tuple[AgentLink, Guest]) -> None:
    _, guest, process = await started(pair)
    output = process.output()
    await guest.say(Kind.DATA, b"\x01one")
    received = len((await anext(output)).data)
    for _ in range(WINDOW // MAX_PAYLOAD):
        await guest.say(Kind.DATA, b"\x01" + bytes(MAX_PAYLOAD))
    with pytest.raises(MachineLost, match="credit"):
        await process.wait()
    with pytest.raises(MachineLost):
        async for chunk in output:
            received += len(chunk.data)
    assert received == WINDOW - MAX_PAYLOAD + 3


async def test_too_much_stdin_credit_is_not_believed(pair: tuple[AgentLink, Guest]) -> None:
    _, guest, process = await started(pair)
    for _ in range(20):
        await guest.say(Kind.CREDIT, CREDIT.pack(0, 2**32 - 1))
    writing = asyncio.create_task(process.write_stdin(bytes(3 * WINDOW)))
    heard = 0
    while heard < WINDOW:
        heard += len((await guest.hear(Kind.DATA)).payload) - 1
    assert heard == WINDOW
    assert not writing.done()
    await guest.say(Kind.EOF, b"\0")
    await writing


async def test_other_channels_and_lives_are_ignored(pair: tuple[AgentLink, Guest]) -> None:
    link, guest, process = await started(pair)
    await guest.say(Kind.EXIT, b"nonsense", channel=77)
    await guest.say(Kind.EXIT, b"nonsense", generation=2)
    await guest.say(Kind.PONG, b"never asked", channel=0)
    await guest.say(Kind.PROTEST, b'{"message": "oh"}', channel=0)
    await guest.say(Kind.DATA, b"\x02err")
    await guest.say(Kind.EXIT, json.dumps(EXIT).encode())
    assert [chunk.data async for chunk in process.output()] == [b"err"]
    assert (link.dropped_frames, list(link.protests)) == (1, ["oh"])


async def test_bytes_that_are_no_frames_end_the_link(pair: tuple[AgentLink, Guest]) -> None:
    link, guest, process = await started(pair)
    await guest.raw(b"this is not a frame at all")
    with pytest.raises(MachineLost, match="not a frame"):
        await process.wait()
    with pytest.raises(MachineLost):
        await link.ping(PATIENCE)


async def test_refusals_are_cut_to_a_bearable_length(pair: tuple[AgentLink, Guest]) -> None:
    link, guest = await greeted(pair)
    await guest.say(Kind.REFUSED, json.dumps({"message": "x" * 60_000}).encode())
    with pytest.raises(GuestRefused) as refusal:
        await link.start(Command("shell", text="true"))
    assert len(refusal.value.message) < 5000
