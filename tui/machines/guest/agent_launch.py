"""Turns requests into executions, and knows which process belongs to which."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tui.machines.guest.agent_cgroup import Group, Groups
from tui.machines.guest.agent_command import Refused, Request, is_file_transfer, is_python
from tui.machines.guest.agent_command import program as program_for
from tui.machines.guest.agent_execution import Execution
from tui.machines.guest.agent_interpreter import FILE, KEEP, ONCE
from tui.machines.guest.agent_interpreters import Interpreter, Interpreters
from tui.machines.guest.agent_loop import Loop
from tui.machines.guest.agent_spawn import Stdio, start_program

if TYPE_CHECKING:
    from tui.machines.guest.agent_streams import Send


class Launcher:
    """Starts executions and notices their ends."""

    def __init__(self, loop: Loop, work: str, groups: Groups | None, measure_disk: Callable[[], int | None]) -> None:
        """Prepare to start executions.

        Args:
            loop: what waits for their streams.
            work: the default working directory.
            groups: makes control groups, where there are any.
            measure_disk: returns the bytes used in the writable layer, if that means anything.
        """
        self._loop = loop
        self._work = work
        self._groups = groups
        self._measure_disk = measure_disk
        self._rehearsing = False
        self._has_network = True
        self._measure_traffic: Callable[[], tuple[int, int] | None] | None = None
        self._by_pid: dict[int, Execution] = {}
        self._interpreters = Interpreters(loop)

    def prepare(self) -> None:
        """Have ready what makes the next start quick.

        Raises:
            Become: in a forked child.
        """
        self._interpreters.prepare()

    def launch(self, request: Request, generation: int, send: Send, ended: Callable[[], object]) -> Execution:
        """Start what a request asks for.

        Args:
            request: what to start.
            generation: the life that asks.
            send: sends a frame to whoever asks.
            ended: called once the exit report was sent.

        Raises:
            Refused: it cannot be started, and this is why.
            OSError: the guest lacks memory, processes or descriptors for it.
            Become: in forked children.
        """
        if request.limits is not None and (self._groups is None or self._rehearsing):
            raise Refused("without control groups this machine cannot hold a command to limits")
        self._connect(request.network)
        if self._measure_traffic is None:
            self._measure_traffic = self._traffic()
        cwd = self._enter(request.cwd)
        stdio = Stdio(request.terminal)
        group = self._groups.take(rehearsing=self._rehearsing) if self._groups is not None else None
        disk_before = self._measure_disk()
        interpreter, memory_before = None, None
        try:
            if is_python(request) or is_file_transfer(request):
                interpreter, errand = self._interpreter_for(request, cwd)
                pid = interpreter.pid
                if group is not None:
                    memory_before = interpreter.held_bytes()
                    group.add(pid)
                interpreter.send(errand, stdio.theirs, generation)
            else:
                environment = request.environment(cwd)
                pid = start_program(program_for(request, environment), environment, stdio, self._groups, group)
        except Exception:
            os.chdir("/")
            stdio.close()
            self._give_back(group)
            raise
        os.chdir("/")
        stdio.close_theirs()

        def finished(execution: Execution) -> None:
            ended()
            self._give_back(execution.group)
            self._interpreters.prepare_soon()

        limit_hit = None
        if request.limits is not None and group is not None:
            # Imported with what else is warmed, not when the agent starts.
            from tui.machines.guest.agent_limits import Watch

            limit_hit = Watch(
                self._loop,
                group,
                request.limits,
                held_bytes=memory_before or 0,
                measure_disk=self._measure_disk,
                disk_before=disk_before,
            ).verdict
        execution = Execution(
            self._loop,
            stdio,
            pid,
            group,
            send,
            finished,
            memory_before=memory_before,
            measure_disk=self._measure_disk,
            disk_before=disk_before,
            limit_hit=limit_hit,
            measure_traffic=self._measure_traffic,
        )
        if interpreter is not None:
            interpreter.execution = execution
        else:
            self._by_pid[pid] = execution
        return execution

    def _interpreter_for(self, request: Request, cwd: str) -> tuple[Interpreter, dict[str, Any]]:
        if is_file_transfer(request):
            file = {"kind": request.kind, "path": request.text, "mode": request.file_mode, "cwd": cwd}
            return self._interpreters.take(None), {"what": FILE, **file}
        name = request.interpreter
        if name is None:
            errand: dict[str, Any] = {"what": ONCE, "text": request.text, "env": request.environment(cwd), "cwd": cwd}
            return self._interpreters.take(None), errand
        # A kept interpreter stays in the directory its code changed to.
        place = cwd if request.cwd is not None or not self._interpreters.is_kept(name) else None
        errand = {"what": KEEP, "text": request.text, "env": request.env, "cwd": place}
        return self._interpreters.take(name), errand

    def freeze(self) -> None:
        """Make all executions stand still; after a rehearsal, have ready again what it used up.

        Raises:
            Become: in a forked child.
        """
        if self._rehearsing:
            self._interpreters.settle()
        if self._groups is not None:
            self._groups.freeze()

    def go_on(self, *, rehearsing: bool = False) -> None:
        """Let executions go on; or, rehearsing, leave them still and start others in control groups apart."""
        self._rehearsing = rehearsing
        if self._groups is not None and not rehearsing:
            self._groups.thaw()

    def _connect(self, network: bool) -> None:
        # Without control groups this may be no machine, whose network would be somebody else's.
        if network is not self._has_network and not self._rehearsing and self._groups is not None:
            # Imported with what else is warmed, not when the agent starts.
            from tui.machines.guest import agent_network

            agent_network.take(network)
            self._has_network = network

    def _traffic(self) -> Callable[[], tuple[int, int] | None]:
        """Return what counts the bytes of the network; looked for once, so that without one it costs nothing."""
        if self._groups is not None:
            from tui.machines.guest import agent_network

            if agent_network.traffic() is not None:
                return agent_network.traffic
        return lambda: None

    def _enter(self, cwd: str | None) -> str:
        """Change to the directory a process starts in, so that it is born there."""
        path = os.path.join(self._work, cwd or "")
        try:
            try:
                os.chdir(path)
            except FileNotFoundError:
                if cwd is not None:
                    raise
                os.makedirs(path)
                os.chdir(path)
        except OSError as error:
            raise Refused(f"cannot work in {path}: {error.strerror}") from None
        return path.rstrip("/") or "/"

    def reap(self) -> None:
        """Take leave of every child that ended, adopted ones included."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
                if pid == 0:
                    return
                interpreter = self._interpreters.bury(pid)
                execution = self._by_pid.pop(pid, None) if interpreter is None else interpreter.execution
                if execution is not None:
                    code = os.waitstatus_to_exitcode(status)
                    execution.exited(
                        exit_code=code if code >= 0 else None,
                        signum=-code if code < 0 else None,
                        cpu_s=(usage.ru_utime, usage.ru_stime),
                        peak_bytes=usage.ru_maxrss * 1024,
                        interpreter_lost=interpreter is not None and interpreter.name is not None,
                    )

    def _give_back(self, group: Group | None) -> None:
        if self._groups is not None:
            if group is not None:
                self._groups.give_back(group)
            self._loop.call_later(0, self._groups.tidy)
