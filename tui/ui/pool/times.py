"""What making, claiming and restoring machines took, by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.pool.measurements import Measurements, Sample

if TYPE_CHECKING:
    from tui.machines.inventory import TemplateInfo

Times = tuple[tuple[str, tuple[Sample, ...]], ...]
"""What was measured, by name."""


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
