"""What can go wrong with what is kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tui.errors import RollcageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


class StoreError(RollcageError):
    """Records or output could not be read or written."""


@contextmanager
def explained(database: Path) -> Iterator[None]:
    """Turn SQLite's errors into a `StoreError` that says what to do."""
    import sqlite3  # here, since what prints output needs the error above and no database

    try:
        yield
    except sqlite3.Error as error:
        raise _explanation(error, database) from error


def _explanation(error: sqlite3.Error, database: Path) -> StoreError:
    text = str(error)
    if "full" in text:
        return StoreError(f"the disk is full: {database} could not be written", hint="free some space and try again")
    if "readonly" in text or "unable to open" in text:
        return StoreError(f"{database} cannot be written", hint="check the rights of the file and its directory")
    if "locked" in text or "busy" in text:
        return StoreError(f"another process keeps {database} locked", hint="try again when it is done")
    if "not a database" in text or "malformed" in text or "corrupt" in text:
        hint = f"move {database.name} away to begin anew; snapshots and outputs stay on disk, or restore a copy of it"
        return StoreError(f"{database} is damaged: {text}", hint=hint)
    return StoreError(f"{database}: {text}")
