"""Where in a Python, JavaScript, Rust or Go program each placeholder stands: in code, a string or a comment.

Only strings and comments are followed. A string that does not end where it must makes the placeholders of its line
and, if it may span lines, all later ones `UNCLEAR`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tui.definitions.contexts import Context
from tui.languages import Language


@dataclass(frozen=True, slots=True)
class _Quotes:
    opener: re.Pattern[str]
    multiline: bool
    escapes: bool = True


@dataclass(frozen=True, slots=True)
class _Syntax:
    line_comment: str
    block_comment: tuple[str, str] | None
    nested_comments: bool
    quotes: tuple[_Quotes, ...]


_C_COMMENT: Final = ("/*", "*/")
_SYNTAX: Final = {
    Language.PYTHON: _Syntax(
        "#",
        None,
        nested_comments=False,
        quotes=(
            _Quotes(re.compile(r"('''|\"\"\")"), multiline=True),
            _Quotes(re.compile(r"(['\"])"), multiline=False),
        ),
    ),
    Language.JAVASCRIPT: _Syntax(
        "//", _C_COMMENT, nested_comments=False, quotes=(_Quotes(re.compile(r"(['\"])"), multiline=False),)
    ),
    Language.RUST: _Syntax(
        "//",
        _C_COMMENT,
        nested_comments=True,
        quotes=(
            _Quotes(re.compile(r"\b(?:br|cr|r)(#*\")"), multiline=True, escapes=False),
            _Quotes(re.compile(r"(\")"), multiline=True),
            # A character; anything else after ' is a lifetime.
            _Quotes(re.compile(r"(')(?=\\|[^\\\n]')"), multiline=False),
        ),
    ),
    Language.GO: _Syntax(
        "//",
        _C_COMMENT,
        nested_comments=False,
        quotes=(
            _Quotes(re.compile(r"(`)"), multiline=True, escapes=False),
            _Quotes(re.compile(r"([\"'])"), multiline=False),
        ),
    ),
}
_PLAIN: Final = re.compile(r"(?:[^\w'\"`/#{}]|\w+\b(?![\"#]))+")
"""What is of no interest to any scanner: whole words that do not introduce a string, blanks, operators.

