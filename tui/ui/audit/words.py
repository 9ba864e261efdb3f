"""One line for each kind of record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tui.audit.model import AuditResult, EntryKind, Record
from tui.levels import RiskLevel
from tui.store.states import SnapshotReason
from tui.text import clean, clean_line
from tui.ui.describe import NO_ROLLBACK, RISK_GLYPHS, short_id
from tui.units import size

RESULT_GLYPHS: Final = {
    AuditResult.ALLOWED: "✓",
    AuditResult.DENIED: "✗",
    AuditResult.WARNING: "!",
    AuditResult.INFO: "·",
}
_TAKEN: Final = {
    SnapshotReason.BEFORE: "before the run",
    SnapshotReason.AFTER: "after success",
    SnapshotReason.FAILED: "after a run that did not succeed",
    SnapshotReason.MANUAL: "by hand",
    SnapshotReason.BRANCH: "where a session branched off",
}
_LONGEST: Final = 300
_FEW: Final = 3
"""Snapshots that are named one by one."""


def result_words(result: str) -> str:
    """Return a result as glyph and word."""
    glyph = RESULT_GLYPHS[AuditResult(result)] if result in tuple(AuditResult) else "?"
    return f"{glyph} {clean_line(result, 8)}"


def short_detail(record: Record) -> str:
    """Return the details of a record in one clean line. Whatever they hold, there is one: the log may be damaged."""
    details = record.details
    try:
        text = _words(record.kind, details)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        text = ""
    return clean_line(text or _plain(details), _LONGEST)


def _plain(details: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in details.items() if value not in (None, "", [], {}))


def _words(kind: str, details: Mapping[str, Any]) -> str:
    match kind:
        case EntryKind.RUN_STARTED:
            steps = details["steps"]
            return f"{details['title']}{f' · {steps} steps' if steps > 1 else ''}"
        case EntryKind.ASSESSED:
            return _assessment(details["assessment"])
        case EntryKind.POLICY_CHECKED:
            told = [check["reason"] for check in details["checks"] if check["result"] != "allowed"]
            return "; ".join([details["outcome"], *told])
        case EntryKind.HOOK_DECIDED:
            reason = details["detail"].get("reason") or details["detail"].get("prompt") or ""
            return f"{details['hook']} at {details['point']}: {details['decision']}{f', {reason}' if reason else ''}"
        case EntryKind.MODE_DECIDED:
            says_it = not details["no_rollback"] or NO_ROLLBACK in details["reason"]
            return f"{details['reason']}{'' if says_it else f' · {NO_ROLLBACK}'}"
        case EntryKind.APPROVAL_ASKED:
            return "; ".join(details["reasons"])
        case EntryKind.APPROVAL_DECIDED:
            bound = f": {', '.join(details['subjects'])}" if details["subjects"] else ""
            return f"{details['answer']} by {details['by']}{bound}"
        case EntryKind.SNAPSHOT_TAKEN:
            name = f" “{details['name']}”" if details["name"] else ""
            return f"{_TAKEN[details['reason']]}{name} · {short_id(details['snapshot_id'])}"
        case EntryKind.SNAPSHOT_CHANGED:
            return _changed(details)
        case EntryKind.SNAPSHOT_DELETED:
            freed = f"{size(details['freed_bytes'])} freed"
            return " · ".join(filter(None, [_snapshots(details["snapshot_ids"]), freed]))
        case EntryKind.SESSION_DELETED:
            return f"with its snapshots, runs and outputs · {short_id(details['session_id'])}"
        case EntryKind.SESSION_BRANCHED:
            return f"from snapshot {short_id(details['from_snapshot_id'])} of session {details['from_session']}"
        case EntryKind.APPROVAL_REVOKED:
            return f"{details['subject']} ({details['standing']})"
        case EntryKind.SETTINGS_CHANGED:
            return "not those of the start before; the whole record has them"
        case EntryKind.ENGINE_OPENED:
            return f"process {details['pid']} of version {details['version']}"
        case EntryKind.ENGINE_CLOSED:
            return f"process {details['pid']}"
        case EntryKind.POOL_RESUMED:
            return "machines are made to wait again"
        case EntryKind.RUN_EXITED | EntryKind.RUN_FINISHED | EntryKind.LIMIT_EXCEEDED:
            exit_code = details["exit_code"]
            parts = [details["state"], "" if exit_code is None else f"exit {exit_code}"]
            parts.append("rolled back" if details.get("rolled_back") else "")
            says_it = details["error"] == f"exit code {exit_code}"
            return " · ".join(part for part in [*parts, "" if says_it else details["error"]] if part)
        case EntryKind.ROLLED_BACK | EntryKind.HEAD_MOVED:
            return f"{details['kind'] or 'automatic'} to {details['to_id'][-6:].lower()}"
        case EntryKind.MACHINE_LEASED:
            return f"{details['source']} · {details['backend']} · {details['machine_id'][-6:].lower()}"
        case EntryKind.MACHINE_RESTARTED | EntryKind.MACHINE_DISCARDED:
            return f"machine {details['machine_id'][-6:].lower()}"
        case EntryKind.POOL_DRAINED:
            return f"{details['machines']} waiting machines discarded"
        case EntryKind.TEMPLATE_REMOVED:
            return f"template {details['template'][:8]} · {size(details['freed_bytes'])} freed"
        case EntryKind.LOG_ARCHIVED:
            return f"records {details['first']} to {details['last']} were moved into a file"
        case EntryKind.ATTEMPT_FAILED:
            return f"attempt {details['attempt']}: {details['error']}"
        case _:
            return ""


def _changed(details: Mapping[str, Any]) -> str:
    """Return what was done to a snapshot, such as `named “good”, pinned`."""
    name, pinned = details["name"], details["pinned"]
    done = [
        "" if name is None else f"named “{name}”" if name else "its name taken away",
        "" if pinned is None else "pinned" if pinned else "unpinned",
    ]
    return f"{', '.join(filter(None, done)) or 'nothing'} · {short_id(details['snapshot_id'])}"


def _snapshots(ids: list[str]) -> str:
    shown = ", ".join(short_id(id_) for id_ in ids[:_FEW])
    more = f" and {len(ids) - _FEW} more" if len(ids) > _FEW else ""
    return f"{len(ids)} snapshot{'s' * (len(ids) != 1)}{f': {shown}{more}' if ids else ''}"


def _assessment(assessment: Mapping[str, Any]) -> str:
    level = RiskLevel(assessment["level"])
    effect = f": {assessment['reasons'][0]['effect']}" if assessment["reasons"] else ""
    return f"{RISK_GLYPHS[level]} {level}{effect}"


def pretty(record: Record) -> str:
    """Return a whole record as indented JSON that is safe to show. Strings keep their escapes, so nothing is lost."""
    return clean(json.dumps(record.to_json(), indent=2, ensure_ascii=False))
