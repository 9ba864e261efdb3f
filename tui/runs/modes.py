"""Where a run is carried out: on the host, confined, or in a machine. Decided anew for every run, with the reason.

It goes one way: what is not known to be harmless runs in a machine, and where no machine can be made it does not run.
Known to be harmless is what the judge of risk found to do nothing but read and write (its effects), and what consists
of nothing but what `tui.runs.harmless` lists.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.config import Settings
from tui.definitions.kinds import ExecutionMode
from tui.definitions.model import ResourceLimits
from tui.errors import InvalidInput
from tui.levels import RiskLevel
from tui.machines.kinds import Limit
from tui.machines.local.confinement import Confinement
from tui.risk.model import Assessment, Confidence, Effect
from tui.runs.harmless import argv_objections, obeyed, objections
from tui.runs.harmless_programs import PROGRAMS
from tui.runs.request import Request, StepRequest

_HARMLESS: Final = frozenset({Effect.READ, Effect.WRITE})
"""At level low, WRITE is in the workspace or a temporary place only: see `tui.levels`."""
_DOES: Final = {
    Effect.OVERWRITE: "overwrites what is there",
    Effect.DELETE: "deletes",
    Effect.EXECUTE: "runs code that is not in view",
    Effect.NETWORK_IN: "fetches from the network",
    Effect.NETWORK_OUT: "sends data over the network",
    Effect.PRIVILEGE: "uses or grants privileges",
    Effect.PERSIST: "arranges to be run again",
    Effect.CREDENTIAL_READ: "reads credentials",
    Effect.HISTORY_REWRITE: "rewrites history",
    Effect.KILL: "ends processes",
    Effect.KERNEL: "changes the kernel",
    Effect.CONFIG: "changes settings",
    Effect.INSTALL: "installs software",
    Effect.REMOTE: "acts on another machine or service",
    Effect.EXHAUST: "uses up resources",
}
_ON_HOST: Final = frozenset({"bash", "argv"})
_NO_MACHINE: Final = (
    "no machine can be made on this host, and nothing weaker takes its place: "
    "`rollcage doctor` says what is missing, `rollcage setup` installs it"
)
_SYNONYMS: Final = {"vm": ExecutionMode.FIRECRACKER, "machine": ExecutionMode.FIRECRACKER}


@dataclass(frozen=True, slots=True)
class ModeDecision:
    """Where a run is carried out, and why."""

    mode: ExecutionMode
    """LOCAL or FIRECRACKER, which stands for a machine of any backend; never HYBRID."""
    reason: str
    """For the person who asked; untrusted words in it are not cleaned."""
    refused: bool = False
    """It does not run; the reason says what to do."""
    no_rollback: bool = False
    """Nothing of it can be taken back. To be shown before it runs, and after."""
    needs_typed_confirmation: bool = False
    """A person has to type a word first, even though it runs in a machine."""
    confirmation: str = ""
    """Why, when that is needed."""
    confinement: Confinement | None = None
    """How its commands are confined; None in a machine."""


def mode_named(text: str) -> ExecutionMode:
    """Return the mode a person names: `local`, `firecracker` (also `vm` or `machine`) or `hybrid`, in any case.

    Raises:
        InvalidInput: there is no such mode.
    """
    word = text.strip().lower()
    known = {str(mode): mode for mode in ExecutionMode} | _SYNONYMS
    if word not in known:
        raise InvalidInput(f"there is no mode {text!r}", hint=f"one of {', '.join(known)}")
    return known[word]


def decide(
    assessment: Assessment,
    *,
    asked: ExecutionMode | None,
    limits: ResourceLimits | None,
    confinement: Confinement,
    backend_works: bool | None,
    settings: Settings,
    obstacles: Sequence[str] = (),
) -> ModeDecision:
    """Decide where a run is carried out.

    Args:
        assessment: Of all its steps together.
        asked: Where its definition or the person asks to run; None asks for nothing, which is a machine.
        limits: What it may use.
        confinement: What commands on the host can be confined by.
        backend_works: Whether machines can be made here; None if nobody has tried yet.
        settings: Whether unconfined commands are allowed on the host.
        obstacles: What else speaks against the host, as clauses about the run; see `host_obstacles`.
    """
    critical = assessment.level is RiskLevel.CRITICAL
    confirmation = _why_confirm(assessment) if critical else ""
    against = [*_risk_objections(assessment), *_limit_objections(limits, confinement), *obstacles]
    if not against:
        # Only what could otherwise run on the host is told that the host will not do; nobody may have looked.
        against += _place_objections(confinement, settings)
    if asked in (ExecutionMode.LOCAL, ExecutionMode.HYBRID) and not against:
        how = "confined by bubblewrap" if confinement.available else "unconfined, as the settings allow"
        return ModeDecision(
            ExecutionMode.LOCAL, f"runs on the host, {how}: low risk, and fully understood; no rollback here",
            no_rollback=True, confinement=confinement,
        )  # fmt: skip
    reason = _why_machine(asked, against)
    if backend_works is False:
        return ModeDecision(ExecutionMode.FIRECRACKER, f"{reason}; {_NO_MACHINE}", refused=True)
    return ModeDecision(
        ExecutionMode.FIRECRACKER, reason, needs_typed_confirmation=critical, confirmation=confirmation
    )  # fmt: skip


def _why_machine(asked: ExecutionMode | None, objections: Sequence[str]) -> str:
    if asked is None:
        return "runs in a machine: nothing asks for the host"
    if asked is ExecutionMode.FIRECRACKER:
        return "runs in a machine, as asked"
    return f"asked for {asked}; runs in a machine because {' and '.join(dict.fromkeys(objections))}"


def _why_confirm(assessment: Assessment) -> str:
    worst = assessment.reasons[0].effect if assessment.reasons else "it may do anything"
    return (
        f"critical: {worst}. A rollback takes back the machine, not what was sent, and not what was done elsewhere"
    )  # fmt: skip


def _risk_objections(assessment: Assessment) -> Iterator[str]:
    if assessment.level > RiskLevel.LOW:
        worst = f" ({assessment.reasons[0].effect})" if assessment.reasons else ""
        yield f"its risk is {assessment.level}{worst}"
    if assessment.confidence not in (Confidence.PARSED, Confidence.FOLDED):
        what = f" ({assessment.not_understood[0]})" if assessment.not_understood else ""
        yield f"it could not be understood completely{what}"
    for effect in sorted(assessment.effects - _HARMLESS):
        yield f"it {_DOES[effect]}"
    for language in assessment.language.split("+"):
        if language not in _ON_HOST:
            yield f"{language or 'unknown'} code never runs on the host"
    for command in assessment.commands:
        if command.argv and command.argv[0].rpartition("/")[2] not in PROGRAMS:
            yield f"{command.argv[0][:60]} is not among the programs for the host"


def _limit_objections(limits: ResourceLimits | None, confinement: Confinement) -> Iterator[str]:
    if limits is None:
        return
    declared = {
        Limit.MEMORY: limits.max_memory_mb,
        Limit.CPU_TIME: limits.max_cpu_time,
        Limit.DISK: limits.max_disk_mb,
    }
    for limit, most in declared.items():
        if most is not None and limit not in confinement.enforces:
            yield f"its {limit.value.replace('-', ' ')} limit can only be enforced there"
    if limits.network_access:
        yield "it was granted the network, which nothing gets on the host"


def _place_objections(confinement: Confinement, settings: Settings) -> Iterator[str]:
    if confinement.unfit:
        yield confinement.unfit
    elif not confinement.available and not settings.runs.allow_unconfined_local:
        yield f"it could not be confined on the host: {confinement.reason}"


def host_obstacles(request: Request, workspace: Path) -> tuple[str, ...]:
    """Return what of a request the host cannot do, as clauses for `decide`.

    Args:
        request: What is to be run.
        workspace: Where commands on the host work.
    """
    found: list[str] = []
    if request.terminal is not None:
        found.append(
            "what a person will type at its terminal cannot be looked at now, and on the host nothing is undone"
        )
    if request.keep_interpreter:
        found.append("only a machine keeps an interpreter")
    for step in request.steps:
        found += _step_obstacles(step)
    found += [f"it is given {name}, which may change what runs" for name, value in request.env.items()
              if obeyed(name, value)]  # fmt: skip
    if request.cwd is not None and not (workspace / request.cwd).resolve().is_relative_to(workspace.resolve()):
        found.append(f"it works in {request.cwd}, which is not below {workspace}")
    return tuple(dict.fromkeys(found))


def _step_obstacles(step: StepRequest) -> Iterator[str]:
    if step.argv:
        yield from argv_objections(step.argv)
    elif step.language != "bash":
        yield f"{step.language} code never runs on the host"
    elif shutil.which("bash") is None:
        yield "the host has no bash"
    else:
        yield from objections(step.text)
