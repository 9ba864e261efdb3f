"""What a lease of a machine is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tui.machines.model import MachineSpec
from tui.machines.protocol import Machine


@dataclass(frozen=True, slots=True)
class Lease:
    """A machine handed out by the pool. It stands still until resumed."""

    machine: Machine
    source: str
    """`pool` (a warm clone) or `clone` (made on demand)."""
    took_ms: float


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """A look at the pool."""

    ready: int
    """Warm machines waiting, of all specs."""
    warming: int
    leased: int
    hits: int
    """Leases served by a warm machine."""
    misses: int
    """Leases for which a machine had to be made."""
    failures: int
    """Clones that could not be made or died waiting."""
    memory_mb: int
    """Guest RAM of waiting machines, which the budget bounds."""
    low: int = 0
    """The pool is refilled when fewer than this many wait."""
    high: int = 0
    """It is refilled up to this many."""
    budget_mb: int = 0
    """Guest RAM of waiting machines, at most."""
    ready_by_spec: tuple[tuple[MachineSpec, int], ...] = ()
    drained: bool = False
    """No machines are made to wait until somebody resumes the pool."""
    error: str = ""
    """Why the last attempt to make a waiting machine failed; empty when it succeeded. Untrusted text."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, or is on its way to or from there."""

    warming: tuple[tuple[str, datetime], ...]
    """Machines being made, which have no process yet or none that answers: a name for each, and since when."""
    ready: tuple[Machine, ...]
    leaving: tuple[Machine, ...]
    """Being discarded because the pool is drained, or because somebody asked."""
