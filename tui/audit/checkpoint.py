"""Where the log begins once its oldest records were moved into a file: the newest genuine record that says so."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from tui.audit import schema
from tui.audit.chain import record_hash, same, seal
from tui.audit.model import EntryKind

_NEWEST: Final = f"SELECT {schema.COLUMNS} FROM records WHERE kind = ? ORDER BY seq DESC LIMIT 1"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Archived:
    """Records that were moved into a file."""

    first: int
    last: int
    hash: str
    """Of the last one, hexadecimal: the record after it names it as the one before."""
    sha256: str
    """Of the file."""

    def to_json(self) -> dict[str, Any]:
        """Return it as the details of the record about it."""
        return {"first": self.first, "last": self.last, "last_hash": self.hash, "sha256": self.sha256}


def checkpoint(connection: sqlite3.Connection, key: bytes | None) -> Archived | None:
    """Return what was moved last, by the newest record about it; None where there is none, or it is not genuine.

    Without the key the seal is not checked; that the key is missing is a finding of its own.
    """
    row = connection.execute(_NEWEST, (str(EntryKind.LOG_ARCHIVED),)).fetchone()
    if row is None:
        return None
    *fields, previous, digest, sealed = row
    try:
        if record_hash(previous, fields) != digest or (key is not None and not same(seal(key, digest), sealed)):
            return None
        details = json.loads(fields[-1])
        return Archived(int(details["first"]), int(details["last"]), str(details["last_hash"]), str(details["sha256"]))
    except (TypeError, ValueError, KeyError):
        return None
