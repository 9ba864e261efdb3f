"""Texts that are made to deceive a reader or to wear out an analyser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tui.levels import RiskLevel
from tui.risk.model import Category, Reason, Span

LONGEST_TEXT: Final = 256 * 1024
"""Characters; a text beyond this is not analysed."""
LONGEST_LINE: Final = 64 * 1024
_INVISIBLE: Final = re.compile(
    "[\u200b\u200e\u200f\u2060-\u2064\u2066-\u2069\u202a-\u202e\u061c\u180e\u115f\u1160\u3164\uffa0\ufff9-\ufffb\U000e0001-\U000e007f]"
)
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL: Final = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff]")


def too_large(text: str) -> str | None:
    """Return in words why the text is too large to be analysed, or None."""
    if len(text) > LONGEST_TEXT:
        return f"the text is longer than {LONGEST_TEXT // 1024} Ki characters"
    start = 0
    while len(text) - start > LONGEST_LINE:
        end = text.find("\n", start, start + LONGEST_LINE + 1)
        if end < 0:
            return f"a line is longer than {LONGEST_LINE // 1024} Ki characters"
        start = end + 1
    return None


def deceptions(text: str) -> Iterator[Reason]:
    """Yield what in the text is there to be overlooked."""
    if text.isascii() and text.isprintable():
        return
    if (at := text.find("\0")) >= 0:
        yield _reason(at, "holds a NUL character: what is run may differ from what is shown", RiskLevel.MEDIUM)
    if match := _BIDI.search(text):
        yield _reason(match.start(), "holds characters that reorder what a reader sees", RiskLevel.HIGH)
    elif match := _INVISIBLE.search(text):
        yield _reason(match.start(), "holds invisible characters", RiskLevel.MEDIUM)
    elif match := _CONTROL.search(text):
        yield _reason(match.start(), "holds control characters", RiskLevel.MEDIUM)


def _reason(at: int, effect: str, level: RiskLevel) -> Reason:
    return Reason(level, Category.OBFUSCATED, effect, Span(at, at + 1), "text.deceptive", ("T1027",))
