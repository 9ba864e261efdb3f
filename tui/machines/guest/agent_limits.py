"""Holds an execution to the limits it was given, and ends it with the reason when it exceeds one.

The kernel itself enforces memory. CPU time and disk are looked at: CPU time no more often than it could have been used
up since, disk at short intervals, because nothing bounds how fast a file grows.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from tui.machines.guest.agent_cgroup import Consumption, Group
from tui.machines.guest.agent_command import Limits
from tui.machines.guest.agent_loop import Loop

_SHORTEST_LOOK_S = 0.005
"""By so much, times the number of CPUs, a CPU time limit may be exceeded."""
_DISK_LOOK_S = 0.02
_LEAST_MEMORY = 65536
"""A kept interpreter may hold more than its limit already; the kernel takes no negative one."""


class Watch:
    """Watches the group of one execution until nothing lives in it any more, also after the execution was reported."""

    def __init__(
        self,
        loop: Loop,
        group: Group,
        limits: Limits,
        *,
        held_bytes: int,
        measure_disk: Callable[[], int | None],
        disk_before: int | None,
    ) -> None:
        """Begin to watch a group whose processes run already.

        Args:
            loop: calls back for each look.
            group: the processes.
            limits: what they may use.
            held_bytes: memory they held before they joined the group; it counts.
            measure_disk: returns the bytes used in the writable layer.
            disk_before: what that was at the start.
        """
        self._loop = loop
        self._group = group
        self._limits = limits
        self._measure_disk = measure_disk
        self._disk_before = disk_before
        self._exceeded: str | None = None
        self._cpus = os.cpu_count() or 1
        if limits.memory_bytes is not None:
            # Only now: while the process was started, the agent itself was in the group for a moment.
            group.limit_memory(max(_LEAST_MEMORY, limits.memory_bytes - held_bytes))
        if limits.cpu_time_s is not None or limits.disk_bytes is not None:
            self._look()

    def verdict(self, used: Consumption) -> str | None:
        """Return the limit that was exceeded, if one was: `memory`, `cpu-time` or `disk`."""
        if self._exceeded is None and used.at_memory_limit and self._limits.memory_bytes is not None:
            self._exceeded = "memory"
        return self._exceeded or self._judge()[0]

    def _look(self) -> None:
        exceeded, next_look_s = self._judge()
        if exceeded is not None:
            self._exceeded = self._exceeded or exceeded
            self._group.kill()
        elif next_look_s is not None and self._group.inhabited():
            self._loop.call_later(next_look_s, self._look)

    def _judge(self) -> tuple[str | None, float | None]:
        """Return the limit exceeded by now, and when to look again, in seconds."""
        looks = []
        if self._limits.cpu_time_s is not None and (used_s := self._group.cpu_time_s()) is not None:
            left_s = self._limits.cpu_time_s - used_s
            if left_s < 0:
                return "cpu-time", None
            looks.append(max(_SHORTEST_LOOK_S, left_s / self._cpus))
        if self._limits.disk_bytes is not None and self._disk_before is not None:
            used = self._measure_disk()
            if used is not None and used - self._disk_before > self._limits.disk_bytes:
                return "disk", None
            looks.append(_DISK_LOOK_S)
        return None, min(looks, default=None)
