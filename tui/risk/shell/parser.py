"""The grammar of shell commands: POSIX 2.9 and 2.10 with bash's additions, by recursive descent.

It never fails: what makes no sense becomes a problem, and reading goes on behind it, because a text that is only partly
understood must still show the commands in it.
"""

from __future__ import annotations

import re
from typing import Final

from tui.risk.shell.lexer import Lexer, NestingError
from tui.risk.shell.limits import TEXT_LIMIT, Budget
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import (
    Assignment,
    Command,
    Conditional,
    Coprocess,
    Function,
    Group,
    Listing,
    Loop,
    Pipeline,
    RedirectNode,
    Script,
    Simple,
    Test,
    Text,
    WordNode,
)  # fmt: skip

_RESERVED: Final = re.compile(
    r"(?:if|then|elif|else|fi|for|select|while|until|do|done|case|esac|function|time|coproc|\[\[|[{}!])"
    r"(?=[ \t\r\n;&|<>()]|$)"
)
_CLOSING: Final = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})
_REDIRECT: Final = re.compile(r"(?:([0-9]{1,9})|\{[A-Za-z_]\w*\})?(&>>|&>|<<<|<<-?|<>|<&|>&|>>|>\||<(?!\()|>(?!\())")
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[([^\]\n]*)\])?(\+?)=")
_FUNCTION: Final = re.compile(r"([^ \t\r\n;&|<>()'\"\\$`=]+)[ \t]*\([ \t]*\)")
_DECLARATIONS: Final = frozenset({"declare", "typeset", "local", "export", "readonly"})
_SEPARATOR: Final = re.compile(r"&&|\|\||;;&|;&|;;|[;&\n]")


