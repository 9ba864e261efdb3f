"""Secrets out of bytes that come in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.redaction.shapes import CONTEXT

if TYPE_CHECKING:
    from tui.redaction.redactor import Redactor


class RedactingStream:
    """Redacts one stream. How the bytes are cut into pieces makes no difference to what comes out in the end.

    Only what may be the beginning of a secret is held back, at most until the line or the secret ends.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._buffer = b""
        self._passed = 0
        """Bytes at the beginning of the buffer that were passed on and are kept as context."""

    def feed(self, data: bytes) -> bytes:
        """Take more bytes and return what may be passed on now."""
        if not data:
            return b""
        return self._scan(self._buffer + data, final=False)

    def finish(self) -> bytes:
        """Return what was held back, as the stream ends here; it is then as new."""
        redacted = self._scan(self._buffer, final=True)
        self._buffer, self._passed = b"", 0
        return redacted

    @property
    def held(self) -> int:
        """Bytes that are held back."""
        return len(self._buffer) - self._passed

    def _scan(self, buffer: bytes, *, final: bool) -> bytes:
        redacted, cut = self._redactor.scan(buffer, self._passed, final=final)
        context = max(0, cut - CONTEXT)
        self._buffer, self._passed = buffer[context:], cut - context
        return redacted
