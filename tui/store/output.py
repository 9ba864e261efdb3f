"""The file with everything a run printed, in order, with its stream and time.

After 8 bytes of magic follow frames: time (nanoseconds since the epoch, u64), length (u32), stream (u8), all little
endian, then the bytes as the guest sent them. A frame is appended with one write. Whoever is killed in the middle
leaves at most one torn frame at the end, which readers ignore and `repair` cuts off.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.machines.kinds import Stream
from tui.store.errors import StoreError

INLINE_BYTES: Final = 64 * 1024
"""How much of the output is also kept in the run's record."""
_MAGIC: Final = b"RCOUT\x00\x00\x01"
_FRAME: Final = struct.Struct("<QIB")
LARGEST_FRAME: Final = 1024 * 1024
"""Bytes of one frame; what is longer becomes several."""
_READ: Final = 256 * 1024

BEGINNING: Final = len(_MAGIC)
"""Position of the first frame."""


def stored_size(length: int) -> int:
    """Return by how much the file grows when `length` bytes are appended at once."""
    return length + _FRAME.size * -(-length // LARGEST_FRAME)


@dataclass(frozen=True, slots=True)
class OutputFrame:
    """Some bytes of one stream."""

    at_ns: int
    stream: Stream
    data: bytes


class OutputWriter:
    """Appends to the output of one run."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self.path = path
        self.position = BEGINNING
        """Where the next frame will begin."""
        self.data_bytes = 0
        self._limit = limit_bytes
        self._head = bytearray()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                self._write(_MAGIC, 0)
            except BaseException:
                os.close(self._file)
                raise
        except OSError as error:
            raise _unwritable(path, error) from error

    @property
    def head(self) -> bytes:
        """The first bytes, of all streams as they came."""
        return bytes(self._head)

    def append(self, stream: Stream, data: bytes, at_ns: int) -> None:
        """Add what a guest printed.

        Raises:
            StoreError: the disk is full, or the run has printed more than it may; nothing of `data` was added.
        """
        for start in range(0, len(data), LARGEST_FRAME):
            part = data[start : start + LARGEST_FRAME]
            if self.data_bytes + len(part) > self._limit:
                raise StoreError(
                    f"the run printed more than {self._limit // 1024 // 1024} MiB",
                    hint="send large output to a file, or raise runs.max_output_mb",
                )
            frame = _FRAME.pack(at_ns, len(part), stream) + part
            try:
                self._write(frame, self.position)
            except OSError as error:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, self.position)
                raise _unwritable(self.path, error) from error
            self.position += len(frame)
            self.data_bytes += len(part)
            if (room := INLINE_BYTES - len(self._head)) > 0:
                self._head += part[:room]

    def _write(self, data: bytes, position: int) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file, view, position)
            position += written
            view = view[written:]

    def sync(self) -> None:
        """Make sure that a power cut does not lose what was added.

        Raises:
            StoreError: the disk would not take it.
        """
        try:
            os.fdatasync(self._file)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def close(self) -> None:
        """Close the file. May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _unwritable(path: Path, error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"the disk is full: the output in {path} ends early", hint="free some space")
    return StoreError(f"the output file {path} cannot be written: {error.strerror}")


class OutputReader:
    """Reads the output of a run, also while it grows."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise StoreError(f"the output {path} cannot be read: {error.strerror}") from error

    def read(self, position: int, end: int | None = None) -> tuple[list[OutputFrame], int]:
        """Return some frames from `position` on, up to `end`, and where to go on; none at the end of the file."""
        wanted = _READ if end is None else min(_READ, end - position)
        block = os.pread(self._file, wanted, position)
        frames: list[OutputFrame] = []
        at = 0
        while at + _FRAME.size <= len(block):
            at_ns, length, stream = _FRAME.unpack_from(block, at)
            if length > LARGEST_FRAME or stream not in (Stream.STDOUT, Stream.STDERR):
                break  # damaged: what follows cannot be told apart any more
            data = block[at + _FRAME.size : at + _FRAME.size + length]
            if len(data) < length:
                if frames:
                    break
                data += os.pread(self._file, length - len(data), position + len(block))
                if len(data) < length:
                    break
            frames.append(OutputFrame(at_ns, Stream(stream), data))
            at += _FRAME.size + length
        return frames, position + at

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def read_output(path: Path) -> Iterator[OutputFrame]:
    """Yield everything a run printed.

    Raises:
        StoreError: there is no such file.
    """
    reader = OutputReader(path)
    try:
        position = BEGINNING
        while True:
            frames, position = reader.read(position)
            if not frames:
                return
            yield from frames
    finally:
        reader.close()


def repair(path: Path) -> tuple[int, bytes]:
    """Cut a torn frame off the end; return the number of bytes printed and the first of them.

    A missing file is an output of nothing.
    """
    if not path.exists():
        return 0, b""
    total, head, end = 0, bytearray(), BEGINNING
    reader = OutputReader(path)
    try:
        while True:
            frames, after = reader.read(end)
            if not frames:
                break
            end = after
            for frame in frames:
                total += len(frame.data)
                head += frame.data[: INLINE_BYTES - len(head)]
    finally:
        reader.close()
    with contextlib.suppress(OSError):
        if path.stat().st_size > end:
            os.truncate(path, end)
    return total, bytes(head)
