"""Finds the place where the frames of a new life begin in a stream whose beginning was cut anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tui.machines.guest.wire import HEADER, MAGIC, MAX_PAYLOAD, Decoder, Frame, Kind

_MAGIC: Final = MAGIC.to_bytes(2, "little")
_KEPT: Final = 2 * (HEADER.size + MAX_PAYLOAD)


class WelcomeHunt:
    """Reads frames from the WELCOME on that carries a nonce.

    What comes before may contain anything, even bytes a guest program arranged to look like frames; but it was sent
    before the nonce was made, so it cannot contain that.
    """

    def __init__(self, generation: int, nonce: str) -> None:
        """Look for the WELCOME of this generation that repeats this nonce."""
        self._generation = generation
        self._nonce = nonce.encode("ascii")
        self._buffer = bytearray()
        self._decoder: Decoder | None = None

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Frame]:
        """Yield the frames completed by `data`.

        Raises:
            ProtocolError: what follows the WELCOME is not made of frames.
        """
        if self._decoder is None:
            self._buffer += data
            found = self._buffer.find(self._nonce)
            start = self._frame_around(found) if found >= 0 else None
            if start is None:
                del self._buffer[:-_KEPT]
                return
            self._decoder = Decoder()
            data = bytes(self._buffer[start:])
            self._buffer.clear()
        yield from self._decoder.feed(data)

    def _frame_around(self, nonce_at: int) -> int | None:
        at = nonce_at
        while (at := self._buffer.rfind(_MAGIC, 0, at)) >= 0:
            _, kind, zero, generation, _, length = HEADER.unpack_from(self._buffer, at)
            end = nonce_at + len(self._nonce) - at - HEADER.size
            if kind == Kind.WELCOME and zero == 0 and generation == self._generation and end <= length <= MAX_PAYLOAD:
                return at
        return None
