"""Records for other systems: JSON lines, CEF, and the Elastic Common Schema.

CEF is ArcSight's "Implementing ArcSight Common Event Format", version 0; ECS is the field reference of version 8.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Final

from tui.audit.model import AuditResult, EntryKind, Record

ECS_VERSION: Final = "8.17.0"


class ExportFormat(StrEnum):
    """How a record is written; each takes one line."""

    JSONL = "jsonl"
    """The record as it is, with its hash and that of the one before, so that the chain can be checked elsewhere."""
    CEF = "cef"
    ECS = "ecs"


def line(record: Record, form: ExportFormat, version: str) -> str:
    """Return a record as one line without its end. `version` is that of Rollcage."""
    match form:
        case ExportFormat.JSONL:
            return json.dumps(record.to_json())
        case ExportFormat.CEF:
            return _cef(record, version)
        case ExportFormat.ECS:
            return json.dumps(_ecs(record, version))


# --- CEF -----------------------------------------------------------------------------------------------------------

_SEVERITIES: Final = {AuditResult.DENIED: 7, AuditResult.WARNING: 5, AuditResult.ALLOWED: 3, AuditResult.INFO: 1}
"""Of 0 to 10."""


def _cef(record: Record, version: str) -> str:
    header = (
        "CEF:0", "Rollcage", "Rollcage", version, record.kind, record.kind.replace("-", " "),
        str(_SEVERITIES.get(_result(record), 1)),
    )  # fmt: skip
    extension = {
        "rt": str(record.at_us // 1000),
        "externalId": str(record.seq),
        "outcome": record.result,
        "suser": record.user,
        "spriv": record.role,
        "act": record.command,
        "cs1Label": "session",
        "cs1": record.session,
        "cs2Label": "run",
        "cs2": record.run_id or "",
        "cs3Label": "hash",
        "cs3": record.hash.hex(),
        "msg": json.dumps(dict(record.details)),
    }
    pairs = (f"{key}={_cef_value(value)}" for key, value in extension.items() if value)
    return "|".join(_cef_header(part) for part in header) + "|" + " ".join(pairs)


def _cef_header(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r", " ").replace("\n", " ")


def _cef_value(text: str) -> str:
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")


# --- ECS -----------------------------------------------------------------------------------------------------------

_CATEGORIES: Final = {
    EntryKind.SETTINGS_CHANGED: ("configuration", "change"),
    EntryKind.APPROVAL_DECIDED: ("iam", "admin"),
    EntryKind.APPROVAL_REVOKED: ("iam", "admin"),
    EntryKind.RUN_STARTED: ("process", "start"),
    EntryKind.RUN_EXITED: ("process", "end"),
    EntryKind.RUN_FINISHED: ("process", "end"),
    EntryKind.SNAPSHOT_DELETED: ("host", "deletion"),
    EntryKind.SESSION_DELETED: ("host", "deletion"),
    EntryKind.SESSION_BRANCHED: ("host", "creation"),
    EntryKind.ENGINE_OPENED: ("process", "start"),
    EntryKind.ENGINE_CLOSED: ("process", "end"),
}
_OUTCOMES: Final = {AuditResult.ALLOWED: "success", AuditResult.DENIED: "failure"}
_TYPES: Final = {AuditResult.ALLOWED: "allowed", AuditResult.DENIED: "denied"}


def _ecs(record: Record, version: str) -> dict[str, Any]:
    result = _result(record)
    kind = EntryKind(record.kind) if record.kind in set(EntryKind) else None
    category, type_ = _CATEGORIES.get(kind, ("host", "info")) if kind is not None else ("host", "info")
    document: dict[str, Any] = {
        "@timestamp": record.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "ecs": {"version": ECS_VERSION},
        "event": {
            "kind": "event",
            "category": [category],
            "type": [type_, *([_TYPES[result]] if result in _TYPES else [])],
            "action": record.kind,
            "outcome": _OUTCOMES.get(result, "unknown"),
            "sequence": record.seq,
            "module": "rollcage",
            "dataset": "rollcage.audit",
            "hash": record.hash.hex(),
        },
        "observer": {"vendor": "Rollcage", "product": "Rollcage", "version": version},
        "rollcage": {
            "result": record.result,
            "session": record.session,
            "run_id": record.run_id,
            "command": record.command,
            "previous_hash": record.previous.hex(),
            # As text: the details of different kinds must not fight over the types of fields.
            "details": json.dumps(dict(record.details)),
        },
    }
    if record.user:
        document["user"] = {"name": record.user, **({"roles": [record.role]} if record.role else {})}
    return document


def _result(record: Record) -> AuditResult:
    """Return the result; of a record that was tampered with, INFO."""
    try:
        return AuditResult(record.result)
    except ValueError:
        return AuditResult.INFO
