"""The gate every request goes through: hooks, risk, policy, mode, and the person, in this order.

    hooks before assessment ─> assess ─> hooks after assessment ─> policy ─> mode ─> person ─> hooks before execution

A hook that changes the text sends it back to be assessed. Every decision is told as an event. What cannot be looked at
does not run.
"""

from __future__ import annotations

import asyncio
import getpass
import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

from tui.definitions.model import ExecutionMode, ResourceLimits
from tui.errors import Refused
from tui.hooks.model import Ask, Block, ChainResult, Finished, HookContext, Point
from tui.levels import RiskLevel
from tui.machines.local.confinement import Confinement, probe
from tui.proposal import Proposal, ProposedStep
from tui.runs.approval import Answer, Approver, Question, dangerous, subjects
from tui.runs.events import (
    ApprovalDecided,
    ApprovalRequested,
    HookDecided,
    ModeDecided,
    PolicyChecked,
    RiskAssessed,
)
from tui.runs.gates import Admission, Preview, Ticket
from tui.runs.modes import ModeDecision, decide, host_obstacles
from tui.runs.redacted import redacted_assessment
from tui.runs.rulebook import Rulebook
from tui.store.approvals import Standing
from tui.text import clean_line

if TYPE_CHECKING:
    from tui.config import Settings
    from tui.runs.request import Request
    from tui.store.store import Store

_log = logging.getLogger(__name__)
_MAX_ROUNDS: Final = 8
"""How often hooks may send a request back to be assessed."""
_CONFIRM: Final = "yes, run it"
"""What is typed where there is no name to type."""
_NOT_LOOKED_AT: Final = "nothing asked for the host"


