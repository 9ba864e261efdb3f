"""Compound commands, and what may stand between commands: POSIX 2.7.4 and 2.9.4."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from tui.risk.shell.expansions import Expansions
from tui.risk.shell.limits import Budget
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import (
    Command,
    Conditional,
    Coprocess,
    Function,
    Group,
    Listing,
    Loop,
    RedirectNode,
    Simple,
    Test,
    Text,
    WordNode,
)  # fmt: skip

RESERVED: Final = re.compile(
    r"(?:if|then|elif|else|fi|for|select|while|until|do|done|case|esac|function|time|coproc|\[\[|[{}!])"
    r"(?=[ \t\r\n;&|<>()]|$)"
)


class Compound(Expansions):
    """Reads compound commands; lists and simple commands are read by `Parser`."""

    def __init__(self, source: Source, budget: Budget, depth: int = 0) -> None:
        super().__init__(source, budget, depth)
        self._documents: list[RedirectNode] = []

    def _command(self) -> Command | None:
        raise NotImplementedError

    def _simple(self) -> Simple | None:
        raise NotImplementedError

    def _blanks(self) -> None:
        text = self.text
        while self.position < self.end:
            character = text[self.position]
            if character in " \t\0":
                self.position += 1
            elif character == "\\" and text.startswith("\n", self.position + 1):
                self.position += 2
            elif character == "\r" and text.startswith("\n", self.position + 1):
                self.position += 1
            elif character == "#":
                newline = text.find("\n", self.position)
                self.position = self.end if newline < 0 else newline
            else:
                return

    def _newline(self) -> None:
        self.position += 1
        if self._documents:
            self._read_documents()

    def _newlines(self) -> None:
        self._blanks()
        while self.peek() == "\n":
            self._newline()
            self._blanks()

    def _read_documents(self) -> None:
        pending, self._documents = self._documents, []
        for node in pending:
            delimiter = "".join(part.value for part in node.target.parts if isinstance(part, Text))
            literal = any(isinstance(part, Text) and part.quote for part in node.target.parts)
            start = position = self.position
            while True:
                if position >= self.end:
                    if delimiter:
                        self.problem(f"the here-document has no end `{delimiter[:40]}`")
                    stop = self.position = self.end
                    break
                newline = self.text.find("\n", position)
                line_end = self.end if newline < 0 else newline
                line = self.text[position:line_end].rstrip("\r")
                closing = (line.lstrip("\t") if node.operator == "<<-" else line) == delimiter
                if not closing and newline < 0 and line.rstrip(" )") == delimiter and delimiter:
                    closing, line_end = True, position + len(delimiter)
                if closing:
                    stop, self.position = position, min(line_end + 1, self.end) if newline >= 0 else line_end
                    break
                position = line_end + 1
            node.body = self.document(self.text[start:stop], start, literal=literal)
            if node.operator == "<<-":
                _strip_tabs(node.body)

    def _reserved(self) -> str:
        match = RESERVED.match(self.text, self.position)
        return match[0] if match else ""

    def _expect(self, word: str, opened: int) -> None:
        self._newlines()
        if self._reserved() == word:
            self.position += len(word)
        else:
            self.problem(f"`{word}` is missing", opened)

    def _brace(self, start: int) -> Command:
        body = self.listing(frozenset())
        self._expect("}", start)
        return Group(start, self.position, body, subshell=False)

    def _if(self, start: int) -> Command:
        blocks = [self.listing(frozenset())]
        while True:
            self._newlines()
            word = self._reserved()
            if word not in ("then", "elif", "else"):
                break
            self.position += len(word)
            blocks.append(self.listing(frozenset()))
        self._expect("fi", start)
        return Conditional(start, self.position, [], blocks)

    def _while(self, start: int) -> Command:
        condition = self.listing(frozenset())
        return Loop(start, self.position, None, None, condition, self._do_group(start))

    def _do_group(self, start: int) -> Listing:
        self._newlines()
        closing = "done"
        if self.peek() == ";":
            self.position += 1
            self._newlines()
        if self._reserved() == "{":
            self.position += 1
            closing = "}"
        else:
            self._expect("do", start)
        body = self.listing(frozenset())
        self._expect(closing, start)
        return body

    def _for(self, start: int) -> Command:
        self._blanks()
        looked_at: list[WordNode] = []
        variable: str | None = None
        items: list[WordNode] | None = None
        if self.text.startswith("((", self.position):
            opened = self.position
            self.position += 2
            expression = self.arithmetic_text(opened)
            if expression is None:
                self.problem("a parenthesis is not closed", opened)
                self.position = opened + 2
            else:
                looked_at.append(expression)
        else:
            name = self.word()
            variable = name.raw if name else ""
            self._newlines()
            if re.compile(r"in(?=[ \t\r\n;]|$)").match(self.text, self.position):
                self.position += 2
                items = self._words()
        self._blanks()
        if self.peek() == ";":
            self.position += 1
        return Loop(start, self.position, variable, items, None, self._do_group(start), looked_at)

    def _words(self) -> list[WordNode]:
        words: list[WordNode] = []
        while True:
            self._blanks()
            word = self.word()
            if word is None:
                return words
            words.append(word)

    def _case(self, start: int) -> Command:
        self._blanks()
        subject = self.word()
        subjects = [subject] if subject else []
        self._newlines()
        if self.text.startswith("in", self.position):
            self.position += 2
        else:
            self.problem("`in` is missing", start)
        blocks: list[Listing] = []
        while self.position < self.end:
            self._newlines()
            if self._reserved() == "esac":
                break
            before = self.position
            if self.peek() == "(":
                self.position += 1
            while True:
                self._blanks()
                pattern = self.word()
                if pattern is not None:
                    subjects.append(pattern)
                self._blanks()
                if self.peek() != "|":
                    break
                self.position += 1
            if self.peek() == ")":
                self.position += 1
            else:
                self.problem("a `case` pattern is not closed", before)
            blocks.append(self.listing(frozenset()))
            closing = re.compile(r";;&|;&|;;").match(self.text, self.position)
            if closing:
                self.position = closing.end()
            elif self.position == before:
                self.position += 1
        self._expect("esac", start)
        return Conditional(start, self.position, subjects, blocks)

    def _function(self, start: int) -> Command:
        self._blanks()
        name = self.word()
        self._blanks()
        empty = re.compile(r"\([ \t]*\)").match(self.text, self.position)
        if empty:
            self.position = empty.end()
        return self._function_body(start, name.raw if name else "")

    def _function_body(self, start: int, name: str) -> Command:
        self._newlines()
        self.descend()
        body = self._command()
        self.depth -= 1
        if body is None:
            self.problem("a function has no body", start)
            body = Listing([], [], self.position, self.position)
        return Function(start, self.position, name, body)

    def _coproc(self, start: int) -> Command:
        self._blanks()
        named = re.compile(
            r"[A-Za-z_]\w*[ \t]+(?=[{(]|\w+\+?=\(|(?:if|for|while|until|case|select|\[\[)[ \t\n])"
        ).match(self.text, self.position)
        if named:
            self.position = named.end()
        body = self._command()
        name = named[0].strip() if named else "COPROC"
        return Coprocess(start, self.position, body or Listing([], [], start, self.position), name)

    def _test(self, start: int) -> Command:
        words: list[WordNode] = []
        while self.position < self.end:
            self._newlines()
            if re.compile(r"\]\](?=[ \t\r\n;&|<>()]|$)").match(self.text, self.position):
                self.position += 2
                return Test(start, self.position, words)
            word = self.word()
            if word is not None:
                words.append(word)
            else:
                self.position += 1
        self.problem("`]]` is missing", start)
        return Test(start, self.position, words)

    def _parenthesis(self) -> Command:
        start = self.position
        if self.text.startswith("((", start):
            self.position += 2
            expression = self.arithmetic_text(start)
            if expression is not None:
                return Test(start, self.position, [expression], arithmetic=True)
            self.position = start
        self.descend()
        self.position += 1
        body = self.listing(frozenset(")"))
        if self.peek() == ")":
            self.position += 1
        else:
            self.problem("a parenthesis is not closed", start)
        self.depth -= 1
        return Group(start, self.position, body, subshell=True)

    def _timed(self, start: int) -> Command | None:
        """`time` is a reserved word; the commands behind it run as they stand."""
        self.position += 4
        self._blanks()
        option = re.compile(r"-p(?=[ \t])").match(self.text, self.position)
        if option:
            self.position = option.end()
            self._blanks()
        if self.text.startswith("-", self.position):
            self.position = start
            return self._simple()
        return self._command()


COMPOUND: Final[dict[str, Callable[[Compound, int], Command]]] = {
    "{": Compound._brace,
    "if": Compound._if,
    "while": Compound._while,
    "until": Compound._while,
    "for": Compound._for,
    "select": Compound._for,
    "case": Compound._case,
    "function": Compound._function,
    "coproc": Compound._coproc,
    "[[": Compound._test,
}


def _strip_tabs(body: WordNode) -> None:
    """Drop the tabs at the beginning of each line: `<<-`."""
    at_start = True
    for part in body.parts:
        if isinstance(part, Text):
            value = part.value.lstrip("\t") if at_start else part.value
            part.value = re.sub(r"\n\t+", "\n", value)
            at_start = value.endswith("\n")
        else:
            at_start = False
