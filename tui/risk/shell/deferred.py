"""Commands that are written down to be run by `make`, `at` or cron."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tui.risk.shell import options
from tui.risk.shell.call import Call
from tui.risk.shell.code import execute, shell_code, stdin_code
from tui.risk.shell.known import INTERPRETERS
from tui.risk.shell.model import Stdin
from tui.risk.shell.source import Source
from tui.risk.shell.values import Field, Output, made

_MAKE_OPTIONS: Final = """
    -f --file --makefile -C --directory -I --include-dir -j -l -o -W -E --eval --old-file --what-if
    """
_MAKE_VALUED: Final = frozenset(_MAKE_OPTIONS.split())
_MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")
_CRON_FIELDS: Final = re.compile(r"[ \t]*(?:@\w+|(?:[\d*/,\-A-Za-z]+[ \t]+){4}[\d*/,\-A-Za-z]+)[ \t]+(.*)")


def make(call: Call) -> Output | None:
    """`make -f - <<…`, `make --eval=…`, `make SHELL=…`."""
    parsed = options.parse(call.arguments, _MAKE_VALUED, permute=True)
    for text in (
        *parsed.values("--eval", "-E"),
        *_makefiles(call, parsed.values("-f", "--file", "--makefile")),
    ):
        _recipes(call, text)
    for field in parsed.operands:
        name, equals, value = field.text.partition("=")
        if equals and name == "SHELL" and value and posixpath.basename(value) not in INTERPRETERS:
            shell_code(call.elsewhere(call.under("make SHELL=")), field.tail(6), "")
    if not parsed.has("-f", "--file", "--makefile"):
        written = (call.scope.files.get(name) for name in _MAKEFILES)
        for content in written:
            if content is not None and content.literal is not None:
                _recipes(call, made(content.literal, call.draft.span))
    return None


def _makefiles(call: Call, files: Iterable[Field]) -> list[Field]:
    found = []
    for file in files:
        literal = call.context.stdin.literal if file.literal in ("-", "/dev/stdin") else None
        stored = call.scope.files.get(file.text)
        text = literal if stored is None else stored.literal
        if text is not None:
            found.append(made(text, call.draft.span))
    return found


def _recipes(call: Call, text: Field) -> None:
    """Recipes of a makefile, and `$(shell …)`."""
    literal = text.text[:20000]
    lines = re.findall(r"^\t[@\-+]*(.*)$|^[\w.%-]+:[^=\n;]*;[@\-+]*(.*)$", literal, re.MULTILINE)
    codes = [first or second for first, second in lines[:40]] + re.findall(r"\$\(shell ([^)]*)\)", literal)[:10]
    for code in codes:
        if code.strip():
            span = text.word.span
            execute(call.elsewhere(), Source(code.replace("$$", "$"), base=span), "make")


def at(call: Call) -> Output | None:
    """`at`, `batch`: standard input or a file is executed later."""
    program = call.program
    parsed = options.parse(call.arguments, frozenset({"-f", "-q", "-t"}))
    if parsed.has("-l", "-r", "-d", "-c", "-V"):
        return None
    for file in parsed.values("-f"):
        content = call.scope.files.get(file.text)
        if content is not None and content.literal is not None:
            source = content.source or Source(content.literal, base=file.word.span)
            execute(call.elsewhere(), source, program, disguise=content.disguise)
    return stdin_code(call, "bash", program)


def crontab(call: Call) -> Output | None:
    """`crontab -` and `crontab FILE`: the sixth field of each line is a command."""
    parsed = options.parse(call.arguments, frozenset({"-u"}))
    if parsed.has("-l", "-e", "-r", "-i", "-V"):
        return None
    literal = call.context.stdin.literal
    source = call.context.source
    if parsed.operands and parsed.operands[0].literal != "-":
        content = call.scope.files.get(parsed.operands[0].text)
        literal, source = (content.literal, content.source) if content is not None else (None, None)
    if literal is None and source is not None:
        literal = source.text
    for line in (literal or "").splitlines()[:50]:
        match = _CRON_FIELDS.match(line)
        if match is not None and match[1]:
            code = Source(match[1], base=call.draft.span)
            if source is not None and source.base is None and (found := source.text.find(match[1])) >= 0:
                code = Source(match[1], shift=source.shift + found)
            execute(call.elsewhere(replace(call.context, stdin=Stdin(), source=None)), code, "crontab")
    return None
