"""The frequency of the host's time-stamp counter, which an emulated guest must be told.

QEMU's emulator answers the guest's RDTSC with the host's counter. A guest told another frequency keeps wrong time: with
`tsc_early_khz=1000000` on a 2.6 GHz host its clocks run 2.6 times too fast (measured).
"""

from __future__ import annotations

import ctypes
import mmap
import time
from collections.abc import Callable
from typing import Final

_READ_COUNTER: Final = bytes.fromhex("0f31 48c1e220 4809d0 c3")
"""rdtsc; shl rdx, 32; or rax, rdx; ret"""
_ATTEMPTS: Final = 30


def tsc_khz(window_s: float = 0.02) -> int | None:
    """Measure the frequency in kHz, to about 10 parts in a million; None where code cannot be mapped executable."""
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError:
        return None
    page.write(_READ_COUNTER)
    anchor = ctypes.c_char.from_buffer(page)
    read_counter = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(anchor))

    first_ns, first = _sample(read_counter)
    time.sleep(window_s)
    last_ns, last = _sample(read_counter)
    del anchor
    page.close()
    return round((last - first) * 1_000_000 / (last_ns - first_ns))


def _sample(read_counter: Callable[[], int]) -> tuple[int, int]:
    """Return (nanoseconds, counter) read at the same moment, from the attempt that was disturbed least."""
    best = (1 << 63, 0, 0)
    for _ in range(_ATTEMPTS):
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
        counter = read_counter()
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
        best = min(best, (after - before, (before + after) // 2, counter))
    return best[1], best[2]
