"""Rules as data: when one applies and what it then says. The schema is explained in `rules/README.md`."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tui.levels import RiskLevel
from tui.risk.model import Category, Effect, Reversibility


class Target(enum.StrEnum):
    """What kind of place a path is. One path may be of several kinds."""

    ROOT = "root"
    """The whole file system."""
    HOME = "home"
    """A home directory, or all of them."""
    HOME_PART = "home-part"
    """Something inside a home directory."""
    SYSTEM = "system"
    """What the operating system or its services need."""
    DEVICE = "device"
    """A disk, a partition, memory: raw."""
    CREDENTIAL = "credential"
    """Holds secrets."""
    ACCOUNT = "account"
    """Says who may do what: passwd, sudoers, PAM."""
    STARTUP = "startup"
    """Is run or read at boot, login or on a schedule."""
    KERNEL = "kernel"
    """A switch of the running kernel."""
    PROTECTION = "protection"
    """Settings of what protects the machine or records what happens on it."""
    VCS = "vcs"
    """The history of a repository."""
    WORKSPACE = "workspace"
    """The working directory as a whole, or what is named in it."""
    WORKSPACE_WHOLE = "workspace-whole"
    """All of the working directory or a directory above it."""
    TEMP = "temp"
    CACHE = "cache"
    """Can be made again by the program it belongs to."""
    REMOTE = "remote"
    """On another machine: `host:path`, a URL, a bucket."""
    LOG = "log"
    """A log or a command history."""
    BOOT = "boot"
    BACKUP = "backup"
    UNKNOWN = "unknown"
    """Only known when it runs."""
    ANY_OUTSIDE = "any-outside"
    """In rules: neither in the workspace nor temporary."""


class Flow(enum.StrEnum):
    """What may flow into a command."""

    NETWORK = "network"
    DECODED = "decoded"
    CREDENTIAL = "credential"
    BULK = "bulk"
    """Many files, or a whole file, of this machine."""


@dataclass(frozen=True, slots=True)
class Condition:
    """All parts that are given must hold."""

    program: tuple[str, ...]
    subcommand: tuple[tuple[str, ...], ...] = ()
    any_option: tuple[str, ...] = ()
    all_options: tuple[str, ...] = ()
    no_option: tuple[str, ...] = ()
    option_value: tuple[tuple[str, re.Pattern[str]], ...] = ()
    argument: re.Pattern[str] | None = None
    no_argument: re.Pattern[str] | None = None
    line: re.Pattern[str] | None = None
    no_line: re.Pattern[str] | None = None
    content: re.Pattern[str] | None = None
    no_content: re.Pattern[str] | None = None
    redirection: re.Pattern[str] | None = None
    chain: re.Pattern[str] | None = None
    verb: frozenset[str] = frozenset()
    compound_verb: frozenset[str] = frozenset()
    not_program: frozenset[str] = frozenset()
    piped: bool | None = None
    target: frozenset[Target] = frozenset()
    no_target: re.Pattern[str] | None = None
    redirect: frozenset[Target] = frozenset()
    directory: frozenset[Target] = frozenset()
    stdin: frozenset[Flow] = frozenset()
    env: tuple[tuple[str, re.Pattern[str]], ...] = ()
    privileged: bool | None = None
    min_operands: int = 0
    max_operands: int | None = None
    even_dry: bool = False


@dataclass(frozen=True, slots=True)
class Safer:
    """How to make a suggestion out of the command that was found."""

    why: str
    replace: tuple[tuple[str, str], ...] = ()
    append: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing worth saying about a command."""

    id: str
    condition: Condition
    level: RiskLevel
    category: Category
    effect: str
    """A sentence, verb first; `{operand:N}`, `{operands}`, `{target}`, `{program}`, `{line}` are filled in."""
    attack: tuple[str, ...] = ()
    effects: frozenset[Effect] = field(default_factory=frozenset)
    reversibility: Reversibility = Reversibility.UNKNOWN
    safer: Safer | None = None
    match: tuple[str, ...] = ()
    not_match: tuple[str, ...] = ()
    where: str = ""
    """`file:line`."""


