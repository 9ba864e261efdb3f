"""Input on its way to the first step of a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui.errors import UsageError

if TYPE_CHECKING:
    from tui.machines.protocol import GuestProcess


class Stdin:
    """Input on its way to the first step."""

    def __init__(self, first: bytes, *, follows: bool) -> None:
        self._first = first
        self._pieces: asyncio.Queue[tuple[bytes, asyncio.Future[None]]] = asyncio.Queue()
        self._ended = asyncio.Event()
        if not follows:
            self._ended.set()
        self._refused = False
        self.streamed = False
        """Whether anything was sent that cannot be sent again."""

    async def send(self, data: bytes) -> None:
        """Queue some bytes and wait until they are taken."""
        if self._refused or self._ended.is_set():
            raise UsageError("the command reads no more input")
        taken = asyncio.get_running_loop().create_future()
        self._pieces.put_nowait((data, taken))
        await taken

    def end(self) -> None:
        """No more follows."""
        self._ended.set()

    def refuse(self) -> None:
        """Nothing is read any more: whoever waits or comes is told."""
        self._refused = True
        while not self._pieces.empty():
            _, taken = self._pieces.get_nowait()
            if not taken.done():
                taken.set_exception(UsageError("the command reads no more input"))

    async def feed(self, process: GuestProcess) -> None:
        """Pass everything on to a process until the input ends."""
        if self._first:
            await process.write_stdin(self._first)
        while not (self._ended.is_set() and self._pieces.empty()):
            piece = await self._next()
            if piece is not None:
                self.streamed = True
                data, taken = piece
                try:
                    await process.write_stdin(data)
                finally:
                    if not taken.done():
                        taken.set_result(None)
        await process.close_stdin()

    async def _next(self) -> tuple[bytes, asyncio.Future[None]] | None:
        """Return the next piece, or None when the end came first."""
        getting = asyncio.ensure_future(self._pieces.get())
        ending = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({getting, ending}, return_when=asyncio.FIRST_COMPLETED)
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()
            ending.cancel()
