"""Pages are told apart by their checksums, and each is stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tui.machines.qemu.snapshot_file import Manifest, PageIndex, digests

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_FILES: Final = 64
"""Older files a snapshot refers to at most. What only others hold, the smallest shares, is stored once more: otherwise
a snapshot late in a long line would refer to every one before it, and its restore open more files than it may."""


def deduplicated(
    id_: str,
    numbers: NDArray[np.uint32],
    content: NDArray[np.uint8],
    base: tuple[Manifest, PageIndex] | None,
) -> tuple[tuple[str, ...], PageIndex, NDArray[np.intp]]:
    """Find the pages of a new snapshot that are stored already, among those of another or twice among its own.

    Args:
        id_: Id of the new snapshot.
        numbers: Its pages, in order.
        content: One row for each.
        base: A snapshot it has much in common with.

    Returns:
        The files it refers to, its own first; its index; the rows of `content` that must be written, in the order of
        their places in its own file.
    """
    digest = digests(content)
    file = np.zeros(len(numbers), np.uint16)
    slot = np.zeros(len(numbers), np.uint32)
    files = [id_]
    fresh = np.ones(len(numbers), bool)
    if base is not None and base[1].number.size:
        base_manifest, base_index = base
        order = np.argsort(base_index.digest, kind="stable")
        place = np.searchsorted(base_index.digest, digest, sorter=order)
        place = order[np.minimum(place, len(order) - 1)]
        known = base_index.digest[place] == digest
        used, share = np.unique(base_index.file[place[known]], return_counts=True)
        if len(used) > _MOST_FILES:
            used = np.sort(used[np.argsort(share)[-_MOST_FILES:]])
            known &= np.isin(base_index.file[place], used)
        fresh = ~known
        renumbered = np.zeros(len(base_manifest.files), np.uint16)
        for old in used.tolist():
            renumbered[old] = len(files)
            files.append(base_manifest.files[old])
        file[known] = renumbered[base_index.file[place[known]]]
        slot[known] = base_index.slot[place[known]]
    rows = np.flatnonzero(fresh)
    _, first, inverse = np.unique(digest[rows], return_index=True, return_inverse=True)
    # Slots follow the order of page numbers, so that a restore reads and writes long runs.
    rank = np.empty(len(first), np.uint32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.uint32)
    slot[rows] = rank[inverse.reshape(-1)]
    return tuple(files), PageIndex(numbers, file, slot, digest), rows[np.sort(first)]
