"""Figures for people: times, sizes, ids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tui.machines.model import MachineSpec

SHORTEST_ID = 10


def when(moment: datetime) -> str:
    """Return a moment in local time, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def size(count: int) -> str:
    """Return a number of bytes with a binary unit."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def took(span: timedelta | float) -> str:
    """Return a duration: seconds or a timedelta, shown in the unit that suits it."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"


def id_length(ids: Iterable[str]) -> int:
    """Return how many characters tell all these ids apart; ids of one moment share their first ten."""
    known = set(ids)
    length = SHORTEST_ID
    while length < 26 and len({id_[:length] for id_ in known}) < len(known):
        length += 1
    return length


def describe_machine(spec: MachineSpec) -> str:
    """Return what a machine is made of, in a few words."""
    parts = [f"{spec.memory_mb} MiB", f"{spec.cpus} CPU" + ("s" if spec.cpus > 1 else "")]
    if spec.disk_mb is not None:
        parts.append(f"{spec.disk_mb} MiB disk")
    if spec.network:
        parts.append("network")
    return ", ".join(parts)
