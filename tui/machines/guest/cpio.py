"""Writes cpio archives in the `newc` format, which the kernel unpacks as its initial root file system.

The format is described in Linux, Documentation/driver-api/early-userspace/buffer-format.rst. Several archives may
follow one another in one file. Output depends on the entries only: times are zero, owners are root, order is by name.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from typing import Final, NamedTuple

_TRAILER: Final = "TRAILER!!!"


class Entry(NamedTuple):
    """A file, directory or symbolic link. `mode` includes the type; a link's `data` is its target."""

    path: str
    mode: int
    data: bytes = b""


def directory(path: str, mode: int = 0o755) -> Entry:
    """Return a directory."""
    return Entry(path, stat.S_IFDIR | mode)


def file(path: str, data: bytes, mode: int = 0o644) -> Entry:
    """Return a regular file."""
    return Entry(path, stat.S_IFREG | mode, data)


def symlink(path: str, target: str) -> Entry:
    """Return a symbolic link."""
    return Entry(path, stat.S_IFLNK | 0o777, target.encode())


def archive(entries: Iterable[Entry]) -> bytes:
    """Return an archive of `entries` and of the directories above them.

    Raises:
        ValueError: a path is absolute, climbs, or occurs twice.
    """
    by_path: dict[str, Entry] = {}
    for entry in entries:
        parts = entry.path.split("/")
        if not all(parts) or {".", ".."} & set(parts) or entry.path == _TRAILER:
            raise ValueError(f"not a plain relative path: {entry.path!r}")
        if entry.path in by_path:
            raise ValueError(f"twice in one archive: {entry.path!r}")
        by_path[entry.path] = entry
    for path in list(by_path):
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            above = "/".join(parts[:depth])
            by_path.setdefault(above, directory(above))
    out = bytearray()
    # Sorted by components, a directory precedes what it holds.
    for number, path in enumerate(sorted(by_path, key=lambda path: path.split("/")), start=1):
        _append(out, by_path[path], number)
    _append(out, Entry(_TRAILER, 0), 0)
    return bytes(out)


def _append(out: bytearray, entry: Entry, inode: int) -> None:
    name = entry.path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (inode, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, 0, 0, len(name), 0)
    out += b"070701" + b"".join(b"%08X" % field for field in fields) + name
    out += bytes(-len(out) % 4)
    out += entry.data
    out += bytes(-len(out) % 4)
