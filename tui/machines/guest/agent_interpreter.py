"""What a forked child of the agent is: an interpreter that waits for an errand.

One is always kept ready, so that an errand costs neither the start of an interpreter nor a fork. Most end with their
errand. Those that a session keeps stay alive, so that variables persist and snapshots hold them.
"""

from __future__ import annotations

import fcntl
import gc
import itertools
import json
import os
import random
import signal
import socket
import sys
import termios
import types
from collections.abc import Callable
from typing import Any, NoReturn

from tui.machines.guest import agent_python
from tui.machines.guest.agent_command import DEFAULT_ENVIRONMENT

KEEP = "keep"
ONCE = "once"
FILE = "file"
READY = b"ready"


def task(control: socket.socket) -> Callable[[], NoReturn]:
    """Return what the child does: errands that come through `control`."""
    # Imported with what else is warmed, not when the agent starts, for which a boot is waiting.
    from tui.machines.guest.agent_files import carry_out

    def wait_for_errands() -> NoReturn:
        namespace = agent_python.become_interpreter(DEFAULT_ENVIRONMENT)
        known = len(sys.modules)
        # What the code of an errand will touch anyway is copied from the agent's memory now.
        agent_python.run("", {}, "<python>")
        gc.collect()
        gc.freeze()
        control.send(READY)
        _serve(control, namespace, known, carry_out)

    return wait_for_errands


def _serve(
    control: socket.socket, namespace: dict[str, Any], known: int, move_file: Callable[[str, str, int], NoReturn]
) -> NoReturn:
    me = os.getpid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    on_interrupt: Any = signal.default_int_handler
    exit_code: int | None = None
    for number in itertools.count(1):
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        if exit_code is not None:
            control.send(str(exit_code).encode())
        message, descriptors, _, _ = socket.recv_fds(control, 16, 4, socket.MSG_CMSG_CLOEXEC)
        if not message:
            break
        errand = _receive(descriptors)
        if errand["what"] == FILE:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            os.chdir(errand["cwd"])
            move_file(errand["kind"], errand["path"], errand["mode"])
        if errand["what"] == ONCE:
            _obey_terminal()
            exit_code, _ = _run_once(errand, namespace)
            agent_python.end(exit_code, namespace, known)
        if number > 1:
            # Of what came before an earlier execution may have read ahead. The output streams stay the same objects,
            # because loggers and the like hold on to them.
            agent_python.set_stream("stdin", agent_python.text_input())
        exit_code, on_interrupt = _run_keeping(errand, namespace, f"<python {number}>", on_interrupt)
        if os.getpid() != me:
            # A process the code forked ran to the end of the code: it must not serve beside its parent.
            agent_python.end(exit_code, namespace, known)
        exit_code = agent_python.flush(128 - exit_code if exit_code < 0 else exit_code)
    agent_python.end(0, namespace, known)


def _receive(descriptors: list[int]) -> dict[str, Any]:
    with open(descriptors[0], "rb") as file:
        errand: dict[str, Any] = json.load(file)
    for number, descriptor in enumerate(descriptors[1:]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    return errand


def _obey_terminal() -> None:
    """Be controlled by the terminal on stdin, if it is one."""
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _run_once(errand: dict[str, Any], namespace: dict[str, Any]) -> tuple[int, Any]:
    os.environ.clear()
    random.seed()
    return _run(errand, namespace, "<python>", signal.default_int_handler)


def _run_keeping(errand: dict[str, Any], namespace: dict[str, Any], name: str, on_interrupt: Any) -> tuple[int, Any]:
    if errand["reseed"]:
        _reseed()
    env: dict[str, str] = errand["env"]
    before = {variable: os.environ.get(variable) for variable in env}
    result = _run(errand, namespace, name, on_interrupt)
    for variable, value in before.items():
        # What the code set itself stays.
        if os.environ.get(variable) == env[variable]:
            if value is None:
                del os.environ[variable]
            else:
                os.environ[variable] = value
    return result


def _run(errand: dict[str, Any], namespace: dict[str, Any], name: str, on_interrupt: Any) -> tuple[int, Any]:
    """Run the code of an errand; return its exit code and what it wants done on an interrupt from then on."""
    agent_python.set_variables(errand["env"])
    agent_python.notice_packages()
    interrupt = {signal.SIGINT}
    try:
        if errand["cwd"] is not None:
            os.chdir(errand["cwd"])
        signal.signal(signal.SIGINT, on_interrupt)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, interrupt)
        exit_code = agent_python.run(errand["text"], namespace, name)
        # Between errands an interrupt has nothing to interrupt.
        on_interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        exit_code = -signal.SIGINT
    except OSError as error:
        os.write(2, f"{error}\n".encode())
        exit_code = 1
    return exit_code, on_interrupt


def _reseed() -> None:
    """Make generators of secrets differ between lives; `random` belongs to the program's state and is restored."""
    random.seed()
    ssl: types.ModuleType | None = sys.modules.get("_ssl")
    if ssl is not None:
        ssl.RAND_add(os.urandom(32), 32.0)
