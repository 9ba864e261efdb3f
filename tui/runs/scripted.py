"""Answers that were written down beforehand, for the sessions of scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tui.runs.approval import Answer, Approver, Nobody, Question
from tui.scenarios.model import ScriptedAnswer


class ScriptedApprover:
    """Answers as a script says in the sessions it has one for, and passes every other question on."""

    def __init__(self, otherwise: Approver | None = None) -> None:
        self._otherwise = otherwise or Nobody()
        self._scripts: dict[str, ScriptedAnswer | None] = {}
        self.by = ""

    @contextmanager
    def answering(self, session: str, answer: ScriptedAnswer | None) -> Iterator[None]:
        """Answer questions about a session; None: nobody answers there, whoever else could be asked."""
        self._scripts[session] = answer
        try:
            yield
        finally:
            del self._scripts[session]

    async def ask(self, question: Question) -> Answer | None:
        """Answer."""
        if question.session not in self._scripts:
            answer = await self._otherwise.ask(question)
            self.by = self._otherwise.by
            return answer
        self.by = "the script of a scenario"
        match self._scripts[question.session]:
            case ScriptedAnswer.DENY:
                return Answer.DENY
            case ScriptedAnswer.TYPE:
                return Answer.ONCE
            case ScriptedAnswer.ONCE:
                return None if question.to_type else Answer.ONCE
            case None:
                return None
