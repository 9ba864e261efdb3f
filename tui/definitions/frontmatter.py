"""The YAML between two `---` lines, as a tree whose every node knows its line and column.

The tree is built from libyaml's events without recursion and to a limited depth, because libyaml's own composer
overflows the C stack on deeply nested input. Aliases are refused: they make small files expand without bound.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Any, Final

import yaml
from frontmatter.default_handlers import YAMLHandler

MAX_DEPTH: Final = 20
_RESOLVER: Final[Any] = yaml.resolver.Resolver()
_TAG: Final = "tag:yaml.org,2002:"
_BOUNDARY: Final[re.Pattern[str]] = YAMLHandler.FM_BOUNDARY
"""What python-frontmatter takes for the lines around the frontmatter."""


@dataclass(slots=True)
class Node:
    """A YAML node. `kind` is the short name of its type: str, int, float, bool, null, seq, map or another."""

    kind: str
    line: int
    column: int
    text: str = ""
    items: list[Node] = field(default_factory=list)
    """Of a sequence its items; of a mapping keys and values in turn."""

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """Keys and values of a mapping, in the order of the file."""
        return list(zip(self.items[::2], self.items[1::2], strict=True))


class BadYaml(ValueError):
    """The frontmatter cannot be read. `line` and `column` are those of the file, from 1."""

    def __init__(self, line: int, column: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Parts:
    """A file cut in two; the lines are those of the file on which each part begins."""

    frontmatter: str
    frontmatter_line: int
    body: str
    body_line: int


def split(text: str) -> Parts:
    """Cut a file into frontmatter and body.

    Raises:
        BadYaml: there is no frontmatter, or it does not end.
    """
    boundaries = [found.start() for found in islice(_BOUNDARY.finditer(text), 2)]
    if not boundaries or boundaries[0] != 0:
        hint = "begin the file with `---`, the fields, and `---` again"
        raise BadYaml(1, 1, "the file does not begin with frontmatter", hint)
    if len(boundaries) == 1:
        raise BadYaml(1, 1, "the frontmatter does not end", "write `---` on a line of its own after the fields")
    end = text.count("\n", 0, boundaries[1])
    lines = text.split("\n")
    return Parts("\n".join(lines[1:end]), 2, "\n".join(lines[end + 1 :]), end + 2)


def read(text: str, first_line: int) -> Node | None:
    """Read the frontmatter, whose first line is line `first_line` of the file; None if it is empty.

    Raises:
        BadYaml: it is no YAML, uses aliases, is nested too deeply or holds several documents.
    """
    return _Reader(text, first_line).read()


class _Reader:
    def __init__(self, text: str, first_line: int) -> None:
        self._text = text
        self._first_line = first_line
        self._starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))

    def read(self) -> Node | None:
        try:
            return self._tree()
        except yaml.MarkedYAMLError as error:
            mark: Any = error.problem_mark or error.context_mark
            message = ", ".join(part for part in (error.problem, error.context) if part)
            raise BadYaml(*self._place(mark.index if mark else 0), f"not valid YAML: {message}") from None
        except yaml.reader.ReaderError as error:
            place = self._place(int(error.position))
            raise BadYaml(*place, f"not valid YAML: character U+{_code(error):04X} is not allowed") from None
        except yaml.YAMLError as error:
            raise BadYaml(self._first_line, 1, f"not valid YAML: {error}") from None

    def _place(self, index: int) -> tuple[int, int]:
        # libyaml counts U+0085, U+2028 and a lone CR as line ends, editors do not: only the index can be trusted.
        row = bisect_right(self._starts, index) - 1
        return self._first_line + row, index - self._starts[row] + 1

    def _start(self, event: Any) -> tuple[int, int]:
        return self._place(event.start_mark.index)

    def _tree(self) -> Node | None:
        root: Node | None = None
        open_nodes: list[Node] = []
        documents = 0
        for event in yaml.parse(self._text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise BadYaml(*self._start(event), "the frontmatter holds several documents")
            elif isinstance(event, yaml.AliasEvent):
                raise BadYaml(*self._start(event), "YAML aliases are not supported", "write the value out")
            elif isinstance(event, yaml.CollectionEndEvent):
                open_nodes.pop()
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event)
                if open_nodes:
                    open_nodes[-1].items.append(node)
                else:
                    root = node
                if isinstance(event, yaml.CollectionStartEvent):
                    open_nodes.append(node)
                    if len(open_nodes) > MAX_DEPTH:
                        raise BadYaml(node.line, node.column, f"nested more than {MAX_DEPTH} levels deep")
        return root

    def _node(self, event: Any) -> Node:
        place = self._start(event)
        if isinstance(event, yaml.ScalarEvent):
            tag = event.tag
            if tag is None or tag == "!":
                tag = _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
            return Node(_short(tag), *place, text=event.value)
        kind = "seq" if isinstance(event, yaml.SequenceStartEvent) else "map"
        return Node(kind if event.tag in {None, "!", _TAG + kind} else _short(event.tag), *place)


def _short(tag: str) -> str:
    return tag.removeprefix(_TAG)


def _code(error: yaml.reader.ReaderError) -> int:
    character: Any = error.character
    return ord(character) if isinstance(character, str) else int(character)
