"""The lines in which two texts differ, as a unified diff of bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice
from typing import Final

from tui.runs.comparison.model import DiffLine, LineKind
from tui.text import clean_line

CONTEXT: Final = 3
"""Equal lines shown around those that differ."""
MOST_LINES: Final = 2000
"""Lines of one diff."""
LONGEST_LINE: Final = 1000
"""Characters shown of a line."""
_MOST_MATCHED: Final = 3000
"""Lines of one side, between what is equal at the beginning and at the end, that are matched with those of the other.
It takes time with the square of their number; measured: 0.2 s for so many, in the worst order."""
_LOOKED_AT: Final = 8000
"""Bytes at the beginning that tell whether a file is text, as git has it (`buffer_is_binary` in xdiff-interface.c)."""


def is_binary(data: bytes) -> bool:
    """Say whether bytes are probably not a text."""
    return b"\0" in data[:_LOOKED_AT]


def diff(before: bytes, after: bytes) -> tuple[tuple[DiffLine, ...], bool]:
    """Return the lines in which two texts differ, cleaned, and whether there are more than are returned."""
    lines = list(islice(_unified(_Text(before), _Text(after)), MOST_LINES + 1))
    return tuple(lines[:MOST_LINES]), len(lines) > MOST_LINES


class _Text:
    """The lines of a file. Bytes that are not UTF-8 are shown as escapes, so that different ones look different."""

    def __init__(self, data: bytes) -> None:
        self.ends_open = bool(data) and not data.endswith(b"\n")
        self.lines = data.decode("utf-8", "backslashreplace").split("\n")
        if not self.ends_open:
            self.lines.pop()
        # The last line differs from an equal one that a newline ends.
        self.keys = [*self.lines[:-1], f"{self.lines[-1]}\0"] if self.ends_open else self.lines


def _unified(before: _Text, after: _Text) -> Iterator[DiffLine]:
    for hunk in _hunks(before.keys, after.keys):
        first, last = hunk[0], hunk[-1]
        yield DiffLine(LineKind.HUNK, f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@")
        for tag, old_start, old_end, new_start, new_end in hunk:
            if tag == "equal":
                for old, new in zip(range(old_start, old_end), range(new_start, new_end), strict=True):
                    yield from _line(LineKind.CONTEXT, after, new, old, new)
                continue
            for old in range(old_start, old_end):
                yield from _line(LineKind.REMOVED, before, old, old, None)
            for new in range(new_start, new_end):
                yield from _line(LineKind.ADDED, after, new, None, new)


def _line(kind: LineKind, text: _Text, at: int, old: int | None, new: int | None) -> Iterator[DiffLine]:
    shown = clean_line(text.lines[at], LONGEST_LINE)
    yield DiffLine(kind, shown, None if old is None else old + 1, None if new is None else new + 1)
    if text.ends_open and at == len(text.lines) - 1:
        yield DiffLine(LineKind.NOTE, "No newline at end of file")


def _range(start: int, end: int) -> str:
    """Return lines as a unified diff numbers them: from 1, and an empty range by the line before it."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


_Opcode = tuple[str, int, int, int, int]


def _hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[list[_Opcode]]:
    """Yield groups of operations that turn one into the other, as `SequenceMatcher.get_grouped_opcodes` does.

    What is equal at both ends is set aside first, but for the context, so that a long file with a short change, or with
    something added at its end, costs little.
    """
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    above, below = min(head, CONTEXT), min(tail, CONTEXT)
    start = head - above
    old, new = before[start : len(before) - tail + below], after[start : len(after) - tail + below]
    if max(len(old), len(new)) > _MOST_MATCHED:
        i2, j2 = len(old) - below, len(new) - below
        operations: list[_Opcode] = [
            ("equal", 0, above, 0, above), ("replace", above, i2, above, j2),
            ("equal", i2, len(old), j2, len(new)),
        ]  # fmt: skip
        groups: Iterable[list[_Opcode]] = [operations]
    else:
        groups = SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT)
    for group in groups:
        yield [(tag, i1 + start, i2 + start, j1 + start, j2 + start) for tag, i1, i2, j1, j2 in group]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many items at the beginning are equal."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
