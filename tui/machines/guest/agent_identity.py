"""Gives a life of the machine its own identity: random numbers, clock, names.

Clones of one template wake up with equal memory, and so with the kernel's random generator, clock and names of the
template. All of it is replaced here, in a few system calls, without starting a process and without importing a module
that answering the host does not need anyway: a boot waits for this.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import time

_RNDADDENTROPY = 0x40085203
_RNDRESEEDCRNG = 0x5207
_HOSTNAME = "/proc/sys/kernel/hostname"
_MACHINE_ID = "/etc/machine-id"


class Identity:
    """The identity of a real machine; only the first process of a guest may use it."""

    def __init__(self, run: str) -> None:
        """Take over the file that `init.sh` put in the place of the boot id: changing that is a plain write."""
        self._boot_id = os.path.join(run, "boot_id")

    def assume(self, *, hostname: str, boot_id: str, entropy: bytes, time_ns: int) -> int:
        """Put an identity in force and return by how many nanoseconds the clock was ahead of the host's.

        Raises:
            OSError: the kernel refused a part of it.
        """
        skew = time.time_ns() - time_ns
        time.clock_settime_ns(time.CLOCK_REALTIME, time_ns)
        device = os.open("/dev/random", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.ioctl(device, _RNDADDENTROPY, struct.pack("ii", len(entropy) * 8, len(entropy)) + entropy)
            fcntl.ioctl(device, _RNDRESEEDCRNG)
        finally:
            os.close(device)
        if generator := sys.modules.get("random"):
            generator.seed()
        _rewrite(_HOSTNAME, hostname)
        _rewrite(self._boot_id, boot_id)
        _rewrite(_MACHINE_ID, os.urandom(16).hex())
        return skew


def _rewrite(path: str, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o444)
    try:
        os.write(descriptor, line.encode() + b"\n")
    finally:
        os.close(descriptor)
