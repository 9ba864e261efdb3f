"""Processes of the command line that need no Python to start: each is forked off one that has imported everything.

`python -m tests.support.forking` serves the socket that is its standard input. The machines are directories. What a
Python that was started for it imports, and that it starts at all, is asserted by `tests/test_imports.py`,
`tests/test_packaging.py` and `tests/unit/cli/test_shell.py`.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).resolve().parents[2]
_NUMBER: Final = struct.Struct("i")
_LONGEST: Final = 1 << 17
"""Bytes of a request: the arguments and the environment."""
_NOT_OF_THE_COMMAND_LINE: Final = ("tui.ui", "tui.__main__")


class Forker:
    """The process that forks the others off."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen([sys.executable, "-m", __name__], cwd=_ROOT, stdin=theirs)

    def fork(
        self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, descriptors: Sequence[int]
    ) -> tuple[int, int]:
        """Start a process with three streams, and a controlling terminal where there is a fourth descriptor.

        Returns its id, and a descriptor its exit code (`_NUMBER`) can be read from once it has ended.
        """
        report, end = os.pipe()
        try:
            request = {"arguments": [*arguments], "environment": dict(environment), "cwd": str(cwd)}
            socket.send_fds(self._socket, [json.dumps(request).encode()], [end, *descriptors])
        finally:
            os.close(end)
        return read_number(report), report

    def end(self) -> None:
        """Start no more."""
        self._socket.close()
        self._process.wait()


def read_number(descriptor: int) -> int:
    """Return what was reported, once it is."""
    number: int = _NUMBER.unpack(os.read(descriptor, _NUMBER.size))[0]
    return number


@functools.cache
def forker() -> Forker:
    """Return the one of these tests."""
    made = Forker()
    atexit.register(made.end)
    return made


# --- the other side --------------------------------------------------------------------------------------------------


def _import_everything() -> None:
    import tui

    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if not module.name.startswith(_NOT_OF_THE_COMMAND_LINE):
            importlib.import_module(module.name)


def _use_directories() -> None:
    from tests.support.fake_backend import FakeBackend
    from tui.config import Settings
    from tui.paths import Paths
    from tui.runs import engine

    async def fake(paths: Paths, settings: Settings) -> FakeBackend:
        return FakeBackend(paths.data / "fake")

    engine.open_default = fake  # type: ignore[assignment]


def _serve(requests: socket.socket) -> None:
    """Return in a forked process, once it is as it was asked for. The process that forks ends here."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(requests, _LONGEST, 5)
        if not data:
            os._exit(0)
        if os.fork() == 0:
            break
        for descriptor in descriptors:
            os.close(descriptor)
        while _reap():
            pass
    report, *streams = descriptors
    if child := os.fork():  # here it is waited for, so that whoever serves never has to
        for descriptor in (*streams, requests.fileno()):
            os.close(descriptor)
        os.write(report, _NUMBER.pack(child))
        os.write(report, _NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
        os._exit(0)
    os.close(report)
    requests.detach()
    _become(json.loads(data), streams)


def _reap() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Turn this process into what was asked for."""
    if len(descriptors) > 3:
        os.setsid()
        fcntl.ioctl(descriptors[3], termios.TIOCSCTTY, 0)
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
    for descriptor in descriptors:
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.argv = ["rollcage", *request["arguments"]]
    # As Python opens them when it starts: a terminal is written to line by line.
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", 1 if os.isatty(1) else -1, closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)


def _main() -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with socket.socket(fileno=os.dup(0)) as requests:
        _import_everything()
        _use_directories()
        gc.freeze()
        _serve(requests)
    from tui.__main__ import main

    return main()


if __name__ == "__main__":
    sys.exit(_main())
