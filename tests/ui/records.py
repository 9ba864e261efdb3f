"""An audit log as a few runs leave it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tui.audit.log import AuditLog
from tui.audit.model import AuditResult, Entry, EntryKind
from tui.paths import Paths

START = datetime(2026, 1, 2, 14, 0, tzinfo=UTC)


class Ticking:
    """A clock that moves on by one second at every look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def entries_of_run(run: str, command: str, text: str, *, denied: bool = False, user: str = "ada") -> list[Entry]:
    """Return what one run leaves: assessed, checked, then refused or run."""
    level, effect = ("critical", f"deletes what {text} names") if denied else ("low", "")
    assessment = {"level": level, "reasons": [{"effect": effect}] if effect else []}
    who = {"run_id": run, "session": "default", "user": user, "role": "engineer", "command": command}
    checks = [{"result": "denied" if denied else "allowed", "reason": f"the deny list has {command}"}]
    ends = {"state": "refused" if denied else "succeeded", "exit_code": None if denied else 0, "rolled_back": False}
    outcome = "deny" if denied else "allow"
    policy = AuditResult.DENIED if denied else AuditResult.ALLOWED
    mode = {"mode": "firecracker", "reason": "runs in a machine, as asked", "no_rollback": False}
    started = {"title": command, "steps": 1, "session": "default", "definition": command}
    return [
        Entry(EntryKind.RUN_STARTED, details=started, **who),
        Entry(EntryKind.ASSESSED, details={"assessment": assessment}, **who),
        Entry(EntryKind.POLICY_CHECKED, policy, details={"outcome": outcome, "checks": checks}, **who),
        *([] if denied else [Entry(EntryKind.MODE_DECIDED, details=mode, **who)]),
        Entry(EntryKind.RUN_FINISHED, policy, details={**ends, "error": "refused by policy" if denied else ""}, **who),
    ]  # fmt: skip


def open_log(paths: Paths) -> AuditLog:
    """Open a log whose clock stands at a fixed time."""
    return AuditLog.open(paths, clock=Ticking())
