"""Looking into the snapshots of the fake backend, which are directories."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from tui.machines.errors import GuestRefused
from tui.machines.inspection import Contents, FileFacts, FileKind, ProcessFacts

_KINDS = {stat.S_IFREG: FileKind.FILE, stat.S_IFDIR: FileKind.DIRECTORY, stat.S_IFLNK: FileKind.SYMLINK}


class FakeInspection:
    """A directory that is the root of a machine. `processes` are those a test says there are."""

    def __init__(self, root: Path, processes: tuple[ProcessFacts, ...]) -> None:
        self._root = root
        self._processes = processes
        self.asked: list[str] = []
        self.discarded = False

    async def contents(self) -> Contents:
        self.asked.append("contents")
        found = {}
        for path in sorted(self._root.rglob("*")):
            status = path.lstat()
            kind = _KINDS[stat.S_IFMT(status.st_mode)]
            found[f"/{path.relative_to(self._root)}"] = FileFacts(
                kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid,
                size=status.st_size if kind is FileKind.FILE else None, modified_ns=status.st_mtime_ns,
                target=str(path.readlink()) if kind is FileKind.SYMLINK else "",
                stamp=(status.st_ino, status.st_ctime_ns),
            )  # fmt: skip
        return Contents(found, {}, processes=self._processes)

    async def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        self.asked.append("digests")
        files = {path: self._root / path[1:] for path in paths}
        return {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in files.items() if file.is_file()}

    async def read(self, path: str, limit: int) -> bytes:
        self.asked.append("read")
        try:
            return (self._root / path[1:]).read_bytes()[:limit]
        except OSError as error:
            raise GuestRefused(str(error)) from error

    async def discard(self) -> None:
        self.discarded = True
