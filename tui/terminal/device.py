"""The user's terminal as a device: raw mode, size, reading and writing without blocking."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import termios
import time
import tty
from collections.abc import Iterator
from typing import Final

from tui.errors import UsageError
from tui.terminal.detach import cursor_answers

_CONTROLLING: Final = "/dev/tty"
_CHUNK: Final = 64 * 1024
_PATIENCE_S: Final = 0.5
"""How long a terminal that takes nothing is waited for at the end."""


class Device:
    """A terminal. Opened anew, so that not blocking is this object's own affair and not that of whoever shares it."""

    def __init__(self, descriptor: int) -> None:
        """Take over a descriptor that does not block."""
        self.descriptor = descriptor
        self.encoding = os.device_encoding(descriptor) or "utf-8"
        """Of what it shows. In an 8-bit one, bytes of UTF-8 could be control characters."""
        self._rest = b""
        """What is still to be written of the last piece."""

    @classmethod
    def open(cls, path: str = _CONTROLLING) -> Device:
        """Open the terminal this process belongs to.

        Raises:
            UsageError: there is none.
        """
        try:
            return cls(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC))
        except OSError as error:
            raise UsageError(
                f"a shell needs a terminal, and there is none ({error.strerror})",
                hint="`rollcage exec` runs code without one",
            ) from None

    def close(self) -> None:
        """Let go of it."""
        os.close(self.descriptor)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns; 24 and 80 where it does not know."""
        try:
            columns, rows = os.get_terminal_size(self.descriptor)
        except OSError:
            return 24, 80
        return rows or 24, columns or 80

    @property
    def is_gone(self) -> bool:
        """Whether it was closed at its other end."""
        return not os.isatty(self.descriptor)

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Pass every key on as it is typed, and put the terminal's settings back at the end, however it comes."""
        try:
            before = termios.tcgetattr(self.descriptor)
        except termios.error as error:
            raise UsageError(f"the terminal cannot be used: {error.args[-1]}") from None
        try:
            self.make_raw()
            yield
        finally:
            with contextlib.suppress(termios.error):  # it is gone: there is nothing to put back
                # What was typed and not read must not become a command of the shell outside.
                termios.tcflush(self.descriptor, termios.TCIFLUSH)
                termios.tcsetattr(self.descriptor, termios.TCSANOW, before)

    def make_raw(self) -> None:
        """Make every key a byte, without echo, lines or signals."""
        tty.setraw(self.descriptor, termios.TCSANOW)

    def read(self) -> bytes | None:
        """Return what was typed; empty where nothing was, None where the terminal is gone."""
        try:
            return os.read(self.descriptor, _CHUNK) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    async def write(self, data: bytes) -> None:
        """Write all of it, as fast as the terminal takes it.

        Raises:
            OSError: the terminal is gone.
        """
        self._rest += data
        while self._rest:
            if not self._write_some():
                await self._writable()

    def finish(self, data: bytes) -> None:
        """Write the rest of what was begun, and `data`, now; give a terminal up that takes nothing."""
        self._rest += data
        end = time.monotonic() + _PATIENCE_S
        with contextlib.suppress(OSError):
            while self._rest and (left := end - time.monotonic()) > 0:
                if not self._write_some():
                    select.select((), (self.descriptor,), (), left)
        self._rest = b""

    def await_answers(self, count: int) -> None:
        """Read until the terminal has answered that many questions, or does not: nobody else is to read them."""
        end = time.monotonic() + _PATIENCE_S
        while count > 0 and (left := end - time.monotonic()) > 0:
            if not select.select((self.descriptor,), (), (), left)[0] or (data := self.read()) is None:
                return
            count -= cursor_answers(data)

    def _write_some(self) -> bool:
        try:
            self._rest = self._rest[os.write(self.descriptor, self._rest[:_CHUNK]) :]
        except BlockingIOError:
            return False
        return True

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(self.descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(self.descriptor)
