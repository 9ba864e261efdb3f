"""Judges JavaScript: what a text would do when Node.js, Deno or Bun runs it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from tui.levels import RiskLevel
from tui.risk.code.budget import MAX_TEXT, Budget, Exhausted
from tui.risk.code.javascript_reader import Reader
from tui.risk.code.judge import AssessShell, Judge
from tui.risk.code.machine import conclude
from tui.risk.findings import Findings
from tui.risk.model import Category, Span

__all__ = ["judge_javascript"]

_MANGLED: Final = re.compile(r"\b_0x[0-9a-f]{4,}\b")
_PACKED: Final = re.compile(r"eval\s*\(\s*function\s*\(\s*p\s*,\s*a\s*,\s*c\s*,\s*k\s*,\s*e\s*,")
_SYMBOLS_ONLY: Final = re.compile(r"[\[\]()!+]{300,}")
_MANGLED_ENOUGH: Final = 6


@lru_cache(maxsize=1)
def _parser() -> Parser:
    return Parser(Language(tree_sitter_javascript.language()))


def judge_javascript(text: str, assess_shell: AssessShell) -> Findings:
    """Return what running `text` would do. It is only read; nothing is raised, and the time it takes is bounded.

    Commands that the text runs are judged by `assess_shell`, whose spans must be the one it is given. What could not be
    parsed or takes too many steps to follow is in `not_understood`, which is at least MEDIUM.
    """
    judge = Judge("js", assess_shell, Budget(), interpreter="node")
    if len(text) > MAX_TEXT:
        judge.puzzled(f"only the first {MAX_TEXT // 1024} KiB of the text were analysed")
        text = text[:MAX_TEXT]
    _read(judge, text, None)
    _judge_shape(judge, text)
    conclude(judge)
    return judge.conclude()


def _read(judge: Judge, text: str, base: Span | None) -> None:
    """Read `text`; every span is `base` where that is given."""
    data = text.encode("utf-8", "replace")
    root = _parser().parse(data).root_node
    if root.has_error:
        judge.puzzled("could not be parsed completely as JavaScript")
    reader = Reader(judge)
    reader.source = data
    positions = _Positions(text, data)
    reader.span_of = (lambda _node: base) if base is not None else positions.span
    outer, judge.evaluate = judge.evaluate, lambda code, span: _read(judge, code, span)
    try:
        reader.read(root)
    except Exhausted:
        judge.puzzled("the text takes too many steps to follow")
    except RecursionError:
        judge.puzzled("the text is nested too deeply")
    finally:
        judge.evaluate = outer


def _judge_shape(judge: Judge, text: str) -> None:
    """Programs that were made unreadable on purpose: mangled by javascript-obfuscator, packed, or written in six characters."""
    names = _MANGLED.findall(text)
    if len(names) >= _MANGLED_ENOUGH and len(set(names)) >= 3:
        first = text.index(names[0])
        judge.report(
            RiskLevel.HIGH,
            Category.OBFUSCATED,
            "mangled",
            "was made unreadable by an obfuscator",
            Span(first, first + len(names[0])),
        )
    for pattern, what in (
        (_PACKED, "runs a program that is packed in the text"),
        (_SYMBOLS_ONLY, "is written in symbols only, so that nobody can read it"),
    ):
        if match := pattern.search(text):
            judge.report(RiskLevel.HIGH, Category.OBFUSCATED, "packed", what, Span(match.start(), match.end()))


class _Positions:
    """Turns bytes of UTF-8 into characters of the text."""

    def __init__(self, text: str, data: bytes) -> None:
        self._plain = len(text) == len(data)
        self._text = text
        self._characters: list[int] = []

    def span(self, node: Node) -> Span:
        """Return where `node` stands."""
        if self._plain:
            return Span(node.start_byte, node.end_byte)
        if not self._characters:
            for index, character in enumerate(self._text):
                self._characters += [index] * len(character.encode("utf-8", "replace"))
            self._characters.append(len(self._text))
        return Span(self._characters[node.start_byte], self._characters[node.end_byte])
