"""Asking a person: one mechanism for risk, policy and hooks, and what an answer is bound to."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tui.levels import RiskLevel
from tui.proposal import Proposal, ProposedStep
from tui.risk.model import Assessment, Confidence, RealCommand
from tui.store.approvals import Subject, SubjectKind

_SHOWN: Final = 200
"""Characters of a subject that a person recognises it by."""


class Answer(enum.StrEnum):
    """What a person may answer."""

    ONCE = "allow-once"
    SESSION = "allow-session"
    """And do not ask again in this session. Not offered where something must be typed."""
    DENY = "deny"
    DENY_ALWAYS = "deny-always"


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked before something runs."""

    run_id: str
    session: str
    title: str
    level: RiskLevel
    reasons: tuple[str, ...]
    """Why a person is asked, one sentence each. May hold text of commands: clean it before it is shown."""
    proposal: Proposal
    """What would run, assessed."""
    mode: str
    mode_reason: str
    to_type: str = ""
    """What must be typed to allow it; empty where a choice is enough."""
    redact: Callable[[str], str] = str
    """Takes the secrets of the request out of a text before somebody sees it."""

    @property
    def assessment(self) -> Assessment | None:
        """What is known about the whole of it."""
        return self.proposal.assessment


class Approver(Protocol):
    """Somebody to ask."""

    async def ask(self, question: Question) -> Answer | None:
        """Ask, and wait for the answer. None: nobody answered, which is a no."""
        ...


class Nobody:
    """Where there is nobody to ask, but somebody said beforehand how much may go on without asking."""

    def __init__(self, yes_up_to: RiskLevel | None = None) -> None:
        self._yes_up_to = yes_up_to

    async def ask(self, question: Question) -> Answer | None:
        """Allow what is no more dangerous than was said."""
        return Answer.ONCE if self._yes_up_to is not None and question.level <= self._yes_up_to else None


def subjects(proposal: Proposal, redact: Callable[[str], str]) -> tuple[Subject, ...]:
    """Return what an approval of a proposal is bound to, each once.

    It is each simple command by its normalised argv, its redirections and the variables set for it, so that it holds
    wherever the command stands. Of a step in another language, one that was not understood completely, and one that is
    dangerous by more than its commands one by one, it is the whole text too. The content of the definition is part of
    each: a changed file is asked about anew.
    """
    found = (subject for step in proposal.steps for subject in _subjects(step, proposal.definition_hash or "", redact))
    return tuple({subject.key: subject for subject in found}.values())


def dangerous(proposal: Proposal, redact: Callable[[str], str]) -> tuple[Subject, ...]:
    """Return what a lasting no to a proposal is bound to: the commands that were the reason, else all of it."""
    wanted = set()
    for step in proposal.steps:
        if step.assessment is None:
            continue
        worst = [reason.span for reason in step.assessment.reasons if reason.level >= RiskLevel.HIGH]
        for command in step.assessment.commands:
            if any(span.start < command.span.end and command.span.start < span.end for span in worst):
                wanted.add(_command_key(command, proposal.definition_hash or ""))
    every = subjects(proposal, redact)
    return tuple(subject for subject in every if subject.key in wanted) or every


def _subjects(step: ProposedStep, definition_hash: str, redact: Callable[[str], str]) -> Iterator[Subject]:
    assessment = step.assessment
    whole = assessment is not None and assessment.confidence is not Confidence.PARTIAL
    whole = whole and (step.language == "bash" or bool(step.argv))
    commands = assessment.commands if assessment is not None else ()
    for command in commands:
        if _is_known(command):
            shown = " ".join((*command.argv, *command.around))
            yield Subject(SubjectKind.COMMAND, _command_key(command, definition_hash), _shown(redact(shown)))
    if not (whole and commands and all(map(_is_known, commands)) and _explained(step)):
        key = _key(SubjectKind.TEXT, definition_hash, [step.language, step.text, *step.argv])
        yield Subject(SubjectKind.TEXT, key, _shown(redact(step.text)))


def _explained(step: ProposedStep) -> bool:
    """Say whether everything worth naming is one of its commands, not what they do together or `> file` alone."""
    assert step.assessment is not None
    spans = [command.span for command in step.assessment.commands]
    return all(
        any(span.start <= reason.span.start and reason.span.end <= span.end for span in spans)
        for reason in step.assessment.reasons
        if reason.level > RiskLevel.LOW
    )


def _is_known(command: RealCommand) -> bool:
    """Say whether what it does is settled: what `>$FILE` does is not."""
    return command.complete and not any(set("$`") & set(text) for text in command.around)


def _command_key(command: RealCommand, definition_hash: str) -> str:
    # What stands around the words is kept apart from them, so that no word can pass for a redirection.
    return _key(SubjectKind.COMMAND, definition_hash, list(command.argv), command.around)


def _key(kind: SubjectKind, definition_hash: str, words: list[str], around: Sequence[str] = ()) -> str:
    text = json.dumps([str(kind), definition_hash, words, *([around] if around else [])])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
