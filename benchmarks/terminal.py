"""A program in a terminal of its own, seen from outside: what it draws, when, and what that costs it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

from benchmarks.measure import Stopwatch

_CPUCLOCK_SCHED = 2
_PIECE = 65536


class Terminal:
    """Starts a program at once; ends it when the block is left.

    Args:
        argv: The program and its arguments.
        env: All of its environment.
        size: Columns and rows.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], size: tuple[int, int] = (120, 40)) -> None:
        self.watch = Stopwatch()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(argv[0], list(argv), dict(env))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            self._read(0.05)
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                deadline += 60
        os.close(self._fd)

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU the program has used in all its threads, in user and kernel mode."""
        # The clock of another process, as clock_getcpuclockid(3) makes its number.
        return time.clock_gettime((~self.pid << 3) | _CPUCLOCK_SCHED) * 1000

    def until(self, *words: str, seconds: float = 30) -> None:
        """Read what it draws until all words were seen.

        Raises:
            TimeoutError: they do not come.
        """
        missing = {word.encode() for word in words}
        seen = b""
        deadline = time.monotonic() + seconds
        while missing:
            if time.monotonic() > deadline:
                raise TimeoutError(f"never seen: {sorted(missing)}")
            seen += self._read(0.05)
            missing = {word for word in missing if word not in seen}

    def settle(self, quiet: float = 0.3, at_most: float = 20) -> tuple[float, float]:
        """Read until it draws nothing for so many seconds; return the milliseconds until the first and the last."""
        watch = Stopwatch()
        first = last = 0.0
        while watch.ms - last < quiet * 1000 and watch.ms < at_most * 1000:
            if self._read(quiet / 10):
                last = watch.ms
                first = first or last
        return first, last

    def press(self, keys: str, quiet: float = 0.2) -> tuple[float, float]:
        """Type; return the milliseconds until it drew something, and those of CPU until all was drawn."""
        before = self.cpu_ms
        os.write(self._fd, keys.encode())
        first, _ = self.settle(quiet)
        return first, self.cpu_ms - before

    def idle(self, seconds: float) -> float:
        """Leave it alone; return the share of one CPU it uses meanwhile, in percent."""
        before, watch = self.cpu_ms, Stopwatch()
        while watch.ms < seconds * 1000:
            self._read(0.5)
        return (self.cpu_ms - before) / watch.ms * 100

    def _read(self, seconds: float) -> bytes:
        readable, _, _ = select.select([self._fd], [], [], seconds)
        if not readable:
            return b""
        try:
            return os.read(self._fd, _PIECE)
        except OSError:  # it has ended
            return b""
