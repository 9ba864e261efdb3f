"""Rate limits: how often a command, a role or a user may run something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from tui.definitions.restrictions import CountedBy, RateLimit
from tui.policy.moments import shown
from tui.policy.roles import role_name
from tui.policy.verdict import Action, Check, Result
from tui.proposal import Proposal
from tui.store.uses import Quota, Standing, Uses


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate limit and whom it concerns; None is any."""

    rate: RateLimit
    command: str | None = None
    role: str | None = None
    user: str | None = None
    place: str = ""
    """`file:line`, or where else it comes from."""

    def concerns(self, proposal: Proposal) -> bool:
        """Say whether a run of the proposal counts against it."""
        return (
            self.command in {None, *_commands(proposal)}
            and self.role in {None, role_name(proposal.role)}
            and self.user in {None, proposal.user}
        )

    def quotas(self, proposal: Proposal) -> list[Quota]:
        """Return what of the uses it covers counts together with the proposal's.

        That is one quota, but where commands are counted each for itself one for each program of code. A definition is
        a command of its own there: what it consists of does not hold it up.
        """
        each = self.rate.each
        commands: Sequence[str | None] = [self.command]
        if CountedBy.COMMAND in each and self.command is None:
            commands = [proposal.definition] if proposal.definition else _commands(proposal)
        return [
            Quota(
                self.rate.uses,
                self.rate.per_s,
                command=command,
                role=role_name(proposal.role) if CountedBy.ROLE in each else self.role,
                user=proposal.user if CountedBy.USER in each else self.user,
            )
            for command in commands
        ]

    def __str__(self) -> str:
        named = {"command": self.command, "role": self.role, "user": self.user}
        who = ", ".join(f"{kind} {name}" for kind, name in named.items() if name is not None)
        return f"{self.rate} ({who or 'everything'})"


DEFAULT_LIMITS: Final = (
    Limit(RateLimit(100, 60), command="search", place="default"),
    Limit(RateLimit(5, 3600), command="deploy", place="default"),
)
"""The limits of Terraphim AI's command system."""


def quotas_of(limits: Sequence[Limit], proposal: Proposal) -> list[tuple[Limit, Quota]]:
    """Return all limits a proposal counts against, its definition's own included, and what counts with it there."""
    found = [limit for limit in limits if limit.concerns(proposal)]
    if proposal.rate_limit is not None:
        found.append(Limit(proposal.rate_limit, command=proposal.command, place="the definition"))
    return [(limit, quota) for limit in found for quota in limit.quotas(proposal)]


def _commands(proposal: Proposal) -> list[str]:
    """Return what a run of the proposal is a use of: the definition, and every program that stands in it."""
    return list(dict.fromkeys((proposal.command, *proposal.programs)))


def check_rate_limits(limits: Sequence[Limit], uses: Uses, proposal: Proposal, now: datetime) -> Check:
    """Check whether one more use is left. Takes none."""
    concerned = quotas_of(limits, proposal)
    if not concerned:
        return Check(Action.RATE_LIMIT, Result.ALLOWED, f"no rate limit concerns {proposal.command!r}")
    standings = uses.standings([quota for _, quota in concerned], now.timestamp())
    return _check([limit for limit, _ in concerned], standings, proposal, now)


def take_use(limits: Sequence[Limit], uses: Uses, proposal: Proposal, now: datetime) -> Check:
    """Take one use of every limit, or none: denied where another run took the last one meanwhile."""
    concerned = quotas_of(limits, proposal)
    quotas = [quota for _, quota in concerned]
    # Recorded even where no limit concerns it, for one that is set later.
    standings = uses.take(_commands(proposal), role_name(proposal.role), proposal.user, quotas, now.timestamp())
    check = _check([limit for limit, _ in concerned], standings, proposal, now)
    if check.result is Result.DENIED:
        return check
    return replace(check, details={**check.details, "recorded": True})


def _check(limits: Sequence[Limit], standings: Sequence[Standing], proposal: Proposal, now: datetime) -> Check:
    described = [
        {
            "limit": str(limit), "uses": standing.quota.uses, "per_s": standing.quota.per_s, "used": standing.used,
            "command": standing.quota.command, "place": limit.place,
        }
        for limit, standing in zip(limits, standings, strict=True)
    ]  # fmt: skip
    exhausted = [
        (limit, standing.quota.command, standing.free_at)
        for limit, standing in zip(limits, standings, strict=True)
        if standing.free_at is not None
    ]
    if exhausted:
        last = max(free_at for _, _, free_at in exhausted)
        next_at = datetime.fromtimestamp(last, UTC)
        reached = " and ".join(dict.fromkeys(str(limit) for limit, _, _ in exhausted))
        command = next((command for _, command, _ in exhausted if command), proposal.command)
        reason = f"{command!r} has reached its rate limit of {reached}; next allowed at {shown(next_at, now)}"
        details = {"limits": described, "next_allowed_at": next_at.isoformat(timespec="seconds")}
        return Check(Action.RATE_LIMIT, Result.DENIED, reason, details)
    left = min((s.quota.uses - s.used for s in standings), default=None)
    reason = f"its rate limits leave {left} more" if left is not None else "no rate limit concerns it"
    return Check(Action.RATE_LIMIT, Result.ALLOWED, reason, {"limits": described, "left": left})
