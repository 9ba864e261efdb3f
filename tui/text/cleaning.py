"""Texts: whatever a terminal would obey becomes visible, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_DROPPED: Final = ((0x00AD, 0x00AD), (0x200C, 0x200D), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xE0100, 0xE01EF))
_MARKED: Final = (
    (0x0080, 0x009F), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200B), (0x200E, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x13430, 0x1345F), (0x1BCA0, 0x1BCAF), (0x1D173, 0x1D17A),
    (0xE0000, 0xE00FF), (0xE01F0, 0xE0FFF),
)  # fmt: skip


def replacement(match: re.Match[str]) -> str:
    """Return what a match of `UNSAFE` becomes."""
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    if 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    if any(first <= code <= last for first, last in _DROPPED):
        return ""
    return f"‹U+{code:04X}›"


def _character_class(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


INVISIBLE: Final = re.compile(f"[{_character_class(_MARKED)}]")
"""C1 controls, bidirectional controls and invisible characters that texts have no honest use for, one at a time."""
UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f" + _character_class((*_DROPPED, *_MARKED, (0xD800, 0xDFFF))) + "]")


def clean(text: str | bytes) -> str:
    """Return `text` safe to show on several lines: newlines and tabs stay, all else is as the table above says."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isascii() and text.isprintable():
        return text
    return UNSAFE.sub(replacement, text.replace("\r\n", "\n"))


def clean_line(text: str | bytes, limit: int | None = None) -> str:
    """Return `text` safe to show in one line of at most `limit` characters; newlines become `␤`, tabs spaces."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)] + "…"
    cleaned = clean(text)
    if "\n" in cleaned or "\t" in cleaned:
        cleaned = cleaned.rstrip("\n").replace("\n", "\N{SYMBOL FOR NEWLINE}").replace("\t", " ")
    return cleaned if limit is None or len(cleaned) <= limit else cleaned[: max(limit - 1, 0)] + "…"
