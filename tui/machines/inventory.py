"""What is known of machines and templates beyond what they do: how they came to be and what they take."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from tui.machines.model import MachineSpec

_PROC: Final = Path("/proc")


class Origin(enum.StrEnum):
    """How a machine came to be."""

    BOOTED = "booted"
    CLONED = "cloned"
    """From a template."""
    RESTORED = "restored"
    """From a snapshot."""


@dataclass(frozen=True, slots=True)
class Birth:
    """When and how a machine came to be, and what that took."""

    origin: Origin
    at: datetime
    took_ms: float
    """From the start of its hypervisor until its state was loaded, or until the agent answered where it booted."""
    rehearsal_ms: float | None = None
    """What it took to let it run once, so that its first command is quick; None for one that has not."""
    snapshot_id: str | None = None
    """What it was restored from."""


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Memory of a process on the host, bytes."""

    rss: int
    """All its pages in RAM, those it shares with others included."""
    pss: int
    """The same, with each shared page divided by the number of processes that share it."""


def memory_of(pid: int, proc: Path = _PROC) -> MemoryUse | None:
    """Return what a process takes, or None where that cannot be read: it is gone, or another user's.

    The kernel walks the page tables for it (measured: 2 ms for a machine of 256 MiB), so this belongs into a thread.
    https://docs.kernel.org/filesystems/proc.html
    """
    try:
        lines = (proc / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
        kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        return MemoryUse(kib["Rss"] * 1024, kib["Pss"] * 1024)
    except (OSError, ValueError, KeyError, IndexError):
        return None


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """A process of this user that runs a machine, whichever Rollcage it belongs to."""

    pid: int
    owner_pid: int
    """The Rollcage that made it."""
    owner_alive: bool
    """Otherwise it is a stray, which the next Rollcage that opens its machines kills."""
    started_at: datetime
    memory_mb: int | None
    """Guest RAM, MiB."""
    cpus: int | None
    template: Path | None
    """Directory of the template it is a clone of; None for one that boots, to become a template."""


@dataclass(frozen=True, slots=True)
class TemplateInfo:
    """A template on disk."""

    id: str
    spec: MachineSpec
    accelerator: str
    """`kvm` or `tcg`."""
    qemu: str
    """Version of the QEMU it was made with."""
    built_at: datetime
    boot_ms: float
    """From the start of the hypervisor until the agent answered."""
    disk_bytes: int
    """What its files take on disk: less than their sizes, for its memory has holes."""
    machines: tuple[int, ...] = ()
    """Process ids of the machines that share its memory now, of every Rollcage of this user."""
    snapshots: int = 0
    """How many snapshots hold only what differs from it."""
    fits: bool | None = None
    """Whether machines made now are clones of it; one of an earlier image, QEMU or of another accelerator is not. None
    where no backend is open."""
