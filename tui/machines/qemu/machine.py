"""A QEMU machine: a process, its agent, its memory and, where it has one, its disk."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tui.ids import new_id
from tui.machines.errors import MachineError, MachineLost
from tui.machines.guest.link import AgentLink
from tui.machines.inventory import Birth
from tui.machines.model import Command, Identity, MachineSpec
from tui.machines.protocol import GuestProcess
from tui.machines.qemu.disk import DiskChain
from tui.machines.qemu.memory import CopiedPages, CopyPlan, GuestMemory
from tui.machines.qemu.monitor import DirectMonitor
from tui.machines.qemu.once import Once
from tui.machines.qemu.process import QemuProcess
from tui.undivided import undivided_in_thread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tui.machines.qemu.template import Template


@dataclass(frozen=True, slots=True)
class FrozenState:
    """All of a machine at one moment, held in memory."""

    numbers: NDArray[np.uint32]
    content: NDArray[np.uint8]
    devices: bytes
    disk_layers: tuple[str, ...]
    quiesced: bool
    pause_ms: float


class QemuMachine:
    """A live machine. It stands still until `resume`."""

    def __init__(
        self,
        process: QemuProcess,
        link: AgentLink,
        template: Template,
        *,
        generation: int,
        disk: DiskChain | None = None,
        quiesced: bool = True,
        birth: Birth | None = None,
    ) -> None:
        self.id = new_id()
        self.template = template
        self.birth = birth
        """How it came to be; None while it still does."""
        self.generation = generation
        """Number of the last life; the next resume begins the one after."""
        self._process = process
        self._link = link
        self._disk = disk
        self._only_rehearses = False
        self._quiesced = quiesced
        self._running = False
        self._connected: bool | None = None
        """Whether its network is connected; None: as whoever saved the state left it."""
        self._starting = asyncio.Lock()
        """Held while a command starts, and while it stands still to be saved."""
        self._end = Once(self._let_go)

    @cached_property
    def memory(self) -> GuestMemory:
        """Its RAM, where that is a copy of the template's."""
        return GuestMemory(self._process.pid, self.template.memory_file)

    @property
    def spec(self) -> MachineSpec:
        """What it is made of."""
        return self.template.spec

    @property
    def pid(self) -> int:
        """Process id of QEMU."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether QEMU runs and the agent's channel is whole."""
        return not (self._end.begun or self._process.ended.is_set() or self._link.lost)

    @property
    def discarded(self) -> bool:
        """Whether it was ended on purpose and holds nothing any more."""
        return self._end.done

    async def resume(self, *, rehearsal: bool = False) -> None:
        """Let it run under a fresh identity. Does nothing to a machine that runs already.

        In a rehearsal the processes that earlier commands left stay frozen.
        """
        if self._running:
            return
        await self._process.command("cont")
        self.generation += 1
        resynchronise, self._quiesced = not self._quiesced, False
        await self._link.handshake(
            fresh_identity(self.id, self.generation),
            timeout=self.template.deadline(10),
            resynchronise=resynchronise,
            rehearsal=rehearsal or self._only_rehearses,
        )
        self._running = True

    async def look_only(self) -> None:
        """Make every resume a rehearsal and pull the cable: what earlier commands left neither moves nor is reached."""
        self._only_rehearses = True
        if self.spec.network:
            await self._process.connect_network(False)
            self._connected = False

    async def boot(self, deadline_s: float) -> None:
        """Let a machine that has never run boot, until its agent answers."""
        await self._process.command("cont")
        self.generation += 1
        await self._link.handshake(fresh_identity(self.id, self.generation), timeout=deadline_s)
        self._running, self._quiesced = True, False

    async def pause(self) -> None:
        """Make it stand still. Does nothing to a machine that stands still already."""
        if self._running:
            await self._quiesce()
            await self._process.command("stop")
            self._running = False

    async def _quiesce(self) -> None:
        try:
            await self._link.quiesce(self.template.deadline(3))
            self._quiesced = True
        except MachineError:
            # A guest too sick to answer can still be frozen; whoever restores it resynchronises.
            if self._process.ended.is_set():
                raise
            self._quiesced = False

    async def freeze(self) -> FrozenState:
        """Return its whole state, and leave it as it was, running or not. Commands start before or after that."""
        async with self._starting:
            return await self._freeze()

    async def _freeze(self) -> FrozenState:
        was_running = self._running
        if self._disk is not None:
            await self._disk.prepare(self._process)
        plan = await undivided_in_thread(self.memory.plan_copy)
        if was_running:
            await self._quiesce()
        quiesced = self._quiesced
        try:
            pages, devices, pause_ms = await self._process.directly(lambda monitor: self._save(monitor, plan))
        finally:
            if was_running and self._running and not self._process.ended.is_set():
                await self._link.resume()
                self._quiesced = False
        layers: tuple[str, ...] = ()
        if self._disk is not None:
            await self._disk.shorten(self._process)
            layers = self._disk.frozen
        numbers, content = await asyncio.to_thread(pages.in_order)
        return FrozenState(numbers, content, devices, layers, quiesced, pause_ms)

    def _save(self, monitor: DirectMonitor, plan: CopyPlan) -> tuple[CopiedPages, bytes, float]:
        """Copy memory, save devices and freeze the disk, all at one moment; return that, and how many ms it stood."""
        was_running = self._running
        started = time.perf_counter()
        if was_running:
            monitor.execute("stop")
            self._running = False
        try:
            saving = monitor.send(*self._process.saving)
            pages = self.memory.copy(plan)
            monitor.result(saving)
            devices = self._process.saved_devices()
            if self._disk is not None:
                self._disk.freeze(monitor)
        finally:
            if was_running:
                monitor.execute("cont")
                self._running = True
        return pages, devices, (time.perf_counter() - started) * 1000

    async def execute(self, command: Command) -> GuestProcess:
        """Start a command."""
        async with self._starting:
            if not self._running:
                raise MachineError("the machine stands still")
            if self.spec.network and command.network is not self._connected:
                await self._process.connect_network(command.network)
                self._connected = command.network
            return await self._link.start(command)

    async def log_tail(self) -> str:
        """Return the end of what console and QEMU printed. Untrusted."""
        return self._process.console_tail

    async def discard(self) -> None:
        """Kill it and free what it holds. May be called again, also meanwhile: everybody waits for the one end."""
        await self._end()

    async def _let_go(self) -> None:
        await self._link.close()
        await self._process.kill()
        if self._disk is not None:
            self._disk.close()

    async def shut_down(self) -> bytes:
        """Return the device state of a template that is done, and end it."""
        await self.pause()
        if not self._quiesced:
            raise MachineLost("the guest did not come to rest")
        devices = await self._process.save_devices()
        await self.discard()
        return devices


def fresh_identity(machine_id: str, generation: int) -> Identity:
    """Return an identity no other machine has had."""
    return Identity(
        generation=generation,
        hostname=f"rollcage-{machine_id[-6:].lower()}",
        boot_id=str(uuid.uuid4()),
        entropy=os.urandom(64),
        time_ns=time.time_ns(),
    )