Raw = Mapping[str, object]
"""A rule as plain data, already checked: what YAML holds and what the cache keeps."""

Value = str | int | bool | list[str] | dict[str, str] | dict[str, object]
Plain = dict[str, Value]


@dataclass(frozen=True, slots=True, order=True)
class RuleProblem:
    """One thing wrong in a rule file. Lines count from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


FLAGS: Final = re.MULTILINE
"""Regular expressions in rules are searched case-sensitively, line by line; `(?i)` changes that."""


def from_raw(raw: Raw) -> Rule:
    """Return the rule that checked plain data describes."""
    condition = Condition(
        program=_texts(raw, "program"),
        subcommand=tuple(tuple(words.split()) for words in _texts(raw, "subcommand")),
        any_option=_texts(raw, "any_option"),
        all_options=_texts(raw, "all_options"),
        no_option=_texts(raw, "no_option"),
        option_value=_patterns(raw, "option_value"),
        argument=_pattern(raw, "argument"),
        no_argument=_pattern(raw, "no_argument"),
        line=_pattern(raw, "line"),
        no_line=_pattern(raw, "no_line"),
        content=_pattern(raw, "content"),
        no_content=_pattern(raw, "no_content"),
        redirection=_pattern(raw, "redirection"),
        chain=_pattern(raw, "chain"),
        verb=frozenset(_texts(raw, "verb")),
        compound_verb=frozenset(_texts(raw, "compound_verb")),
        not_program=frozenset(_texts(raw, "not_program")),
        piped=None if "piped" not in raw else bool(raw["piped"]),
        target=frozenset(map(Target, _texts(raw, "target"))),
        no_target=_pattern(raw, "no_target"),
        redirect=frozenset(map(Target, _texts(raw, "redirect"))),
        directory=frozenset(map(Target, _texts(raw, "directory"))),
        stdin=frozenset(map(Flow, _texts(raw, "stdin"))),
        env=_patterns(raw, "env"),
        privileged=None if "privileged" not in raw else bool(raw["privileged"]),
        min_operands=_number(raw, "min_operands") or 0,
        max_operands=_number(raw, "max_operands"),
        even_dry=bool(raw.get("even_dry", False)),
    )
    return Rule(
        id=_text(raw, "id"),
        condition=condition,
        level=RiskLevel(_text(raw, "level")),
        category=Category(_text(raw, "category")),
        effect=_text(raw, "effect"),
        attack=_texts(raw, "attack"),
        effects=frozenset(map(Effect, _texts(raw, "effects"))),
        reversibility=Reversibility(_text(raw, "reversibility") or Reversibility.UNKNOWN),
        safer=_safer(raw.get("safer")),
        match=_texts(raw, "match"),
        not_match=_texts(raw, "not_match"),
        where=_text(raw, "where"),
    )


def _text(raw: Raw, key: str) -> str:
    return str(raw.get(key, ""))


def _texts(raw: Raw, key: str) -> tuple[str, ...]:
    value = raw.get(key, ())
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, Sequence) else ()


def _number(raw: Raw, key: str) -> int | None:
    value = raw.get(key)
    return value if isinstance(value, int) else None


def _pattern(raw: Raw, key: str) -> re.Pattern[str] | None:
    return re.compile(str(raw[key]), FLAGS) if key in raw else None


def _patterns(raw: Raw, key: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    value = raw.get(key, {})
    assert isinstance(value, Mapping)
    return tuple((str(name), re.compile(str(pattern), FLAGS)) for name, pattern in value.items())


def _safer(value: object) -> Safer | None:
    if not isinstance(value, Mapping):
        return None
    replace = value.get("replace", {})
    assert isinstance(replace, Mapping)
    return Safer(
        why=_text(value, "why"),
        replace=tuple((str(old), str(new)) for old, new in replace.items()),
        append=_texts(value, "append"),
        text=_text(value, "text"),
    )
