"""A shell text as the simple commands it would execute: what the shell parser hands to the judge.

The parser unquotes, folds and peels; it knows shell grammar and which programs run other programs. The judge knows what
programs do. Nothing else passes between them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from tui.risk.model import Confidence, Span, UnknownInput


@dataclass(frozen=True, slots=True)
class Unknown:
    """A piece of a word that only exists when the command runs."""

    source: str
    """As written: `$DIR`, `$(date)`."""
    inputs: tuple[int, ...] = ()
    """Indices of the invocations whose output it is, where that is known."""


@dataclass(frozen=True, slots=True)
class Word:
    """One argument after unquoting and folding."""

    parts: tuple[str | Unknown, ...]
    span: Span
    """In the text as the person wrote it, however deep the word was found."""
    globs: bool = False
    """Whether an unquoted `*`, `?` or `[` in it is expanded by the shell."""
    folded: bool = False
    """Whether it had to be worked out by more than plain quotes."""

    @property
    def literal(self) -> str | None:
        """The value, or None where a piece is unknown."""
        return "".join(map(str, self.parts)) if all(isinstance(part, str) for part in self.parts) else None

    @property
    def text(self) -> str:
        """The value, unknown pieces as they were written."""
        return "".join(part if isinstance(part, str) else part.source for part in self.parts)


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection of a command's input or output to a file."""

    operator: str
    """`>`, `>>`, `<`, `<>`, `>|`, `&>`, `&>>`; here-documents and here-strings are `stdin` of the invocation."""
    descriptor: int | None
    target: Word


@dataclass(frozen=True, slots=True)
class Surroundings:
    """In what a whole text runs."""

    env: tuple[tuple[str, str], ...] = ()
    """Variables set for it, as if assignments stood before it."""
    cwd: str | None = None
    """Its working directory, as if a `cd` stood before it."""
    stdin: str | UnknownInput | None = None
    """What is piped into it: nothing, a known text, or `UNKNOWN_INPUT`."""


NOTHING_AROUND: Final = Surroundings()


class Place(enum.StrEnum):
    """Where a command takes effect."""

    HERE = "here"
    CONTAINER = "container"
    """Inside `docker exec`, `docker run`, `kubectl exec`, `chroot`, `nsenter` into a container…"""
    REMOTE = "remote"
    """Through ssh and the like."""


@dataclass(frozen=True, slots=True)
class Stdin:
    """What a command reads on its standard input."""

    literal: str | None = None
    """The whole input where it is known: a here-document, a here-string, folded output of `echo` and `printf`."""
    producers: tuple[int, ...] = ()
    """Indices of the invocations whose output it is, nearest first: all earlier members of the pipeline."""


@dataclass(frozen=True, slots=True)
class Code:
    """Code that an invocation hands to an interpreter."""

    language: str
    """`bash`, `python`, `javascript`, `perl`, `ruby`, `php`, `awk`, `sql` …"""
    text: str | None
    """None where it is not known. Known bash is not handed on: its commands are in the program already."""
    span: Span
    producers: tuple[int, ...] = ()
    """Indices of the invocations whose output the code is: `curl … | sh`, `eval "$(curl …)"`, `bash <(curl …)`."""
    file: Word | None = None
    """The script it is read from: `python x.py`, `source x`, `./x`."""
    origin: str = "argument"
    """`argument`, `stdin`, `file`, `substitution` or `eval`."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One simple command that the text would execute, wherever in the text it stands."""

    index: int
    argv: tuple[Word, ...]
    """The program first. Empty for a bare redirection or assignment."""
    span: Span
    assignments: tuple[tuple[str, Word], ...] = ()
    """Variables set for it, or by it where argv is empty. `env`'s own included."""
    redirects: tuple[Redirect, ...] = ()
    stdin: Stdin = Stdin()
    inputs: tuple[int, ...] = ()
    """Indices of invocations whose output stands in its arguments or process substitutions: `kill $(pgrep x)`."""
    code: tuple[Code, ...] = ()
    chain: tuple[str, ...] = ()
    """The wrappers it was found under, outermost first, as a person would name them: `sudo`, `bash -c`, `xargs`."""
    privileged: bool = False
    """Whether sudo, doas, su, pkexec or the like runs it."""
    place: Place = Place.HERE
    cwd: Word | None = None
    """The directory, where an earlier `cd` or a wrapper's option says it."""
    appended: bool = False
    """Whether further arguments come from its input: under xargs, parallel, `find -exec`."""
    found_by: int | None = None
    """Index of the invocation that runs it (`find … -exec rm {} +` runs `rm`), for what the arguments may be."""
    guessed: bool = False
    """Whether the wrapper is not a known one: it may not run at all."""
    repeated: bool = False
    """Whether it runs in a loop or a recursive function."""
    background: bool = False
    outside: bool = False
    """Whether it is no command of the text but stands for what is around it: variables set for it, input piped in."""
    obfuscated: bool = False
    """Whether hiding it is the only use of how it is written: decoded, reversed, needlessly split or escaped."""

    @property
    def program(self) -> str:
        """The program's name without its directory, which may be unknown itself; empty where the name is not known."""
        last = self.argv[0].parts[-1] if self.argv and self.argv[0].parts else ""
        if not isinstance(last, str) or (len(self.argv[0].parts if self.argv else ()) > 1 and "/" not in last):
            return ""
        return last.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class ShellProgram:
    """All commands of a text, in the order of the text; those that a command runs follow it."""

    invocations: tuple[Invocation, ...]
    confidence: Confidence
    problems: tuple[str, ...] = ()
    """What could not be parsed or worked out, in words for a person."""
    functions: tuple[str, ...] = ()
    """Names the text defines itself; a function that calls itself is in `recursive`."""
    recursive: tuple[str, ...] = ()
    busy: tuple[Span, ...] = ()
    """Loops that never end and do nothing."""
    piling: tuple[Span, ...] = ()
    """Loops that never end nor wait, and write or start something each time."""
