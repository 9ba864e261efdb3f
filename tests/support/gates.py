"""Gates for tests that are about something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tui.definitions.kinds import ExecutionMode
from tui.hooks.model import Finished
from tui.proposal import Proposal
from tui.runs.gates import Admission, Preview, Ticket
from tui.runs.modes import ModeDecision
from tui.runs.request import Request

MACHINE = ModeDecision(ExecutionMode.FIRECRACKER, "runs in a machine: a test says so")


class OpenGate:
    """Lets everything run in a machine. `change` may return another request, or raise."""

    def __init__(self, change: Callable[[Request], Request] = lambda request: request) -> None:
        self._change = change
        self.finished: list[Finished] = []

    async def admit(self, ticket: Ticket) -> Admission:
        request = self._change(ticket.request)
        proposal = Proposal(request.title, (), request.session, "tester", "engineer")
        return Admission(request, MACHINE, proposal)

    async def preview(self, ticket: Ticket) -> Preview:
        request = self._change(ticket.request)
        return Preview(Proposal(request.title, (), request.session, "tester", "engineer"), None, MACHINE, ())

    async def concluded(self, ticket: Ticket, admission: Admission, finished: Finished) -> Finished:
        self.finished.append(finished)
        return finished

    async def close(self) -> None:
        """There is nothing to close."""


def with_text(request: Request, text: str) -> Request:
    """Return a request of one step that runs another text."""
    return replace(request, steps=(replace(request.steps[0], text=text),))
