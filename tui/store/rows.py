"""Rows of the database as records, and back."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any, Final

from tui.machines.model import MachineSpec, ResourceUsage
from tui.store.model import HeadMove, RunRecord, SessionRecord, SnapshotRecord
from tui.store.states import MoveKind, RunState, SnapshotReason

SESSION: Final = "id, name, spec, created_at, updated_at, head_id"
SNAPSHOT: Final = "id, session_id, parent_id, reason, created_at, name, pinned, run_id, stored_bytes, pause_ms"
RUN: Final = (
    "id, session_id, title, definition, request, state, started_at, ended_at, exit_code, error, before_id, after_id,"
    " rolled_back, attempts, usage, output_bytes"
)
MOVE: Final = "seq, session_id, kind, from_id, to_id, at, run_id, subject_seq"


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def moment(value: datetime | None) -> str | None:
    """Return a time as it is kept: ISO 8601 in UTC, which sorts."""
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")


def plain(value: Any) -> str | None:
    """Return data as JSON."""
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def session_of(row: sqlite3.Row | tuple[Any, ...]) -> SessionRecord:
    """Return the record of a `SESSION` row."""
    id_, name, spec, created_at, updated_at, head_id = row
    return SessionRecord(
        id_, name, MachineSpec.from_json(json.loads(spec)), _moment(created_at), _moment(updated_at), head_id
    )


def snapshot_of(row: sqlite3.Row | tuple[Any, ...]) -> SnapshotRecord:
    """Return the record of a `SNAPSHOT` row."""
    id_, session_id, parent_id, reason, created_at, name, pinned, run_id, stored_bytes, pause_ms = row
    return SnapshotRecord(
        id_, session_id, parent_id, SnapshotReason(reason), _moment(created_at), name, bool(pinned), run_id,
        stored_bytes, pause_ms,
    )  # fmt: skip


def snapshot_values(record: SnapshotRecord) -> tuple[Any, ...]:
    """Return the values of a `SNAPSHOT` row."""
    return (
        record.id, record.session_id, record.parent_id, str(record.reason), moment(record.created_at), record.name,
        record.pinned, record.run_id, record.stored_bytes, record.pause_ms,
    )  # fmt: skip


def run_of(row: sqlite3.Row | tuple[Any, ...], output_head: bytes = b"") -> RunRecord:
    """Return the record of a `RUN` row."""
    (
        id_, session_id, title, definition, request, state, started_at, ended_at, exit_code, error, before_id,
        after_id, rolled_back, attempts, usage, output_bytes,
    ) = row  # fmt: skip
    return RunRecord(
        id=id_, session_id=session_id, title=title, definition=definition, request=json.loads(request),
        state=RunState(state), started_at=_moment(started_at), ended_at=_moment(ended_at) if ended_at else None,
        exit_code=exit_code, error=error, before_id=before_id, after_id=after_id, rolled_back=bool(rolled_back),
        attempts=attempts, usage=ResourceUsage(**json.loads(usage)) if usage else None,
        output_bytes=output_bytes, output_head=output_head,
    )  # fmt: skip


def run_values(record: RunRecord) -> tuple[Any, ...]:
    """Return the values of a `RUN` row."""
    return (
        record.id, record.session_id, record.title, record.definition, plain(record.request), str(record.state),
        moment(record.started_at), moment(record.ended_at), record.exit_code, record.error, record.before_id,
        record.after_id, record.rolled_back, record.attempts, plain(record.usage.to_json() if record.usage else None),
        record.output_bytes,
    )  # fmt: skip


def move_of(row: sqlite3.Row | tuple[Any, ...]) -> HeadMove:
    """Return the record of a `MOVE` row."""
    seq, session_id, kind, from_id, to_id, at, run_id, subject_seq = row
    return HeadMove(seq, session_id, MoveKind(kind), from_id, to_id, _moment(at), run_id, subject_seq)
