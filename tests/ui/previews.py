"""Requests assessed for real, with a policy and a mode that a test says."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import replace

from tests.support.scripted_engine import ScriptedEngine
from tui.definitions.kinds import ExecutionMode
from tui.levels import RiskLevel
from tui.policy.verdict import Action, Check, Result, Verdict, verdict
from tui.proposal import Proposal, ProposedStep
from tui.redaction import Redactor
from tui.risk import assess, combine, load_knowledge
from tui.risk.knowledge import Knowledge
from tui.runs.approval import Question
from tui.runs.gates import Preview
from tui.runs.modes import ModeDecision
from tui.runs.redacted import redacted_preview
from tui.runs.request import Request, StepRequest

MACHINE = ModeDecision(ExecutionMode.FIRECRACKER, "runs in a machine: nothing asks for the host")
HOST = ModeDecision(
    ExecutionMode.LOCAL, "runs on the host, confined by bubblewrap: low risk, and fully understood; no rollback here",
    no_rollback=True,
)  # fmt: skip
FINE = (
    Check(Action.COMMAND_VALIDATION, Result.ALLOWED, "there is something to run"),
    Check(Action.DENY_LIST, Result.ALLOWED, "nothing denied"),
    Check(Action.RATE_LIMIT, Result.WARNING, "9 of 10 runs in the last hour"),
    Check(Action.KNOWLEDGE_GRAPH, Result.ALLOWED, "all concepts are known: echo, tar"),
)


@functools.cache
def shipped_knowledge() -> Knowledge:
    """Return the shipped rules, read once."""
    return load_knowledge()


def proposal_of(request: Request) -> Proposal:
    """Return a request assessed by the shipped rules."""
    steps = tuple(
        ProposedStep(
            step.text, step.language, step.argv, assess(step.text, step.language, knowledge=shipped_knowledge())
        )
        for step in request.steps
    )
    together = combine(step.assessment for step in steps if step.assessment is not None)
    return replace(
        Proposal(request.title, steps, request.session, "ada", "engineer", definition=request.definition),
        assessment=together,
    )  # fmt: skip


def question_about(
    text: str, *reasons: str, to_type: str = "", mode: ModeDecision = MACHINE, title: str = ""
) -> Question:
    """Return the question the engine would ask about some code."""
    request = Request(title or text.split("\n", 1)[0], (StepRequest(text),))
    proposal = proposal_of(request)
    level = proposal.assessment.level if proposal.assessment is not None else RiskLevel.LOW
    return Question("01RUN", "default", request.title, level, reasons or (f"{level} risk",), proposal, str(mode.mode),
                    mode.reason, to_type)  # fmt: skip


class PreviewingEngine(ScriptedEngine):
    """Assesses at once, or as `answering` says."""

    def __init__(self) -> None:
        super().__init__()
        self.previewed: list[Request] = []
        """Every request that was looked at, in order."""
        self.mode = MACHINE
        self.checks = FINE
        self.answering: Callable[[Request], asyncio.Future[None]] | None = None
        """Returns what an answer waits for, whatever becomes of who asked."""

    def preview_of(self, request: Request) -> Preview:
        """Return the preview of a request."""
        checks: Verdict = verdict(self.checks, approved=False)
        return redacted_preview(proposal_of(request), checks, self.mode, Redactor().extended(request.secrets))

    async def preview(self, request: Request) -> Preview:
        """Answer, perhaps later."""
        self.previewed.append(request)
        found = self.preview_of(request)
        if self.answering is not None:
            await asyncio.shield(self.answering(request))
        return found
