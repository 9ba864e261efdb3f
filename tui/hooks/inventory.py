"""What there is below some paths, counted before anything is copied."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any


class Kind(StrEnum):
    """What a path is."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"


class TooMuch(Exception):
    """There is more than may be backed up, in words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One path as it was."""

    path: str
    """Absolute. Bytes that are no UTF-8 are surrogates, as Python reads them."""
    kind: Kind
    mode: int
    """Permission bits."""
    uid: int
    gid: int
    mtime_ns: int
    size: int = 0
    """Of a file, bytes."""
    sha256: str = ""
    """Of a file's content, once it is saved."""
    target: str = ""
    """Of a link."""

    @property
    def place(self) -> Path:
        """The path."""
        return Path(self.path)

    def with_content(self, sha256: str, size: int) -> Entry:
        """Return the entry of a file whose content was read."""
        return replace(self, sha256=sha256, size=size)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        """Rebuild an entry from a manifest."""
        return cls(**{**data, "kind": Kind(data["kind"])})

    @classmethod
    def of(cls, path: Path) -> Entry | None:
        """Return what is at a path; None for nothing, and for what has no content: sockets, pipes, devices."""
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        mode, kind, size, target = stat.S_IMODE(found.st_mode), None, 0, ""
        if stat.S_ISREG(found.st_mode):
            kind, size = Kind.FILE, found.st_size
        elif stat.S_ISDIR(found.st_mode):
            kind = Kind.DIRECTORY
        elif stat.S_ISLNK(found.st_mode):
            kind, target = Kind.LINK, str(path.readlink())
        if kind is None:
            return None
        return cls(str(path), kind, mode, found.st_uid, found.st_gid, found.st_mtime_ns, size, target=target)


@dataclass(frozen=True, slots=True)
class Inventory:
    """Paths with everything below them; a directory comes before what is in it."""

    entries: tuple[Entry, ...]
    missing: tuple[str, ...] = ()
    """What is there and cannot be copied, in words."""

    @classmethod
    def take(cls, roots: Sequence[Path], *, max_bytes: int, max_files: int) -> Inventory:
        """List everything below `roots`. Links are not followed, other file systems are not entered.

        Raises:
            TooMuch: as soon as one of the limits is exceeded, so that `rm -rf /` is not counted to its end.
        """
        entries: list[Entry] = []
        missing: list[str] = []
        size = 0
        for entry, problem in (found for root in roots for found in _below(root)):
            if problem:
                missing.append(problem)
            if entry is None:
                continue
            entries.append(entry)
            size += entry.size
            if len(entries) > max_files:
                raise TooMuch(f"more than {max_files} files")
            if size > max_bytes:
                raise TooMuch(f"more than {max_bytes // 1024**2} MiB")
        return cls(tuple(entries), tuple(missing))


def _below(root: Path) -> Iterator[tuple[Entry | None, str]]:
    """Yield every entry from `root` on, and in words what cannot be one."""
    top = Entry.of(root)
    if top is None:
        if os.path.lexists(root):
            yield None, f"{root} is no file, directory or link"
        return
    device = root.lstat().st_dev
    waiting = [top]
    while waiting:
        entry = waiting.pop()
        yield entry, ""
        if entry.kind is not Kind.DIRECTORY:
            continue
        if entry.place.lstat().st_dev != device:
            yield None, f"{entry.path} is another file system"
            continue
        try:
            inside = sorted(entry.place.iterdir(), reverse=True)
        except OSError as error:
            yield None, f"{entry.path}: {error.strerror}"
            continue
        for path in inside:
            if (found := Entry.of(path)) is not None:
                waiting.append(found)
            elif os.path.lexists(path):
                yield None, f"{path} is no file, directory or link"
