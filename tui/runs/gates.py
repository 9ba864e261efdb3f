"""The gate: what looks at a request before it runs, and at its end. `tui.runs.gatekeeper` is the one there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tui.hooks.model import Finished
from tui.policy.verdict import Verdict
from tui.proposal import Proposal
from tui.redaction import Redactor
from tui.risk.model import Assessment
from tui.runs.events import Event
from tui.runs.modes import ModeDecision
from tui.runs.request import Request
from tui.store.rows import now


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request at the gate."""

    run_id: str
    session_id: str
    request: Request
    redactor: Redactor
    """Knows the secrets of this request."""
    tell: Callable[[Event], None]
    """Takes every fact as it becomes one."""

    def stamp(self) -> dict[str, Any]:
        """Return what every event of this run carries."""
        at: datetime = now()
        return {"at": at, "session_id": self.session_id, "run_id": self.run_id}


@dataclass(frozen=True, slots=True)
class Admission:
    """What may run, and where."""

    request: Request
    """As hooks left it, with the variables and limits they add."""
    mode: ModeDecision
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be found if a request were made now, to be shown: no secret of the request is in it.

    Hooks are not heard: they may do something.
    """

    proposal: Proposal
    """Assessed: each step, and all of them together. Spans are those of the texts it holds."""
    verdict: Verdict | None
    """What the policy says; None where there is none."""
    mode: ModeDecision
    as_written: tuple[Assessment, ...]
    """Of each assessed step, with the spans of its text as it was written, for whoever shows that very text."""


class Gate(Protocol):
    """Decides what runs."""

    async def admit(self, ticket: Ticket) -> Admission:
        """Let a request pass, perhaps changed.

        Raises:
            Refused: it must not run. Whatever else is raised refuses too: what could not be looked at does not run.
        """
        ...

    async def preview(self, ticket: Ticket) -> Preview:
        """Return what admitting would find, without telling, counting or asking anybody.

        Raises:
            RollcageError: the rules cannot be read.
        """
        ...

    async def concluded(self, ticket: Ticket, admission: Admission, finished: Finished) -> Finished:
        """Look at how a run ended, and return it as it is to be kept. Never raises."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
