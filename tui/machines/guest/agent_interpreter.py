"""Python interpreters that stay alive between executions, so that variables persist and snapshots hold them."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import sys
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from tui.machines.guest import agent_python
from tui.machines.guest.agent_command import Request
from tui.machines.guest.agent_spawn import memory_file

if TYPE_CHECKING:
    from tui.machines.guest.agent_execution import Execution

_REPLY_SIZE = 64


class Interpreter:
    """The agent's side of one interpreter."""

    def __init__(self, name: str, control: socket.socket, pid: int, generation: int) -> None:
        self.name = name
        self.control = control
        self.pid = pid
        self.execution: Execution | None = None
        self._generation = generation

    def execute(self, request: Request, streams: tuple[int, int, int], generation: int) -> None:
        """Hand over code and the streams it runs with.

        Raises:
            OSError: the interpreter is gone.
        """
        errand = {
            "text": request.text,
            "env": request.env,
            "cwd": request.cwd,
            "reseed": generation != self._generation,
        }
        self._generation = generation
        descriptor = memory_file(json.dumps(errand).encode())
        try:
            socket.send_fds(self.control, [b"!"], [descriptor, *streams])
        finally:
            os.close(descriptor)

    def reply(self) -> int | None:
        """Return the exit code of the code that was running, or None while there is none."""
        try:
            return int(self.control.recv(_REPLY_SIZE))
        except (OSError, ValueError):
            return None


def task(control: socket.socket, environment: Mapping[str, str], cwd: str) -> Callable[[], NoReturn]:
    """Return what a forked child does to be an interpreter that stays."""

    def stay() -> NoReturn:
        namespace = agent_python.become_interpreter(environment, cwd)
        _serve(control, namespace, set(sys.modules))

    return stay


def _serve(control: socket.socket, namespace: dict[str, Any], known: set[str]) -> NoReturn:
    me = os.getpid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    on_interrupt: Any = signal.getsignal(signal.SIGINT)
    # Between executions an interrupt has nothing to interrupt.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in itertools.count(1):
        message, descriptors, _, _ = socket.recv_fds(control, 16, 4, socket.MSG_CMSG_CLOEXEC)
        if not message:
            break
        exit_code, on_interrupt = _execute(_receive(descriptors), namespace, f"<python {number}>", on_interrupt)
        if os.getpid() != me:
            # A process the code forked ran to the end of the code: it must not serve beside its parent.
            agent_python.end(exit_code, namespace, known)
        exit_code = agent_python.flush(128 - exit_code if exit_code < 0 else exit_code)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        control.send(str(exit_code).encode())
    agent_python.end(0, namespace, known)


def _receive(descriptors: list[int]) -> dict[str, Any]:
    with open(descriptors[0], "rb") as file:
        errand: dict[str, Any] = json.load(file)
    for number, descriptor in enumerate(descriptors[1:]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    return errand


def _execute(errand: dict[str, Any], namespace: dict[str, Any], name: str, on_interrupt: Any) -> tuple[int, Any]:
    """Return the exit code and what the code wants done on an interrupt."""
    # The output streams stay the same objects, because loggers and the like hold on to them; of stdin an earlier
    # execution may have read ahead.
    agent_python.set_stream("stdin", agent_python.text_input())
    if errand["reseed"]:
        _reseed()
    env: dict[str, str] = errand["env"]
    before = {variable: os.environ.get(variable) for variable in env}
    os.environ.update(env)
    paths = env.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [path for path in paths if path and path not in sys.path]
    try:
        if errand["cwd"] is not None:
            os.chdir(errand["cwd"])
        signal.signal(signal.SIGINT, on_interrupt)
        exit_code = agent_python.run(errand["text"], namespace, name)
        on_interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        exit_code = 128 + signal.SIGINT
    except OSError as error:
        os.write(2, f"{error}\n".encode())
        exit_code = 1
    _restore(env, before)
    return exit_code, on_interrupt


def _restore(env: dict[str, str], before: dict[str, str | None]) -> None:
    """Take back the variables of one execution, but for those the code changed itself."""
    for variable, value in before.items():
        if os.environ.get(variable) == env[variable]:
            if value is None:
                del os.environ[variable]
            else:
                os.environ[variable] = value


def _reseed() -> None:
    """Make generators of secrets differ between lives; `random` belongs to the program's state and is restored."""
    ssl: types.ModuleType | None = sys.modules.get("_ssl")
    if ssl is not None:
        ssl.RAND_add(os.urandom(32), 32.0)
