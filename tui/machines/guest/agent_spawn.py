"""Starts processes: other programs without copying the agent, and copies of the agent that become something else."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import struct
import termios
from collections.abc import Callable, Mapping
from typing import NoReturn

from tui.machines.guest.agent_become import Become
from tui.machines.guest.agent_cgroup import Group, Groups
from tui.machines.guest.agent_command import Program, Refused, encoded, find
from tui.machines.guest.agent_streams import STDERR, STDOUT

_ALL_SIGNALS = signal.valid_signals()
_IGNORED_HERE = [signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ]
"""Signals the agent or Python ignores; a program must not inherit that."""
_HIGHEST_DESCRIPTOR = 1 << 20


class Stdio:
    """The streams of a process to be: their ends for it and our ends, which do not block."""

    def __init__(self, terminal: tuple[int, int] | None) -> None:
        self.terminal: str | None = None
        if terminal is not None:
            master, slave = os.openpty()
            resize(master, *terminal)
            self.terminal = os.ttyname(slave)
            self.theirs = (slave, slave, slave)
            self.stdin = os.dup(master)
            self.outputs = {STDOUT: master}
        else:
            their_in, self.stdin = os.pipe()
            our_out, their_out = os.pipe()
            our_err, their_err = os.pipe()
            self.theirs = (their_in, their_out, their_err)
            self.outputs = {STDOUT: our_out, STDERR: our_err}
        for descriptor in (self.stdin, *self.outputs.values()):
            os.set_blocking(descriptor, False)

    def close_theirs(self) -> None:
        """Close what only the process needs."""
        for descriptor in set(self.theirs):
            os.close(descriptor)

    def close(self) -> None:
        """Close everything; the process did not come about."""
        self.close_theirs()
        for descriptor in (self.stdin, *self.outputs.values()):
            os.close(descriptor)


def resize(terminal: int, rows: int, columns: int) -> None:
    """Set the size of a terminal; its foreground processes are told."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def memory_file(data: bytes) -> int:
    """Return a descriptor of a file in memory, at its beginning."""
    descriptor = os.memfd_create("rollcage", os.MFD_CLOEXEC)
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def start_program(
    program: Program, environment: Mapping[str, str], stdio: Stdio, groups: Groups | None, group: Group | None
) -> int:
    """Start a program in the present directory, leading a session of its own, and return its process id.

    The child shares the agent's memory until it executes the program (`posix_spawn`), which costs a fraction of a fork
    where the CPU is emulated; so what it needs beyond its streams, the agent does for a moment itself.

    Raises:
        Refused: there is no such program, or the kernel does not take it.
    """
    name = program.argv[0]
    path = find(name, dict(environment))
    if path is None:
        raise Refused(f"there is no program {name!r} in this machine")
    if stdio.terminal is not None:
        # Opened by the leader of a session without one, a terminal becomes the controlling one.
        actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
            (os.POSIX_SPAWN_OPEN, 0, stdio.terminal, os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ]
    else:
        actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(stdio.theirs)]
    code = None
    try:
        if program.code is not None:
            code = memory_file(encoded(program.code))
            actions.append((os.POSIX_SPAWN_DUP2, code, 3))
        with groups.inside(group) if groups is not None and group is not None else contextlib.nullcontext():
            return os.posix_spawn(
                path,
                program.argv,
                environment,
                file_actions=actions,
                setsid=True,
                setsigmask=(),
                setsigdef=_IGNORED_HERE,
            )
    except BlockingIOError:
        raise Refused(f"cannot run {name!r}: too many processes, left behind by earlier commands") from None
    except OSError as error:
        raise Refused(f"cannot run {name!r}: {error.strerror}") from None
    finally:
        if code is not None:
            os.close(code)


def fork(task: Callable[[], NoReturn], abandon: Callable[[], None], streams: tuple[int, int, int], *, keep: int) -> int:
    """Fork the agent, leading a session of its own, and return the process id. The child raises `Become`.

    It does so with SIGINT blocked, which is its own to unblock.

    Args:
        task: what the child becomes.
        abandon: frees in the child what the agent held.
        streams: the descriptors the child gets as 0, 1 and 2.
        keep: the only other descriptor the child keeps.
    """
    # Signals stay pending until the child is ready for them, so that none hits it half-made.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL_SIGNALS)
    try:
        pid = os.fork()
    except OSError:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        raise
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return pid
    try:
        os.setsid()
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
        abandon()
        os.closerange(3, keep)
        os.closerange(keep + 1, _HIGHEST_DESCRIPTOR)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGINT})
    except BaseException:  # noqa: BLE001 - whatever it is, this process must not go on as a second agent
        import traceback

        os.write(2, traceback.format_exc().encode())
        os._exit(125)
    raise Become(task)
