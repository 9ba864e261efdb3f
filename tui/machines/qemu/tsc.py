"""The frequency of this host's time stamp counter, which a TCG guest sees as it is.

QEMU under TCG answers RDTSC with the host's own ticks, and a microvm has no other clock good enough to calibrate them
against: a guest left to itself hangs in calibration one time in six, and one told a wrong frequency lives in a time that
runs too fast or too slow (measured: told 1 GHz on a host of 2.6 GHz, 2.6 seconds passed in the guest for each one
outside). So the host measures, and the kernel command line says it (`tsc_early_khz`).
"""

from __future__ import annotations

import ctypes
import json
import mmap
import time
from pathlib import Path
from typing import Final

from tui.errors import HostNotReady

_CODE: Final = bytes.fromhex("0f3148c1e2204809d0c3")
"""rdtsc; shl rdx, 32; or rax, rdx; ret"""
_MEASURED_S: Final = 0.1


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
    """Count ticks against the monotonic clock for a tenth of a second.

    Raises:
        HostNotReady: the host forbids to run the four instructions that read the counter.
    """
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError as error:
        raise HostNotReady(f"the time stamp counter cannot be read: {error.strerror}") from error
    page.write(_CODE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    read = ctypes.CFUNCTYPE(ctypes.c_uint64)(address)
    read()
    ticks, started = read(), time.perf_counter_ns()
    while (elapsed := time.perf_counter_ns() - started) < _MEASURED_S * 1e9:
        time.sleep(0.01)
    return round((read() - ticks) * 1e6 / elapsed)
