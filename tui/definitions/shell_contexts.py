"""Where in a bash program each placeholder stands.

The scanner follows quoting, substitutions, here-documents and comments as the bash manual describes them
(https://www.gnu.org/software/bash/manual/bash.html#Quoting), and nothing else of the grammar. A stack of frames
holds what is open. Where the program does not close what it opens, every placeholder is `UNCLEAR`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tui.definitions.contexts import Context

_WORD: Final = re.compile(r"[^\s;&|()<>\"'`$\\#{}]+")
_HERE: Final = re.compile(r"<<(-?)[ \t]*((?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[^\s;&|()<>\"'\\`$])+)")
_BEFORE_COMMAND: Final = frozenset({"then", "do", "else", "elif", "if", "while", "until", "for", "!", "time"})
_PLAIN_IN_DOUBLE_QUOTES: Final = re.compile(r"[^\"\\$`{]+")
_PLAIN_IN_QUOTES: Final = re.compile(r"[^'{]+")
_BLANKS: Final = re.compile(r"[ \t]+")
_PLAIN_IN_COMMENT: Final = re.compile(r"[^\n{]+")
_SUBSCRIPT: Final = re.compile(r"\w\[$")
_PARAMETER: Final = re.compile(r"\$\{[!#]?(?:\w+(?:\[[^\]{\n]*\])?|[@*#?$!-])?")
_SEPARATORS: Final = ";&|\n("


@dataclass(slots=True)
class _Frame:
    """Something open: `closer` ends it, `kind` is the context of what stands directly in it."""

    closer: str
    kind: Context
    quoted: bool = False
    """Whether it stands inside double quotes."""
    cases: int = 0
    command_next: bool = True
    here_documents: list[tuple[str, bool]] = field(default_factory=list)


def shell_contexts(template: str, placeholders: Mapping[int, int]) -> dict[int, Context]:
    """Return the context of each placeholder of a bash program; `placeholders` maps starts to ends."""
    scanner = _Scanner(template, placeholders)
    scanner.scan()
    if not scanner.balanced:
        return {
            start: context if context is Context.COMMENT else Context.UNCLEAR
            for start, context in scanner.found.items()
        }
    return scanner.found


class _Scanner:
    def __init__(self, text: str, placeholders: Mapping[int, int]) -> None:
        self.text = text
        self.placeholders = placeholders
        self.starts = sorted(placeholders)
        self.found: dict[int, Context] = {}
        self.stack = [_Frame("", Context.CODE)]
        self.broken = False
        self.at = 0

    @property
    def balanced(self) -> bool:
        return not self.broken and len(self.stack) == 1 and not self.stack[0].here_documents

    @property
    def top(self) -> _Frame:
        return self.stack[-1]

    def scan(self) -> None:
        while self.at < len(self.text):
            if self.at in self.placeholders:
                self._place(self._context())
                self.top.command_next = False
            elif (kind := self.stack[-1].kind) is Context.CODE:
                self._in_code()
            elif kind is Context.DOUBLE_QUOTES:
                self._in_double_quotes()
            else:
                self._in_expansion()

    def _context(self) -> Context:
        # Backticks take a level of backslashes away from everything inside, so no quoting holds in them.
        if any(frame.closer == "`" for frame in self.stack):
            return Context.BACKTICKS
        # Double quotes inside `${…}` or `$((…))` do not keep text from being evaluated there.
        if self.top.kind is Context.DOUBLE_QUOTES and self.stack[-2].kind in {Context.EXPANSION, Context.ARITHMETIC}:
            return self.stack[-2].kind
        # The subscript of an array is arithmetic.
        if self.top.kind is Context.CODE and _SUBSCRIPT.search(self.text, max(0, self.at - 2), self.at):
            return Context.ARITHMETIC
        return self.top.kind

    def _place(self, context: Context) -> None:
        self.found[self.at] = context
        self.at = self.placeholders[self.at]

    def _next(self, length: int = 1) -> str:
        return self.text[self.at : self.at + length]

    def _skip(self, plain: re.Pattern[str]) -> None:
        """Step over one character and all plain ones after it."""
        match = plain.match(self.text, self.at + 1)
        self.at = match.end() if match else self.at + 1

    def _push(self, length: int, frame: _Frame) -> None:
        self.at += length
        self.stack.append(frame)

    def _in_double_quotes(self) -> None:
        character = self.text[self.at]
        if character == "\\":
            self._skip_escaped()
        elif character == '"':
            self.stack.pop()
            self.at += 1
        elif not self._substitution(quoted=True):
            self._skip(_PLAIN_IN_DOUBLE_QUOTES)

    def _in_expansion(self) -> None:
        frame = self.top
        character = self._next()
        if character == "\\":
            self._skip_escaped()
        elif self.text.startswith(frame.closer, self.at):
            self.stack.pop()
            self.at += len(frame.closer)
        elif character == "'":
            # Inside double quotes too: outside its POSIX mode bash looks for the closing one.
            self._single_quotes()
        elif character == '"':
            self._push(1, _Frame('"', Context.DOUBLE_QUOTES))
        elif frame.kind is Context.ARITHMETIC and character == "(":
            self._push(1, _Frame(")", Context.ARITHMETIC, quoted=frame.quoted))
        elif frame.kind is Context.ARITHMETIC and character == ")":
            # `$((` was not arithmetic but two substitutions, or the program is broken.
            self.broken = True
            self.at += 1
        elif not self._substitution(quoted=frame.quoted):
            self.at += 1

    def _in_code(self) -> None:
        frame = self.top
        character = self.text[self.at]
        if word := _WORD.match(self.text, self.at):
            self._word(word)
        elif character in " \t":
            self._skip(_BLANKS)
        elif character == "\\":
            self._skip_escaped()
            frame.command_next = False
        elif frame.closer == "`" and character == "`":
            self.stack.pop()
            self.at += 1
        elif character == "'":
            self._single_quotes()
            frame.command_next = False
        elif character == '"':
            frame.command_next = False
            self._push(1, _Frame('"', Context.DOUBLE_QUOTES))
        elif character == "#" and self._at_word_start():
            self._comment()
        elif character == "\n":
            self.at += 1
            frame.command_next = True
            self._here_documents()
        elif character == "<" and self.text.startswith("<<<", self.at):
            self.at += 3
        elif character == "<" and self.text.startswith("<<", self.at):
            self._here_document_operator()
        elif character == "(":
            self._parenthesis()
        elif character == ")":
            self._close_parenthesis()
        elif self._substitution(quoted=False):
            frame.command_next = False
        else:
            self.at += 1
            frame.command_next = character in _SEPARATORS or (
                frame.command_next and (character.isspace() or character == "{")
            )

    def _word(self, match: re.Match[str]) -> None:
        word, end = match[0], match.end()
        alone = end == len(self.text) or self.text[end] in " \t\n;&|()"
        frame = self.top
        if alone and frame.command_next and word == "case":
            frame.cases += 1
        elif alone and word == "esac" and frame.cases and frame.command_next:
            frame.cases -= 1
        frame.command_next = alone and frame.command_next and word in _BEFORE_COMMAND
        # The word after `in`, and what follows `;;`, is a pattern; `esac` may follow either directly.
        if alone and word == "in" and frame.cases:
            frame.command_next = True
        self.at = end

    def _parenthesis(self) -> None:
        frame = self.top
        if self.text.startswith("((", self.at) and frame.command_next:
            self._push(2, _Frame("))", Context.ARITHMETIC))
        else:
            self._push(1, _Frame(")", Context.CODE))
        frame.command_next = False

    def _close_parenthesis(self) -> None:
        frame = self.top
        self.at += 1
        if frame.cases:
            frame.command_next = True
        elif frame.closer == ")":
            self.broken = self.broken or bool(frame.here_documents)
            self.stack.pop()
            self.top.command_next = bool(self.top.cases)
        else:
            self.broken = True

    def _substitution(self, *, quoted: bool) -> bool:
        """Step into `$(…)`, `${…}`, `$((…))`, `` `…` `` or over a special parameter; say whether there was one."""
        character = self.text[self.at]
        if character == "`":
            if any(frame.closer == "`" for frame in self.stack):
                self.broken = True
            self._push(1, _Frame("`", Context.CODE))
        elif character != "$":
            return False
        elif self.at + 1 in self.placeholders:
            # `$` before a value would make an expansion or `$'…'` of it.
            self.at += 1
            self._place(Context.UNCLEAR)
        elif self._next(3) == "$((":
            self._push(3, _Frame("))", Context.ARITHMETIC, quoted=quoted))
        elif self._next(2) == "$(":
            self._push(2, _Frame(")", Context.CODE))
        elif self._next(2) == "${":
            parameter = _PARAMETER.match(self.text, self.at)
            length = parameter.end() - self.at if parameter else 2
            self._push(length, _Frame("}", Context.EXPANSION, quoted=quoted))
        elif self._next(2) == "$'" and not quoted:
            self.at += 2
            self._ansi_quotes()
        elif self._next(2) in {"$#", "$$", "$!", "$?"}:
            self.at += 2
        else:
            self.at += 1
        return True

    def _single_quotes(self) -> None:
        self.at += 1
        while self.at < len(self.text) and self._next() != "'":
            if self.at in self.placeholders:
                self._place(Context.STRING)
            else:
                self._skip(_PLAIN_IN_QUOTES)
        self.broken = self.broken or self.at >= len(self.text)
        self.at += 1

    def _ansi_quotes(self) -> None:
        while self.at < len(self.text) and self._next() != "'":
            if self.at in self.placeholders:
                self._place(Context.STRING)
            elif self._next() == "\\":
                self._skip_escaped()
            else:
                self.at += 1
        self.broken = self.broken or self.at >= len(self.text)
        self.at += 1

    def _skip_escaped(self) -> None:
        """Step over a backslash and what it escapes, unless that is a placeholder."""
        self.at += 1
        if self.at in self.placeholders:
            self._place(Context.UNCLEAR)
        else:
            self.at += 1

    def _at_word_start(self) -> bool:
        return self.at == 0 or self.text[self.at - 1] in " \t\n;&|()"

    def _comment(self) -> None:
        while self.at < len(self.text) and self._next() != "\n":
            if self.at in self.placeholders:
                self._place(Context.COMMENT)
            else:
                self._skip(_PLAIN_IN_COMMENT)

    def _here_document_operator(self) -> None:
        match = _HERE.match(self.text, self.at)
        if match is None or any(match.start() <= start < match.end() for start in self.placeholders):
            self.broken = True
            self.at += 2
            return
        delimiter = re.sub(r"\\(.)|['\"]", lambda part: part[1] or "", match[2])
        self.top.here_documents.append((delimiter, match[1] == "-"))
        self.top.command_next = False
        self.at = match.end()

    def _here_documents(self) -> None:
        waiting, self.top.here_documents = self.top.here_documents, []
        for delimiter, strip_tabs in waiting:
            while True:
                if self.at >= len(self.text):
                    # bash ends it with a warning; a placeholder in it is refused in any case.
                    return
                newline = self.text.find("\n", self.at)
                end = len(self.text) if newline < 0 else newline
                line = self.text[self.at : end]
                if (line.lstrip("\t") if strip_tabs else line) == delimiter:
                    self.at = min(end + 1, len(self.text))
                    break
                for start in self.starts[bisect_left(self.starts, self.at) : bisect_left(self.starts, end)]:
                    self.found[start] = Context.HERE_DOCUMENT
                self.at = min(end + 1, len(self.text))
