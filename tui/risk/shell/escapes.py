"""The escapes of `$'…'`, `echo -e` and `printf`."""

from __future__ import annotations

import re
from typing import Final

_ESCAPES: Final = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_ESCAPE: Final = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|c(.))",
    re.DOTALL,
)


def ansi_c(text: str) -> str:
    """Decode the inside of `$'…'`: bash manual 3.1.2.4. Bytes that are no UTF-8 become surrogates."""
    if "\\" not in text:
        return text

    def decode(match: re.Match[str]) -> str:
        letter, octal, byte, short, long, control = match.groups()
        if letter is not None:
            return _ESCAPES[letter]
        if octal is not None or byte is not None:
            code = int(octal, 8) & 0xFF if octal is not None else int(byte, 16)
            return chr(code) if code < 0x80 else chr(0xDC00 + code)
        if control is not None:
            return chr(ord(control) & 0x1F)
        code = int(short or long, 16)
        return chr(code) if code < 0x110000 else "\ufffd"

    decoded = _ESCAPE.sub(decode, text)
    if not decoded.isascii():
        decoded = (
            decoded.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
            if not any(0xDC80 <= ord(character) <= 0xDCFF for character in decoded)
            else _joined_bytes(decoded)
        )
    return decoded.partition("\0")[0]


def _joined_bytes(text: str) -> str:
    """Read runs of surrogate-escaped bytes as UTF-8 where they are."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeError:
        return text
