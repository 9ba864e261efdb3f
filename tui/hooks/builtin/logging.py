"""`logging`: one line per event of a run in a file that rotates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tui.hooks import jsonl
from tui.hooks.model import Allow, Decision, HookContext, Point
from tui.hooks.services import Services

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """Where the log is and how large it gets."""

    file: Path | None = None
    """Default: `hooks.log` in the directory of logs."""
    max_mb: int = 10
    """MiB, before it is rotated."""
    keep: int = 5
    """Rotated files."""


@dataclass(frozen=True, slots=True)
class LoggingHook:
    """Writes down that a run begins and how it ended. A log that cannot be written is a warning, never a stop."""

    options: Options
    services: Services
    name: str = "logging"
    priority: int = 100
    points: frozenset[Point] = frozenset({Point.BEFORE_EXECUTION, Point.AFTER_EXECUTION})

    @property
    def file(self) -> Path:
        """The log."""
        return self.options.file or self.services.paths.logs / "hooks.log"

    def decide(self, context: HookContext) -> Decision:
        """Log it."""
        try:
            jsonl.append(self.file, self._record(context), max_bytes=self.options.max_mb * _MIB, keep=self.options.keep)
        except OSError as error:
            return Allow(warnings=(f"cannot write {self.file}: {error.strerror or error}",))
        return Allow()

    def _record(self, context: HookContext) -> dict[str, Any]:
        proposal = context.proposal
        redactor = context.redactor or self.services.redactor
        record: dict[str, Any] = {
            "at": self.services.now().isoformat(),
            "event": str(context.point),
            "run": proposal.run_id,
            "session": proposal.session,
            "title": redactor.text(proposal.title),
            "user": proposal.user,
            "role": proposal.role,
            "mode": proposal.mode,
            "level": None if proposal.assessment is None else str(proposal.assessment.level),
        }
        if (outcome := context.outcome) is not None:
            record |= {
                "state": outcome.state,
                "exit_code": outcome.exit_code,
                "duration_s": round(outcome.duration_s, 3),
            }
        return record
