"""Lives follow one another; silence is silence; an agent survives what a host does wrong."""

from __future__ import annotations

import asyncio
import json
import signal
import socket

import pytest

from tests.unit.guest_agent.conftest import PATIENCE, Agent
from tui.machines.errors import MachineLost
from tui.machines.guest.link import AgentLink
from tui.machines.guest.wire import HEADER, MAX_PAYLOAD, Decoder, Frame, Kind, encode, pack_fields, read_fields
from tui.machines.kinds import Stream
from tui.machines.model import Command


class RawHost:
    """A host that says whatever it likes."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        self._socket = sock
        self._decoder = Decoder()
        self._frames: list[Frame] = []

    def say(self, data: bytes) -> None:
        self._socket.sendall(data)

    def hello(self, generation: int, nonce: str = "n") -> None:
        fields = {"nonce": nonce, "hostname": "h", "boot_id": "b", "entropy": "00", "time_ns": 0, "rehearsal": False}
        self.say(encode(Kind.HELLO, generation, 0, pack_fields(fields)))

    def next(self, kind: Kind) -> Frame:
        while True:
            for position, frame in enumerate(self._frames):
                if frame.kind == kind:
                    del self._frames[: position + 1]
                    return frame
            self._frames = list(self._decoder.feed(self._socket.recv(65536)))

    def start(self, generation: int, channel: int, **command: object) -> None:
        self.say(encode(Kind.START, generation, channel, json.dumps(command).encode()))


@pytest.fixture
def host(agent_process: Agent) -> RawHost:
    return RawHost(agent_process.socket)


def test_nothing_is_obeyed_before_hello(host: RawHost) -> None:
    host.say(encode(Kind.PING, 0, 0, b"early"))
    host.start(0, 1, kind="shell", text="true")
    host.hello(5)
    host.say(encode(Kind.PING, 5, 0, b"later"))
    first = host.next(Kind.WELCOME)
    assert (first.generation, read_fields(first.payload)["nonce"]) == (5, "n")
    assert host.next(Kind.PONG) == Frame(Kind.PONG, 5, 0, b"later")


def test_frames_of_another_life_are_dropped(host: RawHost) -> None:
    host.hello(5)
    host.say(encode(Kind.PING, 4, 0, b"old") + encode(Kind.PING, 6, 0, b"new") + encode(Kind.PING, 5, 0, b"this"))
    assert host.next(Kind.PONG).payload == b"this"


@pytest.mark.parametrize(
    "noise",
    [
        b"garbage that is no frame",
        encode(Kind.HELLO, 6, 0, b"no fields") + encode(Kind.HELLO, 6, 0, b"\xff=\n") + encode(Kind.HELLO, 6, 0, b""),
        encode(Kind.START, 5, 1, b"\xff"),
        encode(Kind.START, 5, 1, b"[" * 60_000),
        encode(Kind.DATA, 5, 77, b"\0to nobody") + encode(Kind.SIGNAL, 5, 77, b"\x09"),
        encode(Kind.QUIESCED, 5, 0) + HEADER.pack(0x5243, 200, 0, 5, 0, 0),
        encode(Kind.PING, 5, 0, bytes(MAX_PAYLOAD))[:-100] + bytes(100),
        bytes(3 * MAX_PAYLOAD),
    ],
    ids=["garbage", "hello", "start", "nesting", "channel", "kind", "cut", "zeros"],
)
def test_nonsense_leaves_the_agent_alive(host: RawHost, noise: bytes) -> None:
    host.hello(5)
    host.next(Kind.WELCOME)
    host.say(noise)
    host.hello(7, "again")
    while read_fields(host.next(Kind.WELCOME).payload)["nonce"] != "again":
        pass
    host.start(7, 1, kind="shell", text="exit 3")
    assert json.loads(host.next(Kind.EXIT).payload)["exit_code"] == 3


def test_nonsense_on_a_channel_is_protested_and_costs_no_other(host: RawHost) -> None:
    host.hello(5)
    host.start(5, 1, kind="shell", text="cat; exit 3")
    host.next(Kind.STARTED)
    for kind, payload in ((Kind.SIGNAL, b""), (Kind.RESIZE, b"1"), (Kind.CREDIT, b"\x01"), (Kind.DATA, b"\x05x")):
        host.say(encode(kind, 5, 1, payload))
        assert "makes no sense" in json.loads(host.next(Kind.PROTEST).payload)["message"]
    host.say(encode(Kind.SIGNAL, 5, 1, b"\xff"))
    assert "Error" in json.loads(host.next(Kind.PROTEST).payload)["message"]
    host.say(encode(Kind.EOF, 5, 1, b"\0"))
    assert json.loads(host.next(Kind.EXIT).payload)["exit_code"] == 3


def test_more_stdin_than_credit_is_protested(host: RawHost) -> None:
    host.hello(5)
    host.start(5, 1, kind="shell", text="sleep 1000")
    host.next(Kind.STARTED)
    for _ in range(10):
        host.say(encode(Kind.DATA, 5, 1, b"\0" + bytes(MAX_PAYLOAD)))
    assert "credit" in json.loads(host.next(Kind.PROTEST).payload)["message"]
    host.say(encode(Kind.SIGNAL, 5, 1, b"\x09"))
    assert json.loads(host.next(Kind.EXIT).payload)["signal"] == 9


def test_a_host_restored_mid_frame_is_brought_in_step(host: RawHost) -> None:
    host.hello(5)
    host.next(Kind.WELCOME)
    host.say(encode(Kind.PING, 5, 0, bytes(MAX_PAYLOAD))[:1000])
    host.say(bytes(HEADER.size + MAX_PAYLOAD))
    host.hello(6, "again")
    assert read_fields(host.next(Kind.WELCOME).payload)["nonce"] == "again"


async def test_quiesce_is_silence_and_resume_ends_it(link: AgentLink, agent_process: Agent) -> None:
    flood = await link.start(Command("argv", argv=("yes",)))
    output = flood.output()
    await anext(output)
    short = await link.start(Command("shell", text="echo during; echo > ran; exit 4"))
    await link.quiesce(PATIENCE)
    await link.quiesce(PATIENCE)
    await flood.write_stdin(b"held")
    starting = asyncio.create_task(link.start(Command("shell", text="exit 5")))
    agent_process.socket.setblocking(False)
    while not (agent_process.work / "ran").exists():  # noqa: ASYNC110 - nobody here can tell
        await asyncio.sleep(0.001)
    with pytest.raises(BlockingIOError):
        agent_process.socket.recv(1, socket.MSG_PEEK)
    assert not starting.done()
    await link.resume()
    await link.resume()
    assert (await short.wait()).exit_code == 4
    assert (await (await starting).wait()).exit_code == 5
    await anext(output)
    await flood.signal(9)
    async for _ in output:
        pass
    assert (await flood.wait()).signal == 9


async def test_a_new_life_orphans_what_runs(link: AgentLink, agent_process: Agent) -> None:
    text = 'echo $$; read line; head -c 1M /dev/zero; echo "end $line" > end'
    process = await link.start(Command("shell", text=text))
    output = process.output()
    await anext(output)
    waiting = asyncio.create_task(process.wait())
    await asyncio.sleep(0)
    await link.quiesce(PATIENCE)
    await link.handshake(agent_process.identity(), timeout=PATIENCE)
    with pytest.raises(MachineLost, match="another life"):
        await waiting
    with pytest.raises(MachineLost, match="another life"):
        await anext(output)
    # It read the end of its input, and its megabyte was taken from it.
    _, stdout, _ = await link.run(Command("shell", text="until [ -s end ]; do :; done; cat end"))
    assert stdout == b"end \n"


async def test_lives_follow_one_another_in_the_middle_of_a_flood(link: AgentLink, agent_process: Agent) -> None:
    flood = await link.start(Command("argv", argv=("yes",)))
    await anext(flood.output())
    for _ in range(5):
        welcome = await link.handshake(agent_process.identity(), timeout=PATIENCE)
        assert welcome.clock_skew_ns is None
        _, stdout, _ = await link.run(Command("shell", text="echo this life"))
        assert stdout == b"this life\n"
    await link.run(Command("shell", text="pkill -x yes"))


@pytest.mark.parametrize("cut", [1, 7, 16, 17, 5000, 70_000])
async def test_a_link_to_a_machine_saved_mid_frame_resynchronises(agent_process: Agent, cut: int) -> None:
    host = RawHost(agent_process.socket)
    host.hello(1)
    host.next(Kind.WELCOME)
    # Output that imitates the frames the new link will look for.
    lure = encode(Kind.WELCOME, 2, 0, b'{"nonce": "guess"}') + encode(Kind.WELCOME, 9, 0, bytes(MAX_PAYLOAD))[:20]
    host.start(1, 1, kind="code", language="python", text=f"import os\nfor _ in range(5000): os.write(1, {lure!r})")
    host.next(Kind.DATA)
    agent_process.socket.recv(cut)
    host.say(encode(Kind.PING, 1, 0, bytes(3000))[:100])
    link = await AgentLink.open(agent_process.socket)
    agent_process.identity()
    await link.handshake(agent_process.identity(), timeout=PATIENCE, resynchronise=True)
    _, stdout, _ = await link.run(Command("shell", text="echo in step"))
    assert stdout == b"in step\n"
    await link.close()


async def test_death_of_the_machine_tells_everybody(agent_process: Agent) -> None:
    link = await AgentLink.open(agent_process.socket)
    await link.handshake(agent_process.identity(), timeout=PATIENCE)
    process = await link.start(Command("shell", text="echo last words; sleep 1000"))
    stuck = asyncio.create_task(process.write_stdin(bytes(5_000_000)))
    output = process.output()
    first = await anext(output)
    assert (first.stream, first.data) == (Stream.STDOUT, b"last words\n")
    agent_process.process.send_signal(signal.SIGSTOP)  # so that it answers nothing of what follows
    waits = [asyncio.create_task(wait) for wait in (process.wait(), anext(output), link.quiesce(PATIENCE))]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    agent_process.process.kill()
    for wait in [*waits, stuck]:
        with pytest.raises(MachineLost):
            await wait
    for late in (
        link.ping(1),
        link.start(Command("shell", text="true")),
        process.signal(15),
        process.wait(),
        link.handshake(agent_process.identity(), timeout=1),
    ):
        with pytest.raises(MachineLost, match="broke"):
            await late
    assert link.lost
    await link.close()
    await link.close()
