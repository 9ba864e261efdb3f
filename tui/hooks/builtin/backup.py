"""`backup`: contents of files on the host, saved before a command deletes or overwrites them.

Only for runs on the host itself: a machine is covered by its snapshots.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from tui.hooks.backups import BackupError, Backups, real_path, without_nested
from tui.hooks.inventory import Inventory, TooMuch
from tui.hooks.model import Allow, Ask, Block, Decision, HookContext, Point
from tui.hooks.services import Services
from tui.hooks.targets import Targets, find_targets
from tui.proposal import Proposal
from tui.risk.model import Effect
from tui.risk.shell.model import Invocation
from tui.text import clean_line
from tui.units import size

_MIB: Final = 1024 * 1024
_SHOWN: Final = 5
SHELLS: Final = frozenset({"bash", "sh"})


class Incomplete(StrEnum):
    """What happens where not everything can be saved."""

    WARN = "warn"
    ASK = "ask"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Options:
    """Where backups are and how large they get."""

    directory: Path | None = None
    """Default: `backups` in the directory of data."""
    max_mb: int = 512
    """MiB of one backup; above it nothing is saved, and `incomplete` says what then."""
    max_files: int = 20_000
    keep_mb: int = 2048
    """MiB of all backups; above it the oldest go."""
    incomplete: Incomplete = Incomplete.ASK


@dataclass(frozen=True, slots=True)
class BackupHook:
    """Saves what a run on the host is about to destroy; `rollcage hooks restore-backup` puts it back."""

    options: Options
    services: Services
    name: str = "backup"
    priority: int = 70
    points: frozenset[Point] = frozenset({Point.BEFORE_EXECUTION})

    @property
    def backups(self) -> Backups:
        """Where they are kept."""
        return Backups(self.options.directory or self.services.paths.backups)

    def decide(self, context: HookContext) -> Decision:
        """Save what can be saved, and decide by what cannot."""
        proposal = context.proposal
        if proposal.mode != "local":
            return Allow()
        targets = local_targets(proposal)
        paths = without_nested([real_path(path) for path in targets.paths])
        troubles = [*_unknown(targets, proposal), *self._inside(paths)]
        notes: list[str] = []
        if paths:
            try:
                inventory = Inventory.take(
                    paths, max_bytes=self.options.max_mb * _MIB, max_files=self.options.max_files
                )
                saved = self.backups.save(inventory, self._about(context))
                troubles += inventory.missing
                notes.append(f"backup {saved.id}: {saved.files} files, {size(saved.size)}")
                self.backups.prune(self.options.keep_mb * _MIB)
            except TooMuch as error:
                troubles.append(f"nothing was saved: {error} would be destroyed")
            except (BackupError, OSError) as error:
                troubles.append(f"nothing was saved: {error}")
        return self._decision(notes, [clean_line(trouble) for trouble in troubles])

    def _decision(self, notes: list[str], troubles: list[str]) -> Decision:
        if not troubles or self.options.incomplete is Incomplete.WARN:
            return Allow(notes=tuple(notes), warnings=tuple(troubles))
        more = f" (and {len(troubles) - _SHOWN} more)" if len(troubles) > _SHOWN else ""
        text = "; ".join([*notes, *troubles[:_SHOWN]]) + more
        if self.options.incomplete is Incomplete.BLOCK:
            return Block(f"not everything can be backed up: {text}")
        return Ask(f"Not everything can be backed up: {text}. Run it nevertheless?")

    def _inside(self, paths: tuple[Path, ...]) -> Iterator[str]:
        place = Path(os.path.realpath(self.backups.directory))
        for path in paths:
            if place.is_relative_to(path):
                yield f"{path} holds the backups themselves"

    def _about(self, context: HookContext) -> Mapping[str, str]:
        proposal, redactor = context.proposal, context.redactor or self.services.redactor
        return {
            "run": proposal.run_id,
            "title": redactor.text(proposal.title),
            "user": proposal.user,
            "session": proposal.session,
        }


def local_targets(proposal: Proposal) -> Targets:
    """Return which files on this host a proposal deletes or overwrites."""
    from tui.risk.shell import read, read_argv

    invocations: list[Invocation] = []
    for step in proposal.steps:
        if step.argv:
            invocations += read_argv(step.argv).invocations
        elif step.language in SHELLS:
            invocations += read(step.text).invocations
        elif step.assessment is not None:
            # What other languages hand to programs and shells.
            for command in step.assessment.commands:
                invocations += read_argv(command.argv).invocations
    cwd = Path(proposal.cwd) if proposal.cwd else Path.cwd()
    return find_targets(invocations, cwd, {**os.environ, **proposal.env})


def _unknown(targets: Targets, proposal: Proposal) -> Iterator[str]:
    for word in targets.unknown:
        yield f"what `{word}` means is only known when it runs"
    effects = proposal.assessment.effects if proposal.assessment is not None else frozenset()
    destroys = Effect.DELETE in effects or Effect.OVERWRITE in effects
    opaque = any(step.language not in SHELLS and not step.argv for step in proposal.steps)
    if destroys and opaque and not targets.paths and not targets.unknown:
        yield "which files it destroys is not known before it runs"
