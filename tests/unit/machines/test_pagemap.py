"""Which pages are private, told by the kernel in both ways, of this process's own memory."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui.machines.qemu import pagemap
from tui.machines.qemu.pagemap import PAGE

PAGES = 16384
OWN = Path("/proc/self/pagemap")


@contextmanager
def mapped(written: list[int], seen: list[int]) -> Iterator[int]:
    """Map a file copy-on-write, read some of its pages and write others; yields the address."""
    with tempfile.TemporaryFile() as file:
        file.truncate(PAGES * PAGE)
        memory = mmap.mmap(file.fileno(), PAGES * PAGE, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        for page in seen:
            memory[page * PAGE]
        for page in written:
            memory[page * PAGE] = 1
        held = ctypes.c_char.from_buffer(memory)
        try:
            yield ctypes.addressof(held)
        finally:
            del held
            memory.close()


def has_scan() -> bool:
    with mapped([1], []) as start, OWN.open("rb") as file:
        try:
            pagemap._scan(file.fileno(), start, PAGES * PAGE)
        except OSError:
            return False
    return True


scans = pytest.param(pagemap._scan, id="scan", marks=pytest.mark.skipif(not has_scan(), reason="Linux before 6.7"))
reads = pytest.param(pagemap._read, id="read")


@pytest.mark.parametrize("find", [scans, reads])
@pytest.mark.parametrize(
    "written",
    [
        pytest.param([], id="none"),
        pytest.param([0, PAGES - 1], id="first-and-last"),
        pytest.param(list(range(100, 5000)), id="one-stretch"),
        pytest.param(list(range(0, PAGES, 2)), id="more-stretches-than-one-call-returns"),
        pytest.param(sorted(random.Random(7).sample(range(PAGES), 3000)), id="scattered"),
    ],
)
def test_exactly_what_was_written_is_private(find: object, written: list[int]) -> None:
    with mapped(written, list(range(0, PAGES, 3))) as start, OWN.open("rb") as file:
        assert find(file.fileno(), start, PAGES * PAGE).tolist() == written  # type: ignore[operator]


def test_a_kernel_without_the_scan_is_asked_the_old_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))

    monkeypatch.setattr(pagemap, "_scan", refuse)
    with mapped([3, 4, 9], [5]) as start:
        assert pagemap.private_pages(os.getpid(), start, PAGES * PAGE).tolist() == [3, 4, 9]


def test_a_process_that_is_gone_is_an_error() -> None:
    with pytest.raises(OSError, match=r"."):
        pagemap.private_pages(2**22 - 1, 0, PAGES * PAGE)
