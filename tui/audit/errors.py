"""What can go wrong with the audit log. Without it nothing runs, so each error says how to get it back."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui.errors import RollcageError


class AuditError(RollcageError):
    """The audit log cannot be read or, worse, written: nothing may run unaudited."""


class AuditTampered(AuditError):
    """What is there is not what was written; appending to it would hide that."""


class AuditNotAnchored(AuditError):
    """The entries are in the log, but its anchor does not say so yet. They must not be appended again."""


_NOTHING_RUNS = "nothing runs while it cannot be written"


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the system into an `AuditError` that says what to do."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _explanation(error, path) from error


def _explanation(error: sqlite3.Error | OSError, path: Path) -> AuditError:
    text = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    code = error.errno if isinstance(error, OSError) else None
    if "full" in text or code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return AuditError(f"the disk is full: the audit log {path} could not be written", hint=_hint("free some space"))
    if "readonly" in text or "unable to open" in text or code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return AuditError(
            f"the audit log {path} cannot be opened or written", hint=_hint("check the rights of it and its directory")
        )
    if "locked" in text or "busy" in text:
        return AuditError(f"another process keeps the audit log {path} locked", hint="try again when it is done")
    if "not a database" in text or "malformed" in text or "corrupt" in text or "no such" in text:
        return damaged(path, text)
    return AuditError(
        f"the audit log {path} could not be read or written: {text}",
        hint=_hint("see that its disk has room and is sound"),
    )


def not_anchored(path: Path, error: OSError) -> AuditNotAnchored:
    """Return the error of an anchor that cannot be written; the next one that can be catches up."""
    explanation = _explanation(error, path)
    return AuditNotAnchored(explanation.message, hint=explanation.hint)


def damaged(path: Path, what: str) -> AuditTampered:
    """Return the error of a log whose contents cannot be trusted."""
    return AuditTampered(
        f"the audit log {path} is damaged: {what}",
        hint=f"`rollcage audit verify` says where; keep it as evidence and move {path.name}, audit.head and audit.key "
        "away to begin a new log",
    )


def _hint(remedy: str) -> str:
    return f"{remedy}; {_NOTHING_RUNS}"
