"""The QEMU processes of this user, found by their names: each tells whose it is.

A name holds the pid of the Rollcage that made it, when that one started, and an id, so it is known of each process
whether its owner still lives, even where a pid was given to another program since.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tui.ids import is_id, time_of
from tui.machines.inventory import Hypervisor

_NAME: Final = re.compile(r"guest=rollcage-(\d+)-(\d+)-([0-9A-Z]{26})")
_MEMORY_FILE: Final = re.compile(r",mem-path=((?:[^,]|,,)*)")
_PROC: Final = Path("/proc")


def process_name(id_: str) -> str:
    """Return a name that tells whose QEMU it is: owner's pid, owner's start time, id."""
    return f"rollcage-{os.getpid()}-{_own_start()}-{id_}"


def hypervisors(proc: Path = _PROC) -> tuple[Hypervisor, ...]:
    """Return this user's QEMU processes of every Rollcage, strays included, the oldest first."""
    found = []
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if entry.stat().st_uid != os.geteuid():
                continue
            arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:  # ended meanwhile
            continue
        if (one := _hypervisor(int(entry.name), arguments, proc)) is not None:
            found.append(one)
    return tuple(sorted(found, key=lambda each: each.started_at))


def _hypervisor(pid: int, arguments: Sequence[str], proc: Path) -> Hypervisor | None:
    name = _NAME.fullmatch(_after(arguments, "-name"))
    if name is None or not is_id(name[3]):
        return None
    owner, owner_started = int(name[1]), int(name[2])
    memory, cpus = _after(arguments, "-m").removesuffix("M"), _after(arguments, "-smp")
    file = _MEMORY_FILE.search(_after(arguments, "-object"))
    template = Path(file[1].replace(",,", ",")).parent if file is not None else None
    return Hypervisor(
        pid=pid,
        owner_pid=owner,
        owner_alive=_start_time(owner, proc) == owner_started,
        started_at=time_of(name[3]),
        memory_mb=int(memory) if memory.isdecimal() else None,
        cpus=int(cpus) if cpus.isdecimal() else None,
        template=template if template is not None and not template.is_relative_to("/proc") else None,
    )


def _after(arguments: Sequence[str], option: str) -> str:
    """Return what follows an option on a command line, or nothing."""
    try:
        return arguments[arguments.index(option) + 1]
    except (ValueError, IndexError):
        return ""


@cache
def _own_start() -> int:
    return _start_time(os.getpid())


def _start_time(pid: int, proc: Path = _PROC) -> int:
    """Return when a process started, in clock ticks since boot (field 22 of proc(5) stat); -1 if there is none."""
    try:
        stat = (proc / str(pid) / "stat").read_bytes()
    except OSError:
        return -1
    return int(stat.rpartition(b")")[2].split()[19])
