"""Serves the host: takes its frames, starts what it asks for, speaks when it may.

An error in one execution is reported and costs at most that execution. The first process of a machine must never end.
"""

from __future__ import annotations

import os
import select
import sys

from tui.machines.guest.agent_cgroup import Groups
from tui.machines.guest.agent_identity import Identity
from tui.machines.guest.agent_loop import Loop
from tui.machines.guest.agent_streams import Outbox
from tui.machines.guest.wire import (
    MAX_START,
    PROTOCOL,
    Decoder,
    Frame,
    Kind,
    ProtocolError,
    pack_fields,
    read_fields,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.machines.guest.agent_execution import Execution
    from tui.machines.guest.agent_launch import Launcher

_READ_AT_ONCE = 64 * 1024
_ABSENT_HOST_PAUSE_S = 0.01
_LONGEST_PROTEST = 2000


class Service:
    """The agent between its port and its executions."""

    def __init__(
        self,
        port: int,
        *,
        work: str,
        identity: Identity | None,
        groups: Groups | None,
        measure_disk: Callable[[], int | None],
    ) -> None:
        """Prepare to serve.

        Args:
            port: where frames come and go.
            work: the default working directory.
            identity: changes the identity of the machine, where there is one.
            groups: makes control groups, where there are any.
            measure_disk: returns the bytes used in the writable layer, if that means anything.
        """
        self._port = port
        self._identity = identity
        self._loop = Loop()
        self._work = work
        self._groups = groups
        self._measure_disk = measure_disk
        self._made_launcher: Launcher | None = None
        self._outbox = Outbox(port)
        self._decoder = Decoder()
        self._decoder.hunt(Kind.HELLO)
        self._generation: int | None = None
        self._parts: dict[int, bytearray] = {}
        self._channels: dict[int, Execution] = {}
        self._pid = os.getpid()
        self._host_is_there = True
        self._stuck = False

    @property
    def _launcher(self) -> Launcher:
        """What starts executions: made at first use, because half of the agent's imports are its, and a boot waits only
        for the answer to the host."""
        if self._made_launcher is None:
            from tui.machines.guest.agent_launch import Launcher

            self._made_launcher = Launcher(self._loop, self._work, self._groups, self._measure_disk)
            self._loop.on_children(self._made_launcher.reap)
        return self._made_launcher

    def run(self) -> None:
        """Serve until the host hangs up, which only happens where there is no machine.

        Raises:
            Become: in forked children.
        """
        self._loop.watch(self._port, select.EPOLLIN, self._readable)
        while self._host_is_there:
            self._loop.turn(self._guarded)
            self._guarded(self._speak)

    def _guarded(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001 - the agent lives on whatever happens
            import traceback

            if os.getpid() != self._pid:
                # A child that failed to become what it should must not be a second agent.
                os._exit(125)
            self._protest(traceback.format_exc()[-_LONGEST_PROTEST:])

    def _protest(self, message: str) -> None:
        if not self._outbox.crowded and self._generation is not None:
            self._tell_object(0, Kind.PROTEST, {"message": message})

    def _tell(self, channel: int, kind: Kind, payload: bytes = b"") -> None:
        self._outbox.put(kind, self._generation or 0, channel, payload)

    def _tell_object(self, channel: int, kind: Kind, fields: dict[str, object]) -> None:
        import json  # not needed to answer a HELLO

        self._tell(channel, kind, json.dumps(fields).encode())

    def _speak(self) -> None:
        stuck = not self._outbox.flush()
        if stuck != self._stuck:
            self._stuck = stuck
            self._loop.watch(self._port, select.EPOLLIN | (select.EPOLLOUT if stuck else 0), self._readable)
        self._loop.let_outputs_flow(not self._outbox.crowded)

    def _readable(self) -> None:
        try:
            data = os.read(self._port, _READ_AT_ONCE)
        except BlockingIOError:
            return
        if not data:
            self._host_left()
            return
        while True:
            try:
                for frame in self._decoder.feed(data):
                    self._guarded(lambda frame=frame: self._obey(frame))  # type: ignore[misc]
            except ProtocolError as error:
                self._protest(str(error))
                self._decoder.hunt(Kind.HELLO)
                data = b""
            else:
                return

    def _host_left(self) -> None:
        if self._identity is None:
            self._host_is_there = False
            return
        # The port reports this without end until somebody opens the other side.
        self._loop.forget(self._port)
        self._loop.call_later(
            _ABSENT_HOST_PAUSE_S, lambda: self._loop.watch(self._port, select.EPOLLIN, self._readable)
        )

    def _obey(self, frame: Frame) -> None:
        if frame.kind == Kind.HELLO:
            self._begin_life(frame)
        elif frame.generation != self._generation:
            return
        elif frame.kind == Kind.PART:
            self._collect(frame)
        elif frame.kind == Kind.START:
            self._start(frame)
        elif frame.kind == Kind.PING:
            self._tell(frame.channel, Kind.PONG, frame.payload)
        elif frame.kind == Kind.QUIESCE:
            self._launcher.freeze()
            self._tell(0, Kind.QUIESCED)
            self._outbox.hold()
        elif frame.kind == Kind.RESUME:
            self._launcher.go_on()
            self._outbox.release()
        elif (execution := self._channels.get(frame.channel)) is not None:
            execution.receive(frame)

    def _begin_life(self, frame: Frame) -> None:
        hello = read_fields(frame.payload)
        skew = None
        if self._identity is not None:
            skew = self._identity.assume(
                hostname=hello["hostname"],
                boot_id=hello["boot_id"],
                entropy=bytes.fromhex(hello["entropy"]),
                time_ns=int(hello["time_ns"]),
            )
        self._outbox.forget()
        for execution in list(self._channels.values()):  # one that has ended leaves while it is told
            execution.orphan()
        self._channels.clear()
        self._parts.clear()
        is_first = self._generation is None
        self._generation = frame.generation
        rehearsing = hello["rehearsal"] == str(True)
        if rehearsing or not is_first:
            self._launcher.go_on(rehearsing=rehearsing)
        welcome = {
            "protocol": PROTOCOL,
            "nonce": hello["nonce"],
            "kernel": os.uname().release,
            "python": sys.version.split()[0],
            "clock_skew_ns": skew,
        }
        self._tell(0, Kind.WELCOME, pack_fields(welcome))
        if is_first:
            self._outbox.flush()  # a boot is waiting for the answer; what makes commands quick comes after it
            self._loop.call_later(0, self._prepare)

    def _prepare(self) -> None:
        self._launcher.prepare()

    def _collect(self, frame: Frame) -> None:
        parts = self._parts.setdefault(frame.channel, bytearray())
        if len(parts) <= MAX_START:
            parts += frame.payload

    def _start(self, frame: Frame) -> None:
        from tui.machines.guest.agent_command import Refused
        from tui.machines.guest.agent_command import parse as parse_request

        channel = frame.channel
        payload = bytes(self._parts.pop(channel, b"")) + frame.payload
        try:
            if len(payload) > MAX_START:
                raise Refused(f"the command is longer than {MAX_START} bytes")
            execution = self._launcher.launch(
                parse_request(payload),
                frame.generation,
                lambda kind, payload: self._tell(channel, kind, payload),
                lambda: self._channels.pop(channel, None),
            )
        except Refused as refusal:
            self._tell_object(channel, Kind.REFUSED, {"message": str(refusal)})
        except OSError as error:
            message = f"the guest could not start it: {error}"
            self._tell_object(channel, Kind.REFUSED, {"message": message})
        else:
            self._channels[channel] = execution
            self._tell_object(channel, Kind.STARTED, {"pid": execution.pid})
            # The host waits for this, the rest of the turn does not.
            self._outbox.flush()
