"""Rows of output, and many of them kept with little memory."""

from __future__ import annotations

import enum
import functools
from array import array
from collections.abc import Mapping
from typing import Final, NamedTuple

from tui.text import PLAIN, Colour, ColouredLine, Line, Sgr, Span


class RowKind(enum.IntEnum):
    """What a row is, which decides its mark and its colour."""

    STDOUT = 1
    STDERR = 2
    HEADING = 3
    """A step begins."""
    NOTE = 4
    """Something Rollcage did, such as taking a snapshot."""
    GOOD_END = 5
    BAD_END = 6
    WARNING = 7

    @property
    def is_output(self) -> bool:
        """Whether the command printed it."""
        return self <= RowKind.STDERR


class Row(NamedTuple):
    """One row of the log."""

    kind: RowKind
    line: Line


class Rows:
    """Rows in columns.

    A hundred thousand objects that hold others keep the garbage collector busy for over 100 ms at a time; strings and
    tuples of numbers do not.
    """

    __slots__ = ("_changes", "_times", "kinds", "looks", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.kinds = bytearray()
        self.looks: dict[int, _Look] = {}
        """Of the rows that may be more than their text."""
        self._changes = array("I")
        self._times = array("Q")
        """Rows from `_changes[i]` on came at `_times[i]`: most rows came together with others."""

    def __len__(self) -> int:
        return len(self.texts)

    def extend(self, kind: RowKind, texts: list[str], lines: Mapping[int, Line | ColouredLine], at_ns: int) -> None:
        """Add rows of one kind that came at one time; `lines` has those that may be more than their text."""
        if not texts:
            return
        first = len(self.texts)
        if not self._times or self._times[-1] != at_ns:
            self._changes.append(first)
            self._times.append(at_ns)
        self.texts += texts
        self.kinds += bytes((kind,)) * len(texts)
        for index, line in lines.items():
            self.looks[first + index] = _packed_line(line) if isinstance(line, Line) else _packed_colours(line)

    def row(self, index: int) -> Row:
        """Return one row."""
        text, look = self.texts[index], self.looks.get(index)
        return Row(RowKind(self.kinds[index]), Line(text) if look is None else _unpacked_line(text, look))

    def at_ns(self, index: int) -> int:
        """Return when a row came, in nanoseconds since the epoch."""
        low, high = 0, len(self._changes)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._changes[middle] <= index else (low, middle)
        return self._times[low]


# --- renditions as numbers -----------------------------------------------------------------------------------------

_Look = tuple[int, ...] | str | tuple[str, int]
"""Whether a line was cut, then start, end and look of each span; or what is parsed when somebody looks at it, with the
look of its beginning where that is not plain."""
_COLOUR_BITS: Final = 26
_COLOUR_MASK: Final = (1 << _COLOUR_BITS) - 1
_RGB: Final = 1 << 25


def _packed_line(line: Line) -> tuple[int, ...]:
    numbers = [int(line.cut)]
    for start, end, look in line.spans:
        numbers += (start, end, _packed(look))
    return tuple(numbers)


def _packed_colours(line: ColouredLine) -> str | tuple[str, int]:
    return line.raw if line.style == PLAIN else (line.raw, _packed(line.style))


def _unpacked_line(text: str, look: _Look) -> Line:
    if isinstance(look, str):
        return ColouredLine(look, PLAIN).parsed()
    first, *rest = look
    if isinstance(first, str):
        return ColouredLine(first, _unpacked(int(rest[0]))).parsed()
    each = map(int, rest)
    spans: tuple[Span, ...] = tuple((start, end, _unpacked(packed)) for start, end, packed in zip(each, each, each))  # noqa: B905
    return Line(text, spans, bool(first))


@functools.lru_cache(maxsize=1024)
def _packed(look: Sgr) -> int:
    flags = sum(on << bit for bit, on in enumerate(look[2:]))
    return (flags << _COLOUR_BITS | _packed_colour(look.foreground)) << _COLOUR_BITS | _packed_colour(look.background)


def _packed_colour(colour: Colour) -> int:
    match colour:
        case None:
            return 0
        case int():
            return colour + 1
        case red, green, blue:
            return _RGB | red << 16 | green << 8 | blue


@functools.lru_cache(maxsize=1024)
def _unpacked(packed: int) -> Sgr:
    flags = packed >> 2 * _COLOUR_BITS
    return Sgr(
        _unpacked_colour(packed >> _COLOUR_BITS & _COLOUR_MASK),
        _unpacked_colour(packed & _COLOUR_MASK),
        *(bool(flags >> bit & 1) for bit in range(6)),
    )


def _unpacked_colour(packed: int) -> Colour:
    if not packed:
        return None
    if packed & _RGB:
        return packed >> 16 & 255, packed >> 8 & 255, packed & 255
    return packed - 1
