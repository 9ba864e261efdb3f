"""QEMU processes an earlier life of the application left behind.

`setpriv --pdeathsig` makes the kernel kill them with their parent. What remains is the moment between the spawn and
that call taking effect, so each process also carries its owner in its name, and those whose owner is gone are killed at
start.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
from functools import cache
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(rb"guest=rollcage-(\d+)-(\d+)-[0-9A-Z]{26}\0")


@cache
def _own_start() -> int:
    return _start_time(os.getpid())


def process_name(id_: str) -> str:
    """Return a name that tells whose QEMU it is: owner's pid, owner's start time, id."""
    return f"rollcage-{os.getpid()}-{_own_start()}-{id_}"


def kill_strays() -> list[int]:
    """Kill this user's QEMU processes whose owner no longer lives; return their pids."""
    killed = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            found = _NAME.search((entry / "cmdline").read_bytes())
            if found is None or entry.stat().st_uid != os.geteuid():
                continue
        except OSError:
            continue
        owner, started = int(found[1]), int(found[2])
        if _start_time(owner) != started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry.name), signal.SIGKILL)
                killed.append(int(entry.name))
    return killed


def _start_time(pid: int) -> int:
    """Return when a process started, in clock ticks since boot (field 22 of proc(5) stat); -1 if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return -1
    return int(stat.rpartition(b")")[2].split()[19])
