"""One line for each kind of record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tui.audit.model import AuditResult, EntryKind, Record
from tui.levels import RiskLevel
from tui.text import clean, clean_line
from tui.ui.describe import NO_ROLLBACK, RISK_GLYPHS
from tui.units import size

RESULT_GLYPHS: Final = {
    AuditResult.ALLOWED: "✓",
    AuditResult.DENIED: "✗",
    AuditResult.WARNING: "!",
    AuditResult.INFO: "·",
}
_LONGEST: Final = 300


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
            return f"{details['reason']}{name} {details['snapshot_id'][-6:].lower()}"
        case EntryKind.RUN_EXITED | EntryKind.RUN_FINISHED:
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


def _assessment(assessment: Mapping[str, Any]) -> str:
    level = RiskLevel(assessment["level"])
    effect = f": {assessment['reasons'][0]['effect']}" if assessment["reasons"] else ""
    return f"{RISK_GLYPHS[level]} {level}{effect}"


def pretty(record: Record) -> str:
    """Return a whole record as indented JSON that is safe to show. Strings keep their escapes, so nothing is lost."""
    return clean(json.dumps(record.to_json(), indent=2, ensure_ascii=False))
