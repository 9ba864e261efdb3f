"""What begins with a dollar, a backquote or a bracketed redirection inside a word: POSIX 2.6, bash manual 3.5."""

from __future__ import annotations

import re
from typing import Final

from tui.risk.shell.escapes import ansi_c
from tui.risk.shell.lexer import Lexer
from tui.risk.shell.syntax import Arithmetic, Parameter, Part, Script, Substitution, Text, WordNode

_IN_BRACES: Final = re.compile(r"[^'\"\\$`}\0/:]+")
_IN_ARITHMETIC: Final = re.compile(r"[^'\"\\$`()\0]+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_SHORT_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_OPERATOR: Final = re.compile(r":[-=?+]|[-=?+]|##?|%%?|//?|\^\^?|,,?|:|@")


class Expansions(Lexer):
    """Reads the expansions inside words."""

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
