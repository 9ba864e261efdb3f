"""Sessions that go with what they were made for, such as those of scenarios, also where that is killed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tui.errors import NotFound, RollcageError
from tui.ids import is_id, new_id
from tui.paths import Paths
from tui.store.locks import Held, Lock

_log = logging.getLogger(__name__)


def _marks(paths: Paths) -> Path:
    directory = paths.locks / "passing"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def _note(directory: Path, mark: str) -> Path:
    return directory / f"{mark}.session"


@contextmanager
def passing(paths: Paths, name: str) -> Iterator[None]:
    """Mark a session, before it is made, as one that is deleted at the end of the block.

    The mark goes with the block. Where the block, or its process, came to no good end, the mark stays for
    `remove_left`.
    """
    directory, mark = _marks(paths), new_id()
    lock = Lock.acquire(directory, mark)
    try:
        _note(directory, mark).write_text(name, encoding="utf-8")
        yield
    except BaseException:
        lock.release()
        raise
    _remove(directory, mark, lock)


async def remove_left(paths: Paths, delete: Callable[[str], Awaitable[None]]) -> int:
    """Delete the marked sessions that no living process holds; return how many there were.

    `delete` takes a name. What it raises leaves a session, and its mark, for the next time.
    """
    removed, directory = 0, _marks(paths)
    for mark in sorted(path.stem for path in directory.glob("*.lock") if is_id(path.stem)):
        try:
            lock = Lock.acquire(directory, mark)
        except Held:
            continue
        try:
            if name := _name(directory, mark):
                with suppress(NotFound):
                    await delete(name)
                    removed += 1
        except (RollcageError, OSError) as error:
            _log.warning("a session that was left behind cannot be deleted yet: %s", error)
            lock.release()
            continue
        except BaseException:
            lock.release()
            raise
        _remove(directory, mark, lock)
    return removed


def _name(directory: Path, mark: str) -> str:
    """Return the name of the session; nothing where it was not made yet."""
    try:
        return _note(directory, mark).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _remove(directory: Path, mark: str, lock: Lock) -> None:
    _note(directory, mark).unlink(missing_ok=True)
    lock.release(remove=True)
