"""The pseudo-terminal of an interactive run, as whoever attaches to it sees it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from tui.errors import RollcageError
from tui.machines.model import TerminalSize
from tui.machines.protocol import GuestProcess
from tui.runs.stdin import Stdin

_MOST_WAITING: Final = 256 * 1024
"""Bytes printed and not taken, from which on the guest is held back."""


class RunTerminal:
    """A `tui.terminal.attach.Line`. It prints what the guest printed, for one person to see; records are redacted."""

    def __init__(self, stdin: Stdin) -> None:
        self.hung_up = asyncio.Event()
        """Set when nobody is at the terminal any more, which ends the run."""
        self._stdin = stdin
        self._process: GuestProcess | None = None
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._changed = asyncio.Event()
        self._discards = False
        self._over = False

    async def opened(self) -> bool:
        """Wait until the program has its terminal; False where the run ends without that."""
        while self._process is None and not self._over:
            await self._change()
        return self._process is not None

    async def output(self) -> AsyncIterator[bytes]:
        """Yield what is printed, until the program ends or its machine is lost."""
        while True:
            while self._waiting:
                data = self._waiting.popleft()
                self._size -= len(data)
                self._changed.set()
                yield data
            if self._over:
                return
            await self._change()

    async def write(self, data: bytes) -> None:
        """Type; what no program reads any more is dropped."""
        with contextlib.suppress(RollcageError):
            await self._stdin.send(data)

    async def resize(self, rows: int, columns: int) -> None:
        """Change the size of the terminal."""
        if self._process is not None and not self._over:
            with contextlib.suppress(RollcageError):  # that the machine is lost is found out by whoever reads
                await self._process.resize(TerminalSize(rows, columns))

    def hang_up(self) -> None:
        """Nobody is at the terminal any more: the program gets SIGHUP, and the run ends."""
        self.discard()
        if not self._over:
            self.hung_up.set()

    # For the engine

    def connect(self, process: GuestProcess) -> None:
        """The program has started."""
        self._process = process
        self._changed.set()

    async def printed(self, data: bytes) -> None:
        """Hand over what was printed, once there is room."""
        while self._size >= _MOST_WAITING and not self._discards:
            await self._change()
        if not self._discards:
            self._waiting.append(data)
            self._size += len(data)
            self._changed.set()

    def discard(self) -> None:
        """Hold nothing back any more, so that the program can end although nobody looks."""
        self._discards = True
        self._changed.set()

    def end(self) -> None:
        """Nothing more is printed."""
        self._over = True
        self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
