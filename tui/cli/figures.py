"""Moments, ids and machines, for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tui.machines.model import MachineSpec

SHORTEST_ID = 10


def when(moment: datetime) -> str:
    """Return a moment in local time, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


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
