"""Turns requests into executions, and knows which process belongs to which."""

from __future__ import annotations

import contextlib
import os
import select
import socket
from collections.abc import Callable
from typing import NamedTuple

from tui.machines.guest import agent_files, agent_interpreter, agent_python
from tui.machines.guest.agent_cgroup import Group, Groups
from tui.machines.guest.agent_command import DEFAULT_ENVIRONMENT, Refused, Request, is_file_transfer, is_python
from tui.machines.guest.agent_command import program as program_for
from tui.machines.guest.agent_execution import Execution
from tui.machines.guest.agent_interpreter import Interpreter
from tui.machines.guest.agent_loop import Loop
from tui.machines.guest.agent_spawn import Stdio, fork, start_program
from tui.machines.guest.agent_streams import Send


class _Process(NamedTuple):
    pid: int
    interpreter: Interpreter | None = None
    memory_before: int | None = None


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
        self._by_pid: dict[int, Execution] = {}
        self._interpreters: dict[str, Interpreter] = {}
        self._lost_interpreters: set[str] = set()
        self._nowhere = (os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC),) * 3

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
        idle = self._idle_interpreter(request)
        cwd = self._enter(request.cwd)
        stdio = Stdio(request.terminal)
        group = self._groups.take() if self._groups is not None else None
        disk_before = self._measure_disk()
        try:
            if request.interpreter is not None and is_python(request):
                interpreter = idle or self._new_interpreter(request.interpreter, cwd, generation)
                process = _hand_over(interpreter, request, stdio, group, generation)
            else:
                process = _Process(self._new_process(request, cwd, stdio, group))
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

        execution = Execution(
            self._loop,
            stdio,
            process.pid,
            group,
            send,
            finished,
            interpreter=process.interpreter,
            memory_before=process.memory_before,
            measure_disk=self._measure_disk,
            disk_before=disk_before,
        )
        if process.interpreter is not None:
            process.interpreter.execution = execution
        self._by_pid[process.pid] = execution
        return execution

    def _enter(self, cwd: str | None) -> str:
        """Change to the directory a process starts in, so that it is born there."""
        path = os.path.join(self._work, cwd or "")
        if cwd is None:
            os.makedirs(path, exist_ok=True)
        try:
            os.chdir(path)
        except OSError as error:
            raise Refused(f"cannot work in {path}: {error.strerror}") from None
        return path.rstrip("/") or "/"

    def _new_process(self, request: Request, cwd: str, stdio: Stdio, group: Group | None) -> int:
        environment = request.environment(cwd)
        if is_python(request):
            task = agent_python.task(request.text, environment, cwd)
        elif is_file_transfer(request):
            task = agent_files.task(request)
        else:
            return start_program(program_for(request, environment), environment, stdio, self._groups, group)
        return fork(task, self._abandon, stdio.theirs, terminal=stdio.terminal, group=group)

    def _idle_interpreter(self, request: Request) -> Interpreter | None:
        interpreter = self._interpreters.get(request.interpreter or "")
        if interpreter is not None and interpreter.execution is not None:
            raise Refused(f"interpreter {interpreter.name!r} is busy with another execution")
        return interpreter

    def _new_interpreter(self, name: str, cwd: str, generation: int) -> Interpreter:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        task = agent_interpreter.task(theirs, {**DEFAULT_ENVIRONMENT, "PWD": cwd}, cwd)
        pid = fork(task, self._abandon, self._nowhere, keep=theirs.fileno())
        theirs.close()
        ours.setblocking(False)
        interpreter = Interpreter(name, ours, pid, generation)
        self._interpreters[name] = interpreter
        self._loop.watch(ours.fileno(), select.EPOLLIN, lambda: self._answered(interpreter))
        return interpreter

    def _answered(self, interpreter: Interpreter) -> None:
        exit_code = interpreter.reply()
        if exit_code is None:
            # It is gone or babbles; which of them, its end will tell.
            self._loop.forget(interpreter.control.fileno())
        elif interpreter.execution is not None:
            execution, interpreter.execution = interpreter.execution, None
            del self._by_pid[interpreter.pid]
            lost = interpreter.name in self._lost_interpreters
            self._lost_interpreters.discard(interpreter.name)
            execution.exited(exit_code=exit_code, interpreter_lost=lost)

    def _abandon(self) -> None:
        self._loop.abandon()
        for interpreter in self._interpreters.values():
            interpreter.control.close()

    def reap(self) -> None:
        """Take leave of every child that ended, adopted ones included."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._bury_interpreter(pid)
                execution = self._by_pid.pop(pid, None)
                if execution is not None:
                    code = os.waitstatus_to_exitcode(status)
                    execution.exited(
                        exit_code=code if code >= 0 else None,
                        signum=-code if code < 0 else None,
                        cpu_s=(usage.ru_utime, usage.ru_stime),
                        peak_bytes=usage.ru_maxrss * 1024,
                        interpreter_lost=execution.interpreter is not None,
                    )

    def _bury_interpreter(self, pid: int) -> None:
        interpreter = next((one for one in self._interpreters.values() if one.pid == pid), None)
        if interpreter is None:
            return
        # What it said last counts, even if its end is noticed first.
        self._answered(interpreter)
        if interpreter.execution is None:
            self._lost_interpreters.add(interpreter.name)
        del self._interpreters[interpreter.name]
        self._loop.forget(interpreter.control.fileno())
        interpreter.control.close()

    def _give_back(self, group: Group | None) -> None:
        if self._groups is not None:
            if group is not None:
                self._groups.give_back(group)
            self._loop.call_later(0, self._groups.tidy)


def _hand_over(
    interpreter: Interpreter, request: Request, stdio: Stdio, group: Group | None, generation: int
) -> _Process:
    memory_before = None
    if group is not None:
        memory_before = _resident(interpreter.pid)
        group.add(interpreter.pid)
    interpreter.execute(request, stdio.theirs, generation)
    return _Process(interpreter.pid, interpreter, memory_before)


def _resident(pid: int) -> int | None:
    """Return the memory a process holds for itself, in bytes."""
    with (
        contextlib.suppress(OSError, ValueError),
        open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status,
    ):
        for line in status:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return None
