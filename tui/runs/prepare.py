"""From a definition and values to a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tui.config import Settings
from tui.definitions.model import Definition, ResourceLimits
from tui.definitions.parameters import resolve
from tui.definitions.templating import environment, render
from tui.machines.model import PROFILES, MachineSpec
from tui.runs.request import Request, StepRequest

_SMALLEST_MEMORY_MB: Final = 128
_SMALLEST_DISK_MB: Final = 64
_RAM_DISK_SHARE: Final = 0.4
"""Part of the RAM that written files can count on where there is no disk: the guest lets them take half of what its
kernel leaves, some of which is in use already."""


def request_for(
    definition: Definition,
    values: Mapping[str, object],
    *,
    session: str,
    settings: Settings,
    profile: str | None = None,
    timeout_s: float | None = None,
) -> Request:
    """Return the request to run a definition.

    Args:
        definition: What to run.
        values: Its parameters, as text or already typed.
        session: Name of the session.
        settings: For the default profile.
        profile: The kind of machine for a new session, instead of the definition's.
        timeout_s: Seconds for the whole run, instead of the definition's.

    Raises:
        InvalidParameters: with every problem of the values.
        InvalidInput: a value has no literal in a step's language, or the limits make no machine.
    """
    typed = resolve(definition, values)
    steps = tuple(StepRequest(render(step, typed), str(step.language), step.line) for step in definition.steps)
    chosen = profile or (str(definition.profile) if definition.profile is not None else settings.profile)
    if timeout_s is None and definition.timeout is not None:
        timeout_s = float(definition.timeout)
    return Request(
        title=definition.name,
        steps=steps,
        session=session,
        spec=spec_for(PROFILES[chosen], definition.resource_limits),
        env=environment(typed),
        timeout_s=timeout_s,
        definition=definition.name,
        definition_hash=definition.content_hash,
        parameters=typed,
    )


def spec_for(profile: MachineSpec, limits: ResourceLimits | None) -> MachineSpec:
    """Return the machine that a definition's limits ask for.

    The memory limit is the machine's RAM, which the guest cannot exceed. A disk is added where the disk limit is more
    than written files may take of the RAM. The network is only there when granted.

    Raises:
        InvalidInput: no machine can be so large.
    """
    if limits is None:
        return profile
    memory_mb = profile.memory_mb
    if limits.max_memory_mb is not None:
        memory_mb = max(_SMALLEST_MEMORY_MB, limits.max_memory_mb)
    disk_mb = profile.disk_mb
    if limits.max_disk_mb is not None and limits.max_disk_mb > memory_mb * _RAM_DISK_SHARE:
        disk_mb = max(_SMALLEST_DISK_MB, limits.max_disk_mb)
    return replace(profile, memory_mb=memory_mb, disk_mb=disk_mb, network=limits.network_access)
