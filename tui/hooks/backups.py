"""Copies of files that are about to be destroyed: contents by their hash, and one manifest per backup.

`objects/ab/abcd…` holds a content once, whatever files had it; `manifests/ID.json` says which paths had which content,
rights and times. A manifest is written last, so a backup that has one is complete. Nothing is ever changed in place.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tui.errors import NotFound, RollcageError
from tui.hooks.inventory import Entry, Inventory, Kind
from tui.ids import is_id, new_id, time_of

_CHUNK: Final = 1024 * 1024


class BackupError(RollcageError):
    """A backup could not be made or read."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What one backup holds."""

    id: str
    entries: tuple[Entry, ...]
    about: Mapping[str, str] = field(default_factory=dict)
    """What it was made for: `run`, `title`, …"""
    missing: tuple[str, ...] = ()
    """What could not be backed up, in words."""

    @property
    def at(self) -> datetime:
        """When it was made, UTC."""
        return time_of(self.id)

    @property
    def files(self) -> int:
        """Regular files in it."""
        return sum(entry.kind is Kind.FILE for entry in self.entries)

    @property
    def size(self) -> int:
        """Bytes of all files, equal contents counted each time."""
        return sum(entry.size for entry in self.entries)


class Backups:
    """All backups below a directory. Any number of processes may use it at once."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._objects = directory / "objects"
        self._manifests = directory / "manifests"

    def save(self, inventory: Inventory, about: Mapping[str, str]) -> Backup:
        """Copy everything an inventory lists, and return the backup.

        Raises:
            BackupError: something could not be read or written; then there is no backup.
        """
        try:
            with self._locked(exclusive=False):
                entries = [self._stored(entry) for entry in inventory.entries]
                backup = Backup(new_id(), tuple(entries), dict(about), inventory.missing)
                data = {
                    "version": 1,
                    "about": backup.about,
                    "missing": backup.missing,
                    "entries": [asdict(entry) for entry in entries],
                }
                # ASCII escapes keep names that are no UTF-8, as the surrogates Python reads them as.
                self._write(self._manifests / f"{backup.id}.json", json.dumps(data, indent=1).encode())
        except OSError as error:
            raise BackupError(f"cannot back up {error.filename or ''}: {error.strerror or error}") from None
        return backup

    def all(self) -> tuple[Backup, ...]:
        """Return all backups that can be read, the newest first."""
        found = []
        for id_ in self._ids():
            with contextlib.suppress(BackupError, NotFound):
                found.append(self._read(id_))
        return tuple(found)

    def find(self, beginning: str) -> Backup:
        """Return the backup whose id begins so.

        Raises:
            NotFound: there is none, or more than one.
        """
        ids = [id_ for id_ in self._ids() if id_.startswith(beginning.upper())]
        if len(ids) != 1 or not beginning:
            what = "more than one backup begins" if len(ids) > 1 else "no backup begins"
            raise NotFound(f"{what} with {beginning!r}", hint="`rollcage hooks restore-backup --list` shows all")
        return self._read(ids[0])

    def content(self, entry: Entry) -> Iterator[bytes]:
        """Yield the content of a file in pieces.

        Raises:
            BackupError: it is lost, or no longer what was saved. The last piece is only yielded if all of it is right.
        """
        digest = hashlib.sha256()
        try:
            with self._object(entry.sha256).open("rb") as stream:
                held = b""
                while piece := stream.read(_CHUNK):
                    digest.update(piece)
                    if held:
                        yield held
                    held = piece
        except OSError as error:
            raise BackupError(f"the saved content of {entry.path} cannot be read: {error.strerror}") from None
        if digest.hexdigest() != entry.sha256:
            raise BackupError(f"the saved content of {entry.path} is damaged")
        yield held

    def prune(self, keep_bytes: int) -> int:
        """Delete the oldest backups until the contents of the others fit, but never the newest; return bytes freed.

        Contents that no manifest names any more go too, as after a process was killed.
        """
        with self._locked(exclusive=True):
            kept: dict[str, int] = {}
            for number, backup in enumerate(self.all()):
                contents = {entry.sha256: entry.size for entry in backup.entries if entry.kind is Kind.FILE}
                if number and sum((kept | contents).values()) > keep_bytes:
                    (self._manifests / f"{backup.id}.json").unlink(missing_ok=True)
                else:
                    kept |= contents
            return self._sweep(frozenset(kept))

    def _sweep(self, kept: frozenset[str]) -> int:
        freed = 0
        # Nobody writes now, so what is called new- was left by a process that was killed.
        for file in [*self._objects.glob("*/*"), *self._objects.glob("new-*")]:
            if file.name not in kept:
                freed += file.stat().st_size
                file.unlink()
        return freed

    # --- one content, one manifest ------------------------------------------------------------------------------------

    def _stored(self, entry: Entry) -> Entry:
        if entry.kind is not Kind.FILE:
            return entry
        digest = hashlib.sha256()
        size = 0
        # O_NONBLOCK: should a pipe be there by now, opening it must not wait for a writer.
        descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as source, self._scratch() as (scratch, target):  # noqa: PTH123  # a descriptor
            # No more than was counted, or a file that grows would never end.
            while size < entry.size and (piece := source.read(min(_CHUNK, entry.size - size))):
                digest.update(piece)
                target.write(piece)
                size += len(piece)
            target.flush()
            os.fsync(target.fileno())
            object_ = self._object(digest.hexdigest())
            if not object_.exists():
                object_.parent.mkdir(mode=0o700, exist_ok=True)
                scratch.replace(object_)
                _sync_directory(object_.parent)
        return entry.with_content(digest.hexdigest(), size)

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[tuple[Path, Any]]:
        self._objects.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._objects, prefix="new-", delete=False) as stream:
            path = Path(stream.name)
            try:
                yield path, stream
            finally:
                path.unlink(missing_ok=True)

    def _object(self, digest: str) -> Path:
        if len(digest) != 64 or not digest.isalnum():
            raise BackupError(f"not a hash: {digest!r}")
        return self._objects / digest[:2] / digest

    def _write(self, file: Path, data: bytes) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._scratch() as (scratch, stream):
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            scratch.replace(file)
        _sync_directory(file.parent)

    def _ids(self) -> list[str]:
        names = [file.stem for file in self._manifests.glob("*.json")] if self._manifests.is_dir() else []
        return sorted(filter(is_id, names), reverse=True)

    def _read(self, id_: str) -> Backup:
        try:
            data = json.loads((self._manifests / f"{id_}.json").read_bytes())
            entries = tuple(Entry.from_json(entry) for entry in data["entries"])
            return Backup(id_, entries, data["about"], tuple(data["missing"]))
        except FileNotFoundError:
            raise NotFound(f"there is no backup {id_}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BackupError(f"the manifest of backup {id_} cannot be read: {error}") from None

    @contextlib.contextmanager
    def _locked(self, *, exclusive: bool) -> Iterator[None]:
        """Keep contents that are being saved from being pruned before their manifest names them."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.directory / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def real_path(path: Path) -> Path:
    """Return a path whose directory is free of links, while the path itself may be one."""
    return Path(os.path.realpath(path.parent)) / path.name if path.name else path


def without_nested(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the paths without those that lie below another one."""
    kept: list[Path] = []
    for path in sorted(set(paths)):
        if not kept or not path.is_relative_to(kept[-1]):
            kept.append(path)
    return tuple(kept)
