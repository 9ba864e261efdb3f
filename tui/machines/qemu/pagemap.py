"""Which pages of a process are its own: neither the zero page of nobody, nor shared, nor still those of a file.

Linux 6.7 and later answer that with one ioctl(2), PAGEMAP_SCAN, in stretches; earlier ones with eight bytes a page.
https://docs.kernel.org/admin-guide/mm/pagemap.html
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAGE: Final = 4096
_PRESENT_OR_SWAPPED: Final = np.uint64(3 << 62)
_FILE_OR_SHARED: Final = np.uint64(1 << 61)
_SCAN: Final = 0xC0606610
"""PAGEMAP_SCAN, `_IOWR('f', 16, struct pm_scan_arg)` of linux/fs.h."""
_SCAN_ARGUMENT: Final = struct.Struct("=12Q")
"""size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted, _mask, _anyof_mask, return_mask."""
_IS_FILE: Final = 1 << 2
_IS_PRESENT: Final = 1 << 3
_IS_SWAPPED: Final = 1 << 4
_REGIONS: Final = 4096
"""Stretches returned by one call."""


def private_pages(pid: int, start: int, size: int) -> NDArray[np.uint32]:
    """Return the numbers, counted from `start`, of the pages in `size` bytes that are private to a process, in order.

    Raises:
        OSError: the process is gone, or may not be looked at.
    """
    with Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as pagemap:
        try:
            return _scan(pagemap.fileno(), start, size)
        except OSError as error:
            if error.errno not in (errno.ENOTTY, errno.EINVAL):
                raise
        return _read(pagemap.fileno(), start, size)


def _scan(pagemap: int, start: int, size: int) -> NDArray[np.uint32]:
    regions = np.empty((_REGIONS, 3), np.uint64)
    found: list[NDArray[np.uint64]] = []
    at, end = start, start + size
    while at < end:
        argument = bytearray(
            _SCAN_ARGUMENT.pack(
                _SCAN_ARGUMENT.size, 0, at, end, 0, regions.ctypes.data, len(regions), 0,
                _IS_FILE, _IS_FILE, _IS_PRESENT | _IS_SWAPPED, _IS_PRESENT,
            )
        )  # fmt: skip
        count = fcntl.ioctl(pagemap, _SCAN, argument)
        found.append(regions[:count, :2].copy())
        # Not `walk_end`: Linux 6.18 leaves it behind what it returned where there is room for over 512 stretches.
        at = int(regions[count - 1, 1]) if count == _REGIONS else end
    stretches = (np.concatenate(found) - np.uint64(start)) // np.uint64(PAGE)
    first, last = stretches[:, 0].astype(np.int64), stretches[:, 1].astype(np.int64)
    counts = last - first
    # Each page's number: its place in the result, moved by how much its stretch is shifted against that.
    shifts = first - np.concatenate(([0], np.cumsum(counts)[:-1])) if len(first) else first
    return (np.arange(counts.sum()) + np.repeat(shifts, counts)).astype(np.uint32)


def _read(pagemap: int, start: int, size: int) -> NDArray[np.uint32]:
    raw = os.pread(pagemap, size // PAGE * 8, start // PAGE * 8)
    entries = np.frombuffer(raw, np.uint64)
    if len(entries) != size // PAGE:
        raise OSError(errno.ESRCH, os.strerror(errno.ESRCH))
    private = ((entries & _PRESENT_OR_SWAPPED) != 0) & ((entries & _FILE_OR_SHARED) == 0)
    return np.flatnonzero(private).astype(np.uint32)
