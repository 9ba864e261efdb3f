"""The pipes of a process of the host, read and written as the event loop allows, with bounded memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from tui.machines.kinds import Stream
from tui.machines.model import OutputChunk

WINDOW: Final = 256 * 1024
"""Bytes of one stream that are kept while nobody takes them; the process is held up then."""
_PIECE: Final = 64 * 1024


class Outputs:
    """What a process prints, on both streams, in the order it comes."""

    def __init__(self, descriptors: dict[Stream, int]) -> None:
        """Read from now on; the descriptors belong to this object."""
        self._loop = asyncio.get_running_loop()
        self._descriptors = dict(descriptors)
        self._queued = dict.fromkeys(descriptors, 0)
        self._held_up: set[Stream] = set()
        self._chunks: deque[OutputChunk] = deque()
        self._news = asyncio.Event()
        self._discarding = self._ending = False
        self.ended = asyncio.Event()
        """Nothing more comes."""
        for stream, descriptor in self._descriptors.items():
            os.set_blocking(descriptor, False)
            self._watch(stream)

    def _watch(self, stream: Stream) -> None:
        self._loop.add_reader(self._descriptors[stream], self._readable, stream)

    def _readable(self, stream: Stream) -> None:
        try:
            data = os.read(self._descriptors[stream], _PIECE)
        except BlockingIOError:
            if self._ending:
                self._close(stream)
            return
        except OSError:
            data = b""
        if not data:
            self._close(stream)
        elif not self._discarding:
            self._chunks.append(OutputChunk(stream, data))
            self._queued[stream] += len(data)
            if self._queued[stream] >= WINDOW:
                self._held_up.add(stream)
                self._loop.remove_reader(self._descriptors[stream])
            self._news.set()

    def _close(self, stream: Stream) -> None:
        descriptor = self._descriptors.pop(stream)
        self._loop.remove_reader(descriptor)
        os.close(descriptor)
        if not self._descriptors:
            self.ended.set()
            self._news.set()

    async def chunks(self) -> AsyncIterator[OutputChunk]:
        """Yield what is printed until the end. Who stops taking it loses the rest."""
        try:
            while True:
                while self._chunks:
                    chunk = self._chunks.popleft()
                    self._taken(chunk.stream, len(chunk.data))
                    yield chunk
                if self.ended.is_set():
                    return
                self._news.clear()
                await self._news.wait()
        finally:
            self.discard()

    def _taken(self, stream: Stream, count: int) -> None:
        self._queued[stream] -= count
        if stream in self._held_up and self._queued[stream] < WINDOW // 2:
            self._held_up.discard(stream)
            self._watch(stream)
            if self._ending:
                self._readable(stream)

    def discard(self) -> None:
        """Keep nothing any more, so that the process is not held up."""
        self._discarding = True
        self._chunks.clear()
        for stream in list(self._held_up):
            self._taken(stream, self._queued[stream])

    def cut(self) -> None:
        """End after what has been printed by now, although somebody may still hold the streams."""
        self._ending = True
        for stream in set(self._descriptors) - self._held_up:
            self._readable(stream)


class Input:
    """What a process reads."""

    def __init__(self, descriptor: int) -> None:
        """Write to `descriptor`, which belongs to this object."""
        os.set_blocking(descriptor, False)
        self._loop = asyncio.get_running_loop()
        self._descriptor: int | None = descriptor
        self._turn = asyncio.Lock()
        self._room: asyncio.Future[None] | None = None

    async def write(self, data: bytes) -> None:
        """Hand over bytes as they are taken; those that nobody will read are dropped."""
        async with self._turn:
            rest = memoryview(data)
            while rest and self._descriptor is not None:
                try:
                    rest = rest[os.write(self._descriptor, rest[:_PIECE]) :]
                except BlockingIOError:
                    await self._wait_for_room(self._descriptor)
                except OSError:
                    self.abandon()

    async def _wait_for_room(self, descriptor: int) -> None:
        self._room = self._loop.create_future()
        self._loop.add_writer(descriptor, self._has_room)
        try:
            await self._room
        finally:
            self._room = None
            if self._descriptor is not None:
                self._loop.remove_writer(descriptor)

    def _has_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    async def close(self) -> None:
        """Let the process read end-of-file after what was written."""
        async with self._turn:
            self.abandon()

    def abandon(self) -> None:
        """Take nothing more."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._loop.remove_writer(descriptor)
            with contextlib.suppress(OSError):
                os.close(descriptor)
            self._has_room()
