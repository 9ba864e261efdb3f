"""The gate every request goes through: hooks, risk, policy, mode, and the person, in this order.

    hooks before assessment ─> assess ─> hooks after assessment ─> policy ─> mode ─> person ─> hooks before execution

A hook that changes the text sends it back to be assessed. Every decision is told as an event. What cannot be looked at
does not run.
"""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import logging
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tui.definitions.kinds import ExecutionMode
from tui.errors import Refused
from tui.hooks.model import Ask, Block, ChainResult, Finished, HookContext, Point
from tui.levels import RiskLevel
from tui.machines.local.confinement import Confinement, probe
from tui.policy.verdict import Outcome, Result
from tui.proposal import Proposal, ProposedStep
from tui.runs.amending import amended
from tui.runs.approval import Approver
from tui.runs.consent import Agreed, Consent
from tui.runs.events import HookDecided, ModeDecided, PolicyChecked, RiskAssessed
from tui.runs.gates import Admission, Preview, Ticket
from tui.runs.harmless import obeyed
from tui.runs.modes import ModeDecision, decide, host_obstacles
from tui.runs.redacted import redacted_assessment, redacted_preview
from tui.runs.request import StepRequest
from tui.runs.rulebook import Rulebook

if TYPE_CHECKING:
    from tui.config import Settings
    from tui.runs.request import Request
    from tui.store.store import Store

_log = logging.getLogger(__name__)
_MAX_ROUNDS: Final = 8
"""How often hooks may send a request back to be assessed."""
_NOT_LOOKED_AT: Final = "nothing asked for the host"


