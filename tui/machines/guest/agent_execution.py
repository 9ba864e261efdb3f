"""One execution, from its start to its exit report."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tui.machines.guest.agent_cgroup import Consumption, Group
from tui.machines.guest.agent_loop import Loop
from tui.machines.guest.agent_spawn import Stdio, resize
from tui.machines.guest.agent_streams import STDOUT, Input, Output
from tui.machines.guest.wire import CREDIT, SIZE, WINDOW, Frame, Kind

if TYPE_CHECKING:
    from tui.machines.guest.agent_streams import Send

_GRACE_S = 0.1
"""How long after a process ended others may still print on its streams, as `tee` does after `exec > >(tee log)`."""
_DYING_LOOK_S = 0.005
_DYING_LOOKS = 10
"""After a signal the processes of a group need not die at once; they are given this many looks before they count."""
_UNKNOWN = Consumption(None, None, None, None, out_of_memory=False, at_memory_limit=False)


class Execution:
    """A process, its streams and its control group. It may outlive the life of the machine that asked for it."""

    def __init__(
        self,
        loop: Loop,
        stdio: Stdio,
        pid: int,
        group: Group | None,
        send: Send,
        ended: Callable[[Execution], None],
        *,
        memory_before: int | None = None,
        measure_disk: Callable[[], int | None],
        disk_before: int | None,
        limit_hit: Callable[[Consumption], str | None] | None = None,
        measure_traffic: Callable[[], tuple[int, int] | None] = lambda: None,
    ) -> None:
        """Serve a process that was started with `stdio`.

        Args:
            loop: what waits for the streams.
            stdio: the streams; our ends belong to this object from now on.
            pid: the process, leader of its session.
            group: its control group, where there are any.
            send: sends a frame on the channel.
            ended: called once, after the exit report was sent.
            memory_before: bytes it held already when it started.
            measure_disk: returns the bytes used in the writable layer.
            disk_before: what that was at the start.
            limit_hit: returns which limit the execution exceeded, where it was given any.
            measure_traffic: returns the bytes received and sent over the network, where there is one.
        """
        self.pid = pid
        self.group = group
        self._loop = loop
        self._send: Send | None = send
        self._ended = ended
        self._began = time.monotonic()
        self._memory_before = memory_before
        self._measure_disk = measure_disk
        self._disk_before = disk_before
        self._limit_hit = limit_hit
        self._measure_traffic = measure_traffic
        self._traffic_before = measure_traffic()
        self._report: dict[str, Any] | None = None
        self._dying = 0
        self._killed = False
        self._terminal = stdio.outputs[STDOUT] if stdio.terminal is not None else None
        self._input = Input(loop, stdio.stdin, self._say, terminal=stdio.terminal is not None)
        self._outputs = {
            number: Output(loop, descriptor, number, self._say, self._finish_if_done)
            for number, descriptor in stdio.outputs.items()
        }

    def _say(self, kind: Kind, payload: bytes) -> None:
        if self._send is not None:
            self._send(kind, payload)

    def receive(self, frame: Frame) -> None:
        """Obey a frame of the host.

        Raises:
            ValueError: it makes no sense.
        """
        payload = frame.payload
        if frame.kind == Kind.DATA and payload[:1] == b"\0":
            self._input.feed(payload[1:])
        elif frame.kind == Kind.EOF and payload == b"\0":
            self._input.finish()
        elif frame.kind == Kind.CREDIT and len(payload) == CREDIT.size:
            number, credit = CREDIT.unpack(payload)
            if number in self._outputs and credit <= WINDOW:
                self._outputs[number].grant(credit)
        elif frame.kind == Kind.SIGNAL and len(payload) == 1:
            self.signal(payload[0])
        elif frame.kind == Kind.RESIZE and len(payload) == SIZE.size:
            if self._terminal is not None and not self._outputs[STDOUT].done:
                resize(self._terminal, *SIZE.unpack(payload))
        else:
            raise ValueError(f"frame {frame.kind} with {len(payload)} bytes makes no sense here")

    def signal(self, signum: int) -> None:
        """Signal the process group; SIGKILL reaches every process of the execution."""
        if self._report is not None and signum != signal.SIGKILL:
            return
        self._dying = _DYING_LOOKS
        if signum == signal.SIGKILL and self.group is not None:
            self.group.kill()
            self._killed = True
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            try:
                os.killpg(self.pid, signum)
            except ProcessLookupError:
                # A fork that has not made its session yet; the signal waits there until it has.
                os.kill(self.pid, signum)
        if signum == signal.SIGKILL:
            for pid in _session(self.pid):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signum)

    def exited(
        self,
        *,
        exit_code: int | None,
        signum: int | None = None,
        cpu_s: tuple[float, float] | None = None,
        peak_bytes: int | None = None,
        interpreter_lost: bool = False,
    ) -> None:
        """Note how the process ended and report it as soon as what it printed is on its way.

        Args:
            exit_code: its exit code, unless a signal ended it.
            signum: that signal.
            cpu_s: user and system time, where only the parent of the process can tell.
            peak_bytes: its highest resident memory, likewise.
            interpreter_lost: it was a kept interpreter.
        """
        if self._report is not None:
            return
        used = self.group.consumption() if self.group is not None else _UNKNOWN
        if self.group is None and cpu_s is not None:
            used = Consumption(*cpu_s, peak_bytes, None, out_of_memory=False, at_memory_limit=False)
        peak = used.peak_memory_bytes
        grown, device = self._disk_grown(), used.device_written_bytes or 0
        received, sent = self._traffic()
        limit = self._limit_hit(used) if self._limit_hit is not None else None
        if used.out_of_memory or limit is not None:
            self._dying = _DYING_LOOKS
            self._killed = True
        self._report = {
            "exit_code": exit_code,
            "signal": signum,
            "usage": {
                "wall_s": time.monotonic() - self._began,
                "cpu_user_s": used.cpu_user_s,
                "cpu_system_s": used.cpu_system_s,
                "peak_memory_bytes": None if peak is None else peak + (self._memory_before or 0),
                "disk_written_bytes": used.device_written_bytes if grown is None else max(0, grown, device),
                "disk_grown_bytes": grown,
                "received_bytes": received,
                "sent_bytes": sent,
            },
            "out_of_memory": used.out_of_memory,
            "limit": limit,
            "interpreter_lost": interpreter_lost,
        }
        for output in self._outputs.values():
            if not output.done:
                output.pump()
        self._finish_if_done()
        if any(not output.done for output in self._outputs.values()):
            self._loop.call_later(_GRACE_S, self._cut)

    def _disk_grown(self) -> int | None:
        after = self._measure_disk()
        return None if after is None or self._disk_before is None else after - self._disk_before

    def _traffic(self) -> tuple[int | None, int | None]:
        now, before = self._measure_traffic(), self._traffic_before
        return (None, None) if now is None or before is None else (now[0] - before[0], now[1] - before[1])

    def _cut(self) -> None:
        for output in self._outputs.values():
            output.cut()

    def _finish_if_done(self) -> None:
        if self._report is None or not all(output.done for output in self._outputs.values()):
            return
        detached = len(self._detached())
        if detached and self._dying:
            self._dying -= 1
            self._loop.call_later(_DYING_LOOK_S, self._finish_if_done)
            return
        if self._killed:
            # As good as dead, even if a bomb of hundreds takes its time.
            detached = 0
        report, self._report = self._report, None
        self._say(Kind.EXIT, json.dumps({**report, "detached": detached}).encode())
        self._send = None
        self._input.close()
        self._ended(self)

    def _detached(self) -> list[int]:
        alive = self.group.members() if self.group is not None else _session(self.pid)
        return [pid for pid in alive if pid != self.pid]

    def orphan(self) -> None:
        """The life that asked for this is over: let it run, take what it prints, tell nobody."""
        self._send = None
        self._input.close()
        for output in self._outputs.values():
            if not output.done:
                output.drop()


def _session(leader: int) -> list[int]:
    """Return the living processes of a session; where there are no control groups, the best that can be known."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{entry}/stat", "rb") as file:
                state, _, _, session = file.read().rpartition(b")")[2].split()[:4]
                if int(session) == leader and state not in (b"Z", b"X"):
                    found.append(int(entry))
    return found
