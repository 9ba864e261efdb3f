"""What somebody proposes to run, as policy and hooks see it: everything that may matter for a decision, frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tui.definitions.restrictions import AllowedTimes, RateLimit
from tui.risk.model import Assessment, RealCommand


@dataclass(frozen=True, slots=True)
class ProposedStep:
    """One piece of code with its parameters filled in."""

    text: str
    language: str
    argv: tuple[str, ...] = ()
    """A program and its arguments where no shell is involved; `text` is then only for people."""
    assessment: Assessment | None = None
    """None before it was assessed."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One request on its way to being run."""

    title: str
    steps: tuple[ProposedStep, ...]
    session: str
    user: str
    """Who asks: the account's name."""
    role: str
    run_id: str = ""
    definition: str | None = None
    definition_hash: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    documentation: str = ""
    """The prose of the definition."""
    permissions: tuple[str, ...] = ()
    """What the definition says one needs."""
    concepts_required: tuple[str, ...] = ()
    """The definition's `knowledge_graph_required`."""
    rate_limit: RateLimit | None = None
    """The definition's own; it holds besides the policy's."""
    allowed_times: AllowedTimes | None = None
    """The definition's own; they hold besides the policy's."""
    roles: tuple[str, ...] = ()
    """Who may run the definition; empty: every role whose permissions suffice."""
    cwd: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    """What the first step is given to read."""
    stdin_follows: bool = False
    """More of it comes while it runs, so nobody knows it now."""
    interactive: bool = False
    """A person types into it at a terminal, so nobody knows now what it will do."""
    keep_interpreter: bool = False
    """Python steps run in the session's own interpreter, where earlier code may have changed what names mean."""
    mode: str = ""
    """`local` or `firecracker` once it is decided where it runs."""
    assessment: Assessment | None = None
    """Of all steps together: the worst level, all reasons. None before it was assessed."""

    @property
    def command(self) -> str:
        """What it is called: the definition's name, else the first program of the first step."""
        return self.definition or next(iter(self.programs), "")

    @property
    def programs(self) -> tuple[str, ...]:
        """The names of all programs that stand in it, wrappers such as `sudo` included, and languages other than bash.

        Whether each is reached is only known when it runs. A word that is only known then is as it was written.
        """
        return tuple(dict.fromkeys(name for step in self.steps for name in _programs_of_step(step)))


def programs_of(command: RealCommand) -> tuple[str, ...]:
    """Return the names of the program, where there is one, and of the wrappers it runs under, without directories."""
    return tuple(_base(words[0]) for words in (command.argv, *map(str.split, command.chain)) if words)


def _programs_of_step(step: ProposedStep) -> Iterator[str]:
    commands = step.assessment.commands if step.assessment is not None else ()
    if step.argv:
        yield _base(step.argv[0])
    for command in commands:
        yield from programs_of(command)
    if not step.argv and (step.language != "bash" or not commands):
        yield step.language


def _base(program: str) -> str:
    return program.rpartition("/")[2]
