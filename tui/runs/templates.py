"""Templates on disk. No machine is needed to look at them or to remove one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tui.audit.model import EntryKind
from tui.machines.inventory import TemplateInfo
from tui.machines.protocol import Backend
from tui.runs.context import Context


async def listed(context: Context, backend: Backend | None) -> tuple[TemplateInfo, ...]:
    """Return the templates on disk, the newest first; whether they fit, only where a backend is open."""
    from tui.machines.qemu.shelf import templates

    found = await asyncio.to_thread(templates, context.paths)
    if backend is None:
        return found
    return tuple(replace(each, fits=each.id == backend.template_id(each.spec)) for each in found)


async def remove(context: Context, beginning: str) -> TemplateInfo:
    """Remove the template whose id begins so.

    Raises:
        NotFound: there is none, or more than one.
        Busy: a machine or a snapshot needs it, or it is being made.
    """
    from tui.machines.qemu.shelf import remove_template

    removed = await asyncio.to_thread(remove_template, context.paths, beginning)
    details = {"template": removed.id, "freed_bytes": removed.disk_bytes, "spec": removed.spec.to_json()}
    context.audit.record(EntryKind.TEMPLATE_REMOVED, details=details)
    return removed