class Gatekeeper:
    """The gate of one engine. Belongs to its event loop."""

    def __init__(
        self, rulebook: Rulebook, settings: Settings, store: Store, approver: Approver, workspace: Path
    ) -> None:
        self._rulebook = rulebook
        self._settings = settings
        self._store = store
        self._consent = Consent(store.approvals, approver, settings.gate.ask_from)
        self._workspace = workspace

    async def admit(self, ticket: Ticket) -> Admission:
        """Let a request pass, perhaps changed. Raises `Refused` where it must not run."""
        await self._rulebook.refresh()
        proposal, agreed = self._proposal(ticket), Agreed()
        proposal, prompts = await self._heard(ticket, Point.BEFORE_ASSESSMENT, proposal)
        for _ in range(_MAX_ROUNDS):
            proposal = await self._assessed(ticket, proposal)
            proposal, more = await self._heard(ticket, Point.AFTER_ASSESSMENT, proposal)
            mode, doubts = await self._policy_and_mode(ticket, proposal)
            proposal = replace(proposal, mode=str(mode.mode))
            agreed = await self._consent.given(ticket, proposal, mode, [*prompts, *more, *doubts], agreed)
            result = await self._hear(ticket, Point.BEFORE_EXECUTION, proposal)
            if not result.changed:
                if isinstance(result.decision, Ask):
                    await self._consent.given(ticket, proposal, mode, [result.decision.prompt], agreed)
                return await self._admission(ticket, proposal, mode, result)
            proposal, prompts = result.proposal, []
        raise Refused(f"hooks changed it {_MAX_ROUNDS} times and were not done")

    async def _admission(
        self, ticket: Ticket, proposal: Proposal, mode: ModeDecision, result: ChainResult
    ) -> Admission:
        """Count the run, and return it with what hooks add to it."""

        # A person who types is not hurried, unless a hook says so.
        timeout_s = self._settings.runs.timeout_s if ticket.request.terminal is None else math.inf

        def changed(mode: ModeDecision) -> Request:
            in_machine = mode.mode is not ExecutionMode.LOCAL
            return amended(
                ticket.request, proposal, result.env, result.limits, timeout_s=timeout_s,
                network=in_machine and self._store.session(ticket.session_id).spec.network,
            )  # fmt: skip

        request = changed(mode)
        added = any(obeyed(name, value) for name, value in request.env.items())
        if mode.mode is ExecutionMode.LOCAL and (added or request.limits != ticket.request.limits):
            # The host enforces less than a machine, and takes fewer variables.
            mode = await self._mode_of(ticket, request, proposal)
            request, proposal = changed(mode), replace(proposal, mode=str(mode.mode))
        use = self._rulebook.policy.record_use(proposal)
        if use.result is Result.DENIED:
            raise Refused(ticket.redactor.text(use.reason))
        return Admission(request, mode, proposal)

    async def preview(self, ticket: Ticket) -> Preview:
        """Return what admitting would find. Nothing is told, counted or asked, and no hook is heard."""
        await self._rulebook.refresh()
        proposal = await self._rulebook.assessed(self._proposal(ticket))
        verdict = await self._rulebook.policy.preview(proposal)
        mode = await self._mode(ticket.request, proposal)
        return redacted_preview(replace(proposal, mode=str(mode.mode)), verdict, mode, ticket.redactor)

    async def concluded(self, ticket: Ticket, admission: Admission, finished: Finished) -> Finished:
        """Let hooks see how a run ended, and return it as they leave it."""
        try:
            context = HookContext(Point.AFTER_EXECUTION, admission.proposal, finished, redactor=ticket.redactor)
            result = await self._rulebook.chain.run(context)
        except Exception:  # noqa: BLE001 - logged; the run has ended, whatever its hooks do
            _log.exception("hooks after run %s failed", ticket.run_id)
            return finished
        self._tell_hooks(ticket, result)
        assert result.context.outcome is not None
        return result.context.outcome

    async def close(self) -> None:
        """Let go of connections."""
        await self._rulebook.close()

    def _proposal(self, ticket: Ticket) -> Proposal:
        request, source = ticket.request, ticket.request.source
        proposal = Proposal(
            title=request.title,
            steps=tuple(ProposedStep(step.text, step.language, step.argv) for step in request.steps),
            session=request.session,
            user=user_name(),
            role=self._settings.gate.role,
            run_id=ticket.run_id,
            definition=request.definition,
            definition_hash=request.definition_hash,
            parameters=request.parameters,
            cwd=request.cwd,
            env=request.env,
            stdin=request.stdin,
            stdin_follows=request.stdin_follows,
            interactive=request.terminal is not None,
            keep_interpreter=request.keep_interpreter,
        )
        if source is None:
            return proposal
        return replace(
            proposal, documentation=source.documentation, permissions=source.permissions,
            concepts_required=source.knowledge_graph_required, rate_limit=source.rate_limit,
            allowed_times=source.allowed_times, roles=source.roles,
        )  # fmt: skip

    # Looking

    async def _assessed(self, ticket: Ticket, proposal: Proposal) -> Proposal:
        proposal = await self._rulebook.assessed(proposal)
        self._tell_risk(ticket, proposal)
        return proposal

    def _tell_risk(self, ticket: Ticket, proposal: Proposal) -> None:
        assert proposal.assessment is not None
        redactor = ticket.redactor
        ticket.tell(
            RiskAssessed(
                **ticket.stamp(),
                assessment=redacted_assessment(proposal.assessment, redactor),
                steps=[
                    {
                        "language": step.language,
                        "text": redactor.text(step.text),
                        "argv": redactor.value(list(step.argv)),
                    }
                    for step in proposal.steps
                ],
                cwd=redactor.value(proposal.cwd),
                env=redactor.value(dict(proposal.env)),
                stdin=_input(proposal),
            )
        )

    async def _heard(self, ticket: Ticket, point: Point, proposal: Proposal) -> tuple[Proposal, list[str]]:
        """Hear hooks that may change the proposal, and return it with what a person is to be asked."""
        result = await self._hear(ticket, point, proposal)
        if result.changed and point is Point.AFTER_ASSESSMENT:
            self._tell_risk(ticket, result.proposal)
        prompts = [result.decision.prompt] if isinstance(result.decision, Ask) else []
        return result.proposal, prompts

    async def _hear(self, ticket: Ticket, point: Point, proposal: Proposal) -> ChainResult:
        result = await self._rulebook.chain.run(HookContext(point, proposal, redactor=ticket.redactor))
        self._tell_hooks(ticket, result)
        if isinstance(result.decision, Block):
            raise Refused(ticket.redactor.text(f"stopped by a hook: {result.decision.reason}"))
        return result

    def _tell_hooks(self, ticket: Ticket, result: ChainResult) -> None:
        for record in result.records:
            detail = ticket.redactor.value(record.to_json())
            ticket.tell(
                HookDecided(
                    **ticket.stamp(), hook=record.name, point=str(record.point), decision=detail["decision"],
                    detail=detail,
                )
            )  # fmt: skip

    async def _policy_and_mode(self, ticket: Ticket, proposal: Proposal) -> tuple[ModeDecision, list[str]]:
        """Ask the policy and decide where it runs; return that, and what the policy wants a person to decide."""
        verdict = await self._rulebook.policy.review(proposal)
        data = ticket.redactor.value(verdict.to_json())
        rules = hashlib.sha256(repr(self._rulebook.policy.rules).encode()).hexdigest()[:16]
        ticket.tell(PolicyChecked(**ticket.stamp(), outcome=data["outcome"], checks=data["checks"], rules=rules))
        if verdict.outcome is Outcome.DENY:
            why = ticket.redactor.text("; ".join(verdict.reasons))
            raise Refused(f"refused by policy: {why}", hint="`rollcage policy show` explains it")
        mode = await self._mode_of(ticket, ticket.request, proposal)
        return mode, [*verdict.reasons]

    async def _mode_of(self, ticket: Ticket, request: Request, proposal: Proposal) -> ModeDecision:
        mode = await self._mode(request, proposal)
        reason = ticket.redactor.text(mode.reason)
        ticket.tell(ModeDecided(**ticket.stamp(), mode=str(mode.mode), reason=reason, no_rollback=mode.no_rollback))
        if mode.refused:
            raise Refused(reason)
        return mode

    async def _mode(self, request: Request, proposal: Proposal) -> ModeDecision:
        assert proposal.assessment is not None
        wants_host = request.mode in (ExecutionMode.LOCAL, ExecutionMode.HYBRID)
        obstacles: Iterable[str] = ()
        confinement = Confinement(self._workspace, reason=_NOT_LOOKED_AT)
        if wants_host and proposal.assessment.level is RiskLevel.LOW:
            steps = tuple(StepRequest(step.text, step.language, argv=step.argv) for step in proposal.steps)
            obstacles = host_obstacles(replace(request, steps=steps), self._workspace)
            if not obstacles:
                confinement = await asyncio.to_thread(probe, self._workspace, self._rulebook.paths)
        return decide(
            proposal.assessment, asked=request.mode, limits=request.limits, confinement=confinement,
            backend_works=None, settings=self._settings, obstacles=tuple(obstacles),
        )  # fmt: skip


def _input(proposal: Proposal) -> dict[str, Any]:
    digest = hashlib.sha256(proposal.stdin).hexdigest() if proposal.stdin else None
    return {"bytes": len(proposal.stdin), "sha256": digest, "follows": proposal.stdin_follows}


def user_name() -> str:
    """Return the name of the account this process runs under."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without an entry
        return "unknown"
