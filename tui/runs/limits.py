"""The limits of a run: what is left of them for a step, whether a machine can grant what they allow, and how exceeding
one is said.

A limit holds for all steps of a run together. Memory is never added up: the highest counts.
"""

from __future__ import annotations

from tui.definitions.model import ResourceLimits
from tui.machines.kinds import Limit
from tui.machines.model import Limits, MachineSpec, ResourceUsage
from tui.units import size

_MIB = 1 << 20
_ALMOST_NOTHING_S = 0.001


def limits_left(limits: ResourceLimits | None, used: ResourceUsage | None) -> Limits | None:
    """Return what the next step may use, after the steps before it used that much; None is without limits."""
    if limits is None or not any((limits.max_memory_mb, limits.max_cpu_time, limits.max_disk_mb)):
        return None
    cpu_time_s, disk_bytes = limits.max_cpu_time, limits.max_disk_mb and limits.max_disk_mb * _MIB
    grown = used.disk_grown_bytes or 0 if used is not None else 0
    return Limits(
        memory_bytes=limits.max_memory_mb and limits.max_memory_mb * _MIB,
        # A machine knows no limit of nothing; so little ends a step at once.
        cpu_time_s=cpu_time_s and max(_ALMOST_NOTHING_S, cpu_time_s - (cpu_s(used) or 0)),
        disk_bytes=disk_bytes and max(1, disk_bytes - grown),
    )


def lacking(limits: ResourceLimits | None, spec: MachineSpec) -> str:
    """Return what a run was granted and this machine cannot give it, with what to do; nothing if all is well."""
    if limits is not None and limits.network_access and not spec.network:
        return (
            "it needs the network, and the machine of this session has none\n"
            "run it in another session: a new one gets the machine that its definition asks for"
        )
    return ""


def exceeded(limit: Limit, limits: ResourceLimits | None, used: ResourceUsage | None) -> str:
    """Say that a limit was exceeded: `exceeded its CPU time limit of 5 s (used 5.02 s)`."""
    name, most, amount = "", "", ""
    match limit:
        case Limit.CPU_TIME:
            name, most = "CPU time", f"{limits.max_cpu_time} s" if limits is not None else ""
            amount = _seconds(cpu_s(used))
        case Limit.MEMORY:
            name, most = "memory", _mib(limits.max_memory_mb if limits is not None else None)
            amount = _size(used.peak_memory_bytes if used is not None else None)
        case Limit.DISK:
            name, most = "disk", _mib(limits.max_disk_mb if limits is not None else None)
            amount = _size(used.disk_grown_bytes if used is not None else None)
    return f"exceeded its {name} limit{most and f' of {most}'}{amount and f' (used {amount})'}"


def cpu_s(used: ResourceUsage | None) -> float | None:
    """Return the CPU time used, user and system together; None where it was not measured."""
    if used is None or used.cpu_user_s is None or used.cpu_system_s is None:
        return None
    return used.cpu_user_s + used.cpu_system_s


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f} s"


def _mib(count: int | None) -> str:
    return "" if count is None else f"{count} MiB"


def _size(count: int | None) -> str:
    return "" if count is None else size(max(0, count))
