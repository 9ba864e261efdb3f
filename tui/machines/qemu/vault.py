"""The vault: every stored snapshot, deduplicated, verified on the way out, safe between processes.

Names below the vault's directory, all made of ids only:

    ID.snap         a snapshot
    ID.pack         pages of a deleted snapshot that others still refer to; what nobody needs is punched out
    ID.qcow2        a disk overlay
    ID.tmp          a snapshot being written
    lock            taken shared to read or add, exclusively to delete

A live machine holds a lock on each disk overlay it uses, so that deleting leaves them alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import logging
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import xxhash

from tui.errors import NotFound
from tui.ids import checked_id, is_id
from tui.machines.errors import SnapshotDamaged, SnapshotError
from tui.machines.qemu.deduplication import deduplicated
from tui.machines.qemu.memory import runs
from tui.machines.qemu.pagemap import PAGE
from tui.machines.qemu.snapshot_file import Manifest, PageIndex, SnapshotReader, digests, write_snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tui.machines.protocol import SnapshotLabel

_log = logging.getLogger(__name__)
_BATCH: Final = 16_384
"""Pages moved at a time, 64 MiB."""
_INDEXES_KEPT: Final = 8
_KEEP_SIZE_AND_PUNCH: Final = 0x01 | 0x02


class Vault:
    """All snapshots below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._indexes: OrderedDict[str, tuple[Manifest, PageIndex]] = OrderedDict()

    @contextmanager
    def _locked(self, *, exclusive: bool = False) -> Iterator[None]:
        file = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield
        finally:
            os.close(file)

    def _path(self, id_: str) -> Path:
        return self.directory / f"{checked_id(id_)}.snap"

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Keep deleters out while files are made or opened here."""
        with self._locked():
            yield

    def layer_path(self, id_: str) -> Path:
        """Return where a disk overlay is."""
        return self.directory / f"{checked_id(id_)}.qcow2"

    # Writing

    def add(self, manifest: Manifest, numbers: NDArray[np.uint32], content: NDArray[np.uint8], devices: bytes) -> int:
        """Store a snapshot and return the bytes it added on disk.

        Args:
            manifest: Label, spec and template; sizes, checksums and files are filled in here.
            numbers: Every page that differs from the template, in order.
            content: One row for each of them.
            devices: The device state.

        Raises:
            SnapshotError: the disk is full or cannot be written; nothing was added.
        """
        with self._locked():
            files, index, own = deduplicated(manifest.label.id, numbers, content, self._base(manifest))
            manifest = replace(manifest, files=files, own_pages=len(own))
            chunks = [content[own[at : at + _BATCH]] for at in range(0, len(own), _BATCH)]
            return self._write(manifest, index, chunks, devices)

    def _write(self, manifest: Manifest, index: PageIndex, chunks: list[NDArray[np.uint8]], devices: bytes) -> int:
        """Write a snapshot file and return its length. Called with the lock held."""
        id_ = checked_id(manifest.label.id)
        manifest = replace(
            manifest,
            pages=len(index.number),
            devices_bytes=len(devices),
            devices_digest=xxhash.xxh3_64_intdigest(devices),
            index_digest=xxhash.xxh3_64_intdigest(index.to_bytes()),
        )
        temporary = self.directory / f"{id_}.tmp"
        try:
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                stored = write_snapshot(file, manifest, chunks, devices, index)
                for layer in manifest.disk_layers[-1:]:
                    _flush(self.layer_path(layer))
                temporary.rename(self._path(id_))
                _flush(self.directory)
            finally:
                os.close(file)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            hint = "free some space or delete snapshots" if error.errno == errno.ENOSPC else ""
            raise SnapshotError(
                f"snapshot cannot be stored in {self.directory}: {error.strerror}", hint=hint
            ) from error
        self._remember(manifest, index)
        return stored

    def copy(self, id_: str, label: SnapshotLabel) -> int:
        """Store a snapshot once more under another label, all its pages shared, and return the bytes added on disk.

        Raises:
            NotFound: there is none.
            SnapshotDamaged: it is not whole.
            SnapshotError: the disk is full or cannot be written; nothing was added.
        """
        with self._locked():
            with self.open(id_) as reader:
                manifest, index, devices = reader.manifest, reader.index(), reader.devices()
            used, place = np.unique(index.file, return_inverse=True)
            files = (label.id, *(manifest.files[old] for old in used.tolist()))
            index = index._replace(file=(place.reshape(-1) + 1).astype(np.uint16))
            manifest = replace(manifest, label=label, files=files, own_pages=0)
            return self._write(manifest, index, [], devices)

    def _base(self, manifest: Manifest) -> tuple[Manifest, PageIndex] | None:
        parent = manifest.label.parent_id
        if parent is None:
            return None
        try:
            return self._load_index(parent)
        except (NotFound, SnapshotDamaged) as error:
            _log.warning("snapshot %s is stored whole, its parent cannot be read: %s", manifest.label.id, error)
            return None

    def _remember(self, manifest: Manifest, index: PageIndex) -> None:
        self._indexes[manifest.label.id] = (manifest, index)
        self._indexes.move_to_end(manifest.label.id)
        while len(self._indexes) > _INDEXES_KEPT:
            self._indexes.popitem(last=False)

    # Reading

    def index(self, id_: str) -> tuple[Manifest, PageIndex]:
        """Return what a snapshot says of itself and of its pages.

        Raises:
            NotFound: there is none.
            SnapshotDamaged: it is not whole.
        """
        return self._load_index(id_)

    def _load_index(self, id_: str) -> tuple[Manifest, PageIndex]:
        cached = self._indexes.get(id_)
        if cached is not None and self._path(id_).exists():
            return cached
        with self.open(id_) as reader:
            entry = (reader.manifest, reader.index())
        self._remember(*entry)
        return entry

    def open(self, id_: str) -> SnapshotReader:
        """Open a snapshot.

        Raises:
            NotFound: there is none.
            SnapshotDamaged: it is not whole.
        """
        try:
            return SnapshotReader(self._path(id_))
        except FileNotFoundError as error:
            raise NotFound(f"there is no snapshot {id_} in {self.directory}") from error

    def pages(self, id_: str) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.uint8]]]:
        """Yield every page of a snapshot that differs from the template, verified, in batches of (numbers, contents).

        Raises:
            SnapshotDamaged: a page does not match its checksum, or a file it lies in is gone.
        """
        with self._locked(), contextlib.ExitStack() as stack:
            manifest, index = self._load_index(id_)
            files = [self._open_pages(stack, file_id, id_) for file_id in manifest.files]
            for at in range(0, manifest.pages, _BATCH):
                rows = slice(at, at + _BATCH)
                numbers, slots = index.number[rows], index.slot[rows]
                content = np.empty((len(numbers), PAGE), np.uint8)
                for position, file in enumerate(files):
                    _gather(file, content, slots, np.flatnonzero(index.file[rows] == position))
                wrong = np.flatnonzero(digests(content) != index.digest[rows])
                if len(wrong):
                    raise SnapshotDamaged(
                        f"snapshot {id_} is damaged: {len(wrong)} pages do not match their checksums; "
                        "nothing was restored"
                    )
                yield numbers, content

    def _open_pages(self, stack: contextlib.ExitStack, file_id: str, id_: str) -> int:
        for path in (self._path(file_id), self._path(file_id).with_suffix(".pack")):
            try:
                file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            stack.callback(os.close, file)
            return file
        raise SnapshotDamaged(f"snapshot {id_} is damaged: the pages in {file_id} are gone; nothing was restored")

    def manifests(self) -> Mapping[str, Manifest]:
        """Return the manifests of all whole snapshots; damaged ones are logged and left out."""
        found: dict[str, Manifest] = {}
        for path in sorted(self.directory.glob("*.snap")):
            if not is_id(path.stem):
                continue
            try:
                with SnapshotReader(path) as reader:
                    found[path.stem] = reader.manifest
            except FileNotFoundError:
                continue
            except SnapshotDamaged as error:
                _log.error("%s", error)
        return found

    # Deleting

    def delete(self, ids: set[str]) -> int:
        """Delete snapshots and return the bytes freed. What others need of them stays.

        A snapshot that cannot be read keeps every file, as what it refers to is unknown.
        """
        with self._locked(exclusive=True):
            before = self.used_bytes()
            for id_ in ids:
                with contextlib.suppress(FileNotFoundError):
                    self._path(id_).rename(self._path(id_).with_suffix(".pack"))
                self._indexes.pop(id_, None)
            self._collect()
            return max(0, before - self.used_bytes())

    def clean(self) -> None:
        """Remove what an interrupted process left: files half written, packs and overlays nobody needs."""
        with self._locked(exclusive=True):
            self._collect()

    def _collect(self) -> None:
        for path in self.directory.glob("*.tmp"):
            path.unlink()
        manifests = self.manifests()
        whole = {path.stem for path in self.directory.glob("*.snap")} == set(manifests)
        if not whole:
            return
        layers = {layer for manifest in manifests.values() for layer in manifest.disk_layers}
        for path in self.directory.glob("*.qcow2"):
            if path.stem not in layers:
                _unlink_unless_locked(path)
        packs = {path.stem: path for path in self.directory.glob("*.pack")}
        needed = {file_id for manifest in manifests.values() for file_id in manifest.files}
        for id_, path in packs.items():
            if id_ not in needed:
                path.unlink()
            else:
                self._punch(path, self._slots_needed(id_, manifests))

    def _slots_needed(self, file_id: str, manifests: Mapping[str, Manifest]) -> NDArray[np.uint32]:
        slots = [np.empty(0, np.uint32)]
        for id_, manifest in manifests.items():
            if file_id in manifest.files:
                _, index = self._load_index(id_)
                slots.append(index.slot[index.file == manifest.files.index(file_id)])
        return np.unique(np.concatenate(slots))

    def _punch(self, path: Path, needed: NDArray[np.uint32]) -> None:
        """Give the blocks of a pack that hold no needed page back to the file system, where it can do that."""
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            end = (os.fstat(file).st_size + PAGE - 1) // PAGE
            unneeded = np.setdiff1d(np.arange(end, dtype=np.uint32), needed, assume_unique=True)
            libc = ctypes.CDLL(None, use_errno=True)
            for first, count in runs(unneeded):
                start, length = int(unneeded[first]) * PAGE, count * PAGE
                if libc.fallocate(file, _KEEP_SIZE_AND_PUNCH, ctypes.c_long(start), ctypes.c_long(length)):
                    return
        finally:
            os.close(file)

    def used_bytes(self) -> int:
        """Return the bytes all of it takes on disk."""
        total = 0
        for entry in os.scandir(self.directory):
            with contextlib.suppress(FileNotFoundError):
                total += entry.stat(follow_symlinks=False).st_blocks * 512
        return total


def _gather(file: int, content: NDArray[np.uint8], slots: NDArray[np.uint32], rows: NDArray[np.intp]) -> None:
    """Read the pages of `rows` from a file into their places."""
    if not len(rows):
        return
    order = np.argsort(slots[rows], kind="stable")
    wanted = slots[rows][order]
    unique, inverse = np.unique(wanted, return_inverse=True)
    buffer = np.empty((len(unique), PAGE), np.uint8)
    for first, count in runs(unique):
        got = os.preadv(file, [buffer[first : first + count].data], int(unique[first]) * PAGE)
        if got != count * PAGE:
            buffer[first : first + count] = 0
    content[rows[order]] = buffer[inverse.reshape(-1)]


def _unlink_unless_locked(path: Path) -> None:
    """Remove a file no living process holds a lock on."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        pass
    finally:
        os.close(file)


def _flush(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
