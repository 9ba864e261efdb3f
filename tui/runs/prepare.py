"""From a definition and values to a request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from tui.config import Settings
from tui.definitions.model import Definition, Json, ResourceLimits
from tui.definitions.parameters import as_text, resolve
from tui.definitions.templating import environment, render
from tui.machines.model import LARGEST_DISK_MB, PROFILES, MachineSpec
from tui.runs.request import Request, StepRequest

_MEMORY_FACTOR: Final = 1.3
_MEMORY_OVERHEAD_MB: Final = 50
"""What the guest's kernel, its agent and what is kept free for them leave (measured: 163 of 256 MiB, 396 of 512, 791 of
1024)."""
_MEMORY_STEP_MB: Final = 128
"""Every size of machine has a template of its own, so there are few sizes."""
_DISK_RESERVE: Final = 10
_DISK_OVERHEAD_MB: Final = 64
"""One part in ten and this are ample for what ext4 keeps for itself, and cost nothing: the disk is sparse. One that is
full before the limit is reached would look like the command's own error."""
_RAM_DISK_SHARE: Final = 0.4
"""Part of the memory that written files can count on where there is no disk: the guest lets them take half of what its
kernel leaves, some of which is in use already."""

_SHORTEST_SECRET: Final = 3
"""Characters of the shortest part of an array or object that is a secret of its own: shorter ones are everywhere."""


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
        limits=definition.resource_limits or ResourceLimits(),
        mode=definition.execution_mode,
        env=environment(typed),
        timeout_s=timeout_s,
        definition=definition.name,
        definition_hash=definition.content_hash,
        source=definition,
        parameters=typed,
        secrets=_secrets(definition, typed),
    )


def _secrets(definition: Definition, values: Mapping[str, Json]) -> dict[str, str]:
    """Return what is secret about secret parameters: each value, and each text and number that it holds.

    Yes, no and nothing cannot be hidden: the words for them are everywhere.
    """
    secrets: dict[str, str] = {}
    for parameter in definition.parameters:
        value = values.get(parameter.name)
        if not parameter.secret or value is None or isinstance(value, bool):
            continue
        if value not in ([], {}):
            secrets[parameter.name] = as_text(value)
        if isinstance(value, list | dict):
            held = dict.fromkeys(text for text in _leaves(value) if len(text) >= _SHORTEST_SECRET)
            secrets |= {f"{parameter.name}.{number}": text for number, text in enumerate(held, 1)}
    return secrets


def _leaves(value: Json) -> Iterator[str]:
    """Yield the texts and numbers that a value is made of."""
    if isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield as_text(value)


def spec_for(profile: MachineSpec, limits: ResourceLimits | None) -> MachineSpec:
    """Return a machine in which a run can use what its definition's limits allow.

    The limits themselves are enforced in the guest. The machine is the profile's where that is large enough, so that
    it may come from the pool. A disk is added where the disk limit is more than written files may take of the memory.
    The network is only there when granted.

    Raises:
        InvalidInput: no machine can be so large.
    """
    if limits is None:
        return profile
    memory_mb, file_room_mb = profile.memory_mb, profile.memory_mb * _RAM_DISK_SHARE
    if limits.max_memory_mb is not None:
        needed_mb = limits.max_memory_mb * _MEMORY_FACTOR + _MEMORY_OVERHEAD_MB
        if needed_mb > memory_mb:
            memory_mb = math.ceil(needed_mb / _MEMORY_STEP_MB) * _MEMORY_STEP_MB
        file_room_mb = min(memory_mb, limits.max_memory_mb) * _RAM_DISK_SHARE
    disk_mb = profile.disk_mb
    if limits.max_disk_mb is not None and limits.max_disk_mb > file_room_mb:
        roomy_mb = limits.max_disk_mb + limits.max_disk_mb // _DISK_RESERVE + _DISK_OVERHEAD_MB
        disk_mb = max(limits.max_disk_mb, min(roomy_mb, LARGEST_DISK_MB), disk_mb or 0)
    return replace(profile, memory_mb=memory_mb, disk_mb=disk_mb, network=limits.network_access)
