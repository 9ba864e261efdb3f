"""Hot reload: a catalog, or whatever else is read from files, that follows them.

Every directory the catalog reads is watched by itself, together with the directories of link targets, the parents of
the roots and, for a root that does not exist, the nearest directory above it. What an event says is not trusted (an
atomic replace arrives as `added`, never as `modified`): any event makes the catalog look again, which costs one
`stat` per file. When the set of directories changes, the watches are set anew and the catalog looks again after
that, so that nothing happens unseen in between.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from tui.errors import HostNotReady

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

_STEP_MS: Final = 50
"""Quiet time that ends a burst of events."""
_DEBOUNCE_MS: Final = 300
"""The longest a burst is waited for."""

_Watched = frozenset[tuple[str, int, int]]
_Delta = TypeVar("_Delta")
_Delta_co = TypeVar("_Delta_co", covariant=True)


class Followed(Protocol[_Delta_co]):
    """What can be watched. It is refreshed in a thread of its own."""

    @property
    def roots(self) -> Sequence[tuple[object, Path]]:
        """The directories and files it is read from, each with what it is for; they need not exist."""
        ...

    @property
    def directories(self) -> Sequence[Path]:
        """The directories whose changes matter, as of the last refresh."""
        ...

    def refresh(self, changed: Collection[Path]) -> _Delta_co:
        """Look again and return what changed: something false if nothing did."""
        ...


async def watch(catalog: Followed[_Delta]) -> AsyncIterator[_Delta]:
    """Yield what changes, as it changes.

    The first delta comes when the watches are in place: what changed since the catalog was last refreshed, often
    nothing. Every later one is not empty. Close the iterator to stop watching.

    Raises:
        HostNotReady: the kernel allows no more watches.
    """
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    threads = ThreadPoolExecutor(1, "definitions-watch")
    watches = _Watches()
    first = True
    try:
        while True:
            watched = await loop.run_in_executor(threads, _to_watch, catalog)
            notify = await loop.run_in_executor(threads, watches.set, watched)
            if notify is None:
                continue
            changed: frozenset[Path] = frozenset()
            while True:
                delta = await loop.run_in_executor(threads, catalog.refresh, changed)
                if delta or first:
                    first = False
                    yield delta
                if await loop.run_in_executor(threads, _to_watch, catalog) != watched:
                    break
                changed = await loop.run_in_executor(threads, _wait, notify, stop, catalog)
    finally:
        stop.set()
        threads.submit(watches.close)  # after whatever the thread does now
        threads.shutdown(wait=False)


class _Watches:
    """The watches in place. Only one thread touches them, so that none is closed while it is waited on."""

    def __init__(self) -> None:
        self._notify: RustNotify | None = None

    def set(self, watched: _Watched) -> RustNotify | None:
        """Set the watches anew; None if a directory vanished meanwhile."""
        self.close()
        self._notify = _notify(watched)
        return self._notify

    def close(self) -> None:
        """Give the watches back to the kernel, which has few; the garbage collector might be late."""
        if self._notify is not None:
            self._notify.close()
            self._notify = None


def _to_watch(catalog: Followed[object]) -> _Watched:
    """Return the directories to watch with device and inode: one put in another's place is another."""
    watched: set[tuple[str, int, int]] = set()
    for directory in (*catalog.directories, *(_nearest(root.parent) for _, root in catalog.roots)):
        try:
            status = directory.stat()
        except OSError:
            continue
        watched.add((str(directory), status.st_dev, status.st_ino))
    return frozenset(watched)


def _nearest(directory: Path) -> Path:
    return next((each for each in (directory, *directory.parents) if each.is_dir()), directory)


def _notify(watched: _Watched) -> RustNotify | None:
    """Set the watches; None if a directory vanished meanwhile."""
    from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

    paths = sorted(path for path, _, _ in watched)
    try:
        return RustNotify(paths, False, False, 0, False, True)
    except FileNotFoundError:
        return None
    except (OSError, WatchfilesRustInternalError) as error:  # the kernel's limit of watches, that of watchers
        hint = "raise the limit: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
        raise HostNotReady(f"files cannot be watched: {error}", hint=hint) from error


def _wait(notify: RustNotify, stop: threading.Event, catalog: Followed[object]) -> frozenset[Path]:
    """Wait for events that can matter and return their paths."""
    while True:
        events = notify.watch(_DEBOUNCE_MS, _STEP_MS, 0, stop)
        if isinstance(events, str):
            return frozenset()
        paths = frozenset(Path(path) for _, path in events)
        if any(_matters(path, catalog) for path in paths):
            return paths


def _matters(path: Path, catalog: Followed[object]) -> bool:
    """Say whether an event concerns the catalog; the directory above a root sees many that do not."""
    if path in catalog.directories or path.parent in catalog.directories:
        return True
    return any(root.is_relative_to(path) for _, root in catalog.roots)
