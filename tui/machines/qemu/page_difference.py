"""How many pages of two snapshots of one template differ, told by checksums that are stored, without their contents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.machines.qemu.pagemap import PAGE
from tui.machines.qemu.snapshot_file import PageIndex, digests

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BATCH: Final = 4096
"""Pages of the template read at a time, 16 MiB."""


def differing_pages(older: PageIndex, newer: PageIndex, template: Path) -> int:
    """Return in how many pages two memories differ.

    An index has the pages that were written since the template; where only one of the two has a page, the template's
    own is what the other holds. Two pages are taken as equal when their 64-bit checksums are.
    """
    _, at_older, at_newer = np.intersect1d(older.number, newer.number, assume_unique=True, return_indices=True)
    differing = int(np.count_nonzero(older.digest[at_older] != newer.digest[at_newer]))
    for index, shared in ((older, at_older), (newer, at_newer)):
        alone = np.ones(len(index.number), bool)
        alone[shared] = False
        differing += _differing_from_template(index.number[alone], index.digest[alone], template)
    return differing


def _differing_from_template(numbers: NDArray[np.uint32], digest: NDArray[np.uint64], template: Path) -> int:
    if not len(numbers):
        return 0
    pages = np.memmap(template, np.uint8, mode="r").reshape(-1, PAGE)
    parts = (slice(at, at + _BATCH) for at in range(0, len(numbers), _BATCH))
    return sum(int(np.count_nonzero(digests(pages[numbers[part]]) != digest[part])) for part in parts)
