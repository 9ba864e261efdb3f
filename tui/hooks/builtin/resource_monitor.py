"""`resource-monitor`: limits for a run, and what it used of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tui.hooks.model import Allow, Decision, HookContext, Limits, Point
from tui.units import duration, size

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """Limits of every run; a definition's own hold beside them, and the lower one counts."""

    max_memory_mb: int | None = None
    """MiB."""
    max_cpu_time: float | None = None
    """Seconds of CPU time, user and system together."""
    max_disk_mb: int | None = None
    """MiB written."""
    max_wall_time: float | None = None
    """Seconds from start to end."""
    warn_at: float = 0.8
    """Share of a limit from which on there is a warning."""


@dataclass(frozen=True, slots=True)
class ResourceMonitorHook:
    """Asks for the limits before a run, which the engine then enforces, and compares what was measured after it."""

    options: Options
    name: str = "resource-monitor"
    priority: int = 60
    points: frozenset[Point] = frozenset({Point.BEFORE_EXECUTION, Point.AFTER_EXECUTION})

    @property
    def limits(self) -> Limits:
        """The limits in bytes and seconds."""
        options = self.options
        return Limits(
            memory_bytes=None if options.max_memory_mb is None else options.max_memory_mb * _MIB,
            cpu_s=options.max_cpu_time,
            disk_bytes=None if options.max_disk_mb is None else options.max_disk_mb * _MIB,
            wall_s=options.max_wall_time,
        )

    def decide(self, context: HookContext) -> Decision:
        """Return the limits, or what became of them."""
        if context.outcome is None:
            return Allow(limits=self.limits)
        usage = context.outcome.usage
        return Allow(notes=tuple(_notes(usage)), warnings=tuple(self._warnings(usage)))

    def _warnings(self, usage: Mapping[str, float | None]) -> Iterator[str]:
        limits = self.limits
        compared = (
            ("memory", usage.get("peak_memory_bytes"), limits.memory_bytes, _size),
            ("CPU time", _cpu(usage), limits.cpu_s, duration),
            ("disk", usage.get("disk_written_bytes"), limits.disk_bytes, _size),
            ("time", usage.get("wall_s"), limits.wall_s, duration),
        )
        for what, used, limit, unit in compared:
            if limit is None:
                continue
            if used is None:
                yield f"{what} was not measured, so the limit of {unit(limit)} cannot be checked"
            elif used >= limit:
                yield f"{what}: {unit(used)} used, the limit was {unit(limit)}"
            elif used >= limit * self.options.warn_at:
                yield f"{what}: {unit(used)} used, {used / limit:.0%} of the limit of {unit(limit)}"


def _notes(usage: Mapping[str, float | None]) -> Iterator[str]:
    for what, used, unit in (
        ("time", usage.get("wall_s"), duration),
        ("CPU time", _cpu(usage), duration),
        ("peak memory", usage.get("peak_memory_bytes"), _size),
        ("disk written", usage.get("disk_written_bytes"), _size),
    ):
        yield f"{what} not measured" if used is None else f"{what} {unit(used)}"


def _cpu(usage: Mapping[str, float | None]) -> float | None:
    user, system = usage.get("cpu_user_s"), usage.get("cpu_system_s")
    return None if user is None or system is None else user + system


def _size(count: float) -> str:
    return size(int(count))
