"""Which arguments a command does something to, and what: by its program's table and its redirections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tui.risk.judge.command import Command
from tui.risk.judge.targets import classify
from tui.risk.rule import Target
from tui.risk.shell.model import Invocation, Word

_GIVES_SCRIPT: Final = ("-e", "-f", "--expression", "--regexp", "--file")
"""With these, the first operand of `sed`, `grep` and `awk` is a file like the others."""
_SENDS_AT: Final = frozenset({"curl", "http", "https", "xh", "xhs"})
_AT_FILE: Final = re.compile(r"(?:^|=|^-[dF])[@<]([^-;,\s][^;,]*)")
"""`-d @file`, `-F name=@file`, `--json=@file`: the file is what is sent."""
_OUTPUT_OPTIONS: Final = ("-o", "-out", "--out", "--output", "--output-file", "--outfile", "--output-document")
_PRECIOUS: Final = frozenset(
    {Target.DEVICE, Target.ACCOUNT, Target.STARTUP, Target.PROTECTION, Target.BOOT, Target.KERNEL}
)


@dataclass(frozen=True, slots=True)
class Touched:
    """An argument and what happens to it."""

    role: str
    word: Word
    kinds: frozenset[Target]
    recursive: bool
    empties: bool = False
    """What is written is nothing: `: > file`."""


def touched(command: Command) -> Iterator[Touched]:
    """Yield every argument that the program's table gives a role."""
    facts = command.facts
    recursive = "always" in facts.recursive or any(map(command.has, facts.recursive))
    armed = not facts.only_with or any(map(command.has, facts.only_with))
    cwd = command.invocation.cwd
    for role, selectors in facts.roles:
        if role != "reads" and not armed:
            continue
        for selector in selectors:
            for word in select(command, selector):
                yield Touched(role, word, classify(word, cwd), recursive)
    yield from _put_out(command)
    if command.program in _SENDS_AT:
        for word in command.invocation.argv[1:]:
            if (match := _AT_FILE.search(word.text)) is not None and "://" not in word.text:
                file = Word((match[1],), word.span, word.globs)
                yield Touched("sends", file, classify(file, cwd), recursive=False)


def _put_out(command: Command) -> Iterator[Touched]:
    """Yield the places of importance that options which name an output file name, whatever the program."""
    facts = command.facts
    if facts.harmless or facts.metadata or facts.data:
        return
    declared = {
        selector for role, selectors in facts.roles if role in ("overwrites", "writes") for selector in selectors
    }
    for option in _OUTPUT_OPTIONS:
        if option in command.options and option not in declared:
            for word in select(command, option):
                kinds = classify(word, command.invocation.cwd)
                if word.text.startswith(("/", "~")) and kinds & _PRECIOUS:
                    yield Touched("overwrites", word, kinds, recursive=False)


def select(command: Command, selector: str) -> tuple[Word, ...]:
    """Return the words a selector of a program table means."""
    operands = command.operands
    if selector == "operands":
        return operands
    if selector == "last":
        return operands[-1:] if len(operands) > 1 else ()
    if selector == "all-but-last":
        return operands[:-1]
    if selector.startswith("operands:"):
        if any(map(command.has, _GIVES_SCRIPT)):
            return operands
        return operands[int(selector[9:].rstrip("-")) - 1 :]
    if selector.startswith("operand:"):
        at = int(selector[8:]) - 1
        return operands[at : at + 1]
    if selector.endswith("="):
        found = [word for word in operands if word.text.startswith(selector)]
        return tuple(_after(word, len(selector)) for word in found)
    values = command.values(selector)
    where = command.option_words.get(selector)
    return tuple(Word((value,), where.span if where is not None else command.invocation.span) for value in values)


def _after(word: Word, count: int) -> Word:
    first, *rest = word.parts
    assert isinstance(first, str)
    return Word((first[count:], *rest), word.span, word.globs, word.folded)


def redirected(invocation: Invocation, *, silent: bool) -> Iterator[Touched]:
    """Yield the files that the command's output goes to, and those it reads; `silent`: it prints nothing."""
    for redirect in invocation.redirects:
        kinds = classify(redirect.target, invocation.cwd)
        if redirect.operator in (">>", "&>>"):
            yield Touched("writes", redirect.target, kinds, recursive=False)
        elif redirect.operator in (">", ">|", "&>", "<>", ">&"):
            yield Touched("overwrites", redirect.target, kinds, recursive=False, empties=silent)
        elif redirect.operator == "<":
            yield Touched("reads", redirect.target, kinds, recursive=False)
