"""The frequency of this host's time stamp counter, which a TCG guest sees as it is.

QEMU under TCG answers RDTSC with the host's own ticks, and a microvm has no other clock good enough to calibrate
them against: a guest left to itself hangs in calibration one time in six, and one told a wrong frequency lives in a
time that runs too fast or too slow (measured: told 1 GHz on a host of 2.6 GHz, 2.6 seconds passed in the guest for each
one outside). So the host measures, and the kernel command line says it (`tsc_early_khz`).
"""

from __future__ import annotations

import ctypes
import json
import mmap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tui.errors import HostNotReady

_CODE: Final = bytes.fromhex("0f3148c1e2204809d0c3")
"""rdtsc; shl rdx, 32; or rax, rdx; ret"""
_MEASURED_S: Final = 0.1
_ATTEMPTS: Final = 30


def tsc_khz(memory: Path, cpu: str) -> int:
    """Return the frequency in kHz, measured once per CPU and remembered in a file.

    It must not vary between runs of the application: it is part of what a template is keyed by.
    """
    try:
        known = json.loads(memory.read_text())
        if known["cpu"] == cpu:
            return int(known["khz"])
    except (OSError, ValueError, KeyError):
        pass
    khz = measure_khz()
    memory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    memory.write_text(json.dumps({"cpu": cpu, "khz": khz}))
    return khz


def measure_khz() -> int:
    """Count ticks against the raw monotonic clock for a tenth of a second; good to about ten parts in a million.

    Raises:
        HostNotReady: the host forbids to run the four instructions that read the counter.
    """
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError as error:
        raise HostNotReady(f"the time stamp counter cannot be read: {error.strerror}") from error
    page.write(_CODE)
    anchor = ctypes.c_char.from_buffer(page)
    read_counter = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(anchor))
    first_ns, first = _sample(read_counter)
    time.sleep(_MEASURED_S)
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
