"""Words and quotes: POSIX 2.2 and 2.3."""

from __future__ import annotations

import re
from typing import Final

from tui.risk.shell.reader import Reader
from tui.risk.shell.syntax import Part, Substitution, Text, WordNode

_PLAIN: Final = re.compile(r"[^ \t\r\n\0'\"\\$`;&|<>()]+")
_IN_QUOTES: Final = re.compile(r"[^\"\\$`\0]+")
_IN_DOCUMENT: Final = re.compile(r"[^\\$`\0]+")
_BLANK_OR_META: Final = frozenset(" \t\n;&|<>()")


class Lexer(Reader):
    """Reads words; what begins with a dollar or a backquote is read by `Expansions`."""

    def _dollar(self, parts: list[Part], *, quoted: bool) -> None:
        raise NotImplementedError

    def _backquoted(self, *, quoted: bool) -> Substitution:
        raise NotImplementedError

    def _process(self) -> Substitution:
        raise NotImplementedError

    def word(self) -> WordNode | None:
        """Read one word; None where there is none."""
        start = self.position
        text, end = self.text, self.end
        plain = _PLAIN.match(text, start)
        if plain is not None and (plain.end() == end or text[plain.end()] in " \n;"):
            self.position = plain.end()
            return WordNode(start, plain.end(), [Text(plain[0])], plain[0])
        parts: list[Part] = []
        while self.position < end:
            character = text[self.position]
            if character in _BLANK_OR_META:
                if character == "(" and parts and isinstance(parts[-1], Text) and self._extended_glob(parts):
                    continue
                if character in "<>" and text.startswith("(", self.position + 1):
                    parts.append(self._process())
                    continue
                break
            if character == "\r" and text.startswith("\n", self.position + 1):
                break
            self._part(parts)
        if self.position == start:
            return None
        return WordNode(start, self.position, parts, text[start : self.position])

    def _extended_glob(self, parts: list[Part]) -> bool:
        """Read `?(…)`, `*(…)`, `+(…)`, `@(…)` or `!(…)` as pattern characters."""
        last = parts[-1]
        if not isinstance(last, Text) or last.quote or last.value[-1:] not in tuple("?*+@!"):
            return False
        depth, position = 0, self.position
        while position < self.end:
            character = self.text[position]
            if character in "\n'\"`$;&<>":
                return False
            depth += (character == "(") - (character == ")")
            position += 1
            if not depth:
                break
        if depth:
            return False
        parts.append(Text(self.text[self.position : position]))
        self.position = position
        return True

    def _part(self, parts: list[Part]) -> None:
        """Read one unquoted piece of a word."""
        text = self.text
        character = text[self.position]
        if character == "'":
            parts.append(Text(self._until_quote(self.position + 1), "'"))
        elif character == '"':
            self._double(parts)
        elif character == "\\":
            self.position += 2
            if self.position > self.end:
                self.position = self.end
                parts.append(Text("\\", "\\"))
            elif text[self.position - 1] != "\n":
                parts.append(Text(text[self.position - 1], "\\"))
        elif character == "$":
            self._dollar(parts, quoted=False)
        elif character == "`":
            parts.append(self._backquoted(quoted=False))
        elif character == "\0":
            self.position += 1
        elif character == "\r":
            self.position += 1
            parts.append(Text("\r"))
        else:
            match = _PLAIN.match(text, self.position)
            assert match is not None
            self.position = match.end()
            parts.append(Text(match[0]))

    def _until_quote(self, start: int) -> str:
        close = self.text.find("'", start)
        if close < 0:
            self.problem("a quote is not closed", start)
            close = self.end
        self.position = min(close + 1, self.end)
        return self.text[start:close]

    def _double(self, parts: list[Part]) -> None:
        """Read `"…"`."""
        start = self.position
        self.position += 1
        before = len(parts)
        while self.position < self.end:
            match = _IN_QUOTES.match(self.text, self.position)
            if match is not None:
                parts.append(Text(match[0], '"'))
                self.position = match.end()
                continue
            if self.text[self.position] == '"':
                self.position += 1
                break
            self._quoted_special(parts, escapable='"\\$`')
        else:
            self.problem("a quote is not closed", start)
        if len(parts) == before:
            parts.append(Text("", '"'))

    def _quoted_special(self, parts: list[Part], escapable: str) -> None:
        """Read what begins with a backslash, dollar or backquote where only those are special."""
        character = self.text[self.position]
        if character == "\\":
            following = self.text[self.position + 1 : self.position + 2]
            self.position += 2 if following else 1
            if following == "\n":
                return
            parts.append(Text(following if following and following in escapable else "\\" + following, '"'))
        elif character == "$":
            self._dollar(parts, quoted=True)
        elif character == "`":
            parts.append(self._backquoted(quoted=True))
        else:
            self.position += 1

    def document(self, body: str, start: int, *, literal: bool) -> WordNode:
        """Return the body of a here-document, which stands at `start`, as a word."""
        if literal or not re.search(r"[\\$`]", body):
            return WordNode(start, start + len(body), [Text(body, "'")], body)
        saved_position, saved_end = self.position, self.end
        self.position, self.end = start, start + len(body)
        parts: list[Part] = []
        while self.position < self.end:
            match = _IN_DOCUMENT.match(self.text, self.position, self.end)
            if match is not None:
                parts.append(Text(match[0], '"'))
                self.position = match.end()
            else:
                self._quoted_special(parts, escapable="\\$`")
        self.position, self.end = saved_position, saved_end
        return WordNode(start, start + len(body), parts, body)
