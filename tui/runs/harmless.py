"""Which shell texts and programs may run on the host: an allow-list of syntax. Programs are in `harmless_programs`.

What the judge of risk knows about a text is what it *does* as far as that can be seen. The host asks for more: that
nothing but programs listed here runs, that they run by these names, and that what they are given cannot make them run
others. Whatever is not listed goes to a machine, so an omission costs time and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from tui.machines.local.protected import PROTECTED
from tui.risk.shell.limits import Budget
from tui.risk.shell.parser import parse
from tui.risk.shell.source import Source
from tui.risk.shell.syntax import (
    Assignment,
    Command,
    Conditional,
    Group,
    Listing,
    Loop,
    Parameter,
    Part,
    Pipeline,
    RedirectNode,
    Simple,
    Substitution,
    Text,
    WordNode,
)  # fmt: skip
from tui.runs.harmless_programs import program_objections
from tui.runs.harmless_words import literal

_VARIABLE: Final = re.compile(r"[a-z_][a-z0-9_]+|[a-z]")
"""Every variable that bash, the linker or a program listed here obeys has capital letters in its name, but these."""
_OBEYED: Final = frozenset({"auto_resume", "histchars"})
_LOCALE: Final = re.compile(r"[A-Za-z0-9_.@-]+")
_LOCALES: Final = frozenset({"LANG", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_NUMERIC", "LC_TIME"})
_ENVIRONMENT: Final = re.compile(r"(PARAM|ROLLCAGE)_[A-Z0-9_]+|NO_COLOR|COLUMNS|TZ")
_REDIRECTIONS: Final = frozenset({"<", ">", ">>", "&>", "&>>", ">&", "<&", "<<", "<<-", "<<<"})
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NAMED_DESCRIPTOR: Final = re.compile(r"(?<!\$)\{[A-Za-z_]\w*\}[<>&]")


def objections(text: str) -> Iterator[str]:
    """Yield what of a bash text must not run on the host, as clauses about the run."""
    if _CONTROL.search(text):
        yield "it contains control characters"
    if _NAMED_DESCRIPTOR.search(text):
        yield "it opens a named descriptor"
    script = parse(Source(text), Budget())
    if script.problems:
        yield f"it could not be understood completely ({script.problems[0]})"
    yield from _listing(script.body)


def argv_objections(argv: Sequence[str]) -> Iterator[str]:
    """Yield what speaks against running a program without a shell on the host."""
    words = [WordNode(0, 0, [Text(word, "'")], word) for word in argv]
    yield from program_objections(words)


def obeyed(name: str, value: str) -> bool:
    """Say whether an environment variable could change what runs. It is assumed of all that are not listed."""
    if name in _LOCALES:
        return _LOCALE.fullmatch(value) is None
    return _ENVIRONMENT.fullmatch(name) is None and not _own(name)


def _own(name: str) -> bool:
    return _VARIABLE.fullmatch(name) is not None and name not in _OBEYED


# Syntax


def _listing(listing: Listing) -> Iterator[str]:
    for command in listing.items:
        yield from _command(command)


def _command(command: Command) -> Iterator[str]:
    match command:
        case Simple():
            yield from _simple(command)
        case Pipeline():
            for member in command.members:
                yield from _command(member)
        case Listing():
            yield from _listing(command)
        case Group():
            yield from _listing(command.body)
            yield from _redirects(command.redirects)
        case Conditional():
            yield from _words(command.subject)
            for block in command.blocks:
                yield from _listing(block)
            yield from _redirects(command.redirects)
        case Loop():
            if command.looked_at:
                yield "it evaluates arithmetic"
            if command.variable is not None and not _own(command.variable):
                yield f"it sets {command.variable}"
            yield from _words(command.items or [])
            if command.condition is not None:
                yield from _listing(command.condition)
            yield from _listing(command.body)
            yield from _redirects(command.redirects)
        case _:
            yield _CONSTRUCTS.get(type(command).__name__, "it uses what the host does not take")


_CONSTRUCTS: Final = {
    "Function": "it defines a function",
    "Test": "it evaluates [[ … ]] or (( … ))",
    "Coprocess": "it starts a coprocess",
}


def _simple(command: Simple) -> Iterator[str]:
    for assignment in (*command.assignments, *command.declared):
        yield from _assignment(assignment)
    yield from _words(command.words)
    yield from _redirects(command.redirects)
    if command.words:
        yield from program_objections(command.words)


def _assignment(assignment: Assignment) -> Iterator[str]:
    if assignment.index is not None or assignment.items is not None:
        yield f"it sets an array, {assignment.name}"
        return
    if assignment.name in _LOCALES:
        value = "" if assignment.value is None else literal(assignment.value)
        if value is None or _LOCALE.fullmatch(value) is None:
            yield f"it sets {assignment.name}"
    elif not _own(assignment.name):
        yield f"it sets {assignment.name}"
    elif assignment.value is not None:
        yield from _words([assignment.value])


def _redirects(redirects: Sequence[RedirectNode]) -> Iterator[str]:
    for redirect in redirects:
        if redirect.operator not in _REDIRECTIONS:
            yield f"it redirects by {redirect.operator}"
        if redirect.body is not None:
            yield from _words([redirect.body])
        elif redirect.operator == "<<<":
            yield from _words([redirect.target])
        elif not redirect.operator.startswith("<<"):
            yield from _file(redirect)


def _file(redirect: RedirectNode) -> Iterator[str]:
    name = literal(redirect.target)
    if name is None:
        yield f"the file it redirects to is only known when it runs ({redirect.target.raw[:60]})"
    elif name.startswith(("/dev/tcp", "/dev/udp")):
        yield "it uses the network"
    elif ">" in redirect.operator and (kept := PROTECTED.intersection(name.split("/"))):
        yield f"it writes {min(kept)}, which is kept as it is"


def _words(words: Sequence[WordNode]) -> Iterator[str]:
    for word in words:
        for part in word.parts:
            yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    match part:
        case Text():
            return
        case Substitution(direction=""):
            yield from _listing(part.script.body)
            if part.script.problems:
                yield f"it could not be understood completely ({part.script.problems[0]})"
        case Parameter(index=None, indirect=False, operator="" | "-" | ":-" | "+" | ":+" | "#" | "##" | "%" | "%%"):
            yield from _words([word for word in (part.argument, part.second) if word is not None])
        case _:
            yield f"it evaluates {part.source[:60]}"
