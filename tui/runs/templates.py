"""Templates on disk. No machine is needed to look at them or to remove one."""

from __future__ import annotations

import asyncio

from tui.audit.model import EntryKind
from tui.machines.inventory import TemplateInfo
from tui.runs.context import Context


async def listed(context: Context) -> tuple[TemplateInfo, ...]:
    """Return the templates on disk, the newest first."""
    from tui.machines.qemu.shelf import templates

    return await asyncio.to_thread(templates, context.paths)


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
