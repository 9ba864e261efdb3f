"""Moving the oldest records into a file of their own, so that the log does not grow forever.

They are written to the file first, in full and durably. Then one transaction records where they are and how they end,
and lets go of them. That record is chained and sealed like any other: who has no key can cut off nothing, and what is
cut off without such a record is found missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Final

from tui.audit.checkpoint import Archived
from tui.audit.errors import AuditTampered
from tui.audit.log import AuditLog
from tui.audit.model import Entry, EntryKind, Filter, Record, microseconds
from tui.audit.reader import AuditReader
from tui.errors import InvalidInput, NotFound, UsageError

_AT_ONCE: Final = 500


def archive(log: AuditLog, before: datetime, file: Path, user: str) -> Archived:
    """Move the records from before a moment into a new file, as JSON lines.

    Raises:
        NotFound: there are none.
        UsageError: the file is there already, or cannot be written.
        AuditTampered: the log is not what was written; nothing was moved.
        AuditError: it could not be recorded; nothing was let go of.
    """
    if not (found := log.verify()).whole:
        raise AuditTampered(
            f"nothing was archived: the log is not what was written ({found.findings[0].message})",
            hint="`rollcage audit verify` says all that is wrong",
        )
    span = log.span_before(microseconds(before))
    if span is None:
        raise NotFound("no records are that old", hint="`rollcage audit list` shows the newest")
    first, last = span
    try:
        digest, end = _write(log, first, last, file)
    except FileExistsError:
        raise UsageError(f"{file} is there already", hint="an archive is a file of its own") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    archived = Archived(first, last, end.hash.hex(), digest)
    try:
        log.let_go(last, end.hash, Entry(EntryKind.LOG_ARCHIVED, user=user, details=archived.to_json()))
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return archived


def check_archive(log: AuditReader, file: Path) -> Record:
    """Return the record by which a file is an archive of this log, unchanged.

    Raises:
        InvalidInput: it is none, or was changed.
        UsageError: it cannot be read.
    """
    try:
        with file.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    for record in log.records(Filter(kinds=frozenset({EntryKind.LOG_ARCHIVED}))):
        if record.details.get("sha256") == digest:
            return record
    raise InvalidInput(
        f"{file} is no archive of this log, or it was changed",
        hint="the record of an older archive may itself be in a newer one",
    )


def _write(log: AuditLog, first: int, last: int, file: Path) -> tuple[str, Record]:
    """Write records to a new file, durably; return its SHA-256 and the last record."""
    digest, end = hashlib.sha256(), None
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as target:
            for start in range(first, last + 1, _AT_ONCE):
                for end in log.stretch(start, min(start + _AT_ONCE - 1, last)):
                    line = (json.dumps(end.to_json()) + "\n").encode()
                    digest.update(line)
                    target.write(line)
            target.flush()
            os.fsync(target.fileno())
        directory = os.open(file.absolute().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    assert end is not None
    return digest.hexdigest(), end
