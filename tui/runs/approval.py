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

_JOINTS: Final = frozenset({";", "&&", "||", "|", "\n", ";\n"})
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
    """What a person is asked before something runs. No secret of the request is in it."""

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
    by_rules: bool = False
    """Whether policy or a hook asks, and not the risk alone."""

    @property
    def assessment(self) -> Assessment | None:
        """What is known about the whole of it."""
        return self.proposal.assessment


class Approver(Protocol):
    """Somebody to ask."""

    @property
    def by(self) -> str:
        """Who gave the last answer, for the record; empty: the user."""
        ...

    async def ask(self, question: Question) -> Answer | None:
        """Ask, and wait for the answer. None: nobody answered, which is a no."""
        ...


class Nobody:
    """Where there is nobody to ask, but somebody said beforehand how much may go on without asking."""

    def __init__(self, yes_up_to: RiskLevel | None = None) -> None:
        self._yes_up_to = yes_up_to
        self.by = f"a yes up to {yes_up_to}, given beforehand" if yes_up_to is not None else ""

    async def ask(self, question: Question) -> Answer | None:
        """Allow what is no more dangerous than was said, and what policy and hooks have nothing to ask about."""
        if question.by_rules or self._yes_up_to is None or question.level > self._yes_up_to:
            return None
        return Answer.ONCE


def subjects(proposal: Proposal, redact: Callable[[str], str]) -> tuple[Subject, ...]:
    """Return what an approval of a proposal is bound to, each once.

    It is each simple command by its normalised argv, its redirections and the variables set for it. Of a step that is
    more than one such command, that is in another language, or that was not understood completely, it is the whole
    text too: order, conditions and assignments between commands change what they do. Part of each is what it depends
    on: the content of the definition, the working directory, the environment, the input, and where it runs.
    """
    context = _context(proposal)
    found = (subject for step in proposal.steps for subject in _subjects(step, context, redact))
    return tuple({subject.key: subject for subject in found}.values())


def deniable(proposal: Proposal, redact: Callable[[str], str]) -> tuple[Subject, ...]:
    """Return everything that an earlier lasting no may be about: every command by its words alone, and every text.

    A no holds wherever the command stands, under whatever wrapper, and whatever is set around it.
    """
    found = [
        _denied(command, redact)
        for step in proposal.steps
        for command in (step.assessment.commands if step.assessment is not None else ())
    ]
    return (*found, *(_denied_text(step, redact) for step in proposal.steps))


def dangerous(proposal: Proposal, redact: Callable[[str], str]) -> tuple[Subject, ...]:
    """Return what a lasting no to a proposal is bound to: the commands that were the reason, else its texts."""
    found = {}
    for step in proposal.steps:
        if step.assessment is None:
            continue
        worst = [reason.span for reason in step.assessment.reasons if reason.level >= step.assessment.level]
        for command in step.assessment.commands:
            if any(span.start < command.span.end and command.span.start < span.end for span in worst):
                subject = _denied(command, redact)
                found[subject.key] = subject
    return tuple(found.values()) or tuple(_denied_text(step, redact) for step in proposal.steps)


def _denied(command: RealCommand, redact: Callable[[str], str]) -> Subject:
    words = [*command.argv, *command.around]
    return Subject(SubjectKind.COMMAND, _key(SubjectKind.COMMAND, "denied", words), _shown(redact(" ".join(words))))


def _denied_text(step: ProposedStep, redact: Callable[[str], str]) -> Subject:
    key = _key(SubjectKind.TEXT, "denied", [step.language, step.text, *step.argv])
    return Subject(SubjectKind.TEXT, key, _shown(redact(step.text)))


def _context(proposal: Proposal) -> str:
    """Return a digest of what the same words may mean something else by."""
    context = [
        proposal.definition_hash, proposal.cwd, sorted(proposal.env.items()), proposal.mode, proposal.keep_interpreter,
        *_input(proposal),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(context).encode("utf-8", "surrogatepass")).hexdigest()


def _input(proposal: Proposal) -> list[str]:
    """Return what of the input matters: none where all is understood; what nobody knows yet is never the same again."""
    if proposal.assessment is not None and proposal.assessment.confidence is not Confidence.PARTIAL:
        return []
    return [hashlib.sha256(proposal.stdin).hexdigest(), proposal.run_id if proposal.stdin_follows else ""]


def _subjects(step: ProposedStep, context: str, redact: Callable[[str], str]) -> Iterator[Subject]:
    assessment = step.assessment
    whole = assessment is not None and assessment.confidence is not Confidence.PARTIAL
    whole = whole and (step.language == "bash" or bool(step.argv))
    commands = assessment.commands if assessment is not None else ()
    for command in commands:
        if _is_known(command):
            shown = " ".join((*command.argv, *command.around))
            yield Subject(SubjectKind.COMMAND, _command_key(command, context), _shown(redact(shown)))
    sequence = _sequence(commands, step) if whole and all(map(_is_known, commands)) and _explained(step) else None
    if sequence is None or len(sequence) > 1:
        key = _key(SubjectKind.TEXT, context, sequence or [step.language, step.text, *step.argv])
        yield Subject(SubjectKind.TEXT, key, _shown(redact(step.text)))


def _sequence(commands: Sequence[RealCommand], step: ProposedStep) -> list[str] | None:
    """Return a step as its commands and what joins them, however it is spaced and quoted; None if it is more."""
    if step.argv:
        return [_command_key(commands[0], "")] if len(commands) == 1 else None
    found, end = list[str](), 0
    for command in commands:
        between = step.text[end : command.span.start].strip(" \t")
        if command.span.start < end or (between not in _JOINTS if found else between.strip()):
            return None
        found += [between, _command_key(command, "")] if found else [_command_key(command, "")]
        end = command.span.end
    return found if found and not step.text[end:].strip() else None


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


def _command_key(command: RealCommand, context: str) -> str:
    # What stands around the words is kept apart from them, so that no word can pass for a redirection.
    return _key(SubjectKind.COMMAND, context, [*command.chain, "", *command.argv], command.around)


def _key(kind: SubjectKind, context: str, words: list[str], around: Sequence[str] = ()) -> str:
    text = json.dumps([str(kind), context, words, *([around] if around else [])])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
