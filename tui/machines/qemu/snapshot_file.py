"""The snapshot file: one self-describing, checksummed file per snapshot, holding only what its parents do not.

    pages       4096 bytes each, only those no referenced file holds already
    devices     the state QEMU saved
    index       of every page that differs from the template: number u32[], file u16[], slot u32[], xxh3 u64[]
    manifest    JSON: label, machine spec, template key, referenced files, sizes and checksums
    footer      magic, offset and length of the manifest, its xxh3, length of the file

The index is complete, so a restore never walks a chain of parents. A file is written under a temporary name, flushed to
the disk and renamed, so a crash at any byte leaves either a whole snapshot or none.
"""

from __future__ import annotations

import json
import os
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import xxhash

from tui.ids import is_id
from tui.machines.errors import SnapshotDamaged
from tui.machines.model import MachineSpec
from tui.machines.protocol import SnapshotLabel
from tui.machines.qemu.pagemap import PAGE

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT: Final = 1
_MAGIC: Final = b"RCSNAP\x00\x01"
_FOOTER: Final = struct.Struct("<8sQQQQ")
_MAX_MANIFEST: Final = 4 << 20
_INDEX_ENTRY_BYTES: Final = 4 + 2 + 4 + 8


class PageIndex(NamedTuple):
    """Where the content of each changed page is. Rows are in order of page number."""

    number: NDArray[np.uint32]
    file: NDArray[np.uint16]
    """Position in the manifest's list of files."""
    slot: NDArray[np.uint32]
    """Page-sized place within that file."""
    digest: NDArray[np.uint64]

    def to_bytes(self) -> bytes:
        """Return the columns one after the other."""
        return b"".join(column.tobytes() for column in self)

    @classmethod
    def from_bytes(cls, data: bytes, count: int) -> PageIndex:
        """Rebuild an index of `count` rows."""
        return cls(
            np.frombuffer(data, np.uint32, count, 0),
            np.frombuffer(data, np.uint16, count, 4 * count),
            np.frombuffer(data, np.uint32, count, 6 * count),
            np.frombuffer(data, np.uint64, count, 10 * count),
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot file says of itself."""

    label: SnapshotLabel
    spec: MachineSpec
    template: str
    """Key of the template whose clones this state fits."""
    files: tuple[str, ...]
    """Ids of the snapshot files that hold pages; this file's own id is the first."""
    pages: int
    """Rows of the index."""
    own_pages: int
    devices_bytes: int
    devices_digest: int
    index_digest: int
    quiesced: bool
    """Whether the agent stood at a frame boundary."""
    generation: int
    disk_layers: tuple[str, ...] = ()
    """Disk overlays from the lowest to the one frozen with this snapshot."""
    template_build: int = 0
    """`Template.build` of the very template whose pages it leaves out; 0 in snapshots that do not say."""

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as plain data."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Manifest:
        """Rebuild and check a manifest.

        Raises:
            ValueError, KeyError, TypeError: it is not one.
        """
        if data.pop("format") != FORMAT:
            raise ValueError("written in another format")
        label = SnapshotLabel(**data.pop("label"))
        spec = MachineSpec.from_json(data.pop("spec"))
        manifest = cls(
            label=label,
            spec=spec,
            files=tuple(data.pop("files")),
            disk_layers=tuple(data.pop("disk_layers")),
            **data,
        )
        if not all(is_id(id_) for id_ in (label.id, *manifest.files, *manifest.disk_layers)):
            raise ValueError("names something that is not an id")
        return manifest


def digests(content: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the xxh3-64 of each row of pages."""
    if not len(content):
        return np.empty(0, np.uint64)
    view = np.ascontiguousarray(content).data.cast("B")
    digest = xxhash.xxh3_64_intdigest
    return np.fromiter(
        (digest(view[at : at + PAGE]) for at in range(0, len(view), PAGE)), np.uint64, count=len(content)
    )


def write_snapshot(
    file: int, manifest: Manifest, pages: list[NDArray[np.uint8]], devices: bytes, index: PageIndex
) -> int:
    """Write a whole snapshot to an open, empty file, flush it to the disk and return its length."""
    manifest_bytes = json.dumps(manifest.to_json()).encode()
    index_bytes = index.to_bytes()
    offset = manifest.own_pages * PAGE + len(devices) + len(index_bytes)
    total = offset + len(manifest_bytes) + _FOOTER.size
    footer = _FOOTER.pack(_MAGIC, offset, len(manifest_bytes), xxhash.xxh3_64_intdigest(manifest_bytes), total)
    parts = [chunk.data.cast("B") for chunk in pages if len(chunk)]
    parts += [memoryview(part) for part in (devices, index_bytes, manifest_bytes, footer)]
    for part in parts:
        view = part
        while view:
            view = view[os.write(file, view) :]
    os.fsync(file)
    return total


class SnapshotReader:
    """An open snapshot file."""

    def __init__(self, path: Path) -> None:
        """Open and check footer and manifest.

        Raises:
            FileNotFoundError: there is no such file.
            SnapshotDamaged: it is not a whole snapshot.
        """
        self._path = path
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.manifest = self._read_manifest()
        except BaseException:
            os.close(self._file)
            raise

    def _read_manifest(self) -> Manifest:
        size = os.fstat(self._file).st_size
        footer = os.pread(self._file, _FOOTER.size, max(0, size - _FOOTER.size))
        if len(footer) != _FOOTER.size:
            raise self._damaged("it is cut short")
        magic, offset, length, digest, total = _FOOTER.unpack(footer)
        if magic != _MAGIC or total != size or length > _MAX_MANIFEST or offset + length + _FOOTER.size != size:
            raise self._damaged("its footer is wrong")
        raw = os.pread(self._file, length, offset)
        if xxhash.xxh3_64_intdigest(raw) != digest:
            raise self._damaged("its manifest does not match its checksum")
        try:
            manifest = Manifest.from_json(json.loads(raw))
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(f"its manifest cannot be read: {error}") from error
        if manifest.own_pages * PAGE + manifest.devices_bytes + manifest.pages * _INDEX_ENTRY_BYTES != offset:
            raise self._damaged("its parts do not add up")
        return manifest

    def _damaged(self, why: str) -> SnapshotDamaged:
        return SnapshotDamaged(f"snapshot {self._path.stem} is damaged: {why}; nothing was restored")

    def devices(self) -> bytes:
        """Return the device state, verified."""
        data = os.pread(self._file, self.manifest.devices_bytes, self.manifest.own_pages * PAGE)
        if xxhash.xxh3_64_intdigest(data) != self.manifest.devices_digest:
            raise self._damaged("its device state does not match its checksum")
        return data

    def index(self) -> PageIndex:
        """Return the page index, verified."""
        manifest = self.manifest
        offset = manifest.own_pages * PAGE + manifest.devices_bytes
        data = os.pread(self._file, manifest.pages * _INDEX_ENTRY_BYTES, offset)
        if xxhash.xxh3_64_intdigest(data) != manifest.index_digest:
            raise self._damaged("its page index does not match its checksum")
        return PageIndex.from_bytes(data, manifest.pages)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> SnapshotReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
