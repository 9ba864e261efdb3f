"""CPU time of a process and everything it started, by what /proc says."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """Return a process and all that descend from it, the parents first."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def session(leader: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = _fields(int(entry.name))
                if int(fields[3]) == leader and fields[0] not in ("Z", "X"):
                    found.append(int(entry.name))
    return found


def cpu_times_s(root: int) -> tuple[float, float]:
    """Return user and system time of a tree of processes so far, those included that ended and were waited for."""
    user = system = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            own_user, own_system, their_user, their_system = map(int, _fields(pid)[11:15])
            user += own_user + their_user
            system += own_system + their_system
    return user / _TICKS_PER_S, system / _TICKS_PER_S


def _fields(pid: int) -> list[str]:
    """Return what `/proc/PID/stat` says from the state on; the name before it may contain anything."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
