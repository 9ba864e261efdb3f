"""`rollcage pool`: the machines that run now, and the templates they are clones of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command, family
from tui.cli.console import out_json, out_table, say
from tui.cli.figures import describe_machine, when
from tui.cli.opening import with_engine
from tui.units import duration, size

if TYPE_CHECKING:
    import argparse

    from tui.machines.inventory import Hypervisor, MemoryUse
    from tui.runs.engine import Engine

_SHORT = 8
"""Characters of a template's id that are shown; the beginning of an id is enough to name one."""


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "pool",
        _list,
        "list the machines that run and the templates they come from",
        examples=(
            "rollcage pool                         machines of every Rollcage of this user",
            "rollcage pool templates               what they are clones of, and what that takes on disk",
            "rollcage pool remove-template 43017c  refused while a machine or a snapshot needs it",
        ),
    )
    add_json(parser)
    listing = command(
        commands,
        "list",
        _list,
        "list the machines that run now",
        description="List the machines of every Rollcage of this user. What a machine is doing, and for which session, "
        "is known only to the process it belongs to: the application shows it in its Pool area.",
    )
    templates = command(
        commands,
        "templates",
        _templates,
        "list the templates on disk",
        description="List the machines that were booted once and frozen; others are clones of them. One is made when "
        "the first machine of its profile is needed.",
    )
    remove = command(
        commands,
        "remove-template",
        _remove,
        "remove a template from disk",
        description="Remove a template. Refused while a machine shares its memory, or a snapshot holds only what "
        "differs from it. The next machine of its profile makes another, which takes a boot.",
    )
    remove.add_argument("template", metavar="ID", help="its id, or the beginning of it")
    for each in (listing, templates, remove):
        add_json(each, inherit=True)


def _list(arguments: argparse.Namespace) -> int:
    from tui.machines.inventory import memory_of
    from tui.machines.qemu.processes import hypervisors

    machines = [(each, memory_of(each.pid)) for each in hypervisors()]
    if arguments.json:
        out_json([{**_plain(each), "memory": memory} for each, memory in machines])
        return 0
    rows = [_machine_row(each, memory) for each, memory in machines]
    if rows:
        out_table(("PID", "ROLLCAGE", "STARTED", "RAM", "CPUS", "PSS", "RSS", "TEMPLATE", "NOTE"), rows)
    else:
        say("rollcage: no machine runs")
    return 0


def _plain(machine: Hypervisor) -> dict[str, object]:
    return {
        "pid": machine.pid,
        "owner_pid": machine.owner_pid,
        "owner_alive": machine.owner_alive,
        "started_at": machine.started_at,
        "memory_mb": machine.memory_mb,
        "cpus": machine.cpus,
        "template": machine.template.name if machine.template is not None else None,
        "template_directory": machine.template,
    }


def _machine_row(machine: Hypervisor, memory: MemoryUse | None) -> tuple[str, ...]:
    note = "" if machine.owner_alive else "left behind: the next Rollcage that opens its machines ends it"
    if machine.template is None:
        note = note or "boots, to become a template"
    return (
        str(machine.pid),
        str(machine.owner_pid),
        when(machine.started_at),
        f"{machine.memory_mb} MiB" if machine.memory_mb is not None else "-",
        str(machine.cpus) if machine.cpus is not None else "-",
        size(memory.pss) if memory is not None else "-",
        size(memory.rss) if memory is not None else "-",
        machine.template.name[:_SHORT] if machine.template is not None else "-",
        note,
    )


def _templates(arguments: argparse.Namespace) -> int:
    from tui.machines.qemu.shelf import templates
    from tui.paths import Paths

    found = templates(Paths.from_environment())
    if arguments.json:
        out_json(found)
        return 0
    rows = [
        (
            each.id[:_SHORT],
            describe_machine(each.spec),
            each.accelerator,
            size(each.disk_bytes),
            duration(each.boot_ms / 1000),
            when(each.built_at),
            str(len(each.machines)),
            str(each.snapshots),
        )
        for each in found
    ]
    if rows:
        out_table(("TEMPLATE", "MACHINE", "BY", "DISK", "BOOT", "BUILT", "MACHINES", "SNAPSHOTS"), rows)
    else:
        say("rollcage: there are no templates yet; the first machine of a profile makes one")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        removed = await engine.remove_template(arguments.template)
        if arguments.json:
            out_json(removed)
        else:
            say(f"rollcage: template {removed.id[:_SHORT]} removed, {size(removed.disk_bytes)} freed")
        return 0

    return with_engine(action)
