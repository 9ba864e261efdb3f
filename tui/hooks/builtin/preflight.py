"""`preflight`: what must never run, decided by what a text really runs and not by how it is written."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.hooks.model import Allow, Ask, Block, Decision, HookContext, Point
from tui.levels import RiskLevel
from tui.proposal import Proposal
from tui.risk.model import Assessment, Category, RealCommand

_GUEST_HOME: Final = "/work"
"""Where a machine runs what names no directory."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is refused besides a critical command on the host, which always is."""

    blocked_programs: tuple[str, ...] = ()
    """Names without directories: `mkfs` also stands for `/sbin/mkfs` and for `sudo mkfs`."""
    blocked_categories: tuple[Category, ...] = ()
    """Categories of the assessment. Only reasons of at least `blocked_level` count."""
    blocked_level: RiskLevel = RiskLevel.HIGH
    allowed_directories: tuple[Path, ...] = ()
    """Where runs may start, and below; empty for anywhere."""


@dataclass(frozen=True, slots=True)
class PreflightHook:
    """Refuses programs, categories and directories; also asks where a program's name is only known when it runs."""

    options: Options
    name: str = "preflight"
    priority: int = 90
    points: frozenset[Point] = frozenset({Point.AFTER_ASSESSMENT, Point.BEFORE_EXECUTION})

    def decide(self, context: HookContext) -> Decision:
        """Look at the assessment; without one nothing is let through."""
        proposal = context.proposal
        assessment = proposal.assessment
        if assessment is None:
            return Block("it was not assessed")
        problems = [
            *self._critical_on_host(proposal, assessment),
            *self._programs(proposal, assessment),
            *self._categories(assessment),
            *self._directory(proposal),
        ]
        if problems:
            return Block("; ".join(dict.fromkeys(problems)))
        if self.options.blocked_programs:
            unknown = [command for command in assessment.commands if _program_unknown(command)]
            if unknown:
                return Ask(f"`{unknown[0].argv[0]}` is only known when it runs: it may be a blocked program. Go on?")
        return Allow()

    def _critical_on_host(self, proposal: Proposal, assessment: Assessment) -> Iterator[str]:
        if proposal.mode == "local" and assessment.level is RiskLevel.CRITICAL:
            what = next((r.effect for r in assessment.reasons if r.level is RiskLevel.CRITICAL), "critical")
            yield f"{what}: never on the host itself; run it in a machine"

    def _programs(self, proposal: Proposal, assessment: Assessment) -> Iterator[str]:
        blocked = frozenset(self.options.blocked_programs)
        found = [command.argv[0] for command in assessment.commands if command.argv]
        found += [step.argv[0] for step in proposal.steps if step.argv]
        for program in found:
            if (name := posixpath.basename(program)) in blocked:
                yield f"it runs {name}, which is blocked"

    def _categories(self, assessment: Assessment) -> Iterator[str]:
        for reason in assessment.reasons:
            if reason.category in self.options.blocked_categories and reason.level >= self.options.blocked_level:
                yield f"{reason.effect} ({reason.category} is blocked)"

    def _directory(self, proposal: Proposal) -> Iterator[str]:
        if not self.options.allowed_directories:
            return
        if proposal.mode == "local":
            # Links are followed, or a link in an allowed directory would lead anywhere.
            cwd = os.path.realpath(proposal.cwd or Path.cwd())
            allowed = [os.path.realpath(directory) for directory in self.options.allowed_directories]
        else:
            cwd = posixpath.normpath(posixpath.join(_GUEST_HOME, proposal.cwd or ""))
            allowed = [posixpath.normpath(str(directory)) for directory in self.options.allowed_directories]
        if not any(cwd == directory or cwd.startswith(directory.rstrip("/") + "/") for directory in allowed):
            yield f"{cwd} is not one of the allowed directories"


def _program_unknown(command: RealCommand) -> bool:
    return bool(command.argv) and not command.complete and any(mark in command.argv[0] for mark in "$`")
