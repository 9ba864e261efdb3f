"""Gives a life of the machine its own identity: random numbers, clock, names.

Clones of one template wake up with equal memory, and so with the kernel's random generator, clock and names of the
template. All of it is replaced here, in a few system calls and without starting a process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import socket
import struct
import time

_RNDADDENTROPY = 0x40085203
_RNDRESEEDCRNG = 0x5207
_KERNEL_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_MACHINE_ID = "/etc/machine-id"


class Identity:
    """The identity of a real machine; only the first process of a guest may use it."""

    def __init__(self, run: str) -> None:
        """Put a file of ours in the place of the kernel's boot id, so that changing it is a plain write."""
        self._boot_id = os.path.join(run, "boot_id")
        with open(_KERNEL_BOOT_ID, encoding="ascii") as kernel, open(self._boot_id, "w", encoding="ascii") as ours:
            ours.write(kernel.read())
        os.chmod(self._boot_id, 0o444)
        pid = os.posix_spawn("/bin/mount", ["mount", "--bind", self._boot_id, _KERNEL_BOOT_ID], dict(os.environ))
        _, status = os.waitpid(pid, 0)
        if status:
            raise OSError(f"mount --bind over {_KERNEL_BOOT_ID} failed with status {status}")

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
        random.seed()
        socket.sethostname(hostname)
        _rewrite(self._boot_id, boot_id)
        _rewrite(_MACHINE_ID, hashlib.sha256(b"machine-id" + entropy).hexdigest()[:32])
        return skew


def _rewrite(path: str, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o444)
    try:
        os.write(descriptor, line.encode() + b"\n")
    finally:
        os.close(descriptor)
