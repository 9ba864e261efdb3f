"""Fenced code blocks of markdown, and the lines between them.

Fences are read as CommonMark says (https://spec.commonmark.org/0.31.2/#fenced-code-blocks); what stands in an HTML
comment is no block. Definitions have fences only at the top level of the document. What people paste has them in lists
and quotations too, and indented by any amount: there `nested` takes every fence for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"( {0,3})(`{3,}|~{3,})[ \t]*(.*)")
_NESTED_FENCE: Final = re.compile(r"((?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])[ \t]))*[ \t]*)(`{3,}|~{3,})[ \t]*(.*)")
_MOST_INDENT: Final = 3
_QUOTED: Final = re.compile(r"[ \t]*>[ \t]?")


@dataclass(frozen=True, slots=True)
class Prose:
    """Lines that are no code block. `line` is that of the first in the file."""

    lines: tuple[str, ...]
    line: int
    is_comment: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced code block. `line` is that of its fence; `source` has all its lines, fences included."""

    info: str
    """What stands behind the marks of the fence."""
    lines: tuple[str, ...]
    line: int
    marks: str
    is_closed: bool
    source: tuple[str, ...]

    @property
    def text(self) -> str:
        """What it holds, each line with its end."""
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def columns(self) -> tuple[int, ...]:
        """How many characters of each line in `source` stand before that of `lines`: indentation and marks."""
        return tuple(len(whole) - len(line) for whole, line in zip(self.source[1:], self.lines, strict=False))


@dataclass(frozen=True, slots=True)
class _Fence:
    marks: str
    info: str
    quotes: int
    """How many quotations it stands in."""
    indent: str
    """The blanks before it, those behind the marks of a list among them."""

    def inside(self, line: str) -> str | None:
        """Return a line of the block without what stands before it, or None where the quotation ends before it."""
        for _ in range(self.quotes):
            match = _QUOTED.match(line)
            if match is None:
                return None
            line = line[match.end() :]
        if self.indent and line.startswith(self.indent):  # it may be of tabs
            return line[len(self.indent) :]
        return line[min(len(self.indent), len(line) - len(line.lstrip(" "))) :]

    def closed_by(self, line: str, inside: str) -> bool:
        text = inside.strip(" \t")
        if len(text) < len(self.marks) or set(text) != {self.marks[0]}:
            return False
        # At the top level the indentation of the fence does not count; in a list it is the list's.
        measured = inside if self.quotes or len(self.indent) > _MOST_INDENT else line
        return len(measured) - len(measured.lstrip(" ")) <= _MOST_INDENT


def segments(text: str, first_line: int, *, nested: bool = False) -> Iterator[Prose | Block]:
    """Yield the code blocks and every line between them, in order; line one of `text` is `first_line` of the file.

    With `nested`, fences in lists, quotations and any indentation count too; what the block stands in is taken off its
    lines.
    """
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        number = first_line + at
        if (comment_end := _end_of_comment(lines, at)) is not None:
            yield Prose(tuple(lines[at:comment_end]), number, is_comment=True)
            at = comment_end
        elif (fence := _opening(lines[at], nested=nested)) is not None:
            block, at = _block(fence, lines, at, number)
            yield block
        else:
            yield Prose((lines[at],), number)
            at += 1


def _block(fence: _Fence, lines: list[str], at: int, number: int) -> tuple[Block, int]:
    """Return the block whose fence is at a line, and the line behind it."""
    inside: list[str] = []
    for behind in range(at + 1, len(lines)):
        line = fence.inside(lines[behind])
        if line is None:
            return Block(fence.info, tuple(inside), number, fence.marks, False, tuple(lines[at:behind])), behind
        if fence.closed_by(lines[behind], line):
            return Block(
                fence.info, tuple(inside), number, fence.marks, True, tuple(lines[at : behind + 1])
            ), behind + 1
        inside.append(line)
    return Block(fence.info, tuple(inside), number, fence.marks, False, tuple(lines[at:])), len(lines)


def _opening(line: str, *, nested: bool) -> _Fence | None:
    match = (_NESTED_FENCE if nested else _FENCE).fullmatch(line)
    if match is None or (match[2][0] == "`" and "`" in match[3]):
        return None
    before = match[1]
    behind_quotes = before.rpartition(">")[2]
    if ">" in before:
        behind_quotes = behind_quotes.removeprefix(" ")  # part of the mark
    indent = " " * len(behind_quotes) if behind_quotes.strip() else behind_quotes
    return _Fence(match[2], match[3].strip(), before.count(">"), indent)


def _end_of_comment(lines: list[str], at: int) -> int | None:
    if not re.match(r" {0,3}<!--", lines[at]):
        return None
    return next((i + 1 for i in range(at, len(lines)) if "-->" in lines[i]), len(lines))