class Gatekeeper:
    """The gate of one engine. Belongs to its event loop."""

    def __init__(
        self, rulebook: Rulebook, settings: Settings, store: Store, approver: Approver, workspace: Path
    ) -> None:
        self._rulebook = rulebook
        self._settings = settings
        self._store = store
        self._approver = approver
        self._workspace = workspace
        self._asking = asyncio.Lock()

    async def admit(self, ticket: Ticket) -> Admission:
        """Let a request pass, perhaps changed. Raises `Refused` where it must not run."""
        proposal = self._proposal(ticket)
        agreed: frozenset[str] = frozenset()
        proposal, prompts = await self._heard(ticket, Point.BEFORE_ASSESSMENT, proposal)
        for _ in range(_MAX_ROUNDS):
            proposal = await self._assessed(ticket, proposal)
            proposal, more = await self._heard(ticket, Point.AFTER_ASSESSMENT, proposal)
            mode = await self._policy_and_mode(ticket, proposal, prompts := [*prompts, *more])
            proposal = replace(proposal, mode=str(mode.mode))
            agreed = await self._agreed(ticket, proposal, mode, prompts, agreed)
            result = await self._hear(ticket, Point.BEFORE_EXECUTION, proposal)
            if not result.changed:
                if isinstance(result.decision, Ask):
                    await self._ask(ticket, proposal, mode, [result.decision.prompt])
                use = self._rulebook.policy.record_use(proposal)
                if str(use.result) == "denied":
                    raise Refused(use.reason)
                return Admission(_amended(ticket.request, proposal, result), mode, proposal)
            proposal, prompts = result.proposal, []
        raise Refused(f"hooks changed it {_MAX_ROUNDS} times and were not done")

    async def preview(self, ticket: Ticket) -> Preview:
        """Return what admitting would find. Nothing is told, counted or asked, and no hook is heard."""
        await self._rulebook.refresh()
        proposal = await self._rulebook.assessed(self._proposal(ticket))
        verdict = await self._rulebook.policy.preview(proposal)
        mode = await self._mode(ticket.request, proposal)
        return Preview(replace(proposal, mode=str(mode.mode)), verdict, mode, ticket.redactor.text)

    async def concluded(self, ticket: Ticket, admission: Admission, finished: Finished) -> Finished:
        """Let hooks see how a run ended, and return it as they leave it."""
        try:
            context = HookContext(Point.AFTER_EXECUTION, admission.proposal, finished)
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
        assert proposal.assessment is not None
        ticket.tell(
            RiskAssessed(**ticket.stamp(), assessment=redacted_assessment(proposal.assessment, ticket.redactor))
        )
        return proposal

    async def _heard(self, ticket: Ticket, point: Point, proposal: Proposal) -> tuple[Proposal, list[str]]:
        """Hear hooks that may change the proposal, and return it with what a person is to be asked."""
        await self._rulebook.refresh()
        result = await self._hear(ticket, point, proposal)
        if result.changed and point is Point.AFTER_ASSESSMENT:
            assert result.proposal.assessment is not None
            assessment = redacted_assessment(result.proposal.assessment, ticket.redactor)
            ticket.tell(RiskAssessed(**ticket.stamp(), assessment=assessment))
        prompts = [result.decision.prompt] if isinstance(result.decision, Ask) else []
        return result.proposal, prompts

    async def _hear(self, ticket: Ticket, point: Point, proposal: Proposal) -> ChainResult:
        result = await self._rulebook.chain.run(HookContext(point, proposal))
        self._tell_hooks(ticket, result)
        if isinstance(result.decision, Block):
            raise Refused(f"stopped by a hook: {result.decision.reason}")
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

    async def _policy_and_mode(self, ticket: Ticket, proposal: Proposal, prompts: list[str]) -> ModeDecision:
        """Ask the policy and decide where it runs; what a person is to be asked is added to `prompts`."""
        verdict = await self._rulebook.policy.review(proposal)
        data = ticket.redactor.value(verdict.to_json())
        ticket.tell(PolicyChecked(**ticket.stamp(), outcome=data["outcome"], checks=data["checks"]))
        if data["outcome"] == "deny":
            raise Refused("refused by policy: " + "; ".join(verdict.reasons), hint="`rollcage policy show` explains it")
        if data["outcome"] == "ask":
            prompts += verdict.reasons
        mode = await self._mode(ticket.request, proposal)
        ticket.tell(
            ModeDecided(
                **ticket.stamp(), mode=str(mode.mode), reason=ticket.redactor.text(mode.reason),
                no_rollback=mode.no_rollback,
            )
        )  # fmt: skip
        if mode.refused:
            raise Refused(mode.reason)
        return mode

    async def _mode(self, request: Request, proposal: Proposal) -> ModeDecision:
        assert proposal.assessment is not None
        wants_host = request.mode in (ExecutionMode.LOCAL, ExecutionMode.HYBRID)
        obstacles: Iterable[str] = ()
        confinement = Confinement(self._workspace, reason=_NOT_LOOKED_AT)
        if wants_host and proposal.assessment.level is RiskLevel.LOW:
            obstacles = host_obstacles(request, self._workspace)
            if not obstacles:
                confinement = await asyncio.to_thread(probe, self._workspace, self._rulebook.paths)
        return decide(
            proposal.assessment, asked=request.mode, limits=request.limits, confinement=confinement,
            backend_works=None, settings=self._settings, obstacles=tuple(obstacles),
        )  # fmt: skip

    # Asking

    async def _agreed(
        self, ticket: Ticket, proposal: Proposal, mode: ModeDecision, prompts: list[str], agreed: frozenset[str]
    ) -> frozenset[str]:
        """Make sure that whoever must agree does, and return the keys of what was agreed to.

        Raises:
            Refused: somebody said no, now or for good, or nobody answered.
        """
        assert proposal.assessment is not None
        level = proposal.assessment.level
        bound = subjects(proposal, ticket.redactor.text)
        keys = frozenset(subject.key for subject in bound)
        standing = self._store.approvals.standing(keys, ticket.session_id)
        denied = [subject.shown for subject in bound if standing.get(subject.key) is Standing.DENIED]
        if denied:
            self._decided(ticket, Answer.DENY_ALWAYS, "an earlier answer", denied)
            raise Refused(
                f"an earlier answer forbids it for good: {'; '.join(denied)}",
                hint="`rollcage approvals list` shows such answers, `rollcage approvals revoke` takes one back",
            )
        reasons = list(prompts)
        if mode.needs_typed_confirmation:
            reasons.insert(0, mode.confirmation)
        elif self._settings.gate.ask_from != "never" and level >= RiskLevel(self._settings.gate.ask_from):
            worst = [reason.effect for reason in proposal.assessment.reasons if reason.level == level]
            reasons.insert(0, f"{level} risk: {worst[0] if worst else 'it could not be understood completely'}")
        if not reasons or keys <= agreed:
            return agreed
        if not mode.needs_typed_confirmation and all(standing.get(key) is Standing.ALLOWED for key in keys):
            self._decided(ticket, Answer.SESSION, "an earlier answer", [subject.shown for subject in bound])
            return agreed | keys
        await self._ask(ticket, proposal, mode, reasons)
        return agreed | keys

    async def _ask(self, ticket: Ticket, proposal: Proposal, mode: ModeDecision, reasons: list[str]) -> None:
        assert proposal.assessment is not None
        reasons = [ticket.redactor.text(reason) for reason in dict.fromkeys(reasons)]
        question = Question(
            run_id=ticket.run_id,
            session=proposal.session,
            title=proposal.title,
            level=proposal.assessment.level,
            reasons=tuple(reasons),
            proposal=proposal,
            mode=str(mode.mode),
            mode_reason=mode.reason,
            to_type=(proposal.definition or _CONFIRM) if mode.needs_typed_confirmation else "",
            redact=ticket.redactor.text,
        )
        ticket.tell(
            ApprovalRequested(**ticket.stamp(), level=question.level, reasons=reasons, to_type=question.to_type)
        )
        async with self._asking:  # one question at a time
            answer = await self._approver.ask(question)
        user = proposal.user
        match answer:
            case Answer.ONCE:
                self._decided(ticket, answer, user)
            case Answer.SESSION:
                bound = subjects(proposal, ticket.redactor.text)
                self._store.approvals.add(Standing.ALLOWED, bound, question.level, user, ticket.session_id)
                self._decided(ticket, answer, user, [subject.shown for subject in bound])
            case Answer.DENY_ALWAYS:
                bound = dangerous(proposal, ticket.redactor.text)
                self._store.approvals.add(Standing.DENIED, bound, question.level, user, None)
                self._decided(ticket, answer, user, [subject.shown for subject in bound])
                raise Refused("denied, for good", hint="`rollcage approvals revoke` takes that back")
            case Answer.DENY:
                self._decided(ticket, answer, user)
                raise Refused("denied")
            case None:
                self._decided(ticket, None, user)
                why = clean_line("; ".join(reasons), 400)
                raise Refused(
                    f"a person must agree to it, and nobody did: {why}",
                    hint=f"in a script, --yes-up-to {question.level} agrees beforehand",
                )
            case _:
                assert_never(answer)

    def _decided(self, ticket: Ticket, answer: Answer | None, by: str, bound: Iterable[str] = ()) -> None:
        said = "no-answer" if answer is None else str(answer)
        ticket.tell(ApprovalDecided(**ticket.stamp(), answer=said, by=by, subjects=list(bound)))


