"""A person at a terminal: a pseudo-terminal whose other end a test holds."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tui.terminal.device import Device

PATIENCE_S = 20.0


class Person:
    """Types, looks, and changes the size of the window."""

    def __init__(self, rows: int = 24, columns: int = 80) -> None:
        self.controller, self.end = pty.openpty()
        self.seen = b""
        """Everything that reached the screen."""
        self.resize(rows, columns)
        self.settings = termios.tcgetattr(self.end)
        """As a shell has set the terminal."""

    def __enter__(self) -> Person:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()
        os.close(self.end)

    @property
    def is_as_before(self) -> bool:
        """Whether the terminal's settings are those it had."""
        return termios.tcgetattr(self.end) == self.settings

    def resize(self, rows: int, columns: int) -> None:
        """Change the size; whoever has the terminal in the foreground gets SIGWINCH."""
        fcntl.ioctl(self.controller, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: bytes | str) -> None:
        """Press keys."""
        os.write(self.controller, text.encode() if isinstance(text, str) else text)

    def leave(self) -> None:
        """Close the window. May be called twice."""
        if self.controller >= 0:
            os.close(self.controller)
            self.controller = -1

    def look(self, patience_s: float = 0.0) -> bytes:
        """Return what has come since the last look."""
        found = b""
        while select.select((self.controller,), (), (), patience_s)[0]:
            try:
                piece = os.read(self.controller, 65536)
            except OSError:  # nobody has the terminal any more
                break
            if not piece:
                break
            found, patience_s = found + piece, 0.0
        self.seen += found
        return found

    def wait_for(self, pattern: str | bytes, patience_s: float = PATIENCE_S) -> bytes:
        """Return what comes until a pattern has, from what was not waited for before."""
        wanted = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.DOTALL)
        end = time.monotonic() + patience_s
        found = b""
        while not wanted.search(found):
            left = end - time.monotonic()
            assert left > 0, f"{pattern!r} never came, but {self.seen[-2000:]!r}"
            found += self.look(min(left, 0.2))
        return found

    def see_out(self, program: subprocess.Popen[bytes]) -> int:
        """Look on until a program ends, and return its exit code: one that prints ends only if somebody looks."""
        end = time.monotonic() + PATIENCE_S
        while program.poll() is None:
            assert time.monotonic() < end, f"it does not end; the screen: {self.seen[-2000:]!r}"
            self.look(0.05)
        return program.returncode

    def device(self) -> Device:
        """Return the terminal as an attachment has it."""
        return Device.open(os.ttyname(self.end))

    @contextlib.contextmanager
    def starts(
        self, command: Sequence[str], environment: Mapping[str, str], cwd: Path
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a program for which this is the controlling terminal."""
        streams = {"stdin": self.end, "stdout": self.end, "stderr": self.end}
        # As from a shell: no signal is ignored, as it is below `nohup`, and the terminal itself says how large it is.
        own = {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}
        start = ["env", "--default-signal", "setsid", "--ctty", *command]
        program = subprocess.Popen(start, env=own, cwd=cwd, **streams)
        try:
            yield program
        finally:
            program.kill()
            program.wait()
