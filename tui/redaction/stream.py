"""Secrets out of bytes that come in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.redaction.shapes import CONTEXT

if TYPE_CHECKING:
    from tui.redaction.redactor import Redactor

_SCANS_PER_BYTE: Final = 16
"""How often a byte is searched on average at most, however small the pieces are."""
_FREE: Final = 64 * 1024
"""Bytes that a stream may search again at first, so that what is typed letter by letter is passed on at once."""


class RedactingStream:
    """Redacts one stream. How the bytes are cut into pieces makes no difference to what comes out in the end.

    Only what may be the beginning of a secret is held back, at most until the line or the secret ends, and never more
    than `Redactor.longest_wait`: then it is searched as if the stream ended there.

    What is held back is searched again when more comes. Every byte that comes pays for a fixed number of bytes to
    search, and nothing is searched before it is paid for (amortised analysis by the accounting method), so the work
    grows with the stream's length and not with its square. What waits for that waits for a sixteenth of its own
    length.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._buffer = bytearray()
        self._passed = 0
        """Bytes at the beginning of the buffer that were passed on and are kept as context."""
        self._paid = _FREE

    def feed(self, data: bytes) -> bytes:
        """Take more bytes and return what may be passed on now."""
        if not data:
            return b""
        self._buffer += data
        self._paid += _SCANS_PER_BYTE * len(data)
        if self.held > self._paid:
            return b""
        self._paid -= self.held
        redacted = self._scan(final=False)
        return redacted if self.held <= self._redactor.longest_wait else redacted + self._scan(final=True)

    def finish(self) -> bytes:
        """Return what was held back, as the stream ends here; it is then as new."""
        redacted = self._scan(final=True)
        self._buffer.clear()
        self._passed, self._paid = 0, _FREE
        return redacted

    @property
    def held(self) -> int:
        """Bytes that are held back."""
        return len(self._buffer) - self._passed

    def _scan(self, *, final: bool) -> bytes:
        redacted, cut = self._redactor.scan(bytes(self._buffer), self._passed, final=final)
        context = max(0, cut - CONTEXT)
        del self._buffer[:context]
        self._passed = cut - context
        return redacted
