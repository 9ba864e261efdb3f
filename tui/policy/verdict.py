"""What the policy says of a proposal: one check after the other, each with its reason, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What was checked."""

    COMMAND_VALIDATION = "command-validation"
    """Whether there is something to run, and an assessment of all of it."""
    DENY_LIST = "deny-list"
    RATE_LIMIT = "rate-limit"
    TIME_RESTRICTION = "time-restriction"
    PERMISSION = "permission"
    KNOWLEDGE_GRAPH = "knowledge-graph"


class Result(StrEnum):
    """What a check found."""

    ALLOWED = "allowed"
    WARNING = "warning"
    """Allowed, but somebody should know; or, where the check says so, only after a person agreed."""
    DENIED = "denied"


class Outcome(StrEnum):
    """What follows from all checks."""

    ALLOW = "allow"
    ASK = "ask"
    """A person decides; reviewed again with `approved`, the answer is allow."""
    DENY = "deny"
    """Nobody's approval changes it; only the policy does."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked."""

    action: Action
    result: Result
    reason: str
    """For a person, in one line; may hold text of definitions and commands, so clean it before a terminal sees it."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs, as plain data."""
    asks: bool = False
    """Whether a person must agree before it runs."""

    def to_json(self) -> dict[str, Any]:
        """Return the check as plain data."""
        return {
            "action": str(self.action), "result": str(self.result), "reason": self.reason,
            "details": dict(self.details), "asks": self.asks,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks, in the order they were made, and what follows."""

    outcome: Outcome
    checks: tuple[Check, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is denied, or what a person is asked about; nothing where it is allowed."""
        if self.outcome is Outcome.DENY:
            return tuple(check.reason for check in self.checks if check.result is Result.DENIED)
        if self.outcome is Outcome.ASK:
            return tuple(check.reason for check in self.checks if check.asks)
        return ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should know although it does not stop the run."""
        return tuple(check.reason for check in self.checks if check.result is Result.WARNING)

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain data."""
        return {"outcome": str(self.outcome), "checks": [check.to_json() for check in self.checks]}


def verdict(checks: Iterable[Check], *, approved: bool) -> Verdict:
    """Return what follows from checks; `approved` says that a person has agreed."""
    checks = tuple(checks)
    if any(check.result is Result.DENIED for check in checks):
        return Verdict(Outcome.DENY, checks)
    if any(check.asks for check in checks) and not approved:
        return Verdict(Outcome.ASK, checks)
    return Verdict(Outcome.ALLOW, checks)
