"""Takes the uncompressed kernel out of a bzImage, so that QEMU can start it directly.

QEMU's PVH loader enters an ELF kernel in 32-bit mode through the address in its Xen `PHYS32_ENTRY` note and skips
firmware and self-extraction (QEMU, `hw/i386/x86.c`; Linux, Documentation/arch/x86/boot.rst for the bzImage header).
The LZ4 and Zstandard payloads are decoded by the libraries that squashfs-tools itself links against.
"""

from __future__ import annotations

import bz2
import ctypes
import lzma
import struct
import zlib
from typing import Final

from tui.errors import HostNotReady

_HEADER_MAGIC: Final = b"HdrS"
_MAX_SIZE: Final = 512 << 20
"""No kernel is larger; a header that claims more is damaged."""
_XEN_PHYS32_ENTRY: Final = 18
_PT_NOTE: Final = 4
_HINT: Final = "run `rollcage setup` again; if it stays so, the mirror delivers a kernel that cannot be used here"


class UnreadableKernel(HostNotReady):
    """The guest's kernel is not a bzImage with a payload that can be started."""

    def __init__(self, what: str) -> None:
        super().__init__(f"unreadable kernel: {what}", hint=_HINT)


def unpack_kernel(image: bytes) -> bytes:
    """Return the ELF kernel inside a bzImage; an ELF kernel is returned as it is.

    Raises:
        UnreadableKernel: it is damaged, compressed in an unknown way, or has no PVH entry.
    """
    elf = image if image.startswith(b"\x7fELF") else _decompress(_payload(image))
    if not elf.startswith(b"\x7fELF"):
        raise UnreadableKernel("what was unpacked is not an ELF file")
    if not has_pvh_entry(elf):
        raise UnreadableKernel("it has no PVH entry (CONFIG_PVH)")
    return elf


def _payload(image: bytes) -> bytes:
    if len(image) < 0x250 or image[0x202:0x206] != _HEADER_MAGIC:
        raise UnreadableKernel("it is not a bzImage")
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = image[start : start + length]
    if len(payload) != length or length < 16:
        raise UnreadableKernel("it is cut short")
    return payload


def _decompress(payload: bytes) -> bytes:
    # The build appends the uncompressed size to every payload; gzip's own trailer is the same number.
    (size,) = struct.unpack_from("<I", payload, len(payload) - 4)
    if not 0 < size <= _MAX_SIZE:
        raise UnreadableKernel(f"it claims to unpack to {size} bytes")
    try:
        if payload.startswith(b"\x02\x21\x4c\x18"):
            return _lz4_legacy(payload[4:-4], size)
        if payload.startswith(b"\x28\xb5\x2f\xfd"):
            return _zstd(payload[:-4], size)
        if payload.startswith(b"\x1f\x8b"):
            return zlib.decompressobj(wbits=31).decompress(payload, _MAX_SIZE)
        if payload.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
            return lzma.LZMADecompressor().decompress(payload, _MAX_SIZE)
        if payload.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(payload, _MAX_SIZE)
    except (zlib.error, lzma.LZMAError, OSError, ValueError, struct.error) as error:
        raise UnreadableKernel(f"its payload does not unpack ({error})") from error
    raise UnreadableKernel(f"its payload is compressed in an unknown way ({payload[:6].hex()})")


def _library(name: str, package: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        raise HostNotReady(f"{name} is missing", hint=f"apt-get install {package}") from error


def _lz4_legacy(blocks: bytes, size: int) -> bytes:
    """Decode LZ4's legacy frame: blocks of at most 8 MiB, each preceded by its compressed length."""
    decode = _library("liblz4.so.1", "liblz4-1").LZ4_decompress_safe
    decode.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
    scratch = ctypes.create_string_buffer(8 << 20)
    out = bytearray()
    at = 0
    while at < len(blocks):
        (length,) = struct.unpack_from("<I", blocks, at)
        at += 4
        if length > len(blocks) - at:
            raise ValueError("a block is longer than the payload")
        written = decode(blocks[at : at + length], scratch, length, len(scratch))
        if written < 0:
            raise ValueError("a block is damaged")
        at += length
        out += memoryview(scratch)[:written]
    if len(out) != size:
        raise ValueError(f"{len(out)} bytes instead of {size}")
    return bytes(out)


def _zstd(frame: bytes, size: int) -> bytes:
    decode = _library("libzstd.so.1", "libzstd1").ZSTD_decompress
    decode.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    decode.restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(size)
    written = decode(out, size, frame, len(frame))
    # An error is reported as a number near SIZE_MAX, so it never equals the size.
    if written != size:
        raise ValueError("the frame is damaged")
    return out.raw


def has_pvh_entry(elf: bytes) -> bool:
    """Say whether a 64-bit little-endian ELF file carries the note through which PVH loaders enter it."""
    try:
        if elf[4] != 2 or elf[5] != 1:
            return False
        (offset,) = struct.unpack_from("<Q", elf, 32)
        entry_size, count = struct.unpack_from("<HH", elf, 54)
        for index in range(count):
            header = offset + index * entry_size
            (kind,) = struct.unpack_from("<I", elf, header)
            start, _, _, length = struct.unpack_from("<QQQQ", elf, header + 8)
            if kind == _PT_NOTE and _holds_entry_note(elf[start : start + length]):
                return True
    except (struct.error, IndexError):
        return False
    return False


def _holds_entry_note(notes: bytes) -> bool:
    at = 0
    while at + 12 <= len(notes):
        name_size, value_size, kind = struct.unpack_from("<III", notes, at)
        name = notes[at + 12 : at + 12 + name_size].rstrip(b"\0")
        if name == b"Xen" and kind == _XEN_PHYS32_ENTRY:
            return True
        at += 12 + (name_size + 3 & ~3) + (value_size + 3 & ~3)
    return False
