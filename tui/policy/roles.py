"""Roles, what they permit, and what a proposal needs.

What is needed follows from what the proposal does (the effects of its assessment), never from names of programs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tui.levels import RiskLevel
from tui.policy.verdict import Action, Check, Result
from tui.proposal import Proposal
from tui.risk.model import Assessment, Confidence, Effect

READ: Final = "read"
WRITE: Final = "write"
EXECUTE: Final = "execute"
DEFAULT_ROLES: Final[Mapping[str, frozenset[str]]] = {
    "default": frozenset({READ, "search", "help"}),
    "engineer": frozenset({READ, WRITE, EXECUTE, "search", "configure", "help"}),
}
"""The roles of Terraphim AI's command system, and what they permit there."""
_SYNONYMS: Final = {"terraphim-engineer": "engineer"}

_WRITES: Final = frozenset(
    {
        Effect.WRITE, Effect.OVERWRITE, Effect.DELETE, Effect.CONFIG, Effect.INSTALL, Effect.PERSIST,
        Effect.HISTORY_REWRITE,
    }
)  # fmt: skip
_EXECUTES: Final = frozenset(
    {
        Effect.EXECUTE, Effect.PRIVILEGE, Effect.INSTALL, Effect.PERSIST, Effect.KILL, Effect.KERNEL, Effect.REMOTE,
        Effect.NETWORK_OUT, Effect.EXHAUST,
    }
)  # fmt: skip


def role_name(text: str) -> str:
    """Return the name a role is kept by: `Terraphim Engineer` and `terraphim_engineer` are `engineer`."""
    name = re.sub(r"[\s_-]+", "-", text.strip().casefold())
    return _SYNONYMS.get(name, name)


def needed(assessment: Assessment) -> dict[str, str]:
    """Return the permissions that running something takes, each with why."""
    needs = {READ: "running anything takes it"}
    if writes := sorted(_WRITES & assessment.effects):
        needs[WRITE] = f"its effects: {', '.join(writes)}"
    if executes := sorted(_EXECUTES & assessment.effects):
        needs[EXECUTE] = f"its effects: {', '.join(executes)}"
    elif assessment.level >= RiskLevel.HIGH:
        needs[EXECUTE] = f"its risk is {assessment.level}"
    elif assessment.confidence is Confidence.PARTIAL:
        # What is not understood may do anything.
        needs[EXECUTE] = "it could not be analysed completely"
    return needs


def check_permissions(roles: Mapping[str, frozenset[str]], proposal: Proposal) -> Check:
    """Check that the role may do what the proposal does and has what its definition asks for."""
    role = role_name(proposal.role)
    permitted = roles.get(role)
    details: dict[str, object] = {"role": role, "permitted": sorted(permitted or ())}
    if permitted is None:
        reason = f"there is no role {proposal.role!r}, so it permits nothing; roles: {', '.join(sorted(roles))}"
        return Check(Action.PERMISSION, Result.DENIED, reason, details)
    if proposal.roles and role not in {role_name(name) for name in proposal.roles}:
        reason = f"{proposal.command!r} is only for the role {' or '.join(proposal.roles)}, not for {role}"
        return Check(Action.PERMISSION, Result.DENIED, reason, {**details, "roles": list(proposal.roles)})
    if proposal.assessment is None:
        return Check(Action.PERMISSION, Result.DENIED, "what it would do is not known: it was not assessed", details)
    needs = needed(proposal.assessment)
    for declared in proposal.permissions:
        needs.setdefault(declared.strip().casefold(), "the definition asks for it")
    details["needed"] = sorted(needs)
    missing = {name: why for name, why in needs.items() if name not in permitted}
    if missing:
        listed = "; ".join(f"{name} ({why})" for name, why in missing.items())
        return Check(
            Action.PERMISSION,
            Result.DENIED,
            f"the role {role} does not permit {listed}",
            {**details, "missing": sorted(missing)},
        )
    return Check(Action.PERMISSION, Result.ALLOWED, f"the role {role} permits {', '.join(sorted(needs))}", details)
