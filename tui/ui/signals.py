"""SIGTERM and SIGHUP: the application ends in order without asking, and at once when it is told twice.

Textual 8.2.8 handles neither: by default both end a process with the terminal as it was drawn on.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import select
import signal
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Final, TextIO, cast

from tui.errors import RollcageError

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.drivers.linux_driver import LinuxDriver

ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
_PATIENCE_S: Final = 0.2
"""How long a terminal that takes nothing is waited for when there is no more time."""
_ENTER: Final = "\x1b[?1049h"
_LEAVE: Final = "\x1b[?1049l"
_RESTORING: Final = (
    "\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[0m\x1b[<u"
    f"{_LEAVE}\x1b[?25h\x1b[?1004l"
)
"""Takes back what `LinuxDriver.start_application_mode` asks for, and a frame half drawn."""


class LastingFile:
    """Where the driver draws to. A terminal that is gone takes nothing, and no error comes of it.

    An error would end the thread that writes; the event loop would then wait for ever to hand it more.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.is_in_use = False
        """Whether the application has the terminal's other screen."""
        self.is_closed = False
        """Whether everything that comes is dropped."""

    def write(self, text: str) -> int:
        """Write, if anything can be written to."""
        if _LEAVE in text or _ENTER in text:
            self.is_in_use = text.rfind(_ENTER) > text.rfind(_LEAVE)
        if not self.is_closed:
            with suppress(OSError, ValueError):
                self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, if there is anybody to take it."""
        if not self.is_closed:
            with suppress(OSError, ValueError):
                self._file.flush()

    def fileno(self) -> int:
        """Return the descriptor of the terminal."""
        return self._file.fileno()


class Signals:
    """What the application does with the signals that end it."""

    def __init__(self, leave: Callable[[signal.Signals], object]) -> None:
        """Prepare; `leave` ends the application in order. It is called in its event loop."""
        self.received: signal.Signals | None = None
        """Which came first, if one did."""
        self._leave = leave
        self._borrower: Callable[[], object] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = contextvars.copy_context()
        self._driver: LinuxDriver | None = None
        self._file: LastingFile | None = None
        self._on_terminal: list[int] = []
        """Those of the standard streams that were the terminal."""

    def heed(self, driver: Driver) -> None:
        """Handle them from now on. To be called before the driver draws; one that does not draw is left alone."""
        file = getattr(driver, "_file", None)
        if file is None or driver.is_headless or threading.current_thread() is not threading.main_thread():
            return
        self._driver = cast("LinuxDriver", driver)
        self._driver._file = self._file = LastingFile(file)  # type: ignore[assignment]  # it only writes and flushes
        self._loop, self._context = asyncio.get_running_loop(), contextvars.copy_context()
        self._on_terminal = [descriptor for descriptor in range(3) if os.isatty(descriptor)]
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` wants it
                # Not on the event loop: that may be waiting for a terminal that takes nothing.
                signal.signal(number, self._came)

        resume, fileno = signal.getsignal(signal.SIGCONT), self._driver.fileno

        def continued(number: int, frame: FrameType | None) -> None:
            # The kernel sends it with SIGHUP; the driver would take up a terminal that is gone.
            if callable(resume) and os.isatty(fileno):
                resume(number, frame)

        signal.signal(signal.SIGCONT, continued)

    @contextmanager
    def lent(self, end: Callable[[], object]) -> Iterator[None]:
        """Have a program that the terminal is lent to ended by `end` first; the application ends when it has.

        Raises:
            RollcageError: the application ends already.
        """
        if self.received is not None:
            raise RollcageError("Rollcage is closing")
        self._borrower = end
        try:
            yield
        finally:
            self._borrower = None
            self._leave_if_told()

    def hung_up(self) -> None:
        """Do as for SIGHUP: the terminal is found to be gone, or its window is."""
        if self.received is None:
            self.received = signal.SIGHUP
            self._begin()

    def _came(self, number: int, _: FrameType | None) -> None:
        if self._loop is None or self._loop.is_closed():
            self._end_at_once(number)
        elif self.received is None:
            self.received = signal.Signals(number)
            self._loop.call_soon_threadsafe(self._begin, context=self._context)
        elif number == signal.SIGHUP:
            # Nobody's impatience: a shell passes the kernel's on, and a logout sends it right behind SIGTERM.
            self._loop.call_soon_threadsafe(self._let_go, context=self._context)
        else:
            self._end_at_once(number)

    def _begin(self) -> None:
        self._let_go()
        if self._borrower is not None:
            self._borrower()
        else:
            self._leave_if_told()

    def _leave_if_told(self) -> None:
        if self.received is not None:
            self._leave(self.received)

    def _let_go(self) -> None:
        """Where the terminal is gone, write nowhere and read nothing: whoever uses the streams is to meet no error."""
        assert self._driver is not None
        if os.isatty(self._driver.fileno):
            return
        self._driver.disable_input()  # else its thread reads nothing again and again
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in self._on_terminal:
            os.dup2(null, descriptor)
        os.close(null)

    def _end_at_once(self, number: int) -> None:
        driver, file = self._driver, self._file
        if driver is not None and file is not None and os.isatty(driver.fileno):
            file.is_closed = True
            with suppress(OSError, termios.error):
                if file.is_in_use and select.select((), (file.fileno(),), (), _PATIENCE_S)[1]:
                    os.write(file.fileno(), _RESTORING.encode("ascii"))
                termios.tcflush(driver.fileno, termios.TCIFLUSH)
                if driver.attrs_before is not None:
                    termios.tcsetattr(driver.fileno, termios.TCSANOW, driver.attrs_before)
        os._exit(128 + number)
