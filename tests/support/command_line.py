"""The command line in processes of its own, with the real engine over a backend of directories."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from tests.support.forking import forker, read_number
from tests.support.rules import keep_tried_rules
from tui.paths import Paths

PATIENCE_S: Final = 60.0


class Process:
    """What `subprocess.Popen` is for a process that another one forks."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, *,
        stdin: int = subprocess.DEVNULL, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE,
        terminal: int | None = None,
    ) -> None:  # fmt: skip
        self.returncode: int | None = None
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.stderr: IO[bytes] | None = None
        with ExitStack() as theirs:
            streams = [
                self._stream(name, stream, theirs)
                for name, stream in (("stdin", stdin), ("stdout", stdout), ("stderr", stderr))
            ]
            of_terminal = [] if terminal is None else [terminal]
            self.pid, self._report = forker().fork(arguments, environment, cwd, [*streams, *of_terminal])

    def _stream(self, name: str, stream: int, theirs: ExitStack) -> int:
        """Return what the process has as a stream; what is opened for it alone is closed here once it has it."""
        if stream not in (subprocess.DEVNULL, subprocess.PIPE):
            return stream
        if stream == subprocess.DEVNULL:
            opened = os.open(os.devnull, os.O_RDWR)
        else:
            reads, writes = os.pipe()
            ours, opened = (writes, reads) if name == "stdin" else (reads, writes)
            setattr(self, name, os.fdopen(ours, "wb" if name == "stdin" else "rb"))
        theirs.callback(os.close, opened)
        return opened

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None and self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)
        self._close()
        self.wait()

    def wait(self, timeout: float = PATIENCE_S) -> int:
        """Return the exit code once there is one; that of a signal is negative."""
        if self.returncode is None:
            assert select.select((self._report,), (), (), timeout)[0], "it does not end"
            self.returncode = read_number(self._report)
            os.close(self._report)
        return self.returncode

    def send_signal(self, signum: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.pid, signum)

    def communicate(self, data: bytes | None = None, timeout: float = PATIENCE_S) -> tuple[bytes, bytes]:
        """Pipe something in, and return all that is printed, once it has ended."""
        with ThreadPoolExecutor(2) as readers:
            printed = [readers.submit(each.read) for each in (self.stdout, self.stderr) if each is not None]
            try:
                if self.stdin is not None:
                    with suppress(BrokenPipeError), self.stdin:
                        self.stdin.write(data or b"")
                self.wait(timeout)
            except BaseException:
                os.kill(self.pid, signal.SIGKILL)
                raise
            found = iter([future.result() for future in printed])
        self._close()
        return b"" if self.stdout is None else next(found), b"" if self.stderr is None else next(found)

    def _close(self) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


class Rollcage:
    """The command line below a home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        keep_tried_rules(Paths.below(home))
        self.environment = {**os.environ, "ROLLCAGE_HOME": str(home), "NO_COLOR": "1"}

    def start(self, *arguments: str, **options: int) -> Process:
        return Process(arguments, self.environment, self.home, **options)

    def __call__(self, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        with self.start(*arguments, **({} if stdin is None else {"stdin": subprocess.PIPE})) as process:
            out, err = process.communicate(stdin)
        assert b"Traceback" not in err, err.decode()
        return subprocess.CompletedProcess(arguments, process.wait(), out, err)

    def json(self, *arguments: str) -> Any:
        done = self(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
