"""Templates: a machine booted and warmed once, then frozen, that every clone of its kind shares copy-on-write.

A template that still runs, or a memory file that changes, would give its clones torn memory. So the template's QEMU
ends before the directory gets its name, and a memory file whose size or time has changed since is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from tui.ids import new_id
from tui.machines.errors import BootFailed, MachineError
from tui.machines.guest.link import AgentLink
from tui.machines.inventory import Birth, Origin
from tui.machines.model import Command, MachineSpec
from tui.machines.qemu.command_line import Accelerator, BootFiles, machine_arguments, template_key
from tui.machines.qemu.disk import BOOT_LAYER, RAW, chain, create_overlay, format_raw
from tui.machines.qemu.machine import QemuMachine
from tui.machines.qemu.memory import fresh_ram, keep_ram
from tui.machines.qemu.process import QemuProcess
from tui.machines.qemu.processes import process_name
from tui.machines.qemu.shelf import ABOUT

_MEMORY: Final = "memory"
_DEVICES: Final = "devices"
_BOOT_DEADLINE_S: Final = 90.0
_REHEARSAL_DEADLINE_S: Final = 30.0
_EXPECTED_BOOT_S: Final = 2.0
"""A boot slower than this stretches every deadline by the same factor."""

WARM_UP: Final = (
    Command("shell", text="ls / >/dev/null; cat /proc/loadavg >/dev/null; /bin/true; python3 -c 'import json'; :"),
    Command("code", text="import json, subprocess, pathlib", language="python"),
    Command("code", text="JSON.stringify(process.versions)", language="javascript"),
)
"""Run in a template before it is frozen, so that what commands read first is in the shared page cache."""

_REHEARSAL: Final = (
    Command("shell", text="/bin/true", cwd="/"),
    Command("code", text="pass", language="python", cwd="/"),
)
"""Run in a machine that will wait: it touches no file, and fills what only a machine that has run once has full, such
as the translation cache of TCG, which lives in the QEMU process."""
_SETTLE_S: Final = 0.1
"""The agent makes its next interpreter once it was idle for half that time."""


@dataclass(frozen=True)
class Template:
    """A frozen machine on disk."""

    directory: Path
    key: str
    spec: MachineSpec
    accelerator: Accelerator
    boot: BootFiles
    boot_s: float
    """Seconds from the spawn of QEMU until the agent answered."""
    build: int = 0
    """Tells this template from one made later under the same key, whose memory is another: when it was frozen, ns."""

    @property
    def memory_file(self) -> Path:
        """Guest RAM as it was frozen."""
        return self.directory / _MEMORY

    @cached_property
    def devices(self) -> bytes:
        """Device state as it was frozen."""
        return (self.directory / _DEVICES).read_bytes()

    def deadline(self, seconds: float) -> float:
        """Return a deadline fit for this host: fixed ones kill guests on slow or nested machines."""
        return seconds * max(1.0, self.boot_s / _EXPECTED_BOOT_S)

    def arguments(self, *, disk: str | None, ram: int | None = None) -> Callable[..., list[str]]:
        """Return what gives the command line of one machine of this kind.

        Its RAM is a copy of the template's, or, for a machine that is to become the template, the descriptor `ram`.
        """
        return lambda channels: machine_arguments(
            self.spec,
            self.accelerator,
            self.boot,
            memory_file=self.memory_file if ram is None else Path(f"/proc/self/fd/{ram}"),
            shared=ram is not None,
            channels=channels,
            name=process_name(new_id()),
            disk=disk,
        )


class Templates:
    """The templates below one directory."""

    def __init__(self, directory: Path, boot: BootFiles, *, qemu_version: str, cpu: str) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory.resolve()  # the memory file is looked for in /proc by its real path
        self._boot = boot
        self._qemu_version = qemu_version
        self._cpu = cpu
        self._loaded: dict[str, Template] = {}
        self._building = asyncio.Lock()

    def key(self, spec: MachineSpec, accelerator: Accelerator) -> str:
        """Return the key of a template, whether it exists or not."""
        return template_key(spec, accelerator, self._boot, qemu_version=self._qemu_version, cpu=self._cpu)

    def find(self, spec: MachineSpec, accelerator: Accelerator) -> Template | None:
        """Return a template if it is there, whole and unchanged."""
        key = self.key(spec, accelerator)
        directory = self._directory / key
        if key in self._loaded and (directory / ABOUT).exists():  # else another process has removed it
            return self._loaded[key]
        try:
            about = json.loads((directory / ABOUT).read_text())
            status = (directory / _MEMORY).stat()
        except (OSError, ValueError):
            return None
        if (status.st_size, status.st_mtime_ns) != (about["memory_bytes"], about["memory_mtime_ns"]):
            return None
        template = Template(directory, key, spec, accelerator, self._boot, about["boot_s"], status.st_mtime_ns)
        self._loaded[key] = template
        return template

    async def get(
        self,
        spec: MachineSpec,
        accelerator: Accelerator,
        report: Callable[[str], None] | None = None,
        deadline_s: float = _BOOT_DEADLINE_S,
    ) -> Template:
        """Return a template, made now if need be.

        Raises:
            BootFailed: the guest did not come up before the deadline.
        """
        async with self._building:
            if (found := self.find(spec, accelerator)) is not None:
                return found
            with await asyncio.to_thread(self._lock, self.key(spec, accelerator)):
                if (found := self.find(spec, accelerator)) is not None:
                    return found
                await self._build(spec, accelerator, report or (lambda _: None), deadline_s)
            found = self.find(spec, accelerator)
            if found is None:
                raise BootFailed("the template was made but cannot be read back")
            return found

    def _lock(self, key: str) -> contextlib.AbstractContextManager[None]:
        file = os.open(self._directory / f"{key}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)

        @contextmanager
        def held() -> Iterator[None]:
            try:
                yield
            finally:
                os.close(file)

        return held()

    async def _build(
        self, spec: MachineSpec, accelerator: Accelerator, report: Callable[[str], None], deadline_s: float
    ) -> None:
        key = self.key(spec, accelerator)
        final = self._directory / key
        draft = self._directory / f"{key}.tmp"
        for leftover in (draft, final):
            shutil.rmtree(leftover, ignore_errors=True)
        draft.mkdir(mode=0o700)
        try:
            disk = None
            if spec.disk_mb is not None:
                report("formatting the disk")
                await format_raw(draft / RAW, spec.disk_mb)
                await create_overlay(draft / BOOT_LAYER, spec.disk_mb)
                disk = chain([draft / RAW, draft / BOOT_LAYER])
            report(f"booting a machine with {spec.memory_mb} MB ({accelerator.name})")
            template = Template(draft, key, spec, accelerator, self._boot, boot_s=_EXPECTED_BOOT_S)
            ram = fresh_ram(spec.memory_mb << 20)
            try:
                machine, boot_s = await boot(template, ram, disk, deadline_s)
                try:
                    report("warming it up")
                    await run_all(machine, WARM_UP, deadline_s)
                    report("freezing it")
                    devices = await machine.shut_down()
                finally:
                    await machine.discard()
                await asyncio.to_thread(keep_ram, ram, template.memory_file)
            finally:
                os.close(ram)
            (draft / _DEVICES).write_bytes(devices)
            status = (draft / _MEMORY).stat()
            about = {
                "key": key,
                "spec": spec.to_json(),
                "accelerator": accelerator.name,
                "qemu": self._qemu_version,
                "boot_s": round(boot_s, 3),
                "memory_bytes": status.st_size,
                "memory_mtime_ns": status.st_mtime_ns,
            }
            (draft / ABOUT).write_text(json.dumps(about, indent=2))
            draft.rename(final)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def drop_stale(self, accelerator: Accelerator) -> None:
        """Remove what was made with this accelerator for another guest image, kernel or QEMU: none of it fits any more.

        Machines that use one keep the files they have open.
        """
        for about_file in self._directory.glob(f"*/{ABOUT}"):
            try:
                about = json.loads(about_file.read_text())
                fits = about_file.parent.name == self.key(MachineSpec.from_json(about["spec"]), accelerator)
            except (OSError, ValueError, KeyError, TypeError):
                continue
            if about["accelerator"] == accelerator.name and not fits and not about_file.parent.suffix:
                shutil.rmtree(about_file.parent, ignore_errors=True)
                about_file.parent.with_suffix(".lock").unlink(missing_ok=True)


async def boot(template: Template, ram: int, disk: str | None, deadline_s: float) -> tuple[QemuMachine, float]:
    """Cold-boot a machine in the memory `ram` (see `fresh_ram`); return it, running, and seconds.

    Raises:
        BootFailed: the agent did not answer before the deadline; the message holds the end of the console.
    """
    started = time.perf_counter()
    process = await QemuProcess.spawn(template.arguments(ram=ram, disk=disk), incoming=False, inherited=(ram,))
    try:
        link = await AgentLink.open(process.agent_socket)
        machine = QemuMachine(process, link, template, generation=0)
        await machine.boot(deadline_s)
        boot_s = time.perf_counter() - started
        machine.birth = Birth(Origin.BOOTED, datetime.now(UTC), boot_s * 1000)
    except MachineError as error:
        tail = process.console_tail.strip()[-2000:]
        await process.kill()
        raise BootFailed(f"the guest did not come up within {deadline_s:.0f} s: {error.message}\n{tail}") from error
    except BaseException:
        await process.kill()
        raise
    return machine, boot_s


async def rehearse(machine: QemuMachine) -> None:
    """Let a machine that stands still run once, so that its first command is quick, and stand still again.

    Processes that earlier commands left do not move meanwhile.
    """
    started = time.perf_counter()
    await machine.resume(rehearsal=True)
    await run_all(machine, _REHEARSAL, machine.template.deadline(_REHEARSAL_DEADLINE_S))
    await machine.pause()
    if machine.birth is not None:
        machine.birth = replace(machine.birth, rehearsal_ms=(time.perf_counter() - started) * 1000)


async def run_all(machine: QemuMachine, commands: tuple[Command, ...], deadline_s: float) -> None:
    """Run commands one after the other and drop what they print."""
    async with asyncio.timeout(deadline_s):
        for command in commands:
            process = await machine.execute(command)
            async for _ in process.output():
                pass
            await process.wait()
    await asyncio.sleep(_SETTLE_S)
