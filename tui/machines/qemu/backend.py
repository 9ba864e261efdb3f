"""The QEMU backend: clones of templates, snapshots in a vault, rollback by swap."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tui.errors import RollcageError
from tui.ids import time_of
from tui.machines.errors import CapabilityLacking, MachineLost, SnapshotIncompatible
from tui.machines.guest.link import AgentLink
from tui.machines.guest.surveyor import DEADLINE_S, Surveyor
from tui.machines.inspection import Inspection, MemoryDifference
from tui.machines.inventory import Birth, Origin
from tui.machines.kinds import Capability
from tui.machines.model import PROFILES, MachineSpec
from tui.machines.protocol import Capture, Machine, SnapshotLabel
from tui.machines.qemu import probe, strays
from tui.machines.qemu.command_line import KVM, Accelerator, BootFiles, tcg
from tui.machines.qemu.disk import DiskChain
from tui.machines.qemu.machine import FrozenState, QemuMachine
from tui.machines.qemu.memory import GuestMemory
from tui.machines.qemu.page_difference import differing_pages
from tui.machines.qemu.pagemap import PAGE
from tui.machines.qemu.process import QemuProcess
from tui.machines.qemu.snapshot_file import Manifest
from tui.machines.qemu.template import Template, Templates, rehearse
from tui.machines.qemu.tsc import tsc_khz
from tui.machines.qemu.vault import Vault
from tui.undivided import undivided_in_thread

if TYPE_CHECKING:
    from tui.paths import Paths

_log = logging.getLogger(__name__)
_STANDBYS: Final = 2
"""Machines that stand by for a rollback, at most."""


class QemuBackend:
    """Makes QEMU microvms. Open it with `open`, close it with `close`."""

    def __init__(self, vault: Vault, templates: Templates, accelerator: Accelerator, verdict: probe.Verdict) -> None:
        self._vault = vault
        self._templates = templates
        self.verdict = verdict
        self._accelerator = accelerator
        self._machines: set[QemuMachine] = set()
        self._standbys: OrderedDict[str, asyncio.Task[QemuMachine]] = OrderedDict()
        """Machines being put at a snapshot that may be wanted next, by its id."""

    @classmethod
    async def open(
        cls, paths: Paths, preference: str = "auto", report: Callable[[str], None] | None = None
    ) -> QemuBackend:
        """Find the image, choose an accelerator, and clean up after earlier lives.

        Raises:
            HostNotReady: QEMU or the guest image is missing.
        """
        from tui.machines.guest.image import find_image

        version = probe.qemu_version(paths.cache)
        image = find_image(paths)
        boot = BootFiles(image.kernel, image.initrd, image.rootfs, image.key)
        strays.kill_strays()
        vault = Vault(paths.snapshots)
        await asyncio.to_thread(vault.clean)
        templates = Templates(paths.templates, boot, qemu_version=version, cpu=probe.cpu_key())

        async def attempt(accelerator: Accelerator, deadline_s: float) -> None:
            if report is not None:
                report(f"trying {accelerator.name}")
            spec = PROFILES["minimal"]
            async with asyncio.timeout(2 * deadline_s):
                await templates.get(spec, accelerator, report, deadline_s)
                trial = cls(vault, templates, accelerator, probe.Verdict(accelerator.name, "on trial"))
                try:
                    await trial.clone(spec, warm=True)
                finally:
                    await trial.close()

        verdict = await probe.choose(preference, paths.cache / "accelerator.json", image.key, version, attempt)
        if verdict.accelerator == KVM.name:
            return cls(vault, templates, KVM, verdict)
        khz = await asyncio.to_thread(tsc_khz, paths.cache / "tsc.json", probe.cpu_key())
        return cls(vault, templates, tcg(khz), verdict)

    @property
    def name(self) -> str:
        """`qemu/kvm` or `qemu/tcg`."""
        return f"qemu/{self._accelerator.name}"

    @property
    def why(self) -> str:
        """What the probe found."""
        return self.verdict.reason

    @property
    def capabilities(self) -> Mapping[Capability, str]:
        """All of them; QEMU microvm lacks none."""
        return dict.fromkeys(Capability, "")

    async def prepare(self, spec: MachineSpec, report: Callable[[str], None] | None = None) -> None:
        """Make the template of `spec`, if it is not there."""
        await self._templates.get(spec, self._accelerator, report)

    def template_id(self, spec: MachineSpec) -> str:
        """Return the id of the template of `spec`, whether it exists or not."""
        return self._templates.key(spec, self._accelerator)

    async def drop_stale(self) -> None:
        """Remove the templates of earlier images, kernels and QEMUs, which nothing can use any more."""
        await asyncio.to_thread(self._templates.drop_stale, self._accelerator)

    async def clone(self, spec: MachineSpec, *, warm: bool = False) -> Machine:
        """Return a new machine, standing still."""
        template = await self._templates.get(spec, self._accelerator)
        machine = await self._incoming(template, template.devices, generation=1)
        try:
            if warm:
                await rehearse(machine)
        except BaseException:
            await machine.discard()
            raise
        return self._tracked(machine)

    async def capture(self, machine: Machine, label: SnapshotLabel) -> Capture:
        """Store the whole state of `machine`."""
        assert isinstance(machine, QemuMachine)
        if not machine.alive:
            raise MachineLost("the machine is gone, there is nothing to capture")
        state = await machine.freeze()
        manifest = _manifest(machine, label, state)
        stored = await asyncio.to_thread(self._vault.add, manifest, state.numbers, state.content, state.devices)
        return Capture(state.pause_ms, stored)

    async def restore(self, snapshot_id: str) -> Machine:
        """Return a new machine at a stored snapshot, standing still."""
        standby = self._standbys.pop(snapshot_id, None)
        if standby is not None:
            try:
                machine = self._tracked(await standby)
                if machine.alive:
                    return machine
            except (RollcageError, OSError) as error:
                _log.warning("the machine standing by for %s is of no use: %s", snapshot_id, error)
            except asyncio.CancelledError:
                await _end(standby)
                raise
        return self._tracked(await self._restored(snapshot_id))

    async def anticipate(self, snapshot_id: str) -> None:
        """Have a machine stand by at this snapshot, so that the next `restore` of it is quick.

        It has rehearsed: files and processes are those of the snapshot, frozen until it is resumed, but the guest's
        kernel has started a program or two meanwhile.
        """
        if snapshot_id in self._standbys:
            self._standbys.move_to_end(snapshot_id)
            return
        self._standbys[snapshot_id] = asyncio.create_task(self._standing_by(snapshot_id))
        while len(self._standbys) > _STANDBYS:
            await _end(self._standbys.popitem(last=False)[1])

    def standbys(self) -> Mapping[str, Machine | None]:
        """Return the machines that stand by, by snapshot; None for one that is being made."""
        made = {id_: _made(task) for id_, task in self._standbys.items()}
        return {id_: machine for id_, machine in made.items() if machine is not None or not self._standbys[id_].done()}

    async def stand_down(self, snapshot_id: str) -> None:
        """Discard the machine that stands by at this snapshot, or stop making it."""
        if (standby := self._standbys.pop(snapshot_id, None)) is not None:
            await _end(standby)

    async def _standing_by(self, snapshot_id: str) -> QemuMachine:
        machine = await self._restored(snapshot_id)
        try:
            await rehearse(machine)
        except BaseException:
            await machine.discard()
            raise
        return machine

    async def inspect(self, snapshot_id: str) -> Inspection:
        """Return a snapshot to look into. What stands by for a rollback is left alone."""
        machine = self._tracked(await self._restored(snapshot_id))
        try:
            await machine.look_only()
        except BaseException:
            await machine.discard()
            raise
        return Surveyor(machine, deadline_s=machine.template.deadline(DEADLINE_S))

    async def memory_difference(self, older_id: str, newer_id: str) -> MemoryDifference:
        """Return how many pages differ, by the checksums that are stored of all that differ from the template."""
        return await asyncio.to_thread(self._memory_difference, older_id, newer_id)

    def _memory_difference(self, older_id: str, newer_id: str) -> MemoryDifference:
        older, newer = (self._vault.index(id_) for id_ in (older_id, newer_id))
        manifests = older[0], newer[0]
        if len({(each.spec.memory_mb, each.template, each.template_build) for each in manifests}) > 1:
            raise CapabilityLacking("the snapshots are of machines of different profiles")
        template = self._templates.find(older[0].spec, self._accelerator)
        if template is None or template.key != older[0].template:
            raise CapabilityLacking("the template of the snapshots is not there any more")
        pages = differing_pages(older[1], newer[1], template.memory_file)
        return MemoryDifference(pages, (older[0].spec.memory_mb << 20) // PAGE, PAGE)

    async def _restored(self, snapshot_id: str) -> QemuMachine:
        with self._vault.open(snapshot_id) as reader:
            manifest, devices = reader.manifest, reader.devices()
        key = self._templates.key(manifest.spec, self._accelerator)
        if manifest.template != key:
            raise SnapshotIncompatible(
                f"snapshot {snapshot_id} of {time_of(snapshot_id):%Y-%m-%d %H:%M} was made with another guest image, "
                "QEMU, accelerator or CPU and cannot run here",
                hint="start a new session; nothing was changed",
            )
        template = self._templates.find(manifest.spec, self._accelerator)
        if manifest.template_build and (template is None or template.build != manifest.template_build):
            raise SnapshotIncompatible(
                f"snapshot {snapshot_id} of {time_of(snapshot_id):%Y-%m-%d %H:%M} holds only what differs from a "
                "template that was removed; one made anew has other memory",
                hint="start a new session; nothing was changed",
            )
        template = template or await self._templates.get(manifest.spec, self._accelerator)
        return await self._incoming(
            template, devices, generation=manifest.generation, snapshot_id=snapshot_id,
            layers=manifest.disk_layers, quiesced=manifest.quiesced,
        )  # fmt: skip

    async def _incoming(
        self,
        template: Template,
        devices: bytes,
        *,
        generation: int,
        snapshot_id: str | None = None,
        layers: tuple[str, ...] = (),
        quiesced: bool = True,
    ) -> QemuMachine:
        """Load a saved state into a fresh QEMU. If anything fails, that QEMU is gone and nothing else has changed."""
        started = time.perf_counter()
        disk = None
        if template.spec.disk_mb is not None:
            disk = DiskChain(self._vault, template.spec.disk_mb, template.directory, layers)
        process = None
        try:
            node = await disk.open() if disk is not None else None
            process = await QemuProcess.spawn(template.arguments(disk=node), incoming=True)
            if snapshot_id is not None:
                await undivided_in_thread(
                    self._write_pages, GuestMemory(process.pid, template.memory_file), snapshot_id
                )
            await process.load_devices(devices)
            link = await AgentLink.open(process.agent_socket)
            origin = Origin.CLONED if snapshot_id is None else Origin.RESTORED
            took_ms = (time.perf_counter() - started) * 1000
            return QemuMachine(
                process, link, template, generation=generation, disk=disk, quiesced=quiesced,
                birth=Birth(origin, datetime.now(UTC), took_ms, snapshot_id=snapshot_id),
            )  # fmt: skip
        except BaseException:
            if process is not None:
                await process.kill()
            if disk is not None:
                disk.close()
            raise

    def _write_pages(self, memory: GuestMemory, snapshot_id: str) -> None:
        for numbers, content in self._vault.pages(snapshot_id):
            memory.write(numbers, content)

    def _tracked(self, machine: QemuMachine) -> QemuMachine:
        self._machines = {known for known in self._machines if not known.discarded} | {machine}
        return machine

    async def stored(self) -> Mapping[str, SnapshotLabel]:
        """Return the labels of all complete snapshots, by id."""
        manifests = await asyncio.to_thread(self._vault.manifests)
        return {id_: manifest.label for id_, manifest in manifests.items()}

    async def delete(self, snapshot_ids: set[str]) -> int:
        """Delete snapshots; those that stay remain whole. Returns the bytes freed."""
        for snapshot_id in snapshot_ids:
            await self.stand_down(snapshot_id)
        return await asyncio.to_thread(self._vault.delete, snapshot_ids)

    async def copy(self, snapshot_id: str, label: SnapshotLabel) -> int:
        """Store a snapshot once more, under another label, if it is whole."""
        await self.verify(snapshot_id)
        return await undivided_in_thread(self._vault.copy, snapshot_id, label)

    async def verify(self, snapshot_id: str) -> None:
        """Read a snapshot in full and compare its checksums."""

        def read() -> None:
            with self._vault.open(snapshot_id) as reader:
                reader.devices()
                reader.index()
            for _ in self._vault.pages(snapshot_id):
                pass

        await asyncio.to_thread(read)

    async def close(self) -> None:
        """Discard every machine this backend made."""
        waiting = list(self._standbys.values())
        self._standbys.clear()
        for task in waiting:
            await _end(task)
        machines, self._machines = self._machines, set()
        await asyncio.gather(*(machine.discard() for machine in machines))


def _made(task: asyncio.Task[QemuMachine]) -> QemuMachine | None:
    is_made = task.done() and not task.cancelled() and task.exception() is None
    return task.result() if is_made else None


async def _end(task: asyncio.Task[QemuMachine]) -> None:
    """Stop making a machine, or end the one that was made."""
    task.cancel()
    outcome = (await asyncio.gather(task, return_exceptions=True))[0]
    if isinstance(outcome, QemuMachine):
        await outcome.discard()


def _manifest(machine: QemuMachine, label: SnapshotLabel, state: FrozenState) -> Manifest:
    unset: dict[str, Any] = dict.fromkeys(("pages", "own_pages", "devices_bytes", "devices_digest", "index_digest"), 0)
    return Manifest(
        label=label, spec=machine.spec, template=machine.template.key, files=(), quiesced=state.quiesced,
        generation=machine.generation, disk_layers=state.disk_layers, template_build=machine.template.build, **unset,
    )  # fmt: skip
