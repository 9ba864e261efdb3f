"""The connection to QEMU, against a peer that answers as the protocol says, or does not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from tui.machines.errors import MachineError
from tui.machines.qemu import monitor as monitor_module
from tui.machines.qemu.monitor import DirectMonitor, HungUp, Monitor


class Peer:
    """The other end of the connection, in a thread: says what the test wants, for each command."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.hold = threading.Event()
        self.held = threading.Event()
        """Set once a command came while answers are held back."""
        self.hold.set()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def say(self, **message: object) -> None:
        self.sock.sendall(json.dumps(message).encode() + b"\r\n")

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # whoever spoke with it hung up
            self._answer()

    def _answer(self) -> None:
        self.say(QMP={"version": {}, "capabilities": []})
        for line in self.sock.makefile("rb"):
            command = json.loads(line)
            if not self.hold.is_set():
                self.held.set()
                self.hold.wait(10)
            match command["execute"]:
                case "refused":
                    self.say(id=command["id"], error={"class": "GenericError", "desc": "not today"})
                case "event":
                    self.say(event="HAPPENED", data=command["arguments"])
                    self.say(event="OTHER", data={})
                    self.say(id=command["id"], **{"return": {}})
                case "unread":
                    self.say(error={"class": "GenericError", "desc": "that was no JSON"})
                case "nonsense":
                    self.sock.sendall(b"{]\n")
                case "endless":
                    self.sock.sendall(b"x" * (2 << 20))
                case "die":
                    self.sock.shutdown(socket.SHUT_RDWR)
                    return
                case _:
                    self.say(id=command["id"], **{"return": command.get("arguments")})

    def end(self) -> None:
        self.hold.set()
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.sock.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Peer]]:
    ours, theirs = socket.socketpair()
    peer = Peer(theirs)
    yield ours, peer
    peer.end()


@pytest.fixture
def hung_up() -> list[str]:
    """Filled when the connection is over."""
    return []


@pytest.fixture
async def monitor(pair: tuple[socket.socket, Peer], hung_up: list[str]) -> AsyncIterator[Monitor]:
    made = Monitor(pair[0], lambda: hung_up.append("once"))
    await made.negotiate()
    yield made
    await made.close()


async def test_a_command_returns_what_was_answered_to_it(monitor: Monitor) -> None:
    numbers = await asyncio.gather(*(monitor.execute("echo", {"n": n}) for n in range(20)))
    assert numbers == [{"n": n} for n in range(20)]


async def test_a_refusal_says_what_was_refused_and_why(monitor: Monitor) -> None:
    with pytest.raises(MachineError, match="QEMU refused refused: not today"):
        await monitor.execute("refused")
    with pytest.raises(MachineError, match="not today"):
        await monitor.directly(lambda direct: direct.execute("refused"))


async def test_an_answer_nobody_waits_for_any_more_is_not_taken_for_another(
    pair: tuple[socket.socket, Peer], monitor: Monitor
) -> None:
    pair[1].hold.clear()
    given_up = asyncio.ensure_future(monitor.execute("echo", {"n": 1}))
    assert await asyncio.to_thread(pair[1].held.wait, 10)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    pair[1].hold.set()
    assert await monitor.execute("echo", {"n": 2}) == {"n": 2}


async def test_a_thread_has_the_connection_to_itself_and_events_are_kept(monitor: Monitor) -> None:
    entered, go = threading.Event(), threading.Event()

    def work(direct: DirectMonitor) -> list[object]:
        entered.set()
        assert go.wait(10)
        first, second = direct.send("echo", {"n": 1}), direct.send("event", {"n": 2})
        return [direct.result(second), direct.result(first), direct.execute("echo", {"n": 3})]

    with monitor.events("HAPPENED") as events:
        alone = asyncio.ensure_future(monitor.directly(work))
        await asyncio.to_thread(entered.wait)
        waiting = asyncio.ensure_future(monitor.execute("echo", {"n": 4}))
        go.set()
        assert await alone == [{}, {"n": 1}, {"n": 3}]
        assert await waiting == {"n": 4}
        assert (await events.get())["data"] == {"n": 2}
        assert events.empty()


async def test_events_arrive_in_the_loop_too_while_somebody_listens(monitor: Monitor) -> None:
    await monitor.execute("event", {"n": 1})
    with monitor.events("HAPPENED", "OTHER") as events:
        await monitor.execute("event", {"n": 2})
        assert [(await events.get())["event"] for _ in range(2)] == ["HAPPENED", "OTHER"]
    assert events.empty()


@pytest.mark.parametrize("how", ["die", "nonsense", "endless", "unread"])
@pytest.mark.parametrize("directly", [False, True])
async def test_whoever_waits_learns_that_it_hung_up(
    monitor: Monitor, hung_up: list[str], how: str, directly: bool
) -> None:
    with pytest.raises(HungUp):
        if directly:
            await monitor.directly(lambda direct: direct.execute(how))
        else:
            await monitor.execute(how)
    with pytest.raises(HungUp):
        await monitor.execute("echo")
    with pytest.raises(HungUp):
        await monitor.directly(lambda direct: direct.execute("echo"))
    assert hung_up == ["once"]


async def test_a_thread_does_not_wait_for_ever(
    pair: tuple[socket.socket, Peer], monitor: Monitor, hung_up: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor_module, "_PATIENCE_S", 0.05)
    pair[1].hold.clear()
    with pytest.raises(HungUp):
        await monitor.directly(lambda direct: direct.execute("echo"))
    assert hung_up == ["once"]


async def test_a_cancelled_thread_ends_before_anybody_else_talks(monitor: Monitor) -> None:
    entered, go = threading.Event(), threading.Event()
    done: list[object] = []

    def work(direct: DirectMonitor) -> None:
        entered.set()
        assert go.wait(10)
        done.append(direct.execute("echo", {"n": 1}))

    alone = asyncio.ensure_future(monitor.directly(work))
    await asyncio.to_thread(entered.wait)
    for _ in range(3):  # somebody in a hurry
        alone.cancel()
        await asyncio.sleep(0)
    closing = asyncio.ensure_future(monitor.close())
    await asyncio.sleep(0)
    assert not closing.done()
    go.set()
    await closing
    assert done == [{"n": 1}]
    with pytest.raises(asyncio.CancelledError):
        await alone
