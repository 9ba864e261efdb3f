"""A request as hooks left it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tui.definitions.model import ResourceLimits
from tui.hooks.model import Limits
from tui.proposal import Proposal
from tui.runs.request import Request, StepRequest

_MIB: Final = 1 << 20


def amended(
    request: Request, proposal: Proposal, env: Mapping[str, str], limits: Limits, *, timeout_s: float, network: bool
) -> Request:
    """Return the request with the steps, variables and limits that hooks left it with.

    Args:
        request: As it was made.
        proposal: As hooks left it.
        env: Variables that hooks add.
        limits: What hooks limit.
        timeout_s: What holds where the request says nothing: a limit of a hook never lengthens it.
        network: Whether there is one where it runs: without limits of its own a run keeps it.
    """
    steps = request.steps
    texts = [(step.text, step.language, step.argv) for step in proposal.steps]
    if texts != [(step.text, step.language, step.argv) for step in steps]:
        steps = tuple(StepRequest(text, language, argv=argv) for text, language, argv in texts)
    if limits.wall_s is not None:
        request = replace(request, timeout_s=min(request.timeout_s or timeout_s, limits.wall_s))
    own = request.limits
    if (limits.memory_bytes, limits.cpu_s, limits.disk_bytes) != (None, None, None):
        own = _strictest(own or ResourceLimits(network_access=network), limits)
    return replace(request, steps=steps, env={**request.env, **env}, limits=own)


def _strictest(own: ResourceLimits, limits: Limits) -> ResourceLimits:
    return replace(
        own,
        max_memory_mb=_lower(own.max_memory_mb, limits.memory_bytes, _MIB),
        max_cpu_time=_lower(own.max_cpu_time, limits.cpu_s, 1),
        max_disk_mb=_lower(own.max_disk_mb, limits.disk_bytes, _MIB),
    )


def _lower(one: int | None, other: float | None, unit: int) -> int | None:
    given = [value for value in (one, None if other is None else max(1, int(other // unit))) if value is not None]
    return min(given, default=None)
