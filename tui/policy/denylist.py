"""What never runs, whoever asks and whoever approves.

An entry names what is refused by meaning where it can: by the rule or category of the assessment, or by the program
that really runs once the text is unfolded. `sudo bash -c "mk""fs /dev/sda"` runs `mkfs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from tui.definitions.patterns import BadPattern, compile_pattern, found_in
from tui.levels import RiskLevel
from tui.policy.verdict import Action, Check, Result
from tui.proposal import Proposal, programs_of
from tui.risk.model import Assessment, RealCommand, Span

_SHOWN: Final = 80
_NOWHERE: Final = Span(0, 0)


class DeniedBy(StrEnum):
    """What an entry of the deny list looks at."""

    PROGRAM = "program"
    """Name of a program that runs, or of a wrapper around it such as `sudo`; `*` and `?` stand for anything."""
    RULE = "rule"
    """Id of a rule of the assessment: `fs.delete-system`, `net.*`."""
    CATEGORY = "category"
    """Category of the assessment: `EXFIL`."""
    DEFINITION = "definition"
    """Name of a definition."""
    PATTERN = "pattern"
    """Regular expression, found anywhere in the words of a command that runs, put together with single spaces."""


@dataclass(frozen=True, slots=True)
class Denied:
    """An entry of the deny list."""

    by: DeniedBy
    what: str
    reason: str = ""
    place: str = ""
    """`file:line` of the entry."""

    def __str__(self) -> str:
        return f"{self.by} {self.what!r}{f': {self.reason}' if self.reason else ''}"


def check_deny_list(entries: Sequence[Denied], refuse: RiskLevel | None, proposal: Proposal) -> Check:
    """Check a proposal against every entry, and its risk against the level from which nothing runs."""
    commands = _commands(proposal)
    found = [(entry, evidence) for entry in entries if (evidence := _evidence(entry, proposal, commands)) is not None]
    if found:
        reason = "; ".join(f"{evidence} is on the deny list, {entry}" for entry, evidence in found)
        listed = [{"by": str(e.by), "what": e.what, "reason": e.reason, "place": e.place} for e, _ in found]
        return Check(Action.DENY_LIST, Result.DENIED, reason, {"entries": listed})
    level = proposal.assessment.level if proposal.assessment is not None else None
    if refuse is not None and level is not None and level >= refuse:
        reason = f"its risk is {level}, and the policy refuses everything from {refuse} on"
        return Check(Action.DENY_LIST, Result.DENIED, reason, {"level": str(level), "refuse": str(refuse)})
    if any(entry.by in {DeniedBy.PROGRAM, DeniedBy.PATTERN} for entry in entries):
        unknown = [command for command in commands if not _is_known(command)]
        if unknown:
            shown = _shown(" ".join(unknown[0].argv) or "a command")
            reason = f"{shown} is only known when it runs, so it cannot be compared with the deny list"
            return Check(Action.DENY_LIST, Result.WARNING, reason, {"unknown": len(unknown)}, asks=True)
        if not_understood := [text for each in _assessments(proposal) for text in each.not_understood]:
            reason = "the deny list was compared only with what could be analysed"
            return Check(Action.DENY_LIST, Result.WARNING, reason, {"not_understood": not_understood}, asks=True)
    return Check(Action.DENY_LIST, Result.ALLOWED, "nothing in it is on the deny list", {"compared": len(entries)})


def _evidence(entry: Denied, proposal: Proposal, commands: Iterable[RealCommand]) -> str | None:
    """Return what an entry denies in a proposal, in words, or None."""
    if entry.by is DeniedBy.DEFINITION:
        return f"the definition {proposal.definition!r}" if proposal.definition == entry.what else None
    if entry.by in {DeniedBy.RULE, DeniedBy.CATEGORY}:
        for reason in (reason for assessment in _assessments(proposal) for reason in assessment.reasons):
            name = reason.rule if entry.by is DeniedBy.RULE else str(reason.category)
            if fnmatchcase(name.casefold(), entry.what.casefold()):
                return f"that it {reason.effect}" if reason.effect else f"rule {reason.rule}"
        return None
    for command in commands:
        if entry.by is DeniedBy.PROGRAM:
            if any(fnmatchcase(program, entry.what) for program in programs_of(command)):
                return _shown(" ".join((*command.chain, *command.argv)))
        elif _found(entry.what, command):
            return _shown(" ".join(command.argv))
    return None


def _found(pattern: str, command: RealCommand) -> bool:
    words = (*programs_of(command)[:1], *command.argv[1:]) if command.argv else ()
    try:
        return found_in(compile_pattern(pattern), " ".join(words))
    except BadPattern:
        return True  # it took too long to find out: what cannot be compared does not pass


def _commands(proposal: Proposal) -> Iterable[RealCommand]:
    """Return what really runs, in all steps; of a step without a shell also its own words."""
    words = (RealCommand(step.argv, span=_NOWHERE) for step in proposal.steps if step.argv)
    return dict.fromkeys((*words, *(command for each in _assessments(proposal) for command in each.commands)))


def _assessments(proposal: Proposal) -> Iterable[Assessment]:
    found = [step.assessment for step in proposal.steps if step.assessment is not None]
    return [*found, proposal.assessment] if proposal.assessment is not None else found


def _is_known(command: RealCommand) -> bool:
    """Say whether the program is known: a word with an expansion in it is shown as it was written."""
    return command.complete or bool(command.argv and not set("$`") & set(command.argv[0]))


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")
