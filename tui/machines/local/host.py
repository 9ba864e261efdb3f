"""The host itself as a place where commands run, for those that may. There is no snapshot and no rollback of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tui.errors import HostNotReady
from tui.machines.errors import GuestRefused
from tui.machines.guest.agent_command import encoded
from tui.machines.local.bubblewrap import FIRST_PROCESS, options
from tui.machines.local.confinement import Confinement
from tui.machines.local.process import LocalProcess, Spawned
from tui.machines.local.programs import program, with_code_at
from tui.machines.local.secrets import ENVIRONMENT
from tui.machines.model import Command

_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
_HIGH_DESCRIPTOR: Final = 64
_IGNORED_HERE: Final = (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores or handles; a program must not inherit that."""


class LocalHost:
    """Executes commands in one directory of the host."""

    spec = None
    """There is no machine."""

    def __init__(
        self,
        confinement: Confinement,
        environment: Mapping[str, str] | None = None,
        *,
        allow_unconfined: bool = False,
    ) -> None:
        """Execute below `confinement.workspace`.

        Args:
            confinement: What `probe` found out.
            environment: Where the few variables come from that a command gets; that of this process if not given.
            allow_unconfined: Go on without confinement where there is none. Only a person may decide that.

        Raises:
            HostNotReady: commands cannot be confined here, or the directory is not one to work in.
        """
        if confinement.unfit:
            raise HostNotReady(f"nothing runs on the host here: {confinement.unfit}", hint="go to a project directory")
        if not confinement.available and not allow_unconfined:
            raise HostNotReady(
                f"commands cannot be confined on this host: {confinement.reason}", hint="run it in a machine"
            )
        self._confinement = confinement
        source = os.environ if environment is None else environment
        self._environment = {name: source[name] for name in ENVIRONMENT if name in source}
        self._environment["PATH"] = self._search_path(source.get("PATH") or _PATH)

    async def execute(self, command: Command) -> LocalProcess:
        """Start a command, without the network whatever it was granted.

        Raises:
            GuestRefused: it cannot be started here.
        """
        limits = command.limits
        if limits is not None and (limits.memory_bytes is not None or limits.disk_bytes is not None):
            raise GuestRefused("on the host a command cannot be held to a memory or disk limit")
        cwd = self._directory(command.cwd)
        environment = {**self._environment, "PWD": str(cwd), **command.env}
        found = program(command, environment)
        process = LocalProcess(
            self._spawn(found.argv, found.code, cwd, environment, limits.cpu_time_s if limits is not None else None)
        )
        await process.started()
        return process

    async def log_tail(self) -> str:
        """Return nothing: there is no console."""
        return ""

    def _search_path(self, path: str) -> str:
        """Return what of a `PATH` is outside of the workspace, where a project could have put programs of its own."""
        inside = (self._confinement.workspace, *(self._confinement.homes if self._confinement.available else ()))
        kept = [
            entry for entry in path.split(":")
            if entry.startswith("/") and not any(Path(entry).resolve().is_relative_to(place) for place in inside)
        ]  # fmt: skip
        return ":".join(kept) or _PATH

    def _directory(self, cwd: str | None) -> Path:
        workspace = self._confinement.workspace
        place = (workspace / (cwd or "")).resolve()
        if not place.is_relative_to(workspace):
            raise GuestRefused(f"on the host a command works in {workspace} or below, not in {place}")
        if not place.is_dir():
            raise GuestRefused(f"cannot work in {place}: no such directory")
        return place

    def _spawn(
        self, argv: list[str], code: str | None, cwd: Path, environment: Mapping[str, str], cpu_limit_s: float | None
    ) -> Spawned:
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:

            def pipe(*, they_write: bool) -> tuple[int, int]:
                ends = os.pipe()
                their, our = (ends[1], ends[0]) if they_write else ends
                theirs.callback(os.close, their)
                ours.callback(os.close, our)
                return their, our

            stdin, our_stdin = pipe(they_write=False)
            stdout, our_stdout = pipe(they_write=True)
            stderr, our_stderr = pipe(they_write=True)
            kept = []
            if code is not None:
                kept.append(_file(encoded(code), theirs))
                argv = with_code_at(argv, kept[0])
            our_status = None
            prefix = ["prlimit", "--core=0:0", "--"]
            if self._confinement.available:
                status, our_status = pipe(they_write=True)
                # Through a file, because what stands on a command line everybody on the host can read.
                words = options(self._confinement, cwd, environment)
                arguments = _file(b"".join(encoded(word) + b"\0" for word in words), theirs)
                kept += [status, arguments]
                prefix += [self._confinement.program, "--json-status-fd", str(status), "--args", str(arguments), "--"]
                prefix += FIRST_PROCESS
            else:
                variables = [f"{name}={value}" for name, value in environment.items()]
                prefix += ["setpriv", "--no-new-privs", "--pdeathsig", "KILL", "--"]
                prefix += ["env", "-i", "-C", str(cwd), "--", *variables]
            try:
                # What starts the command obeys none of its variables.
                pid = os.posix_spawn(
                    _installed(prefix[0]),
                    [*prefix, *argv],
                    {"PATH": _PATH},
                    file_actions=[
                        *((os.POSIX_SPAWN_DUP2, end, number) for number, end in enumerate((stdin, stdout, stderr))),
                        # Onto themselves: that makes them inherited, in the child alone.
                        *((os.POSIX_SPAWN_DUP2, number, number) for number in kept),
                        *((os.POSIX_SPAWN_CLOSE, number) for number in _inherited()),
                    ],
                    setsid=True,
                    setsigmask=(),
                    setsigdef=_IGNORED_HERE,
                )
            except OSError as error:
                raise GuestRefused(f"cannot run {argv[0]!r}: {error.strerror}") from None
            ours.pop_all()
            return Spawned(pid, our_stdin, our_stdout, our_stderr, our_status, cpu_limit_s)


def _file(data: bytes, closing: contextlib.ExitStack) -> int:
    made = os.memfd_create("rollcage", os.MFD_CLOEXEC)
    # Out of the way of the numbers that a shell uses.
    descriptor = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, _HIGH_DESCRIPTOR)
    os.close(made)
    closing.callback(os.close, descriptor)
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _inherited() -> list[int]:
    """Return the descriptors, beyond the streams, that whoever started Rollcage left open to all its children."""
    inherited = []
    for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers, not paths
        with contextlib.suppress(OSError):  # the one that lists them
            if int(entry) > 2 and os.get_inheritable(int(entry)):
                inherited.append(int(entry))
    return inherited


def _installed(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise HostNotReady(f"{name} is not installed", hint="apt-get install util-linux")
    return path
