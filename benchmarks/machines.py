"""Figures of the machine engine, each against QEMU itself in the same run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bare import BareMachine, qcow2
from benchmarks.measure import Report, Stopwatch
from tui.ids import new_id
from tui.machines.model import PROFILES, Command
from tui.machines.protocol import Machine, SnapshotLabel
from tui.machines.qemu.backend import QemuBackend
from tui.machines.qemu.disk import chain
from tui.machines.qemu.memory import fresh_ram
from tui.machines.qemu.template import Template, boot

SPEC = PROFILES["minimal"]
ECHO = Command("argv", argv=("/bin/echo", "ready"))
USED = Command("code", text="x = bytearray(b'x') * (2 << 20); open('/work/x', 'wb').write(x)", language="python")
"""What makes a machine a used one before it is captured."""


async def first_output(machine: Machine, command: Command) -> None:
    """Execute a command until its first bytes arrive."""
    process = await machine.execute(command)
    async for _ in process.output():
        break


async def complete(machine: Machine, command: Command) -> None:
    """Execute a command to its end."""
    process = await machine.execute(command)
    async for _ in process.output():
        pass
    await process.wait()


def label(parent: str | None = None) -> SnapshotLabel:
    """A label for a snapshot of the benchmark's own."""
    return SnapshotLabel(new_id(), new_id(), parent, "manual", datetime.now(UTC).isoformat())


async def cold_boot(report: Report, backend: QemuBackend, rounds: int) -> None:
    """From the spawn of QEMU until the agent answers."""
    template = await template_of(backend)
    samples = []
    for _ in range(rounds):
        ram = fresh_ram(template.spec.memory_mb << 20)
        try:
            machine, seconds = await boot(template, ram, None, 60)
            await machine.discard()
        finally:
            os.close(ram)
        samples.append(seconds * 1000)
    report.add("cold boot to an answering agent", samples, below=2000)


async def claim(report: Report, backend: QemuBackend, rounds: int) -> None:
    """A warm, waiting clone: from the claim to the first output of a command."""
    template = await template_of(backend)
    ours, floor = [], []
    for _ in range(rounds):
        machine = await backend.clone(SPEC, warm=True)
        watch = Stopwatch()
        await machine.resume()
        await first_output(machine, ECHO)
        ours.append(watch.ms)
        await machine.discard()

        bare = await asyncio.to_thread(_warm_bare, template)
        watch = Stopwatch()
        bare.command("cont")
        bare.execute("/bin/echo", "ready")
        floor.append(watch.ms)
        bare.kill()
    report.add(
        "claim → first output",
        ours,
        peer="bare script: cont + one exec on a warm clone",
        peer_samples=floor,
        at_most=1.3,
    )


def _warm_bare(template: Template) -> BareMachine:
    bare = BareMachine(template.arguments(disk=None))
    bare.restore(template.devices)
    bare.command("cont")
    bare.hello(2)
    for command in (Command("shell", text="/bin/true"), Command("code", text="pass", language="python")):
        bare.run(command)
    bare.command("stop")
    return bare


async def round_trip(report: Report, backend: QemuBackend, rounds: int, containers: dict[str, list[float]]) -> None:
    """A trivial command in a warm machine."""
    machine = await backend.clone(SPEC, warm=True)
    await machine.resume()
    samples = []
    for _ in range(rounds):
        watch = Stopwatch()
        await complete(machine, ECHO)
        samples.append(watch.ms)
    await machine.discard()
    bare = await asyncio.to_thread(_warm_bare, await template_of(backend))
    bare.command("cont")
    floor = []
    for _ in range(rounds):
        watch = Stopwatch()
        bare.run(ECHO)
        floor.append(watch.ms)
    bare.kill()
    report.add("exec round trip", samples, peer="bare script", peer_samples=floor)
    for name, peer in containers.items():
        report.add("exec round trip", samples, peer=name, peer_samples=peer)


