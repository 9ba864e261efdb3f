"""Fenced code blocks of markdown, and the lines between them.

Fences are read as CommonMark says (https://spec.commonmark.org/0.31.2/#fenced-code-blocks) at the top level of the
document; what stands in an HTML comment is no block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"( {0,3})(`{3,}|~{3,})[ \t]*(.*)")


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


@dataclass(frozen=True, slots=True)
class _Fence:
    indent: int
    marks: str
    info: str

    def closed_by(self, line: str) -> bool:
        text = line.strip(" \t")
        indent = len(line) - len(line.lstrip(" "))
        return indent <= 3 and len(text) >= len(self.marks) and set(text) == {self.marks[0]}


def segments(text: str, first_line: int) -> Iterator[Prose | Block]:
    """Yield the code blocks and every line between them, in order; line one of `text` is `first_line` of the file."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        number = first_line + at
        if (comment_end := _end_of_comment(lines, at)) is not None:
            yield Prose(tuple(lines[at:comment_end]), number, is_comment=True)
            at = comment_end
        elif (fence := _opening(lines[at])) is not None:
            end = next((i for i in range(at + 1, len(lines)) if fence.closed_by(lines[i])), None)
            inside = tuple(_unindented(line, fence.indent) for line in lines[at + 1 : end])
            behind = len(lines) if end is None else end + 1
            yield Block(fence.info, inside, number, fence.marks, end is not None, tuple(lines[at:behind]))
            at = behind
        else:
            yield Prose((lines[at],), number)
            at += 1


def _opening(line: str) -> _Fence | None:
    match = _FENCE.fullmatch(line)
    if match is None or (match[2][0] == "`" and "`" in match[3]):
        return None
    return _Fence(len(match[1]), match[2], match[3].strip())


def _unindented(line: str, indent: int) -> str:
    return line[min(indent, len(line) - len(line.lstrip(" "))) :]


def _end_of_comment(lines: list[str], at: int) -> int | None:
    if not re.match(r" {0,3}<!--", lines[at]):
        return None
    return next((i + 1 for i in range(at, len(lines)) if "-->" in lines[i]), len(lines))