class Parser(Lexer):
    """Reads one source into a `Script`."""

    def __init__(self, source: Source, budget: Budget, depth: int = 0) -> None:
        super().__init__(source, budget, depth)
        self._documents: list[RedirectNode] = []

    def fresh(self, source: Source) -> Script:
        """Parse another text one level deeper."""
        return parse(source, self.budget, self.depth + 1)

    def script(self) -> Script:
        """Read everything."""
        body = Listing([], [])
        base = self.depth
        while True:
            try:
                part = self.listing(frozenset())
            except NestingError:
                self.depth = base
                self._documents.clear()
                self.problem("it is nested too deeply")
                newline = self.text.find("\n", self.position)
                self.position = self.end if newline < 0 else newline + 1
                if self.position < self.end:
                    continue
                break
            body.items += part.items
            body.background += part.background
            if self.position >= self.end:
                break
            mark = _RESERVED.match(self.text, self.position)
            skipped = mark[0] if mark else self.text[self.position : self.position + 2].strip() or ";"
            skipped = skipped if mark or skipped in (";;", ";&") else skipped[0]
            self.problem(f"`{skipped}` is out of place")
            self.position += max(1, len(skipped))
        self._read_documents()
        body.end = self.end
        return Script(self.source, body, self.problems)

    # Between commands

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
        match = _RESERVED.match(self.text, self.position)
        return match[0] if match else ""

    def _expect(self, word: str, opened: int) -> None:
        self._newlines()
        if self._reserved() == word:
            self.position += len(word)
        else:
            self.problem(f"`{word}` is missing", opened)

    # Lists and pipelines

    def listing(self, stop: frozenset[str]) -> Listing:
        """Read commands up to a closing word or a character in `stop`, which stays unread."""
        result = Listing([], [], self.position, self.position)
        group_start = 0
        self._newlines()
        while self.position < self.end:
            if self.text[self.position] in stop or self._reserved() in _CLOSING:
                break
            before = self.position
            command = self._pipeline()
            if command is not None:
                result.items.append(command)
                result.background.append(False)
            self._blanks()
            separator = _SEPARATOR.match(self.text, self.position)
            if separator is None:
                if self.position == before or self.peek() in stop or self.position >= self.end:
                    break
                if self.peek() == ")":
                    break
                continue
            mark = separator[0]
            if mark.startswith(";;") or mark == ";&":
                break
            if mark == "\n":
                self._newlines()
            else:
                self.position = separator.end()
                if mark == "&":
                    result.background[group_start:] = [True] * (len(result.background) - group_start)
                if mark in ("&&", "||") and command is None:
                    self.problem(f"`{mark}` has nothing before it")
                self._newlines()
            if mark in ("\n", ";", "&"):
                group_start = len(result.items)
        result.end = self.position
        return result

    def _pipeline(self) -> Command | None:
        start = self.position
        members: list[Command] = []
        while True:
            self._blanks()
            while self._reserved() == "!":
                self.position += 1
                self._blanks()
            command = self._command()
            if command is not None:
                members.append(command)
            self._blanks()
            if self.peek() != "|" or self.text.startswith("||", self.position):
                break
            if command is None:
                self.problem("`|` has nothing before it")
            self.position += 2 if self.text.startswith("|&", self.position) else 1
            self._newlines()
        if len(members) < 2:
            return members[0] if members else None
        return Pipeline(start, self.position, members)

    # Commands

    def _command(self) -> Command | None:
        start = self.position
        character = self.peek()
        command: Command | None
        if character == "(":
            command = self._parenthesis()
        else:
            word = self._reserved()
            if word in _CLOSING or not character:
                return None
            if word in _COMPOUND:
                self.position += len(word)
                self.descend()
                command = _COMPOUND[word](self, start)
                self.depth -= 1
            elif word == "time":
                return self._timed(start)
            else:
                function = _FUNCTION.match(self.text, start)
                if function is None:
                    return self._simple()
                self.position = function.end()
                return self._function_body(start, function[1])
        if command is not None and not isinstance(command, (Function, Coprocess, Simple, Listing, Pipeline)):
            self._redirects(command.redirects)
            command.end = self.position
        return command

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
        named = re.compile(r"[A-Za-z_]\w*[ \t]+(?=[{(])").match(self.text, self.position)
        if named:
            self.position = named.end()
        body = self._command()
        return Coprocess(start, self.position, body or Listing([], [], start, self.position))

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

    # Simple commands

    def _redirects(self, redirects: list[RedirectNode]) -> None:
        self._blanks()
        while self._redirect(redirects):
            self._blanks()

    def _redirect(self, redirects: list[RedirectNode]) -> bool:
        match = _REDIRECT.match(self.text, self.position)
        if match is None:
            return False
        self.position = match.end()
        self._blanks()
        target = self.word()
        if target is None:
            self.problem(f"`{match[2]}` names no file")
            target = WordNode(match.end(), match.end(), [Text("", "'")], "")
        node = RedirectNode(match[2], int(match[1]) if match[1] else None, target)
        redirects.append(node)
        if match[2] in ("<<", "<<-"):
            self._documents.append(node)
        return True

    def _simple(self) -> Command | None:
        node = Simple(self.position, self.position, [], [], [])
        declares = False
        while self.position < self.end:
            start = self.position
            if self._redirect(node.redirects):
                pass
            elif (not node.words or declares) and (assignment := self._assignment()) is not None:
                (node.declared if declares else node.assignments).append(assignment)
            else:
                word = self.word()
                if word is None:
                    if self.peek() == "(" and node.words and self.position == node.words[-1].end:
                        self.problem("`(` is out of place")
                        break
                    break
                if not node.words and word.raw in _DECLARATIONS:
                    declares = True
                node.words.append(word)
            node.end = self.position
            self._blanks()
            if self.position == start:
                break
        if node.words or node.assignments or node.redirects:
            return node
        return None

    def _assignment(self) -> Assignment | None:
        match = _ASSIGNMENT.match(self.text, self.position)
        if match is None:
            return None
        start = self.position
        self.position = match.end()
        node = Assignment(match[1], None, start, start, index=match[2], append=bool(match[3]))
        if self.peek() == "(":
            self.position += 1
            node.items = []
            while True:
                self._newlines()
                word = self.word()
                if word is None:
                    break
                node.items.append(word)
            if self.peek() == ")":
                self.position += 1
            else:
                self.problem("a parenthesis is not closed", start)
        else:
            node.value = self.word() or WordNode(self.position, self.position, [], "")
        node.end = self.position
        return node


_COMPOUND: Final = {
    "{": Parser._brace,
    "if": Parser._if,
    "while": Parser._while,
    "until": Parser._while,
    "for": Parser._for,
    "select": Parser._for,
    "case": Parser._case,
    "function": Parser._function,
    "coproc": Parser._coproc,
    "[[": Parser._test,
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


def parse(source: Source, budget: Budget, depth: int = 0) -> Script:
    """Parse `source`; whatever makes no sense is in the result's problems."""
    if len(source.text) > TEXT_LIMIT:
        budget.problem(f"only the first {TEXT_LIMIT // 1024} KiB were looked at")
        source = Source(source.text[:TEXT_LIMIT], source.base, source.shift)
    if not budget.spend(len(source.text)):
        return Script(source, Listing([], []), [])
    return Parser(source, budget, depth).script()
