"""Taking the kernel out of what a distribution ships."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import struct
import subprocess

import pytest

from tests.unit.guest.conftest import bz_image, elf_kernel
from tui.errors import HostNotReady
from tui.machines.guest.kernel import UnreadableKernel, has_pvh_entry, unpack_kernel

KERNEL = elf_kernel()


def filtered(program: list[str], data: bytes) -> bytes:
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    return subprocess.run(program, input=data, capture_output=True, check=True).stdout


def with_size(payload: bytes) -> bytes:
    """The kernel's build appends the uncompressed size (scripts/Makefile.lib)."""
    return payload + struct.pack("<I", len(KERNEL))


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(lambda data: with_size(filtered(["lz4", "-l", "-c"], data)), id="lz4"),
        pytest.param(lambda data: with_size(filtered(["zstd", "-19", "-c"], data)), id="zstd"),
        pytest.param(lambda data: with_size(lzma.compress(data, check=lzma.CHECK_CRC32)), id="xz"),
        pytest.param(lambda data: with_size(lzma.compress(data, format=lzma.FORMAT_ALONE)), id="lzma"),
        pytest.param(lambda data: with_size(bz2.compress(data)), id="bzip2"),
        pytest.param(lambda data: gzip.compress(data), id="gzip"),
    ],
)
def test_every_compression_a_kernel_is_built_with_is_unpacked(pack: object) -> None:
    assert callable(pack)
    assert unpack_kernel(bz_image(pack(KERNEL))) == KERNEL


def test_an_uncompressed_kernel_is_taken_as_it_is() -> None:
    assert unpack_kernel(KERNEL) == KERNEL


def test_several_lz4_blocks_are_joined() -> None:
    large = elf_kernel() + bytes(9 << 20)
    payload = filtered(["lz4", "-l", "-c"], large) + struct.pack("<I", len(large))
    assert unpack_kernel(bz_image(payload)) == large


def damaged(payload: bytes) -> bytes:
    middle = len(payload) // 2
    return payload[: middle - 8] + bytes(16) + payload[middle + 8 :]


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (b"", "not a bzImage"),
        (bytes(4096), "not a bzImage"),
        (bz_image(gzip.compress(KERNEL))[:3000], "cut short"),
        (bz_image(b"unheard of it" + struct.pack("<I", 100)), "unknown way"),
        (bz_image(gzip.compress(b"not a kernel" * 100)), "not an ELF file"),
        (bz_image(gzip.compress(elf_kernel(pvh=False))), "no PVH entry"),
        (bz_image(b"\x1f\x8b" + bytes(20) + struct.pack("<I", 0xFFFFFFF0)), "claims to unpack"),
        (bz_image(damaged(gzip.compress(KERNEL))), "does not unpack"),
        (bz_image(with_size(b"\x02\x21\x4c\x18" + struct.pack("<I", 0x7FFFFFFF) + bytes(32))), "does not unpack"),
        (bz_image(with_size(b"\x02\x21\x4c\x18" + struct.pack("<I", 16) + b"\xff" * 16)), "does not unpack"),
        (bz_image(with_size(b"\x28\xb5\x2f\xfd" + bytes(32))), "does not unpack"),
    ],
    ids=[
        "empty", "zeros", "truncated", "unknown-compression", "not-a-kernel", "no-pvh", "huge",
        "damaged-gzip", "lz4-block-too-long", "damaged-lz4", "damaged-zstd",
    ],
)  # fmt: skip
def test_a_kernel_that_cannot_be_started_is_named_so(image: bytes, says: str) -> None:
    with pytest.raises(UnreadableKernel, match=says) as raised:
        unpack_kernel(image)
    assert isinstance(raised.value, HostNotReady)
    assert raised.value.message.startswith("unreadable kernel")
    assert "rollcage setup" in raised.value.hint


def test_notes_of_others_are_not_the_entry() -> None:
    assert has_pvh_entry(KERNEL)
    assert not has_pvh_entry(elf_kernel(pvh=False))
    assert not has_pvh_entry(KERNEL[:80])
    assert not has_pvh_entry(b"\x7fELF\x01\x01" + KERNEL[6:])
