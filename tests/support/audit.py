"""Entries to record, and a clock that can be told what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tui.audit.model import AuditResult, Entry, EntryKind

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Ticking:
    """A clock that moves on by one second at every look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def entry(number: int = 0, **changes: object) -> Entry:
    values: dict[str, object] = {
        "kind": EntryKind.RUN_STARTED,
        "result": AuditResult.ALLOWED,
        "run_id": f"run-{number}",
        "session": "default",
        "user": "ada",
        "role": "engineer",
        "command": "deploy",
        "details": {"number": number, "text": "ünïcode\n\u2028"},
    }
    return Entry(**{**values, **changes})  # type: ignore[arg-type]
