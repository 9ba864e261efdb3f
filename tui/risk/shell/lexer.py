"""Words of a shell text: quotes, expansions and substitutions, as POSIX 2.2 to 2.6 and bash define them.

Written by hand because the available grammars lose commands that run: tree-sitter-bash 0.25 does not parse
`cat >f <<'E' && chmod +x f; ./f`, two here-documents on a line, `<>` or `{rm,-rf,/}`; see docs of `parser.py`.
"""

from __future__ import annotations

import re
from typing import Final

from tui.risk.shell.limits import NESTING_LIMIT, Budget
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import Arithmetic, Listing, Parameter, Part, Script, Substitution, Text, WordNode

_PLAIN: Final = re.compile(r"[^ \t\r\n\0'\"\\$`;&|<>()]+")
_IN_QUOTES: Final = re.compile(r"[^\"\\$`\0]+")
_IN_DOCUMENT: Final = re.compile(r"[^\\$`\0]+")
_IN_BRACES: Final = re.compile(r"[^'\"\\$`}\0/:]+")
_IN_ARITHMETIC: Final = re.compile(r"[^'\"\\$`()\0]+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_SHORT_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_OPERATOR: Final = re.compile(r":[-=?+]|[-=?+]|##?|%%?|//?|\^\^?|,,?|:|@")
_BLANK_OR_META: Final = frozenset(" \t\n;&|<>()")
_ESCAPES: Final = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_ESCAPE: Final = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|c(.))",
    re.DOTALL,
)


class NestingError(Exception):
    """The text is nested deeper than is looked at."""


def ansi_c(text: str) -> str:
    """Decode the inside of `$'…'`: bash manual 3.1.2.4. Bytes that are no UTF-8 become surrogates."""
    if "\\" not in text:
        return text

    def decode(match: re.Match[str]) -> str:
        letter, octal, byte, short, long, control = match.groups()
        if letter is not None:
            return _ESCAPES[letter]
        if octal is not None or byte is not None:
            code = int(octal, 8) & 0xFF if octal is not None else int(byte, 16)
            return chr(code) if code < 0x80 else chr(0xDC00 + code)
        if control is not None:
            return chr(ord(control) & 0x1F)
        code = int(short or long, 16)
        return chr(code) if code < 0x110000 else "\ufffd"

    decoded = _ESCAPE.sub(decode, text)
    if not decoded.isascii():
        decoded = (
            decoded.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
            if not any(0xDC80 <= ord(character) <= 0xDCFF for character in decoded)
            else _joined_bytes(decoded)
        )
    return decoded.partition("\0")[0]


