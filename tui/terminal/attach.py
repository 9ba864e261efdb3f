"""Attaching the user's terminal to a program's pseudo-terminal, until one of them has enough."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from tui.terminal.detach import DetachKey, KeyWatch, cursor_answers
from tui.terminal.device import Device
from tui.terminal.filter import ScreenFilter

_MOST_TYPED: Final = 1 << 20
"""Bytes that the program has not read yet, from which on no more is read from the terminal. Until then the detach key
works, whatever the program does."""


class Line(Protocol):
    """A program on a pseudo-terminal, at the other end."""

    def output(self) -> AsyncIterator[bytes]:
        """Yield what it prints, until it ends. It is held back while nobody takes that."""
        ...

    async def write(self, data: bytes) -> None:
        """Type; returns once it is taken. What nobody reads any more is dropped."""
        ...

    async def resize(self, rows: int, columns: int) -> None:
        """Change the size of its terminal."""
        ...

    def hang_up(self) -> None:
        """Nobody is at its terminal any more. May be called twice."""
        ...


class Ending(enum.Enum):
    """How an attachment ended."""

    EXITED = "exited"
    """The program ended, or its machine did."""
    DETACHED = "detached"
    """A person pressed the key."""
    HUNG_UP = "hung up"
    """The user's terminal is gone, or a signal asked this process to end."""


async def attach(
    line: Line,
    device: Device,
    key: DetachKey,
    greeting: str = "",
    *,
    end_on: Sequence[signal.Signals] = (signal.SIGHUP,),
) -> Ending:
    """Lend the terminal to a program until it ends, the key is pressed, or one of `end_on` arrives.

    The greeting, a line, is shown first, when the key works already.

    However this ends, an exception included, the terminal is as before: its settings, and the modes that the program
    changed. Unless the program ended, the line is hung up. To be called in the main thread, which gets the signals.
    """
    with device.lent():
        attachment = _Attachment(line, device, key)
        try:
            with _handling(attachment.handlers(end_on)):
                return await attachment.ending(greeting)
        finally:
            attachment.close()


class _Attachment:
    def __init__(self, line: Line, device: Device, key: DetachKey) -> None:
        self._line = line
        self._device = device
        self._watch = KeyWatch(key)
        self._filter = ScreenFilter()
        self._typed = bytearray()
        self._was_typed = asyncio.Event()
        self._was_resized = asyncio.Event()
        self._reading = False
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    def handlers(self, end_on: Sequence[signal.Signals]) -> dict[signal.Signals, Callable[[], None]]:
        """Return what to do when which signal comes."""
        ends = dict.fromkeys(end_on, lambda: self._end(Ending.HUNG_UP))
        return {**ends, signal.SIGWINCH: self._was_resized.set, signal.SIGCONT: self._continued}

    async def ending(self, greeting: str) -> Ending:
        """Pass everything on, both ways, and return how it ended."""
        self._read(True)
        if greeting:
            self._device.finish(f"{greeting}\r\n".encode(self._device.encoding, "replace"))
        self._was_resized.set()  # it may have been, since the program was started
        showing = asyncio.create_task(self._show())
        tasks = [showing, asyncio.create_task(self._send()), asyncio.create_task(self._follow_size())]
        try:
            futures: list[asyncio.Future[Any]] = [self._ended, *tasks]
            await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done():
                return self._ended.result()
            for task in tasks:
                if task.done():
                    task.result()
            return Ending.EXITED
        except OSError:  # the user's terminal takes nothing any more
            return Ending.HUNG_UP
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def close(self) -> None:
        """Put the terminal back, and hang up."""
        self._read(False)
        newline = "" if self._filter.at_line_start else "\r\n"
        self._device.finish((self._filter.restoring() + newline).encode("ascii"))
        if self._filter.questions:
            self._device.await_answers(self._filter.questions)
        self._line.hang_up()

    # Out

    async def _show(self) -> None:
        async for data in self._line.output():
            if text := self._filter.feed(data):
                await self._device.write(text.encode(self._device.encoding, "replace"))

    # In

    def _read(self, wanted: bool) -> None:
        if wanted is not self._reading:
            self._reading = wanted
            loop = asyncio.get_running_loop()
            if wanted:
                loop.add_reader(self._device.descriptor, self._readable)
            else:
                loop.remove_reader(self._device.descriptor)

    def _readable(self) -> None:
        data = self._device.read()
        if data is None:
            self._read(False)
            self._end(Ending.HUNG_UP)
            return
        for _ in range(cursor_answers(data)):
            self._filter.answered()
        passed, leaves = self._watch.feed(data)
        if passed:
            self._typed += passed
            self._was_typed.set()
        if leaves:
            self._end(Ending.DETACHED)
        if len(self._typed) > _MOST_TYPED:
            self._read(False)

    async def _send(self) -> None:
        """Pass on what is typed. Ends only by being cancelled."""
        while True:
            await self._was_typed.wait()
            data = bytes(self._typed)
            await self._line.write(data)
            del self._typed[: len(data)]
            if not self._typed:
                self._was_typed.clear()
            self._read(not self._ended.done())

    async def _follow_size(self) -> None:
        """Pass on the size whenever it changes. Ends only by being cancelled."""
        while True:
            await self._was_resized.wait()
            self._was_resized.clear()
            await self._line.resize(*self._device.size)

    # Signals

    def _end(self, how: Ending) -> None:
        if not self._ended.done():
            self._ended.set_result(how)

    def _continued(self) -> None:
        # Whoever had the terminal while this process was stopped has set it as shells like it.
        self._device.make_raw()
        self._was_resized.set()


@contextlib.contextmanager
def _handling(handlers: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Handle signals on the event loop, and let them be handled as before at the end."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in handlers}
    try:
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        yield
    finally:
        for number, earlier in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, earlier if earlier is not None else signal.SIG_DFL)
