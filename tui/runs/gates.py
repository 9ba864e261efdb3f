"""Gates: what looks at a request before a machine is leased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tui.runs.request import Request


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing against it."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Run this instead; later gates see the changed request."""

    request: Request


@dataclass(frozen=True, slots=True)
class Refused:
    """It must not run."""

    reason: str
    """For the person who asked."""


Decision: TypeAlias = Pass | Changed | Refused


class Gate(Protocol):
    """One look at a request. A gate that raises refuses: what could not be looked at does not run."""

    async def review(self, request: Request) -> Decision:
        """Decide about a request."""
        ...
