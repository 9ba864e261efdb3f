"""Collecting what is found out about one command, with the adjustments that apply to all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tui.levels import RiskLevel
from tui.risk.findings import Edit
from tui.risk.model import Category, Effect, Reason, Reversibility, Span
from tui.risk.shell.model import Invocation, Place, Word

_LEVELS: Final = tuple(RiskLevel)
_LOCAL: Final = frozenset(
    {
        Category.DESTROY, Category.VCS_HISTORY, Category.DOS, Category.EVADE, Category.PERSIST, Category.ACCOUNT,
        Category.CHANGE, Category.PRIV_ESC, Category.SHELL, Category.HIJACK,
    }
)  # fmt: skip
"""What stays inside a container that can be made again."""


DESTROYING: Final = frozenset(
    {
        Category.DESTROY, Category.CLOUD_DESTROY, Category.DB_DESTROY, Category.BACKUP_DESTROY,
        Category.SECRETS_DESTROY, Category.SUPPLY_CHAIN,
    }
)  # fmt: skip
ESCAPING: Final = frozenset({Category.SHELL, Category.PRIV_ESC, Category.ESCAPE})
"""Categories of which one reason is enough: what a rule says precisely need not be said again in general."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing to say, before it is known where and how the command runs."""

    level: RiskLevel
    category: Category
    effect: str
    rule: str
    attack: tuple[str, ...] = ()
    effects: frozenset[Effect] = frozenset()
    reversibility: Reversibility = Reversibility.UNKNOWN
    word: Word | None = None
    """The evidence, if it is one word."""


@dataclass(slots=True)
class Draft:
    """Reasons about one command as they come."""

    invocation: Invocation
    reasons: list[Reason] = field(default_factory=list)
    effects: set[Effect] = field(default_factory=set)
    reversibilities: list[Reversibility] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)

    @property
    def level(self) -> RiskLevel:
        """The worst so far."""
        return max((reason.level for reason in self.reasons), key=lambda level: level.rank, default=RiskLevel.LOW)

    def add(self, verdict: Verdict) -> None:
        """Add a reason, milder where the command may not run, or runs in a container."""
        invocation = self.invocation
        level = verdict.level
        if invocation.guessed:
            level = lower(level)
        if invocation.place is Place.CONTAINER and verdict.category in _LOCAL:
            level = lower(level)
        span = verdict.word.span if verdict.word is not None else span_of(invocation)
        effect = verdict.effect
        if invocation.place is not Place.HERE:
            effect += " (in a container)" if invocation.place is Place.CONTAINER else " (on another machine)"
        self.reasons.append(
            Reason(level, verdict.category, effect, span, verdict.rule, verdict.attack, invocation.chain)
        )
        self.effects |= verdict.effects
        if invocation.place is Place.REMOTE:
            self.effects.add(Effect.REMOTE)
        self.reversibilities.append(verdict.reversibility)

    def weighed(self, effects: frozenset[Effect], verdict: Verdict | None) -> None:
        """Add what happens, and the reason if there is one: most of what a command does is not worth a word."""
        self.effects |= effects
        if verdict is not None:
            self.add(verdict)

    def extend(self, verdicts: Iterable[Verdict]) -> None:
        """Add several."""
        for verdict in verdicts:
            self.add(verdict)

    def worth_saying(self) -> Iterator[Reason]:
        """Yield the reasons; that something changes at all goes without saying where something grave was found."""
        grave = self.level >= RiskLevel.HIGH
        for reason in self.reasons:
            if not (grave and reason.level <= RiskLevel.MEDIUM and reason.category is Category.CHANGE):
                yield reason

    def extend_new(self, verdicts: Iterable[Verdict], alike: frozenset[Category]) -> None:
        """Add those that say more than was said: one reason of a level is enough for all categories in `alike`."""
        for verdict in verdicts:
            said = (reason for reason in self.reasons if reason.category in alike)
            if verdict.category not in alike or all(reason.level < verdict.level for reason in said):
                self.add(verdict)


def lower(level: RiskLevel) -> RiskLevel:
    """Return the level below, LOW for LOW."""
    return _LEVELS[max(level.rank - 1, 0)]


def span_of(invocation: Invocation) -> Span:
    """Return where the command itself stands."""
    return invocation.span
