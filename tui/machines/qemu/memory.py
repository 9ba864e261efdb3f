"""Guest RAM from outside: which pages a machine has made its own, and moving them.

A clone maps the template's memory file copy-on-write, so the kernel already knows what the guest changed: a page that
is present (or swapped) and neither file-backed nor shared is private to this machine. `/proc/PID/pagemap` tells, and
`/proc/PID/mem` reads and writes the pages; both work without privileges on one's own child.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tui.machines.errors import MachineLost, SnapshotError

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAGE: Final = 4096
_PRESENT_OR_SWAPPED: Final = np.uint64(3 << 62)
_FILE_OR_SHARED: Final = np.uint64(1 << 61)
_MAX_READ: Final = 1 << 30


class GuestMemory:
    """The RAM of one machine, mapped by its QEMU."""

    def __init__(self, pid: int, memory_file: Path) -> None:
        """Find the mapping.

        Raises:
            MachineLost: the process is gone or does not map the file.
        """
        self._pid = pid
        try:
            self._start, self.size = _mapping(pid, memory_file)
        except OSError as error:
            raise MachineLost(f"QEMU {pid} is gone: {error.strerror}") from error

    def private_pages(self) -> NDArray[np.uint32]:
        """Return the numbers of the pages this machine has changed since its template, in order.

        pagemap bits: https://docs.kernel.org/admin-guide/mm/pagemap.html
        """
        with Path(f"/proc/{self._pid}/pagemap").open("rb", buffering=0) as pagemap:
            raw = os.pread(pagemap.fileno(), self.size // PAGE * 8, self._start // PAGE * 8)
        entries = np.frombuffer(raw, np.uint64)
        if len(entries) != self.size // PAGE:
            raise MachineLost(f"QEMU {self._pid} ended while its memory was read")
        private = ((entries & _PRESENT_OR_SWAPPED) != 0) & ((entries & _FILE_OR_SHARED) == 0)
        return np.flatnonzero(private).astype(np.uint32)

    def read(self, pages: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """Return the contents of `pages` as an array of one row a page."""
        content = np.empty((len(pages), PAGE), np.uint8)
        with Path(f"/proc/{self._pid}/mem").open("rb", buffering=0) as memory:
            for first, count in runs(pages):
                target = content[first : first + count]
                offset = self._start + int(pages[first]) * PAGE
                if os.preadv(memory.fileno(), [target.data], offset) != count * PAGE:
                    raise MachineLost(f"QEMU {self._pid} ended while its memory was read")
        return content

    def write(self, pages: NDArray[np.uint32], content: NDArray[np.uint8]) -> None:
        """Put `content`, one row a page, in place of `pages`, which must be in order."""
        with Path(f"/proc/{self._pid}/mem").open("r+b", buffering=0) as memory:
            for first, count in runs(pages):
                offset = self._start + int(pages[first]) * PAGE
                if os.pwritev(memory.fileno(), [content[first : first + count].data], offset) != count * PAGE:
                    raise SnapshotError(f"the memory of QEMU {self._pid} cannot be written")


def runs(pages: NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
    """Yield (index of the first, count) of each stretch of consecutive page numbers, cut at 1 GiB."""
    if not len(pages):
        return
    breaks = np.flatnonzero(np.diff(pages) != 1) + 1
    starts = np.concatenate(([0], breaks)).tolist()
    ends = np.concatenate((breaks, [len(pages)])).tolist()
    most = _MAX_READ // PAGE
    for start, end in zip(starts, ends, strict=True):
        for first in range(start, end, most):
            yield first, min(most, end - first)


def _mapping(pid: int, memory_file: Path) -> tuple[int, int]:
    """Return start and size of the mapping of `memory_file` in a process."""
    wanted = str(memory_file).encode()
    with Path(f"/proc/{pid}/maps").open("rb") as maps:
        for line in maps:
            fields = line.rstrip(b"\n").split(None, 5)
            if len(fields) == 6 and fields[5] == wanted:
                start, end = (int(part, 16) for part in fields[0].split(b"-"))
                return start, end - start
    raise MachineLost(f"QEMU {pid} does not map {memory_file}")
