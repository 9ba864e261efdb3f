"""The store for reading only: nothing is migrated, made or changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tui.paths import Paths
from tui.store.errors import StoreError, explained
from tui.store.schema import BUSY_TIMEOUT_MS, MIGRATIONS, open_database
from tui.store.store import Store

_IN_MEMORY: Final = Path(":memory:")


class ReadingStore(Store):
    """What is kept, as it is read by somebody who must not change it. Whatever would write raises `StoreError`."""

    @classmethod
    def open(cls, paths: Paths) -> ReadingStore:
        """Open the database below `paths`; where there is none, an empty one that is nowhere on disk.

        Raises:
            StoreError: it is damaged, or of another version.
        """
        connection = _open(paths.database) if paths.database.exists() else open_database(_IN_MEMORY)
        connection.execute("PRAGMA query_only = ON")
        return cls(connection, paths)

    @contextmanager
    def _transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:  # noqa: ARG002 - as inherited
        with explained(self._paths.database):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("ROLLBACK")


def _open(path: Path) -> sqlite3.Connection:
    with explained(path):
        # A database in WAL mode needs its index beside it, also to be read; SQLite makes that and takes it away again.
        uri = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        except BaseException:
            connection.close()
            raise
    if version != len(MIGRATIONS):
        connection.close()
        newer = "a newer Rollcage made it: use that one"
        raise StoreError(
            f"{path} has version {version}, this Rollcage reads version {len(MIGRATIONS)}",
            hint="open it once without --readonly" if version < len(MIGRATIONS) else newer,
        )
    return connection
