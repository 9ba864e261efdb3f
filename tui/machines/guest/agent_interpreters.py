"""The agent's side of the interpreters it forked: the one that stands ready, those at work, those that are kept."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
from typing import Any

from tui.machines.guest import agent_interpreter, agent_python
from tui.machines.guest.agent_command import Refused
from tui.machines.guest.agent_execution import Execution
from tui.machines.guest.agent_loop import Loop
from tui.machines.guest.agent_spawn import fork, memory_file

_REPLY_SIZE = 64
_BIRTH_AT_MOST_MS = 2000
_REPLACE_AFTER_S = 0.05
"""A new interpreter is made ready when the guest has been idle for a moment, so that it holds up no command."""


class Interpreter:
    """One forked child."""

    def __init__(self, control: socket.socket, pid: int) -> None:
        self.control = control
        self.pid = pid
        self.name: str | None = None
        self.execution: Execution | None = None
        self.ready = False
        self._generation: int | None = None
        self._shared_bytes = _resident(pid)

    def send(self, errand: dict[str, Any], streams: tuple[int, int, int], generation: int) -> None:
        """Hand over an errand and the streams it is done with.

        Raises:
            OSError: the interpreter is gone.
        """
        reseed = self._generation not in (None, generation)
        self._generation = generation
        descriptor = memory_file(json.dumps({**errand, "reseed": reseed}).encode())
        try:
            socket.send_fds(self.control, [b"!"], [descriptor, *streams])
        finally:
            os.close(descriptor)

    def reply(self) -> int:
        """Return the exit code of the errand that was done.

        Raises:
            BlockingIOError: it says nothing new, or only that it is ready.
            OSError, ValueError: it is gone, or babbles.
        """
        said = self.control.recv(_REPLY_SIZE)
        if said == agent_interpreter.READY:
            self.ready = True
            raise BlockingIOError
        return int(said)

    def held_bytes(self) -> int | None:
        """Return the memory earlier executions left it with."""
        if self._generation is None:
            return 0
        now = _resident(self.pid)
        return None if now is None or self._shared_bytes is None else max(0, now - self._shared_bytes)


class Interpreters:
    """Makes, finds and buries interpreters."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._all: dict[int, Interpreter] = {}
        self._kept: dict[str, Interpreter] = {}
        self._lost: set[str] = set()
        self._nowhere = (os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC),) * 3
        self._spare: Interpreter | None = None
        self._replacing = False
        self._warm = False

    def prepare(self) -> None:
        """Have an interpreter ready.

        Raises:
            Become: in the child.
        """
        self._replacing = False
        if self._spare is None:
            self._spare = self._make()

    def prepare_soon(self) -> None:
        """Have an interpreter ready after a moment."""
        if not self._replacing and self._spare is None:
            self._replacing = True
            self._loop.call_later(_REPLACE_AFTER_S, self.prepare)

    def settle(self) -> None:
        """Have an interpreter ready that needs no more time of its own.

        Raises:
            Become: in the child.
        """
        self.prepare()
        spare = self._spare
        if spare is not None and not spare.ready:
            replies = select.poll()
            replies.register(spare.control, select.POLLIN)
            replies.poll(_BIRTH_AT_MOST_MS)
            self._answered(spare)

    def take(self, name: str | None) -> Interpreter:
        """Return the interpreter kept under a name, or else one nobody used.

        Raises:
            Refused: the interpreter of that name is at work.
            OSError: there is no memory for another.
            Become: in the child.
        """
        interpreter = self._kept.get(name) if name is not None else None
        if interpreter is None:
            interpreter, self._spare = self._spare or self._make(), None
        elif interpreter.execution is not None:
            raise Refused(f"interpreter {name!r} is busy with another execution")
        if name is not None:
            interpreter.name = name
            self._kept[name] = interpreter
        return interpreter

    def is_kept(self, name: str | None) -> bool:
        """Whether an interpreter of that name lives."""
        return name in self._kept

    def _make(self) -> Interpreter:
        if not self._warm:
            self._warm = True
            agent_python.warm()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        pid = fork(agent_interpreter.task(theirs), self.abandon, self._nowhere, keep=theirs.fileno())
        theirs.close()
        interpreter = Interpreter(ours, pid)
        self._all[pid] = interpreter
        self._loop.watch(ours.fileno(), select.EPOLLIN, lambda: self._answered(interpreter))
        return interpreter

    def _answered(self, interpreter: Interpreter) -> None:
        try:
            exit_code = interpreter.reply()
        except BlockingIOError:
            return
        except (OSError, ValueError):
            # Its end will tell more.
            self._loop.forget(interpreter.control.fileno())
            return
        if interpreter.execution is not None:
            execution, interpreter.execution = interpreter.execution, None
            lost = interpreter.name in self._lost
            self._lost.discard(interpreter.name or "")
            execution.exited(exit_code=exit_code, interpreter_lost=lost)

    def bury(self, pid: int) -> Interpreter | None:
        """Take leave of a child that ended; None if it was no interpreter."""
        interpreter = self._all.pop(pid, None)
        if interpreter is None:
            return None
        # What it said last counts, even if its end is noticed first; that it is ready may come before that.
        self._answered(interpreter)
        self._answered(interpreter)
        self._loop.forget(interpreter.control.fileno())
        interpreter.control.close()
        if interpreter is self._spare:
            self._spare = None
        if interpreter.name is not None:
            del self._kept[interpreter.name]
            if interpreter.execution is None:
                self._lost.add(interpreter.name)
        return interpreter

    def abandon(self) -> None:
        """Free in a forked child what this object holds."""
        self._loop.abandon()
        for interpreter in self._all.values():
            interpreter.control.close()


def _resident(pid: int) -> int | None:
    """Return the memory of a process that no file backs, in bytes."""
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/status", "rb") as status:
        for line in status:
            if line.startswith(b"RssAnon:"):
                return int(line.split()[1]) * 1024
    return None
