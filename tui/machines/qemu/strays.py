"""QEMU processes an earlier life of the application left behind.

`setpriv --pdeathsig` makes the kernel kill them with their parent. What remains is the moment between the spawn and
that call taking effect, so each process also carries its owner in its name, and those whose owner is gone are killed at
start.
"""

from __future__ import annotations

import contextlib
import os
import signal

from tui.machines.qemu.processes import hypervisors


def kill_strays() -> list[int]:
    """Kill this user's QEMU processes whose owner no longer lives; return their pids."""
    killed = []
    for each in hypervisors():
        if not each.owner_alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(each.pid, signal.SIGKILL)
                killed.append(each.pid)
    return killed