def _joined_bytes(text: str) -> str:
    """Read runs of surrogate-escaped bytes as UTF-8 where they are."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeError:
        return text


class Lexer:
    """Reads words from `source`; the grammar of commands is in the subclass."""

    def __init__(self, source: Source, budget: Budget, depth: int = 0) -> None:
        self.source = source
        self.text = source.text
        self.end = len(source.text)
        self.position = 0
        self.budget = budget
        self.depth = depth
        self.problems: list[str] = []
        self._not_arithmetic: set[int] = set()

    def listing(self, stop: frozenset[str]) -> Listing:
        """Read commands up to a token in `stop`."""
        raise NotImplementedError

    def fresh(self, source: Source) -> Script:
        """Parse another text one level deeper."""
        raise NotImplementedError

    def problem(self, what: str, at: int | None = None) -> None:
        """Record a syntax error with its line."""
        if len(self.problems) < 20:
            line = self.text.count("\n", 0, self.position if at is None else at) + 1
            self.problems.append(f"line {line}: {what}" if "\n" in self.text else what)

    def peek(self) -> str:
        """Return the next character, empty at the end."""
        return self.text[self.position] if self.position < self.end else ""

    def descend(self) -> None:
        """Enter one level of nesting; whoever calls leaves it again."""
        self.depth += 1
        if self.depth > NESTING_LIMIT:
            raise NestingError

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

    def _dollar(self, parts: list[Part], *, quoted: bool) -> None:
        text, start = self.text, self.position
        following = text[start + 1 : start + 2]
        if following == "(":
            if text.startswith("((", start + 1) and self._arithmetic(parts, start, quoted=quoted):
                return
            parts.append(self._substitution(start, start + 2, quoted=quoted))
        elif following == "{":
            self._braced(parts, quoted=quoted)
        elif following == "'" and not quoted:
            parts.append(Text(self._ansi_c_string(start + 2), "$'"))
        elif following == '"' and not quoted:
            self.position += 1
            self._double(parts)
        elif following == "[":
            close = text.find("]", start)
            stop = close + 1 if close >= 0 else self.end
            self.position = stop
            inner = text[start + 2 : stop - 1]
            parts.append(Arithmetic(text[start:stop], WordNode(start + 2, stop - 1, [Text(inner, '"')], inner), quoted))
        elif match := _SHORT_NAME.match(text, start + 1):
            self.position = match.end()
            parts.append(Parameter(text[start : match.end()], match[0], quoted))
        else:
            self.position += 1
            parts.append(Text("$", '"' if quoted else "\\"))

    def _ansi_c_string(self, start: int) -> str:
        position = start
        while position < self.end and self.text[position] != "'":
            position += 2 if self.text[position] == "\\" else 1
        if position >= self.end:
            self.problem("a quote is not closed", start)
        self.position = min(position + 1, self.end)
        return ansi_c(self.text[start : min(position, self.end)])

    def _substitution(self, start: int, inside: int, *, quoted: bool, direction: str = "") -> Substitution:
        """Read commands from `inside` up to the closing parenthesis."""
        self.descend()
        self.position = inside
        body = self.listing(frozenset(")"))
        if self.peek() == ")":
            self.position += 1
        else:
            self.problem("a parenthesis is not closed", start)
        self.depth -= 1
        return Substitution(self.text[start : self.position], Script(self.source, body, []), quoted, direction)

    def _process(self) -> Substitution:
        start = self.position
        return self._substitution(start, start + 2, quoted=True, direction=self.text[start])

    def _backquoted(self, *, quoted: bool) -> Substitution:
        start = position = self.position
        position += 1
        while position < self.end and self.text[position] != "`":
            position += 2 if self.text[position] == "\\" else 1
        if position >= self.end:
            self.problem("a backquote is not closed", start)
        inner = self.text[start + 1 : min(position, self.end)]
        self.position = min(position + 1, self.end)
        if "\\" in inner:
            inner = re.sub(r'\\([\\$`"])' if quoted else r"\\([\\$`])", r"\1", inner)
        script = self.fresh(self.source.derived(inner, start + 1, self.position))
        self.problems.extend(script.problems)
        return Substitution(self.text[start : self.position], script, quoted)

    def _arithmetic(self, parts: list[Part], start: int, *, quoted: bool) -> bool:
        """Read `$((…))`; return False, having read nothing, where it is a subshell in a substitution."""
        self.position = start + 3
        expression = self.arithmetic_text(start)
        if expression is None:
            self.position = start
            return False
        parts.append(Arithmetic(self.text[start : self.position], expression, quoted))
        return True

    def arithmetic_text(self, start: int) -> WordNode | None:
        """Read up to `))` at the same depth; None where the parentheses close apart from each other.

        What was tried is remembered and paid for, so that nested attempts stay linear.
        """
        if start in self._not_arithmetic or self.budget.work < 0:
            return None
        self.descend()
        depth, inside = 0, self.position
        parts: list[Part] = []
        problems = len(self.problems)
        while self.position < self.end:
            match = _IN_ARITHMETIC.match(self.text, self.position)
            if match is not None:
                parts.append(Text(match[0], '"'))
                self.position = match.end()
                continue
            character = self.text[self.position]
            if character in "()":
                if character == ")" and not depth:
                    if not self.text.startswith("))", self.position):
                        break
                    stop = self.position
                    self.position += 2
                    self.depth -= 1
                    return WordNode(inside, stop, parts, self.text[inside:stop])
                depth += 1 if character == "(" else -1
                parts.append(Text(character, '"'))
                self.position += 1
            else:
                self._part(parts)
        self.depth -= 1
        del self.problems[problems:]
        self._not_arithmetic.add(start)
        self.budget.spend(self.position - start)
        self.position = start
        return None

    def _braced(self, parts: list[Part], *, quoted: bool) -> None:
        """Read `${…}`."""
        self.descend()
        text, start = self.text, self.position
        self.position += 2
        length = indirect = False
        if text.startswith("#", self.position) and text[self.position + 1 : self.position + 2] not in tuple("}-=?+:%/"):
            length = True
            self.position += 1
        elif text.startswith("!", self.position) and _NAME.match(text, self.position + 1):
            indirect = True
            self.position += 1
        match = _NAME.match(text, self.position)
        if match is None:
            close = text.find("}", self.position)
            self.position = close + 1 if close >= 0 else self.end
            self.problem("a parameter expansion makes no sense", start)
            parts.append(Parameter(text[start : self.position], "", quoted))
            self.depth -= 1
            return
        node = Parameter("", match[0], quoted, length=length, indirect=indirect)
        self.position = match.end()
        if self.peek() == "[":
            close = text.find("]", self.position)
            close = self.end if close < 0 else close
            node.index = text[self.position + 1 : close]
            self.position = min(close + 1, self.end)
        operator = _OPERATOR.match(text, self.position)
        if operator is not None:
            node.operator = operator[0]
            self.position = operator.end()
            divider = ":" if node.operator == ":" else "/" if node.operator[0] == "/" else ""
            node.argument = self._brace_argument(divider, quoted=quoted)
            if divider and self.peek() == divider:
                self.position += 1
                node.second = self._brace_argument("", quoted=quoted)
        if self.peek() == "}":
            self.position += 1
        else:
            close = text.find("}", self.position)
            self.problem("a parameter expansion is not closed", start)
            self.position = close + 1 if close >= 0 else self.end
        node.source = text[start : self.position]
        parts.append(node)
        self.depth -= 1

    def _brace_argument(self, divider: str, *, quoted: bool) -> WordNode:
        """Read the word inside `${…}` up to `}` or `divider`."""
        start = self.position
        parts: list[Part] = []
        while self.position < self.end:
            character = self.text[self.position]
            if character == "}" or character == divider:
                break
            match = _IN_BRACES.match(self.text, self.position)
            if match is not None:
                parts.append(Text(match[0], '"' if quoted else ""))
                self.position = match.end()
            elif character in "/:" or (character == "'" and quoted and not divider):
                parts.append(Text(character, '"' if quoted else ""))
                self.position += 1
            elif character in "'\"$`":
                if character == "$" and quoted:
                    self._dollar(parts, quoted=True)
                else:
                    self._part(parts)
            elif character == "\\":
                following = self.text[self.position + 1 : self.position + 2]
                self.position = min(self.position + 2, self.end)
                if following != "\n":
                    kept = quoted and following not in tuple('$`"\\}/')
                    parts.append(Text("\\" + following if kept else following, "\\"))
            else:
                self.position += 1
        return WordNode(start, self.position, parts, self.text[start : self.position])

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