Without possessive quantifiers, which Python before 3.11.5 gets wrong (https://github.com/python/cpython/issues/106052).
"""
_REGEX: Final = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n]){0,500}\]|[^/\\\[\n]){1,2000}/")
_REGEX_MAY_FOLLOW: Final = re.compile(
    r"(?:^|[(,=:\[!&|?{};~^%*+<>-]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|instanceof|await|yield))\s*$"
)


def code_contexts(language: Language, template: str, placeholders: Mapping[int, int]) -> dict[int, Context]:
    """Return the context of each placeholder; `placeholders` maps starts to ends."""
    scanner = _Scanner(_SYNTAX[language], template, placeholders, javascript=language is Language.JAVASCRIPT)
    scanner.scan()
    return scanner.found


class _Scanner:
    def __init__(self, syntax: _Syntax, text: str, placeholders: Mapping[int, int], *, javascript: bool) -> None:
        self.syntax = syntax
        self.text = text
        self.placeholders = placeholders
        self.starts = sorted(placeholders)
        self.javascript = javascript
        self.ends = frozenset(placeholders.values())
        self.found: dict[int, Context] = {}
        self.at = 0
        self.braces: list[int] = []
        """Open braces in each `${…}` of JavaScript template literals."""

    def scan(self) -> None:
        while self.at < len(self.text):
            if self.at in self.placeholders:
                self._place(Context.CODE)
            elif self.text.startswith(self.syntax.line_comment, self.at):
                self._span(self._line_end(), Context.COMMENT)
            elif self.syntax.block_comment and self.text.startswith(self.syntax.block_comment[0], self.at):
                self._block_comment(*self.syntax.block_comment)
            elif self.javascript and self._javascript():
                continue
            elif not self._string():
                plain = _PLAIN.match(self.text, self.at + 1)
                self.at = plain.end() if plain else self.at + 1
        if self.braces:
            self._unclear_from(0)

    def _place(self, context: Context) -> None:
        self.found[self.at] = context
        self.at = self.placeholders[self.at]

    def _line_end(self) -> int:
        newline = self.text.find("\n", self.at)
        return len(self.text) if newline < 0 else newline

    def _span(self, end: int, context: Context) -> None:
        for start in self.starts[bisect_left(self.starts, self.at) : bisect_left(self.starts, end)]:
            self.found[start] = context
        self.at = end

    def _unclear_from(self, start: int, end: int | None = None) -> None:
        for place in self.placeholders:
            if place >= start and (end is None or place < end):
                self.found[place] = Context.UNCLEAR

    def _block_comment(self, opener: str, closer: str) -> None:
        depth, at = 1, self.at + len(opener)
        while depth:
            end = self.text.find(closer, at)
            if end < 0:
                self._span(len(self.text), Context.COMMENT)
                return
            inner = self.text.find(opener, at, end) if self.syntax.nested_comments else -1
            depth, at = (depth + 1, inner + len(opener)) if inner >= 0 else (depth - 1, end + len(closer))
        self._span(at, Context.COMMENT)

    def _string(self) -> bool:
        for quotes in self.syntax.quotes:
            if match := quotes.opener.match(self.text, self.at):
                opener = match[1]
                closer = opener[::-1] if opener.startswith("#") else opener
                self._quoted(match.end(), closer, quotes)
                return True
        return False

    def _quoted(self, begin: int, closer: str, quotes: _Quotes) -> None:
        at = begin
        while not self.text.startswith(closer, at):
            if at in self.placeholders:
                at = self.placeholders[at]
            elif quotes.escapes and self.text.startswith("\\", at) and at + 1 not in self.placeholders:
                at += 2
            else:
                at += 1
            if at >= len(self.text) or (not quotes.multiline and self.text[at] == "\n"):
                self._lost(at, multiline=quotes.multiline)
                return
        self._span(at, Context.STRING)
        self.at = at + len(closer)

    def _lost(self, end: int, *, multiline: bool) -> None:
        """Give up on a string without end: its whole line is unclear, or everything."""
        line_start = self.text.rfind("\n", 0, self.at) + 1
        self.at = min(end, len(self.text))
        self._unclear_from(0 if multiline else line_start, None if multiline else self.at)

    def _javascript(self) -> bool:
        """Step over what only JavaScript has: template literals and regular expressions."""
        character = self.text[self.at]
        if character == "`":
            self.at += 1
            self._template_literal()
        elif self.braces and character in "{}":
            self.at += 1
            if character == "{":
                self.braces[-1] += 1
            elif self.braces[-1]:
                self.braces[-1] -= 1
            else:
                self.braces.pop()
                self._template_literal()
        elif (
            character == "/"
            and not self._follows_placeholder()
            and _REGEX_MAY_FOLLOW.search(self.text, max(0, self.at - 40), self.at)
        ):
            self._regular_expression()
        else:
            return False
        return True

    def _follows_placeholder(self) -> bool:
        return len(self.text[: self.at].rstrip()) in self.ends

    def _template_literal(self) -> None:
        while self.at < len(self.text):
            if self.at in self.placeholders:
                self._place(Context.STRING)
            elif self.text.startswith("\\", self.at) and self.at + 1 not in self.placeholders:
                self.at += 2
            elif self.text.startswith("${", self.at) and self.at + 1 not in self.placeholders:
                self.at += 2
                self.braces.append(0)
                return
            elif self.text.startswith("`", self.at):
                self.at += 1
                return
            else:
                self.at += 1
        self._unclear_from(0)

    def _regular_expression(self) -> None:
        end = _REGEX.match(self.text, self.at)
        self._span(end.end() if end else self.at + 1, Context.STRING)
