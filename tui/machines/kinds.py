"""What a backend can do, and the streams and limits of a process."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Capability(StrEnum):
    """What a backend may or may not be able to do."""

    VM_ISOLATION = "vm-isolation"
    MEMORY_SNAPSHOTS = "memory-snapshots"
    DISK_SNAPSHOTS = "disk-snapshots"
    WARM_CLONES = "warm-clones"
    NETWORK = "network"
    NETWORK_OFF = "network-off"
    PTY = "pty"
    FILE_TRANSFER = "file-transfer"
    RESOURCE_USAGE = "resource-usage"


class Stream(IntEnum):
    """The streams of a process. A process with a terminal has only STDIN and STDOUT."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2


class Limit(StrEnum):
    """What a run can be limited in."""

    MEMORY = "memory"
    CPU_TIME = "cpu-time"
    DISK = "disk"
