"""A judge of shells for tests: it writes down what it is given and knows one dangerous command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.levels import RiskLevel
from tui.risk.findings import Findings
from tui.risk.model import Category, Effect, Reason, Span


@dataclass
class Shell:
    """Calls `rm -rf /` critical and everything else harmless."""

    heard: list[tuple[str, Span]] = field(default_factory=list)

    def __call__(self, command: str | Sequence[str], span: Span) -> Findings:
        text = command if isinstance(command, str) else shlex.join(command)
        self.heard.append((text, span))
        if "rm -rf /" not in text:
            return Findings()
        reason = Reason(RiskLevel.CRITICAL, Category.DESTROY, "deletes everything", span, "fs.delete-system")
        return Findings(reasons=(reason,), effects=frozenset({Effect.DELETE}))

    @property
    def commands(self) -> list[str]:
        return [text for text, _ in self.heard]
