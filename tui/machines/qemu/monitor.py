"""QEMU's machine protocol (QMP), as far as one process on the other end of a socket pair needs it.

https://www.qemu.org/docs/master/interop/qmp-spec.html
Two ways to talk. Whoever works in the event loop uses `execute`. A thread that must not wait for the loop, because a
machine stands still meanwhile and each turn of the loop would prolong that, gets the connection to itself: `directly`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from tui.machines.errors import MachineError
from tui.undivided import undivided_in_thread

T = TypeVar("T")
Answer = dict[str, Any]
Event = dict[str, Any]

_READ_AT_ONCE: Final = 64 * 1024
_LONGEST_LINE: Final = 1 << 20
_PATIENCE_S: Final = 60.0
"""How long a thread waits for an answer: what takes milliseconds takes seconds on a host in trouble, not minutes."""


class HungUp(Exception):
    """QEMU is gone, or no longer speaks the protocol."""


class Monitor:
    """A connection. Commands are executed one after the other, each to its end."""

    def __init__(self, sock: socket.socket, on_hang_up: Callable[[], object] = lambda: None) -> None:
        """Take over one end of a socket pair.

        `on_hang_up` is called once nothing can be said any more, be it that QEMU ended, that it does not answer a
        thread in time, or that what it says makes no sense: a machine that cannot be talked to must not live on.
        """
        sock.setblocking(False)
        self._on_hang_up = on_hang_up
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._lines = _Lines()
        self._last_id = 0
        self._turn = asyncio.Lock()
        self._waiting: tuple[int, asyncio.Future[Answer]] | None = None
        self._listeners: list[tuple[frozenset[str], asyncio.Queue[Event]]] = []
        self._open = True
        self._loop.add_reader(sock, self._on_readable)

    async def negotiate(self) -> None:
        """Leave the mode in which QEMU takes no other command.

        Raises:
            HungUp: QEMU ended instead.
        """
        await self.execute("qmp_capabilities")

    async def execute(self, name: str, arguments: Mapping[str, object] | None = None) -> Any:
        """Execute a command and return what it returns.

        Raises:
            MachineError: QEMU refused it.
            HungUp: QEMU is gone.
        """
        async with self._turn:
            if not self._open:
                raise HungUp
            answer: asyncio.Future[Answer] = self._loop.create_future()
            self._waiting = self._next_id(), answer
            try:
                await self._send(_encoded(self._last_id, name, arguments))
                return _result(name, await answer)
            finally:
                self._waiting = None

    async def _send(self, data: bytes) -> None:
        try:
            await self._loop.sock_sendall(self._sock, data)
        except BaseException as error:
            self._hang_up()  # half a command may have been sent, and nothing makes sense behind that
            if isinstance(error, OSError):
                raise HungUp from error
            raise

    async def directly(self, work: Callable[[DirectMonitor], T]) -> T:
        """Return what `work` returns, which has the connection to itself, in a thread, until it ends.

        Raises:
            HungUp: QEMU is gone; `work` was not begun. And whatever `work` raises.
        """
        async with self._turn:
            if not self._open:
                raise HungUp
            self._loop.remove_reader(self._sock)
            self._sock.settimeout(_PATIENCE_S)
            direct = DirectMonitor(self._sock, self._lines, self._next_id)
            try:
                return await undivided_in_thread(work, direct)
            except HungUp:
                self._hang_up()
                raise
            finally:
                self._sock.setblocking(False)
                if self._open:
                    self._loop.add_reader(self._sock, self._on_readable)
                for event in direct.events:
                    self._dispatch(event)

    @contextlib.contextmanager
    def events(self, *names: str) -> Iterator[asyncio.Queue[Event]]:
        """Give a queue in which events with these names arrive meanwhile."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        listener = frozenset(names), queue
        self._listeners.append(listener)
        try:
            yield queue
        finally:
            self._listeners.remove(listener)

    async def close(self) -> None:
        """Hang up. Waits for a thread that has the connection, which learns of QEMU's end by itself."""
        async with self._turn:
            self._hang_up()
            self._sock.close()

    # --- in the event loop -----------------------------------------------------------------------------------------

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _on_readable(self) -> None:
        try:
            for message in self._lines.feed(self._sock.recv(_READ_AT_ONCE)):
                self._dispatch(message)
        except BlockingIOError:
            pass
        except (HungUp, OSError):
            self._hang_up()

    def _dispatch(self, message: dict[str, Any]) -> None:
        if "event" in message:
            for names, queue in self._listeners:
                if message["event"] in names:
                    queue.put_nowait(message)
        elif self._waiting is not None and message.get("id") == self._waiting[0] and not self._waiting[1].done():
            self._waiting[1].set_result(message)
        # Anything else is the greeting, or the answer to a command nobody waits for any more.

    def _hang_up(self) -> None:
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._sock)
        if self._waiting is not None and not self._waiting[1].done():
            self._waiting[1].set_exception(HungUp())
        self._on_hang_up()


class DirectMonitor:
    """The connection in the hands of one thread. What it raises is what `Monitor.execute` raises."""

    def __init__(self, sock: socket.socket, lines: _Lines, next_id: Callable[[], int]) -> None:
        self._sock = sock
        self._lines = lines
        self._next_id = next_id
        self._answers: dict[int, Answer] = {}
        self._names: dict[int, str] = {}
        self.events: list[Event] = []
        """What QEMU told meanwhile, for those who listen."""

    def send(self, name: str, arguments: Mapping[str, object] | None = None) -> int:
        """Have a command executed after those sent before, and return its number without waiting for it."""
        id_ = self._next_id()
        self._names[id_] = name
        try:
            self._sock.sendall(_encoded(id_, name, arguments))
        except OSError as error:
            raise HungUp from error
        return id_

    def result(self, id_: int) -> Any:
        """Wait for the end of a command that was sent, and return what it returns."""
        while id_ not in self._answers:
            try:
                messages = self._lines.feed(self._sock.recv(_READ_AT_ONCE))
            except OSError as error:
                raise HungUp from error
            for message in messages:
                if "event" in message:
                    self.events.append(message)
                elif isinstance(answered := message.get("id"), int):
                    self._answers[answered] = message
        return _result(self._names[id_], self._answers.pop(id_))

    def execute(self, name: str, arguments: Mapping[str, object] | None = None) -> Any:
        """Execute a command and return what it returns."""
        return self.result(self.send(name, arguments))


class _Lines:
    """Puts messages together: one JSON object a line."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Return the messages that are complete.

        Raises:
            HungUp: there is no more to come, or it makes no sense.
        """
        if not data:
            raise HungUp
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            raise HungUp
        try:
            messages = [json.loads(line) for line in lines if line.strip()]
        except ValueError as error:
            raise HungUp from error
        for message in messages:
            # An error without an id answers something that QEMU could not even read.
            if not isinstance(message, dict) or ("error" in message and "id" not in message):
                raise HungUp
        return messages


def _encoded(id_: int, name: str, arguments: Mapping[str, object] | None) -> bytes:
    command: dict[str, object] = {"execute": name, "id": id_}
    if arguments:
        command["arguments"] = dict(arguments)
    return json.dumps(command).encode() + b"\n"


def _result(name: str, answer: Answer) -> Any:
    if "error" in answer:
        raise MachineError(f"QEMU refused {name}: {answer['error'].get('desc', 'it does not say why')}")
    return answer.get("return")
