"""All rules of the policy, and how a project's rules tighten a user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tui.definitions.restrictions import AllowedTimes
from tui.levels import RiskLevel
from tui.policy.denylist import Denied
from tui.policy.knowledge.model import Strictness
from tui.policy.limits import DEFAULT_LIMITS, Limit
from tui.policy.roles import DEFAULT_ROLES


@dataclass(frozen=True, slots=True)
class KnowledgeRules:
    """How the knowledge graph is asked."""

    strictness: Strictness = Strictness.NORMAL
    ask_after: int = 3
    """Failures of one command after which a person is asked, where strictness is normal; 1 is at once."""
    server: str | None = None
    """Base address of a Terraphim server that is asked besides the files."""
    role: str = "default"
    """The role whose graph the server is asked for."""
    timeout_s: float = 2.0
    """For everything that is asked of the server in one review, seconds."""
    project: bool = True
    """Whether the concepts of the project's directory count."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the policy's files say, or one of them."""

    roles: Mapping[str, frozenset[str]] = field(default_factory=lambda: dict(DEFAULT_ROLES))
    deny: tuple[Denied, ...] = ()
    refuse: RiskLevel | None = None
    """The level from which nothing runs."""
    limits: tuple[Limit, ...] = DEFAULT_LIMITS
    times: tuple[AllowedTimes, ...] = ()
    """All of them hold."""
    knowledge: KnowledgeRules = KnowledgeRules()


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What a project's file says: it can only take away."""

    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The most that roles of these names permit in this project; they do not come into being by it."""
    deny: tuple[Denied, ...] = ()
    refuse: RiskLevel | None = None
    limits: tuple[Limit, ...] = ()
    times: tuple[AllowedTimes, ...] = ()
    strictness: Strictness | None = None


def tightened(rules: Rules, by: Restrictions) -> Rules:
    """Return rules that allow only what both allow."""
    levels = [level for level in (rules.refuse, by.refuse) if level is not None]
    strictness = max(rules.knowledge.strictness, by.strictness or Strictness.PERMISSIVE, key=lambda each: each.rank)
    return replace(
        rules,
        roles={name: permitted & by.roles.get(name, permitted) for name, permitted in rules.roles.items()},
        deny=rules.deny + by.deny,
        refuse=min(levels, key=lambda level: level.rank, default=None),
        limits=rules.limits + by.limits,
        times=rules.times + by.times,
        knowledge=replace(rules.knowledge, strictness=strictness),
    )
