"""`environment`: variables that reach the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.hooks.model import Allow, Decision, HookContext, Point


@dataclass(frozen=True, slots=True)
class Options:
    """Variables besides those that say what is run by whom."""

    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnvironmentHook:
    """Gives the process the configured variables and `ROLLCAGE_*` about itself.

    A variable the run sets itself wins over a configured one, never over `ROLLCAGE_*`.
    """

    options: Options
    name: str = "environment"
    priority: int = 80
    points: frozenset[Point] = frozenset({Point.BEFORE_EXECUTION})

    def decide(self, context: HookContext) -> Decision:
        """Return the variables."""
        proposal = context.proposal
        about = {
            "ROLLCAGE_COMMAND": proposal.command,
            "ROLLCAGE_USER": proposal.user,
            "ROLLCAGE_ROLE": proposal.role,
            "ROLLCAGE_CWD": proposal.cwd or "",
            "ROLLCAGE_SESSION": proposal.session,
            "ROLLCAGE_RUN_ID": proposal.run_id,
            "ROLLCAGE_MODE": proposal.mode,
        }
        about = {name: value.replace("\0", "") for name, value in about.items() if value}
        configured = {name: value for name, value in self.options.variables.items() if name not in proposal.env}
        return Allow(env={**configured, **about})
