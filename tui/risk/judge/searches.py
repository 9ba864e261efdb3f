"""What `find`, `ls` and the like hand to other commands: through `-exec`, `xargs`, a substitution or a variable."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator
from typing import Final

from tui.risk.judge.command import Command
from tui.risk.judge.targets import SECRET_FILE, classify
from tui.risk.judge.touched import Touched
from tui.risk.model import Span
from tui.risk.rule import Target
from tui.risk.shell.model import Invocation, Redirect, ShellProgram, Unknown, Word

_FINDS: Final = frozenset({"find", "gfind", "bfs"})
_LOCATES: Final = frozenset({"locate", "mlocate", "plocate"})
_LISTS: Final = frozenset({"ls", "dir", "gls"})
_SEARCHERS: Final = _FINDS | _LOCATES | _LISTS | {"fd", "fdfind"}
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
_FD_ENDING: Final = frozenset({"-e", "--extension"})
_FD_VALUED: Final = frozenset({"-t", "--type", "-d", "--max-depth", "-E", "--exclude", "-S", "--size", "-o", "--owner"})
_NOT: Final = frozenset({"!", "-not"})
_PLACEHOLDER: Final = "{}"
_VALUE_BEGINS: Final = re.compile(r"[=@:<]$")
"""What stands before a path inside a word: `file=@$f`, `if=$f`."""
_MADE_AGAIN: Final = (".pyc", ".pyo", ".o", ".tmp", "~", ".bak", ".swp", ".orig", ".DS_Store", ".cache")
_WIDE: Final = frozenset({Target.ROOT, Target.HOME, Target.SYSTEM})
_MOST_PATTERNS: Final = 8
_MOST_SEARCHERS: Final = 8


def with_found(invocation: Invocation, program: ShellProgram) -> Invocation:
    """Return the command with what a search hands to it as patterns: `/home/id_rsa` for `{}`, `$f` or at its end."""
    if not invocation.appended and not invocation.inputs:
        return invocation
    searcher = _searcher(invocation, program) if invocation.appended else None
    found = _sought(searcher) if searcher is not None else None
    cwd = invocation.cwd
    if found is not None and not (found.globs and any(_PLACEHOLDER in text for text in _texts(invocation))):
        extra = _worth_naming(searcher, program, found, cwd, ends=True) if searcher is not None else None
        return invocation if extra is None else dataclasses.replace(invocation, argv=(*invocation.argv, extra))

    def filled(word: Word) -> Word:
        if found is not None:
            if _PLACEHOLDER in word.text:
                return Word((word.text.replace(_PLACEHOLDER, found.text),), word.span, globs=True)
            return word
        return _filled(word, program, cwd)

    words = tuple(map(filled, invocation.argv[1:]))
    redirects = tuple(
        Redirect(redirect.operator, redirect.descriptor, filled(redirect.target)) for redirect in invocation.redirects
    )
    return dataclasses.replace(invocation, argv=(*invocation.argv[:1], *words), redirects=redirects)


def _texts(invocation: Invocation) -> Iterator[str]:
    yield from (word.text for word in invocation.argv[1:])
    yield from (redirect.target.text for redirect in invocation.redirects)


def _filled(word: Word, program: ShellProgram, cwd: Word | None) -> Word:
    """Return a word whose unknown piece is what a search printed with the pattern in its place."""
    for position, part in enumerate(word.parts):
        if not isinstance(part, Unknown) or not part.inputs:
            continue
        before = "".join(each for each in word.parts[:position] if isinstance(each, str))
        if position > 1 or (before and not _VALUE_BEGINS.search(before)):
            continue
        for index in part.inputs[:_MOST_SEARCHERS]:
            searcher = program.invocations[index] if 0 <= index < len(program.invocations) else None
            if searcher is None or searcher.program not in _SEARCHERS:
                continue
            found = _worth_naming(searcher, program, _sought(searcher), cwd, ends=position == len(word.parts) - 1)
            if found is not None:
                parts = (before + found.text, *word.parts[position + 1 :])
                return Word(parts, word.span, globs=True, folded=True)
    return word


def _worth_naming(
    searcher: Invocation, program: ShellProgram, found: Word, cwd: Word | None, *, ends: bool
) -> Word | None:
    """Return the pattern where it says more than that something was found: a name, or all of a place that matters."""
    kinds = classify(found, searcher.cwd or cwd)
    if Target.CREDENTIAL in kinds or _is_named(searcher):
        return found
    passes = not _narrows(searcher) and all(
        program.invocations[index].program in _PASSES for index in searcher.stdin.producers
    )
    return found if ends and passes and kinds & _WIDE else None


def _is_named(searcher: Invocation) -> bool:
    if searcher.program in _LISTS:
        return any(any(character in word.text for character in "*?[") for word in _searched(searcher))
    if searcher.program in _FINDS:
        return bool(_names(searcher))
    return True


def _sought(searcher: Invocation) -> Word:
    """Return the pattern of what is found; of several, one that stands for secrets."""
    patterns = list(itertools.islice(_patterns(searcher), _MOST_PATTERNS))
    words = [Word((pattern,), searcher.span, globs=True) for pattern in patterns]
    secrets = (word for word in words if Target.CREDENTIAL in classify(word, searcher.cwd))
    return next(secrets, next((word for word in words if SECRET_FILE.search(word.text)), words[0]))


def _patterns(searcher: Invocation) -> Iterator[str]:
    places = [word.text for word in _searched(searcher)]
    if searcher.program in _LOCATES:
        yield from (f"/{name.lstrip('/')}" for name in places or ["*"])
    elif searcher.program in _LISTS:
        itself = any(re.fullmatch(r"-\w*d\w*|--directory", word.text) for word in searcher.argv[1:])
        for place in places or ["."]:
            yield place if itself or any(character in place for character in "*?[") else f"{place.rstrip('/')}/*"
    elif searcher.program in _FINDS:
        for place, name in itertools.product(places or ["."], _names(searcher) or ["*"]):
            yield name if place == "." else f"{place.rstrip('/')}/{name.lstrip('/')}"
    else:
        yield from _of_fd(searcher)


def _of_fd(searcher: Invocation) -> Iterator[str]:
    """`fd -e pem`, `fd id_rsa /home`: the first operand is a part of the name, the others are places."""
    operands: list[str] = []
    endings: list[str] = []
    before = ""
    for word in searcher.argv[1:]:
        if before in _FD_ENDING:
            endings.append(word.text)
        elif not word.text.startswith("-") and before not in _FD_VALUED:
            operands.append(word.text)
        before = word.text
    name = re.sub(r"^\^|\$$|\\(?=\.)", "", operands[0]) if operands else "."
    names = [f"*.{ending.lstrip('.')}" for ending in endings] if endings else [name, f"*.{name}"]
    for place, each in itertools.product(operands[1:] or ["."], names):
        yield f"{place.rstrip('/')}/{each}"


def _names(searcher: Invocation) -> list[str]:
    """Return what `find -name` asks for; what is behind a `!` is not asked for."""
    texts = ["", *(word.text for word in searcher.argv)]
    return [
        value
        for before, test, value in zip(texts, texts[1:], texts[2:], strict=False)
        if test in _NAMED and before not in _NOT
    ]


def _searcher(invocation: Invocation, program: ShellProgram) -> Invocation | None:
    for index in _producers(invocation, program):
        if program.invocations[index].program in _SEARCHERS:
            return program.invocations[index]
    return None


def handed(command: Command, program: ShellProgram) -> Iterator[Touched]:
    """Yield what `find` and the like hand to a command that deletes: everything below the places they search."""
    invocation = command.invocation
    if not invocation.appended and not invocation.inputs:
        return
    role = next((role for role, selectors in command.facts.roles if role in ("deletes", "destroys")), None)
    if role is None:
        return
    if not invocation.appended:
        yield from _one_by_one(role, invocation, program)
        return
    searcher = _searcher(invocation, program) if _is_direct(invocation, program) else None
    if searcher is not None:
        narrow = _narrows(searcher) or any(
            program.invocations[index].program not in _PASSES and program.invocations[index] is not searcher
            for index in _producers(invocation, program)
        )
        for word in _searched(searcher) or (Word((".",), searcher.span),):
            kinds = classify(word, searcher.cwd)
            if not narrow or kinds & _WIDE:
                yield Touched(role, word, kinds, recursive=True)
                return
    if command.operands:
        return
    kinds = frozenset({Target.UNKNOWN})
    yield Touched(role, Word((Unknown("what it is given"),), invocation.span), kinds, recursive=False)


def _one_by_one(role: str, invocation: Invocation, program: ShellProgram) -> Iterator[Touched]:
    """Yield what a loop over a search below a place that matters hands to a command: all of it, in the end."""
    for word in program.invocations[invocation.index].argv[1:]:
        unknown = word.parts[0] if len(word.parts) == 1 else ""
        for index in unknown.inputs[:_MOST_SEARCHERS] if isinstance(unknown, Unknown) else ():
            searcher = program.invocations[index] if 0 <= index < len(program.invocations) else None
            if searcher is None or searcher.program not in _FINDS:
                continue
            for place in _searched(searcher):
                kinds = classify(place, searcher.cwd)
                if kinds & _WIDE and not all(map(_is_made_again, _names(searcher) or ["*"])):
                    yield Touched(role, place, kinds, recursive=True)


def _is_made_again(name: str) -> bool:
    return Target.CACHE in classify(Word((name,), Span(0, 0))) or name.endswith(_MADE_AGAIN)


def _narrows(searcher: Invocation) -> bool:
    """Say whether a test leaves out some of what is there; `-name '*'` does not."""
    texts = [word.text for word in searcher.argv]
    return any(
        test in _NARROWS and not (test in _NAMED and value == "*")
        for test, value in itertools.zip_longest(texts, texts[1:], fillvalue="")
    )


def _is_direct(invocation: Invocation, program: ShellProgram) -> bool:
    """Say whether no shell stands between the search and the command, so that what is found is surely its argument."""
    by = invocation.found_by
    runner = program.invocations[by].program if by is not None and 0 <= by < len(program.invocations) else ""
    return runner in _SEARCHERS or runner in ("xargs", "parallel")


def _producers(invocation: Invocation, program: ShellProgram) -> tuple[int, ...]:
    """Return what feeds the command, or the `xargs` that runs it."""
    seen: set[int] = set()
    at: int | None = invocation.index
    while at is not None and at not in seen and 0 <= at < len(program.invocations):
        seen.add(at)
        runner = program.invocations[at]
        if runner.stdin.producers:
            return runner.stdin.producers
        if runner.program in _SEARCHERS:
            return (at,)
        at = runner.found_by
    return ()


def _searched(searcher: Invocation) -> tuple[Word, ...]:
    """Return the places a search starts from: the words before the first test."""
    found: list[Word] = []
    for word in searcher.argv[1:]:
        if word.text.startswith(("-", "(", "!")):
            if found or word.text not in ("-L", "-H", "-P", "-x", "-E"):
                if searcher.program in _LISTS | _LOCATES and not found:
                    continue
                break
            continue
        found.append(word)
    return tuple(found)
