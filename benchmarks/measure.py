"""How figures are taken, kept and shown."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, the figure, the peer it is held against, and the ratio aimed at."""

    name: str
    value: float
    unit: str
    samples: int
    p99: float | None = None
    peer: str = ""
    peer_value: float | None = None
    aim: str = ""
    holds: bool | None = None

    @property
    def ratio(self) -> float | None:
        """Figure over peer."""
        return self.value / self.peer_value if self.peer_value else None


def median(samples: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(samples)


def p99(samples: Sequence[float]) -> float:
    """Return the 99th percentile (the largest of fewer than a hundred samples)."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


class Stopwatch:
    """Milliseconds since it was made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    @property
    def ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000


@dataclass
class Report:
    """All rows of one run."""

    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self,
        name: str,
        samples: Sequence[float],
        unit: str = "ms",
        *,
        peer: str = "",
        peer_samples: Sequence[float] = (),
        at_most: float | None = None,
        at_least: float | None = None,
        below: float | None = None,
    ) -> None:
        """Add a row.

        Args:
            name: What was measured.
            samples: Every sample.
            unit: Of the samples.
            peer: What it is held against.
            peer_samples: The peer's samples, in the same unit.
            at_most: The median may be at most this many times the peer's.
            at_least: The peer's median must be at least this many times ours.
            below: The median must be below this.
        """
        value = median(samples)
        other = median(peer_samples) if peer_samples else None
        aim, holds = "", None
        if at_most is not None:
            aim, holds = f"≤ {at_most:g}x peer", None if other is None else value <= at_most * other
        elif at_least is not None:
            aim, holds = f"{at_least:g}x below peer", None if other is None else other >= at_least * value
        elif below is not None:
            aim, holds = f"< {below:g} {unit}", value < below
        self.figures.append(
            Figure(name, value, unit, len(samples), p99(samples) if len(samples) > 4 else None, peer, other, aim, holds)
        )

    def note(self, text: str) -> None:
        """Add a line below the table: what could not be measured, and why."""
        self.notes.append(text)

    def table(self) -> str:
        """Return the rows as a Markdown table."""
        lines = [
            "| figure | median | p99 | n | peer | peer's median | ratio | aim | holds |",
            "|---|--:|--:|--:|---|--:|--:|---|---|",
        ]
        for figure in self.figures:
            ratio = "" if figure.ratio is None else f"{figure.ratio:.3g}"
            cells = [
                figure.name,
                _shown(figure.value, figure.unit),
                "" if figure.p99 is None else _shown(figure.p99, figure.unit),
                str(figure.samples),
                figure.peer,
                "" if figure.peer_value is None else _shown(figure.peer_value, figure.unit),
                ratio,
                figure.aim,
                {True: "yes", False: "NO", None: ""}[figure.holds],
            ]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join([*lines, "", *self.notes])

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        data = {
            "host": {"cpus": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()},
            "figures": [{**asdict(figure), "ratio": figure.ratio} for figure in self.figures],
            "notes": self.notes,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, indent=2) + "\n")


def _shown(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
