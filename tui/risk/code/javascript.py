"""Judges JavaScript: what a text would do when Node.js, Deno or Bun runs it."""

from __future__ import annotations

from functools import lru_cache

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from tui.risk.code.budget import MAX_TEXT, Budget, Exhausted
from tui.risk.code.javascript_reader import Reader
from tui.risk.code.judge import AssessShell, Judge
from tui.risk.code.machine import conclude
from tui.risk.code.scope import Scope
from tui.risk.code.shape import judge_shape
from tui.risk.code.typescript import without_types
from tui.risk.findings import Findings
from tui.risk.model import Span

__all__ = ["judge_javascript"]


@lru_cache(maxsize=1)
def _parser() -> Parser:
    return Parser(Language(tree_sitter_javascript.language()))


def judge_javascript(text: str, assess_shell: AssessShell, cwd: str | None = None) -> Findings:
    """Return what running `text` in the directory `cwd` would do.

    It is only read; nothing is raised, and the time it takes is bounded.

    Commands that the text runs are judged by `assess_shell`, whose spans must be the one it is given. What could not be
    parsed or takes too many steps to follow is in `not_understood`, which is at least MEDIUM.
    """
    judge = Judge("js", assess_shell, Budget(), interpreter="node", cwd=cwd)
    if len(text) > MAX_TEXT:
        judge.puzzled(f"only the first {MAX_TEXT // 1024} KiB of the text were analysed")
        text = text[:MAX_TEXT]
    judge.text = text
    _read(judge, text, None)
    judge_shape(judge, text)
    conclude(judge)
    return judge.conclude()


def _read(judge: Judge, text: str, base: Span | None, around: Scope | None = None) -> None:
    """Read `text`; every span is `base` where that is given. It sees the names of the code `around` it."""
    root = _parse(text)
    if root.has_error:
        plain = without_types(text)
        typed = _parse(plain)
        if not typed.has_error:
            text, root = plain, typed
        else:
            judge.puzzled("could not be parsed completely as JavaScript")
            if plain != text:
                _walk(judge, plain, typed, base, around)
    _walk(judge, text, root, base, around)


def _parse(text: str) -> Node:
    return _parser().parse(text.encode("utf-8", "replace")).root_node


def _walk(judge: Judge, text: str, root: Node, base: Span | None, around: Scope | None) -> None:
    data = text.encode("utf-8", "replace")
    reader = Reader(judge)
    reader.scope = Scope(around)
    reader.source = data
    positions = _Positions(text, data)
    reader.span_of = (lambda _node: base) if base is not None else positions.span
    outer, judge.evaluate = judge.evaluate, lambda code, span: _read(judge, code, span, reader.scope)
    try:
        reader.read(root)
    except Exhausted:
        judge.puzzled("the text takes too many steps to follow")
    except RecursionError:
        judge.puzzled("the text is nested too deeply")
    finally:
        judge.evaluate = outer


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
