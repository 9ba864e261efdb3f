"""One execution on the host."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from tui.machines.errors import CapabilityLacking, MachineLost
from tui.machines.kinds import Limit, Stream
from tui.machines.local.streams import Input, Outputs
from tui.machines.local.usage import cpu_times_s, session
from tui.machines.model import ExitReport, OutputChunk, ResourceUsage, TerminalSize

_GRACE_S: Final = 0.1
"""How long after the end of an unconfined process others may still print on its streams."""
_SHORTEST_LOOK_S: Final = 0.01
"""The kernel tells CPU time in hundredths of a second."""
_STATUS_SIZE: Final = 4096


@dataclass(frozen=True, slots=True)
class Spawned:
    """A process that has just been started, and our ends of its pipes."""

    pid: int
    stdin: int
    stdout: int
    stderr: int
    status: int | None
    """Where bubblewrap says which process it made and how that ended; None for a process without it."""
    cpu_limit_s: float | None


class LocalProcess:
    """An execution, as `tui.machines.protocol.GuestProcess` describes it.

    What it leaves in the background ends with it: confined, the kernel ends its process namespace; otherwise its
    session is killed.
    """

    def __init__(self, spawned: Spawned) -> None:
        self._spawned = spawned
        self._began = time.monotonic()
        self._input = Input(spawned.stdin)
        self._outputs = Outputs({Stream.STDOUT: spawned.stdout, Stream.STDERR: spawned.stderr})
        self._init: int | None = None
        self._status = b""
        self._told = asyncio.Event()
        self._sent: set[int] = set()
        self._limit: Limit | None = None
        self._used_s = (0.0, 0.0)
        self._read = False
        self._exited = asyncio.Event()
        self._report: ExitReport | None = None
        self._pidfd = os.pidfd_open(spawned.pid)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pidfd, self._on_exit)
        limit_s = spawned.cpu_limit_s
        self._watching = loop.create_task(self._watch(limit_s)) if limit_s is not None else None

    async def started(self) -> None:
        """Wait until bubblewrap has made the process that will execute the command, or has failed to."""
        if self._spawned.status is None:
            return
        status, loop = self._spawned.status, asyncio.get_running_loop()

        def read() -> None:
            said = os.read(status, _STATUS_SIZE)
            self._status += said
            if not said or b"\n" in self._status:
                loop.remove_reader(status)
                self._told.set()

        os.set_blocking(status, False)
        loop.add_reader(status, read)
        await self._told.wait()
        with contextlib.suppress(ValueError, KeyError):
            self._init = int(json.loads(self._status.partition(b"\n")[0])["child-pid"])

    @property
    def pid(self) -> int:
        """Process id on the host; confined, that of bubblewrap."""
        return self._spawned.pid

    async def output(self) -> AsyncIterator[OutputChunk]:
        """Yield what the process prints, as it comes, until it has ended."""
        if self._read:
            raise RuntimeError("the output of this process is being read already")
        self._read = True
        async for chunk in self._outputs.chunks():
            yield chunk
        await self.wait()

    async def write_stdin(self, data: bytes) -> None:
        """Send bytes to the process; returns once they are taken."""
        await self._input.write(data)

    async def close_stdin(self) -> None:
        """Let the process read end-of-file."""
        await self._input.close()

    async def signal(self, signum: int) -> None:
        """Signal the process group of the command; SIGKILL reaches everything it started."""
        if not self._exited.is_set():
            self._sent.add(signum)
            self._signal(signum)

    def _signal(self, signum: int) -> None:
        if signum == signal.SIGKILL:
            # Of what dies with the first process of its namespace nobody is told what it used.
            self._used_s = cpu_times_s(self._spawned.pid)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._init is not None and signum == signal.SIGKILL:
                os.kill(self._init, signum)  # the first process of a namespace takes all others with it
            elif self._init is not None:
                os.killpg(self._init, signum)
            else:
                os.killpg(self._spawned.pid, signum)
                if signum == signal.SIGKILL:
                    self._kill_session()

    def _kill_session(self) -> None:
        for pid in session(self._spawned.pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    async def resize(self, size: TerminalSize) -> None:  # noqa: ARG002 - as the protocol has it
        """Refuse: there is no terminal."""
        raise CapabilityLacking("on the host a command has no terminal")

    async def wait(self) -> ExitReport:
        """Return how the process ended. Without anybody who reads it, what it prints is dropped.

        Raises:
            MachineLost: the confinement failed, so the command's own end is unknown.
        """
        if not self._read:
            self._outputs.discard()
        await self._exited.wait()
        await self._outputs.ended.wait()
        if self._report is None:
            raise MachineLost("bubblewrap failed, or was killed; how the command ended is unknown")
        return self._report

    async def _watch(self, limit_s: float) -> None:
        cpus = os.cpu_count() or 1
        while True:
            left_s = limit_s - sum(cpu_times_s(self._spawned.pid))
            if left_s < 0:
                self._limit = Limit.CPU_TIME
                self._signal(signal.SIGKILL)
                return
            await asyncio.sleep(max(_SHORTEST_LOOK_S, left_s / cpus))

    def _on_exit(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        if self._watching is not None:
            self._watching.cancel()
        self._input.abandon()
        if self._spawned.status is None:
            self._kill_session()
            loop.call_later(_GRACE_S, self._outputs.cut)
        _, status, used = os.wait4(self._spawned.pid, 0)
        code = self._exit_code(os.waitstatus_to_exitcode(status))
        if code is not None:
            user_s, system_s = max(self._used_s, (used.ru_utime, used.ru_stime), key=sum)
            usage = ResourceUsage(
                wall_s=time.monotonic() - self._began,
                cpu_user_s=user_s,
                cpu_system_s=system_s,
                peak_memory_bytes=used.ru_maxrss * 1024,
            )
            limit_s = self._spawned.cpu_limit_s
            if limit_s is not None and user_s + system_s > limit_s:
                self._limit = Limit.CPU_TIME
            self._report = ExitReport(
                code if code >= 0 else None, -code if code < 0 else None, usage, limit=self._limit
            )  # fmt: skip
        self._told.set()
        self._exited.set()

    def _exit_code(self, code: int) -> int | None:
        """Return the exit code of the command, or minus the signal that ended it; None if that is unknown."""
        if self._spawned.status is not None:
            asyncio.get_running_loop().remove_reader(self._spawned.status)
            os.set_blocking(self._spawned.status, False)
            with contextlib.suppress(BlockingIOError):
                while said := os.read(self._spawned.status, _STATUS_SIZE):
                    self._status += said
            os.close(self._spawned.status)
            told = [json.loads(line) for line in self._status.splitlines() if line.strip()]
            codes = [int(line["exit-code"]) for line in told if "exit-code" in line]
            if not codes:
                return None
            code = codes[0]
        # bubblewrap tells a signal only as a shell does. Of those sent from here it is known.
        killed = {signal.SIGKILL} if self._limit is not None else set[int]()
        return 128 - code if code - 128 in self._sent | killed else code
