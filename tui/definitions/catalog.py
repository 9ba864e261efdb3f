"""The catalog: definition files of three scopes, read once and again when they change."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tui.definitions.index import Entry, Index, Source, build
from tui.definitions.model import Scope
from tui.definitions.parsing import MAX_FILE_BYTES, Parsed, parse
from tui.definitions.problems import Problem, Severity, in_order
from tui.definitions.scan import Found, Scan, scan
from tui.paths import Paths, shipped

_RACY_NANOSECONDS: Final = 2_000_000_000
"""A file changed this shortly before it was read may change again without its time changing (git calls it racy)."""


@dataclass(frozen=True, slots=True)
class CatalogDelta:
    """What a refresh changed, as entries after it (`removed`: before it).

    `broken` are files that have errors now and did not before, or have others; `repaired` the reverse. A file is in
    one of the five only.
    """

    added: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()
    broken: tuple[Entry, ...] = ()
    repaired: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return any((self.added, self.changed, self.removed, self.broken, self.repaired))


@dataclass(frozen=True, slots=True)
class _File:
    source: Source
    signature: tuple[int, ...]
    digest: bytes
    read_at: int


class Catalog:
    """The definitions below some directories; a nearer scope shadows a farther one.

    `index` is immutable and replaced as a whole, so it may be read from any thread while another refreshes.
    """

    def __init__(self, roots: Iterable[tuple[Scope, Path]]) -> None:
        order = list(Scope)
        self.roots = tuple(sorted(((s, p.absolute()) for s, p in roots), key=lambda root: order.index(root[0])))
        self.index = Index()
        self.directories: tuple[Path, ...] = ()
        """The directories whose changes matter, as of the last refresh."""
        self._files: dict[Path, _File] = {}
        self._lock = threading.Lock()

    @classmethod
    def standard(cls, project: Path | None = None, paths: Paths | None = None) -> Catalog:
        """Return the loaded catalog of `./commands` (or `project`), the user's definitions and the shipped ones."""
        paths = paths or Paths.from_environment()
        catalog = cls(
            (
                (Scope.PROJECT, project or Path("commands")),
                (Scope.USER, paths.user_commands),
                (Scope.SHIPPED, shipped("commands")),
            )
        )
        catalog.refresh()
        return catalog

    def refresh(self, changed: Collection[Path] = ()) -> CatalogDelta:
        """Bring the index up to date. Files in `changed` are read even if they look the same."""
        with self._lock:
            entered: set[tuple[int, int]] = set()
            scans = [(scope, scan(root, entered)) for scope, root in self.roots]
            forced = frozenset(changed)
            problems: list[Problem] = [problem for _, found in scans for problem in found.problems]
            files: dict[Path, _File] = {}
            for scope, found in scans:
                for file in found.files:
                    # A link outside the tree may point at a file that is reached directly too.
                    if file.path not in files and (read := self._read(file, scope, forced, problems)) is not None:
                        files[file.path] = read
            before, self._files = self.index, files
            self.index = build((file.source for file in files.values()), problems)
            self.directories = _directories(found for _, found in scans)
            return _delta(before, self.index)

    def _read(self, found: Found, scope: Scope, forced: Collection[Path], problems: list[Problem]) -> _File | None:
        status = found.status
        signature = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        known = self._files.get(found.path)
        unchanged = known is not None and known.signature == signature and found.path not in forced
        if known is not None and unchanged and known.read_at - status.st_mtime_ns > _RACY_NANOSECONDS:
            return known
        now = time.time_ns()
        try:
            data = contents(found.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"cannot be read: {error.strerror}"
            problem = Problem(str(found.path), 1, None, Severity.ERROR, message)
            if known is None:
                problems.append(problem)
                return None
            parsed = Parsed(None, known.source.parsed.name, (problem,))
            return _File(replace(known.source, parsed=parsed), (), b"", now)
        digest = hashlib.sha256(data).digest()
        if known is not None and known.digest == digest:
            return replace(known, signature=signature, read_at=now)
        parsed = parse(data, found.path, scope)
        last_good = parsed.definition or (known.source.last_good if known else None)
        return _File(Source(found.path, scope, parsed, last_good), signature, digest, now)


def check_path(path: Path, scope: Scope = Scope.PROJECT) -> tuple[Problem, ...]:
    """Return every problem of a file, or of all definitions below a directory (name and alias clashes included)."""
    if path.is_dir():
        catalog = Catalog([(scope, path)])
        catalog.refresh()
        return catalog.index.problems
    try:
        data = contents(path)
    except OSError as error:
        return (Problem(str(path), 1, None, Severity.ERROR, f"cannot be read: {error.strerror}"),)
    return in_order(parse(data, path, scope).problems)


def contents(path: Path) -> bytes:
    """Return a file's bytes, at most one more than a definition may have."""
    # Opened without blocking: the name may belong to a FIFO nobody writes to.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _directories(scans: Iterable[Scan]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(directory for found in scans for directory in found.directories))


def _delta(before: Index, after: Index) -> CatalogDelta:
    old = {entry.path: entry for entry in before.entries}
    new = {entry.path: entry for entry in after.entries}
    added, changed, broken, repaired = [], [], [], []
    for path, entry in new.items():
        was = old.get(path)
        if entry.broken:
            if was is None or was.problems != entry.problems:
                broken.append(entry)
        elif was is None:
            added.append(entry)
        elif was.broken:
            repaired.append(entry)
        elif was != entry:
            changed.append(entry)
    removed = [entry for path, entry in old.items() if path not in new]
    return CatalogDelta(tuple(added), tuple(changed), tuple(removed), tuple(broken), tuple(repaired))
