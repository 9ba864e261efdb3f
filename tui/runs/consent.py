"""Whether somebody agrees: what was answered before, else a question to a person, and what the answer means."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from tui.errors import Refused
from tui.levels import RiskLevel
from tui.proposal import Proposal
from tui.runs.approval import Answer, Approver, Question, dangerous, deniable, subjects
from tui.runs.events import ApprovalDecided, ApprovalRequested
from tui.runs.gates import Ticket
from tui.runs.modes import ModeDecision
from tui.runs.redacted import redacted_proposal
from tui.store.approvals import Approvals, Standing, Subject
from tui.text import clean_line

_CONFIRM: Final = "yes, run it"
"""What is typed where there is no name to type."""
_EARLIER: Final = "an earlier answer"


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed to while one request is at the gate."""

    keys: frozenset[str] = frozenset()
    """Of the subjects."""
    reasons: frozenset[str] = frozenset()
    """Why somebody had to agree. They name the level."""


class Consent:
    """Finds out whether somebody agrees. One question at a time."""

    def __init__(self, approvals: Approvals, approver: Approver, ask_from: str) -> None:
        self._approvals = approvals
        self._approver = approver
        self._ask_from = None if ask_from == "never" else RiskLevel(ask_from)
        self._asking = asyncio.Lock()

    async def given(
        self, ticket: Ticket, proposal: Proposal, mode: ModeDecision, prompts: Sequence[str], agreed: Agreed
    ) -> Agreed:
        """Make sure that whoever must agree does, and return all that was agreed to by now.

        Args:
            ticket: The request.
            proposal: What would run, assessed.
            mode: Where.
            prompts: What policy and hooks want a person to decide.
            agreed: What was agreed to already; it is not asked again.

        Raises:
            Refused: somebody said no, now or for good, or nobody answered.
        """
        assert proposal.assessment is not None
        bound = subjects(proposal, ticket.redactor.text)
        keys = frozenset(subject.key for subject in bound)
        deniables = deniable(proposal, ticket.redactor.text)
        wanted = keys | {subject.key for subject in deniables}
        standing = self._approvals.standing(wanted, ticket.session_id, proposal.assessment.level)
        _check_denials(ticket, deniables, standing)
        reasons = [*self._reasons(proposal, mode), *prompts]
        together = Agreed(agreed.keys | keys, agreed.reasons | frozenset(reasons))
        if keys <= agreed.keys:
            reasons = [reason for reason in reasons if reason not in agreed.reasons]
        if not reasons:
            return agreed
        if not mode.needs_typed_confirmation and all(standing.get(key) is Standing.ALLOWED for key in keys):
            _tell(ticket, Answer.SESSION, _EARLIER, [subject.shown for subject in bound])
            return together
        await self._ask(ticket, _question(ticket, proposal, mode, reasons, by_rules=bool(prompts)), proposal, bound)
        return together

    def _reasons(self, proposal: Proposal, mode: ModeDecision) -> list[str]:
        """Return why its risk alone needs a person."""
        assert proposal.assessment is not None
        level = proposal.assessment.level
        if mode.needs_typed_confirmation:
            return [mode.confirmation]
        if self._ask_from is None or level < self._ask_from:
            return []
        worst = [reason.effect for reason in proposal.assessment.reasons if reason.level == level]
        return [f"{level} risk: {worst[0] if worst else 'it could not be understood completely'}"]

    async def _ask(self, ticket: Ticket, question: Question, proposal: Proposal, bound: Iterable[Subject]) -> None:
        ticket.tell(
            ApprovalRequested(
                **ticket.stamp(), level=question.level, reasons=list(question.reasons), to_type=question.to_type
            )
        )
        async with self._asking:
            answer = await self._approver.ask(question)
            user = self._approver.by or proposal.user
        if answer is Answer.SESSION and question.to_type:
            answer = Answer.ONCE  # what must be typed is typed every time
        match answer:
            case Answer.ONCE:
                _tell(ticket, answer, user)
            case Answer.SESSION:
                self._approvals.add(Standing.ALLOWED, bound, question.level, user, ticket.session_id)
                _tell(ticket, answer, user, [subject.shown for subject in bound])
            case Answer.DENY_ALWAYS:
                bound = dangerous(proposal, ticket.redactor.text)
                self._approvals.add(Standing.DENIED, bound, question.level, user, None)
                _tell(ticket, answer, user, [subject.shown for subject in bound])
                raise Refused("denied, for good", hint="`rollcage approvals revoke` takes that back")
            case Answer.DENY:
                _tell(ticket, answer, user)
                raise Refused("denied")
            case None:
                _tell(ticket, None, user)
                why = clean_line("; ".join(question.reasons), 400)
                beforehand = f"--yes-up-to {question.level}{' and --yes-to-rules' if question.by_rules else ''}"
                raise Refused(
                    f"a person must agree to it, and nobody did: {why}",
                    hint=f"in a script, {beforehand} agrees beforehand",
                )
            case _:
                assert_never(answer)


def _check_denials(ticket: Ticket, bound: Iterable[Subject], standing: dict[str, Standing]) -> None:
    denied = [subject.shown for subject in bound if standing.get(subject.key) is Standing.DENIED]
    if denied:
        _tell(ticket, Answer.DENY_ALWAYS, _EARLIER, denied)
        raise Refused(
            f"an earlier answer forbids it for good: {'; '.join(denied)}",
            hint="`rollcage approvals list` shows such answers, `rollcage approvals revoke` takes one back",
        )


def _question(
    ticket: Ticket, proposal: Proposal, mode: ModeDecision, reasons: Iterable[str], *, by_rules: bool
) -> Question:
    assert proposal.assessment is not None
    redact = ticket.redactor.text
    return Question(
        run_id=ticket.run_id,
        session=proposal.session,
        title=redact(proposal.title),
        level=proposal.assessment.level,
        reasons=tuple(redact(reason) for reason in dict.fromkeys(reasons)),
        proposal=redacted_proposal(proposal, ticket.redactor),
        mode=str(mode.mode),
        mode_reason=redact(mode.reason),
        to_type=(proposal.definition or _CONFIRM) if mode.needs_typed_confirmation else "",
        by_rules=by_rules,
    )


def _tell(ticket: Ticket, answer: Answer | None, by: str, bound: Iterable[str] = ()) -> None:
    said = "no-answer" if answer is None else str(answer)
    ticket.tell(ApprovalDecided(**ticket.stamp(), answer=said, by=by, subjects=list(bound)))
