"""Answers that were written down beforehand, for the sessions of scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tui.levels import RiskLevel
from tui.runs.approval import Answer, Approver, Nobody, Question
from tui.scenarios.model import ScriptedAnswer


@dataclass(frozen=True, slots=True)
class _Script:
    answer: ScriptedAnswer | None
    trusted: bool

    def may_answer(self, question: Question) -> bool:
        """Say whether its answer to a question counts; a no always does."""
        if self.trusted or self.answer not in (ScriptedAnswer.ONCE, ScriptedAnswer.TYPE):
            return True
        return question.level < RiskLevel.CRITICAL and not question.to_type and not question.by_rules


class ScriptedApprover:
    """Answers as a script says in the sessions it has one for, and passes every other question on."""

    def __init__(self, otherwise: Approver | None = None) -> None:
        self._otherwise = otherwise or Nobody()
        self._scripts: dict[str, _Script] = {}
        self.by = ""

    @contextmanager
    def answering(self, session: str, answer: ScriptedAnswer | None, *, trusted: bool) -> Iterator[None]:
        """Answer questions about a session; None: nobody answers there, whoever else could be asked.

        A yes of what is not trusted counts neither for what is critical nor for what policy or a hook asks: such
        questions are passed on.
        """
        self._scripts[session] = _Script(answer, trusted)
        try:
            yield
        finally:
            del self._scripts[session]

    async def ask(self, question: Question) -> Answer | None:
        """Answer."""
        script = self._scripts.get(question.session)
        if script is None or not script.may_answer(question):
            answer = await self._otherwise.ask(question)
            self.by = self._otherwise.by
            return answer
        self.by = "the script of a scenario"
        match script.answer:
            case ScriptedAnswer.DENY:
                return Answer.DENY
            case ScriptedAnswer.TYPE:
                return Answer.ONCE
            case ScriptedAnswer.ONCE:
                return None if question.to_type else Answer.ONCE
            case None:
                return None
