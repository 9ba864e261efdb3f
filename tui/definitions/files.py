"""Files below directories, read once and again when they change: the base of the catalogs."""

from __future__ import annotations

import hashlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

from tui.definitions.claims import Delta, Named, NamedFile, ParsedFile, Source, delta
from tui.definitions.contents import contents
from tui.definitions.kinds import Scope
from tui.definitions.problems import Problem, Severity, in_order
from tui.definitions.scan import Found, Scan, scan

_RACY_NANOSECONDS: Final = 2_000_000_000
"""A file changed this shortly before it was read may change again without its time changing (git calls it racy)."""

Content = TypeVar("Content")
Named_co = TypeVar("Named_co", bound=NamedFile[Any], covariant=True)


class Indexed(Protocol[Named_co]):
    """All entries at one moment."""

    @property
    def entries(self) -> tuple[Named_co, ...]:
        """One per name, and one more per file that lost its name."""
        ...

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem of every file."""
        ...


Index = TypeVar("Index", bound=Indexed[Any])


@dataclass(frozen=True, slots=True)
class _File(Generic[Content]):
    source: Source[Content]
    signature: tuple[int, ...]
    digest: bytes
    read_at: int


class FileCatalog(ABC, Generic[Content, Named, Index]):
    """What the files below some directories hold; a nearer scope shadows a farther one.

    `index` is immutable and replaced as a whole, so it may be read from any thread while another refreshes.
    """

    def __init__(self, roots: Iterable[tuple[Scope, Path]]) -> None:
        order = list(Scope)
        self.roots = tuple(sorted(((s, p.absolute()) for s, p in roots), key=lambda root: order.index(root[0])))
        self.index: Index = self._build((), ())
        self.directories: tuple[Path, ...] = ()
        """The directories whose changes matter, as of the last refresh."""
        self._files: dict[Path, _File[Content]] = {}
        self._lock = threading.Lock()

    @abstractmethod
    def _parse(self, data: bytes, path: Path, scope: Scope) -> ParsedFile[Content]:
        """Read what a file holds; nothing is raised."""

    @abstractmethod
    def _build(self, sources: Iterable[Source[Content]], problems: Iterable[Problem]) -> Index:
        """Decide which file has which name. `problems` are those of directories."""

    def refresh(self, changed: Collection[Path] = ()) -> Delta[Named]:
        """Bring the index up to date. Files in `changed` are read even if they look the same."""
        with self._lock:
            entered: set[tuple[int, int]] = set()
            scans = [(scope, scan(root, entered)) for scope, root in self.roots]
            forced = frozenset(changed)
            problems: list[Problem] = [problem for _, found in scans for problem in found.problems]
            files: dict[Path, _File[Content]] = {}
            for scope, found in scans:
                for file in found.files:
                    # A link outside the tree may point at a file that is reached directly too.
                    if file.path not in files and (read := self._read(file, scope, forced, problems)) is not None:
                        files[file.path] = read
            before, self._files = self.index, files
            self.index = self._build([file.source for file in files.values()], problems)
            self.directories = _directories(found for _, found in scans)
            return delta(before.entries, self.index.entries)

    def check_path(self, path: Path) -> tuple[Problem, ...]:
        """Return every problem of one file, or of this catalog if its root is a directory."""
        if path.is_dir():
            self.refresh()
            return self.index.problems
        try:
            data = contents(path)
        except OSError as error:
            return (_unreadable(path, error),)
        return in_order(self._parse(data, path, self.roots[0][0]).problems)

    def _read(
        self, found: Found, scope: Scope, forced: Collection[Path], problems: list[Problem]
    ) -> _File[Content] | None:
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
            problem = _unreadable(found.path, error)
            if known is None:
                problems.append(problem)
                return None
            parsed = ParsedFile[Content](None, known.source.parsed.name, (problem,))
            return _File(replace(known.source, parsed=parsed), (), b"", now)
        digest = hashlib.sha256(data).digest()
        if known is not None and known.digest == digest:
            return replace(known, signature=signature, read_at=now)
        parsed = self._parse(data, found.path, scope)
        last_good = parsed.content or (known.source.last_good if known else None)
        return _File(Source(found.path, scope, parsed, last_good), signature, digest, now)


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(str(path), 1, None, Severity.ERROR, f"cannot be read: {error.strerror}")


def _directories(scans: Iterable[Scan]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(directory for found in scans for directory in found.directories))