async def snapshots(report: Report, backend: QemuBackend, rounds: int) -> None:
    """Capture and rollback of a used machine, against `snapshot-save` and `snapshot-load` of the same guest."""
    template = await template_of(backend)
    machine = await backend.clone(SPEC, warm=True)
    await machine.resume()
    await complete(machine, USED)
    pauses, sizes, totals = [], [], []
    last = label()
    await backend.capture(machine, last)
    for _ in range(rounds):
        await complete(machine, USED)
        watch = Stopwatch()
        cost = await backend.capture(machine, last := label(last.id))
        totals.append(watch.ms)
        pauses.append(cost.pause_ms)
        sizes.append(cost.stored_bytes / 1e6)
    cold, ready = [], []
    for _ in range(rounds):
        watch = Stopwatch()
        restored = await backend.restore(last.id)
        await restored._process.command("cont")  # type: ignore[attr-defined]
        cold.append(watch.ms)
        await restored.discard()
        await backend.anticipate(last.id)
        await asyncio.gather(*backend._standbys.values())
        watch = Stopwatch()
        restored = await backend.restore(last.id)
        await restored.resume()
        ready.append(watch.ms)
        await restored.discard()
    await machine.discard()
    saves, loads, save_sizes = await asyncio.to_thread(_savevm, template, rounds)
    report.add("snapshot pause", pauses, peer="savevm", peer_samples=saves, at_least=20)
    report.add("snapshot, complete on disk", totals, peer="savevm", peer_samples=saves)
    report.add("snapshot bytes", sizes, "MB", peer="savevm", peer_samples=save_sizes)
    report.add(
        "rollback to where a machine stands by, identity in force", ready, peer="loadvm", peer_samples=loads, at_least=8
    )
    report.add("rollback to anywhere, from the spawn of QEMU until it runs", cold, peer="loadvm", peer_samples=loads)


def _savevm(template: Template, rounds: int) -> tuple[list[float], list[float], list[float]]:
    with tempfile.TemporaryDirectory() as directory:
        image = qcow2(Path(directory) / "vmstate.qcow2", 64)
        node = chain([image]).replace('"node-name": "disk"', '"node-name": "vmstate"')
        bare = BareMachine(template.arguments(disk=None), ("-blockdev", node))
        bare.restore(template.devices)
        bare.command("cont")
        bare.hello(2)
        bare.run(USED)
        saves, loads, sizes = [], [], []
        for number in range(rounds):
            before = image.stat().st_blocks * 512
            watch = Stopwatch()
            bare.job(
                "snapshot-save",
                **{"job-id": f"s{number}", "tag": f"t{number}", "vmstate": "vmstate", "devices": ["vmstate"]},
            )
            saves.append(watch.ms)
            if number == 0:  # later ones reuse the clusters of deleted ones
                sizes.append((image.stat().st_blocks * 512 - before) / 1e6)
            watch = Stopwatch()
            bare.job(
                "snapshot-load",
                **{"job-id": f"l{number}", "tag": f"t{number}", "vmstate": "vmstate", "devices": ["vmstate"]},
            )
            loads.append(watch.ms)
            bare.job("snapshot-delete", **{"job-id": f"d{number}", "tag": f"t{number}", "devices": ["vmstate"]})
            bare.command("cont")
        bare.kill()
        return saves, loads, sizes


async def clean_after_failure(report: Report, backend: QemuBackend, rounds: int) -> None:
    """From the exit of a failed command until the machine before it, restored, has answered."""
    template = await template_of(backend)
    machine = await backend.clone(SPEC, warm=True)
    await backend.capture(machine, before := label())
    ours, floor = [], []
    for _ in range(rounds):
        await backend.anticipate(before.id)
        await asyncio.gather(*backend._standbys.values())
        await machine.resume()
        process = await machine.execute(Command("shell", text="echo broken > /work/broken; exit 3"))
        async for _chunk in process.output():
            pass
        await process.wait()
        watch = Stopwatch()
        restored = await backend.restore(before.id)
        await restored.resume()
        await first_output(restored, ECHO)
        ours.append(watch.ms)
        await machine.discard()
        await restored.pause()
        machine = restored

        watch = Stopwatch()
        bare = BareMachine(template.arguments(disk=None))
        bare.restore(template.devices)
        bare.command("cont")
        bare.hello(2)
        bare.execute("/bin/echo", "ready")
        floor.append(watch.ms)
        bare.kill()
    await machine.discard()
    report.add(
        "failure → clean machine answers",
        ours,
        peer="bare script: spawn, restore, one exec",
        peer_samples=floor,
        at_most=2,
    )


async def memory(report: Report, backend: QemuBackend, clones: int) -> None:
    """Proportional set size of waiting clones."""
    async with waiting(backend, clones) as machines:
        samples = [_pss_mb(machine.pid) for machine in machines]
    report.add(f"memory of an idle warm clone (PSS, {clones} alive)", samples, "MB")


@asynccontextmanager
async def waiting(backend: QemuBackend, count: int) -> AsyncIterator[list[Machine]]:
    """Clones that wait, as in the pool."""
    machines = [await backend.clone(SPEC, warm=True) for _ in range(count)]
    try:
        yield machines
    finally:
        for machine in machines:
            await machine.discard()


def _pss_mb(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


async def template_of(backend: QemuBackend) -> Template:
    """The template of the minimal profile."""
    machine = await backend.clone(SPEC)
    template = machine.template  # type: ignore[attr-defined]
    with contextlib.suppress(Exception):
        await machine.discard()
    assert isinstance(template, Template)
    return template
