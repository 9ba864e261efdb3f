"""`execution-logger`: a history of what was executed, by hash, and what came of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.hooks import jsonl
from tui.hooks.model import Allow, Decision, HookContext, Point
from tui.hooks.services import Services

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """Where the history is and how large it gets."""

    file: Path | None = None
    """Default: `executions.jsonl` in the directory of logs."""
    max_mb: int = 10
    """MiB, before it is rotated."""
    keep: int = 5
    """Rotated files."""


@dataclass(frozen=True, slots=True)
class ExecutionLoggerHook:
    """Keeps language, SHA-256 and size of every step, never its text, and the result of the run.

    The hash is that of the text without its secrets: of a short secret in a known text, a hash would tell too much.
    """

    options: Options
    services: Services
    name: str = "execution-logger"
    priority: int = 30
    points: frozenset[Point] = frozenset({Point.AFTER_EXECUTION})

    @property
    def file(self) -> Path:
        """The history."""
        return self.options.file or self.services.paths.logs / "executions.jsonl"

    def decide(self, context: HookContext) -> Decision:
        """Add a line to the history."""
        outcome = context.outcome
        assert outcome is not None
        proposal = context.proposal
        redactor = context.redactor or self.services.redactor
        texts = [(step.language, redactor.text(step.text)) for step in proposal.steps]
        record = {
            "at": self.services.now().isoformat(),
            "run": proposal.run_id,
            "session": proposal.session,
            "steps": [
                {
                    "language": language,
                    "sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
                    "characters": len(text),
                }
                for language, text in texts
            ],
            "state": outcome.state,
            "exit_code": outcome.exit_code,
            "duration_s": round(outcome.duration_s, 3),
            "usage": dict(outcome.usage),
        }
        try:
            jsonl.append(self.file, record, max_bytes=self.options.max_mb * _MIB, keep=self.options.keep)
        except OSError as error:
            return Allow(warnings=(f"cannot write {self.file}: {error.strerror or error}",))
        return Allow()
