"""The syntax tree of a shell text. Positions are offsets into the source a node was parsed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from tui.risk.shell.source import Source


@dataclass(slots=True)
class Text:
    """Characters that stand for themselves, apart from globs, braces and tildes where they are not quoted."""

    value: str
    quote: str = ""
    """What quotes it: nothing, `'`, `"`, a backslash, or `$'`."""


@dataclass(slots=True)
class Parameter:
    """`$x`, `${x}`, `${x:-word}`, `${#x}`, `${!x}`, `${x[1]}`, `${x/pattern/text}` …"""

    source: str
    name: str
    quoted: bool
    operator: str = ""
    argument: WordNode | None = None
    """What follows the operator."""
    second: WordNode | None = None
    """What follows the second `/` or `:`."""
    index: str | None = None
    length: bool = False
    indirect: bool = False


@dataclass(slots=True)
class Substitution:
    """`$(…)`, backquotes, `<(…)` or `>(…)`."""

    source: str
    script: Script
    quoted: bool
    direction: str = ""
    """`<` or `>` for a process substitution."""


@dataclass(slots=True)
class Arithmetic:
    """`$((…))`."""

    source: str
    expression: WordNode
    quoted: bool


Part: TypeAlias = Text | Parameter | Substitution | Arithmetic


@dataclass(slots=True)
class WordNode:
    """A word as written."""

    start: int
    end: int
    parts: list[Part]
    raw: str


@dataclass(slots=True)
class Assignment:
    """`name=value`, `name+=value`, `name[index]=value` or `name=(values)`."""

    name: str
    value: WordNode | None
    start: int
    end: int
    items: list[WordNode] | None = None
    index: str | None = None
    append: bool = False


@dataclass(slots=True)
class RedirectNode:
    """A redirection; `<<` and `<<-` carry the document in `body`."""

    operator: str
    descriptor: int | None
    target: WordNode
    body: WordNode | None = None


@dataclass(slots=True)
class Simple:
    """A simple command."""

    start: int
    end: int
    assignments: list[Assignment]
    words: list[WordNode]
    redirects: list[RedirectNode]
    declared: list[Assignment] = field(default_factory=list)
    """Assignments among the arguments of `export`, `declare` and the like."""


@dataclass(slots=True)
class Pipeline:
    """Commands joined by `|`."""

    start: int
    end: int
    members: list[Command]


@dataclass(slots=True)
class Listing:
    """Commands in sequence, whatever joins them; `background` says which end in `&`."""

    items: list[Command]
    background: list[bool]
    start: int = 0
    end: int = 0


@dataclass(slots=True)
class Group:
    """`{ …; }` or `( … )`."""

    start: int
    end: int
    body: Listing
    subshell: bool
    redirects: list[RedirectNode] = field(default_factory=list)


@dataclass(slots=True)
class Conditional:
    """`if` and `case`: what is looked at, then blocks of which some run."""

    start: int
    end: int
    subject: list[WordNode]
    blocks: list[Listing]
    redirects: list[RedirectNode] = field(default_factory=list)


@dataclass(slots=True)
class Loop:
    """`for`, `while`, `until`, `select`."""

    start: int
    end: int
    variable: str | None
    items: list[WordNode] | None
    condition: Listing | None
    body: Listing
    looked_at: list[WordNode] = field(default_factory=list)
    redirects: list[RedirectNode] = field(default_factory=list)


@dataclass(slots=True)
class Function:
    """A function definition."""

    start: int
    end: int
    name: str
    body: Command


@dataclass(slots=True)
class Test:
    """`[[ … ]]` or `(( … ))`: nothing but the substitutions in it run."""

    start: int
    end: int
    words: list[WordNode]
    arithmetic: bool = False
    redirects: list[RedirectNode] = field(default_factory=list)


@dataclass(slots=True)
class Coprocess:
    """`coproc` and the command it runs in the background."""

    start: int
    end: int
    body: Command
    name: str = "COPROC"


Command: TypeAlias = Simple | Pipeline | Listing | Group | Conditional | Loop | Function | Test | Coprocess


@dataclass(slots=True)
class Script:
    """A whole text, parsed."""

    source: Source
    body: Listing
    problems: list[str]
