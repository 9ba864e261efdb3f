"""What `find` and the like hand to other commands, through `-exec` or `xargs`."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Final

from tui.risk.judge.command import Command
from tui.risk.judge.roles import Touched
from tui.risk.judge.targets import classify
from tui.risk.rule import Target
from tui.risk.shell.model import Invocation, ShellProgram, Unknown, Word

_SEARCHERS: Final = frozenset({"find", "gfind", "bfs", "ls", "locate", "fd", "fdfind"})
_NARROWS: Final = frozenset(
    {
        "-name", "-iname", "-path", "-ipath", "-regex", "-iregex", "-empty", "-newer", "-mtime", "-mmin", "-atime",
        "-ctime", "-size",
        "-user", "-perm", "-inum", "-samefile", "-wholename", "-cmin", "-amin", "-maxdepth", "-mindepth", "-e",
    }
)  # fmt: skip
"""Tests that leave only some of what is found."""
_PASSES: Final = frozenset({"sort", "tac", "cat", "tee", "tr", "xargs"})
"""Programs between a search and `xargs` that leave nothing out."""
_NAMED: Final = frozenset({"-name", "-iname", "-path", "-ipath", "-wholename"})


def with_found(invocation: Invocation, program: ShellProgram) -> Invocation:
    """Return the command with what a search hands to it in the place of `{}`, as a pattern: `/home/id_rsa`."""
    searcher = _searcher(invocation, program) if invocation.appended else None
    if searcher is None:
        return invocation
    roots = _searched(searcher)
    root = roots[0].text if roots else "."
    texts = [word.text for word in searcher.argv]
    name = next((value for test, value in itertools.pairwise(texts) if test in _NAMED), "*")
    found = f"{root.rstrip('/')}/{name.lstrip('/')}"
    if not any("{}" in word.text for word in invocation.argv):
        return invocation
    words = tuple(
        Word((word.text.replace("{}", found),), word.span, globs=True) if "{}" in word.text else word
        for word in invocation.argv
    )
    return dataclasses.replace(invocation, argv=words)


def _searcher(invocation: Invocation, program: ShellProgram) -> Invocation | None:
    sources = [invocation.found_by] if invocation.found_by is not None else []
    for index in dict.fromkeys([*sources, *_producers(invocation, program)]):
        if program.invocations[index].program in _SEARCHERS:
            return program.invocations[index]
    return None


def handed(command: Command, program: ShellProgram) -> Iterator[Touched]:
    """Yield what `find` and the like hand to a command that deletes: everything below the places they search."""
    invocation = command.invocation
    if not invocation.appended:
        return
    role = next((role for role, selectors in command.facts.roles if role in ("deletes", "destroys")), None)
    if role is None:
        return
    searcher = _searcher(invocation, program)
    if searcher is not None:
        narrow = _narrows(searcher) or any(
            program.invocations[index].program not in _PASSES and program.invocations[index] is not searcher
            for index in _producers(invocation, program)
        )
        for word in _searched(searcher) or (Word((".",), searcher.span),):
            kinds = classify(word, searcher.cwd)
            if not narrow or kinds & {Target.ROOT, Target.HOME, Target.SYSTEM}:
                yield Touched(role, word, kinds, recursive=True)
                return
    if command.operands:
        return
    kinds = frozenset({Target.UNKNOWN})
    yield Touched(role, Word((Unknown("what it is given"),), invocation.span), kinds, recursive=False)


def _narrows(searcher: Invocation) -> bool:
    """Say whether a test leaves out some of what is there; `-name '*'` does not."""
    texts = [word.text for word in searcher.argv]
    return any(
        test in _NARROWS and not (test in _NAMED and value == "*")
        for test, value in itertools.zip_longest(texts, texts[1:], fillvalue="")
    )


def _producers(invocation: Invocation, program: ShellProgram) -> tuple[int, ...]:
    """Return what feeds the command, or the `xargs` that runs it."""
    if invocation.found_by is not None:
        return program.invocations[invocation.found_by].stdin.producers
    return invocation.stdin.producers


def _searched(searcher: Invocation) -> tuple[Word, ...]:
    """Return the places a search starts from: the words before the first test."""
    found: list[Word] = []
    for word in searcher.argv[1:]:
        if word.text.startswith(("-", "(", "!")):
            if found or word.text not in ("-L", "-H", "-P", "-x", "-E"):
                break
            continue
        found.append(word)
    return tuple(found)