def user_name() -> str:
    """Return the name of the account this process runs under."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without an entry
        return "unknown"


def _amended(request: Request, proposal: Proposal, result: ChainResult) -> Request:
    """Return the request with the steps, variables and limits that hooks left it with."""
    steps = request.steps
    texts = [(step.text, step.language, step.argv) for step in proposal.steps]
    if texts != [(step.text, step.language, step.argv) for step in steps]:
        step_type = type(steps[0])
        steps = tuple(step_type(text, language, argv=argv) for text, language, argv in texts)
    limits = result.limits
    timeouts = [value for value in (request.timeout_s, limits.wall_s) if value is not None]
    return replace(
        request,
        steps=steps,
        env={**request.env, **result.env},
        timeout_s=min(timeouts, default=None),
        limits=_strictest(request.limits, limits.memory_bytes, limits.cpu_s, limits.disk_bytes),
    )


def _strictest(
    own: ResourceLimits | None, memory_bytes: int | None, cpu_s: float | None, disk_bytes: int | None
) -> ResourceLimits | None:
    if memory_bytes is cpu_s is disk_bytes is None:
        return own
    # Without limits of its own a run keeps the network its session was granted.
    base = own if own is not None else ResourceLimits(network_access=True)

    def lower(one: int | None, other: float | None, unit: int) -> int | None:
        given = [value for value in (one, None if other is None else max(1, int(other // unit))) if value is not None]
        return min(given, default=None)

    return replace(
        base,
        max_memory_mb=lower(base.max_memory_mb, memory_bytes, 1 << 20),
        max_cpu_time=lower(base.max_cpu_time, cpu_s, 1),
        max_disk_mb=lower(base.max_disk_mb, disk_bytes, 1 << 20),
    )
