"""How long things took, the last few hundred times."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

KEPT: Final = 240
"""Samples of each kind that are kept, so that memory stays bounded however long the process lives."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement."""

    at: datetime
    """When it ended."""
    ms: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Samples in three figures, milliseconds."""

    count: int
    least: float
    median: float
    most: float


def summary(samples: tuple[Sample, ...]) -> Summary | None:
    """Return the figures of samples, or None where there are none."""
    if not samples:
        return None
    values = [sample.ms for sample in samples]
    return Summary(len(values), min(values), statistics.median(values), max(values))


class Series:
    """The newest measurements of one kind."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    def add(self, ms: float) -> None:
        """Keep one more; the oldest goes where there are too many."""
        self._samples.append(Sample(self._now(), ms))

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Those that are kept, oldest first."""
        return tuple(self._samples)


def _utc() -> datetime:
    return datetime.now(UTC)


class Measurements:
    """What the machines of this process took."""

    def __init__(self, now: Callable[[], datetime] = _utc) -> None:
        self.claim = Series(now)
        """From asking the pool for a machine until there was one, waiting or made on demand."""
        self.clone = Series(now)
        """Making a clone of a template: from the start of its hypervisor until its state was loaded."""
        self.restore = Series(now)
        """Restoring a snapshot into a machine: for a run, a restart, or a rollback, then also beforehand."""
        self.rollback = Series(now)
        """From the decision until a machine at the earlier snapshot was in place."""
