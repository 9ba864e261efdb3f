"""`git`: the state of the repository before and after a run on the host, and keeping it before a destructive one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from tui.hooks.model import Allow, Decision, HookContext, Point
from tui.hooks.repository import GitError, Repository, Status
from tui.risk.model import Assessment, Confidence, Effect
from tui.text import clean_line

_DESTRUCTIVE: Final = frozenset({Effect.DELETE, Effect.OVERWRITE, Effect.HISTORY_REWRITE})
_REMEMBERED: Final = 64
"""Runs whose state before is remembered; a run that was blocked afterwards never comes back for it."""


class Save(StrEnum):
    """How uncommitted work is kept before a destructive run."""

    NO = "no"
    STASH = "stash"
    """As an entry of the stash; files and index stay as they are."""
    COMMIT = "commit"
    """As a commit on the current branch."""


@dataclass(frozen=True, slots=True)
class Options:
    """Whether to keep anything."""

    save: Save = Save.NO


@dataclass(frozen=True, slots=True)
class GitHook:
    """Looks at the repository around the working directory of runs on the host; machines have files of their own."""

    options: Options
    name: str = "git"
    priority: int = 40
    points: frozenset[Point] = frozenset({Point.BEFORE_EXECUTION, Point.AFTER_EXECUTION})
    _before: dict[str, Status] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def decide(self, context: HookContext) -> Decision:
        """Note the state; keep it first where that is wanted. Git's troubles are warnings."""
        proposal = context.proposal
        if proposal.mode != "local":
            return Allow()
        try:
            repository = Repository.around(Path(proposal.cwd) if proposal.cwd else Path.cwd())
            if repository is None:
                return Allow()
            status = repository.status()
            if context.point is Point.AFTER_EXECUTION:
                return Allow(notes=(self._difference(proposal.run_id, status),))
            self._remember(proposal.run_id, status)
            notes = [clean_line(str(status))]
            if not status.clean and destructive(proposal.assessment):
                notes += self._save(repository, status, proposal.run_id)
            return Allow(notes=tuple(notes))
        except GitError as error:
            return Allow(warnings=(clean_line(str(error)),))

    def _save(self, repository: Repository, status: Status, run_id: str) -> list[str]:
        if self.options.save is Save.NO:
            return []
        message = f"rollcage: before run {run_id}" if run_id else "rollcage: before a run"
        if self.options.save is Save.COMMIT:
            return [f"committed as {repository.commit_all(message)[:12]}"]
        if status.head is None:
            raise GitError("there is no commit yet, so nothing can be stashed")
        kept = repository.keep(message)
        return [f"kept in the stash as {kept[:12]}; `git restore --source={kept[:12]} -- :/` brings tracked files back"]

    def _remember(self, run_id: str, status: Status) -> None:
        with self._lock:
            self._before[run_id] = status
            while len(self._before) > _REMEMBERED:
                del self._before[next(iter(self._before))]

    def _difference(self, run_id: str, after: Status) -> str:
        with self._lock:
            before = self._before.pop(run_id, None)
        if before is None:
            return clean_line(str(after))
        if before == after:
            return clean_line(f"{after} (as before)")
        moved = "" if before.head == after.head else f", HEAD moved to {(after.head or 'nothing')[:12]}"
        touched = len((before.changes ^ after.changes) | (before.untracked ^ after.untracked))
        return clean_line(f"{after} (before: {before}; {touched} entries differ{moved})")


def destructive(assessment: Assessment | None) -> bool:
    """Say whether a run may destroy files. One that was not understood completely may."""
    if assessment is None or assessment.confidence is Confidence.PARTIAL:
        return True
    return bool(assessment.effects & _DESTRUCTIVE)
