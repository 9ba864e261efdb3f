"""One look at everything the Pool area shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.machines.inventory import TemplateInfo
from tui.pool.lease import PoolStatus
from tui.pool.measurements import Measurements, Sample
from tui.runs.fleet import MachineInfo

if TYPE_CHECKING:
    from tui.runs.engine import Engine

Times = tuple[tuple[str, tuple[Sample, ...]], ...]
"""What was measured, by name."""

TEMPLATES_HOLD: Final = 15
"""Looks for which the list of templates is good: reading it means reading the beginning of every snapshot."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How things were at one moment."""

    machines: tuple[MachineInfo, ...]
    status: PoolStatus
    times: Times


async def read(engine: Engine, templates: tuple[TemplateInfo, ...] | None) -> Reading:
    """Look at machines, pool and measurements; what /proc tells is read in a thread."""
    machines = await engine.machines()
    return Reading(machines, engine.pool_status(), times(engine.measurements, templates or ()))


def times(measurements: Measurements, templates: tuple[TemplateInfo, ...]) -> Times:
    """Return what was measured. Boots are those of the templates on disk, which keep how long theirs took."""
    boots = sorted((Sample(each.built_at, each.boot_ms) for each in templates), key=lambda sample: sample.at)
    return (
        ("claim", measurements.claim.samples),
        ("clone", measurements.clone.samples),
        ("restore", measurements.restore.samples),
        ("rollback", measurements.rollback.samples),
        ("boot", tuple(boots)),
    )
