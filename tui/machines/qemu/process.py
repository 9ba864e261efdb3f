"""One QEMU process: spawned with inherited sockets, spoken to over QMP, never left behind.

No polling: QMP, agent and console are socket pairs made before the spawn. `setpriv --pdeathsig KILL` ties the life of
QEMU to that of this process, so that even `kill -9` of the application leaves none behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, TypeVar

from tui.errors import HostNotReady
from tui.machines.errors import BootFailed, MachineError, MachineLost
from tui.machines.qemu.command_line import NETWORK, QEMU, Channels
from tui.machines.qemu.monitor import DirectMonitor, Event, HungUp, Monitor
from tui.machines.qemu.once import Once

T = TypeVar("T")
_CONSOLE_KEPT: Final = 32 * 1024


class Console(asyncio.Protocol):
    """Keeps the end of what the guest's console and QEMU itself print, however much that is."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0

    def data_received(self, data: bytes) -> None:
        """Keep the newest bytes, drop the oldest."""
        self._chunks.append(data)
        self._size += len(data)
        while self._size - len(self._chunks[0]) > _CONSOLE_KEPT:
            self._size -= len(self._chunks.popleft())

    @property
    def text(self) -> str:
        """What is kept, decoded; untrusted."""
        return b"".join(self._chunks)[-_CONSOLE_KEPT:].decode(errors="replace")


class QemuProcess:
    """A running QEMU. Made by `spawn`; `ended` is set once it is gone."""

    def __init__(
        self, popen: subprocess.Popen[bytes], monitor: Monitor, agent: socket.socket, console: Console
    ) -> None:
        self._popen = popen
        self._monitor = monitor
        self._console = console
        self._load_fd = self._save_fd = -1
        self.agent_socket = agent
        self.ended = asyncio.Event()
        self._end = Once(self._let_go)
        self._pidfd = os.pidfd_open(popen.pid)
        asyncio.get_running_loop().add_reader(self._pidfd, self._on_exit)

    @classmethod
    async def spawn(
        cls, arguments: Callable[[Channels], list[str]], *, incoming: bool, inherited: Sequence[int] = ()
    ) -> QemuProcess:
        """Start QEMU, standing still, and return once it takes commands.

        Args:
            arguments: Gives the command line for the descriptors that QEMU will inherit.
            incoming: Wait for a saved state instead of booting.
            inherited: Further descriptors that the command line names.

        Raises:
            HostNotReady: QEMU or setpriv is not installed.
            BootFailed: QEMU ended at once; the message holds what it printed.
        """
        setpriv, program = shutil.which("setpriv"), shutil.which(QEMU)
        if setpriv is None or program is None:
            raise HostNotReady(f"{QEMU if setpriv else 'setpriv'} is not installed", hint="run `rollcage setup`")
        pairs = [socket.socketpair() for _ in range(3)]
        theirs = [pair[1] for pair in pairs]
        qmp_socket, agent_socket, console_socket = (pair[0] for pair in pairs)
        # QEMU closes the descriptor it has loaded from, hence one for each direction.
        load_fd, save_fd = os.memfd_create("rollcage-load"), os.memfd_create("rollcage-save")
        command = arguments(Channels(*(sock.fileno() for sock in theirs)))
        try:
            popen = subprocess.Popen(  # noqa: ASYNC220 -- vfork; returns within a millisecond
                [
                    setpriv,
                    "--pdeathsig",
                    "KILL",
                    program,
                    *command[1:],
                    "-S",
                    *(("-incoming", "defer") if incoming else ()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=theirs[2].fileno(),
                pass_fds=[*(sock.fileno() for sock in theirs), load_fd, save_fd, *inherited],
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            )
        except BaseException:
            for sock in (qmp_socket, agent_socket, console_socket):
                sock.close()
            os.close(load_fd)
            os.close(save_fd)
            raise
        finally:
            for sock in theirs:
                sock.close()
        console = Console()
        monitor = Monitor(qmp_socket, popen.kill)
        process = cls(popen, monitor, agent_socket, console)
        process._load_fd, process._save_fd = load_fd, save_fd
        try:
            console_socket.setblocking(False)
            await asyncio.get_running_loop().create_connection(lambda: console, sock=console_socket)
            await monitor.negotiate()
        except BaseException as error:
            await process.kill()
            if isinstance(error, HungUp | OSError):
                raise BootFailed(f"QEMU ended at once: {console.text.strip() or error}") from error
            raise
        return process

    def _on_exit(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._popen.wait()
        self.ended.set()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._popen.pid

    @property
    def console_tail(self) -> str:
        """The end of what console and QEMU printed. Untrusted."""
        return self._console.text

    async def command(self, name: str, arguments: Mapping[str, object] | None = None) -> Any:
        """Execute one QMP command and return its answer.

        Raises:
            MachineError: QEMU refused it.
            MachineLost: QEMU is gone.
        """
        try:
            return await self._monitor.execute(name, arguments)
        except HungUp:
            raise self._lost() from None

    async def directly(self, work: Callable[[DirectMonitor], T]) -> T:
        """Return what `work` returns, which talks to QEMU in a thread of its own, alone, until it ends.

        Raises:
            MachineLost: QEMU is gone. And whatever `work` raises.
        """
        try:
            return await self._monitor.directly(work)
        except HungUp:
            raise self._lost() from None

    def _lost(self) -> MachineLost:
        return MachineLost(f"QEMU ended: {self.console_tail.strip()[-500:] or 'it did not say why'}")

    async def save_devices(self) -> bytes:
        """Return the state of all devices, without RAM, of a machine that stands still."""
        await self.command(*self.saving)
        return self.saved_devices()

    @property
    def saving(self) -> tuple[str, dict[str, object]]:
        """The command that saves the state of all devices, without RAM, for `saved_devices`.

        `xen-save-devices-state` does just that in every QEMU build, whatever its name says (measured: 13 kB, < 1 ms).
        """
        # Not `live`: that would take the disks away from the machine, as if it now ran elsewhere.
        return "xen-save-devices-state", {"filename": f"/proc/self/fd/{self._save_fd}", "live": False}

    def saved_devices(self) -> bytes:
        """Return what was saved last."""
        return os.pread(self._save_fd, os.fstat(self._save_fd).st_size, 0)

    async def connect_network(self, connected: bool) -> None:
        """Plug or pull the cable of the network device. Pulled, QEMU drops every packet, whatever the guest does."""
        await self.command("set_link", {"name": NETWORK, "up": connected})

    async def load_devices(self, state: bytes) -> None:
        """Load what `save_devices` returned into a QEMU spawned with `incoming`; it stands still afterwards.

        Raises:
            MachineError: QEMU does not accept the state.
        """
        os.pwrite(self._load_fd, state, 0)
        with self._monitor.events("MIGRATION") as events:
            await self.command("migrate-set-capabilities", {"capabilities": [{"capability": "events", "state": True}]})
            await self.command("migrate-incoming", {"uri": f"fd:{self._load_fd}"})
            if not await self._first(_migrated(events)):
                raise MachineError(f"QEMU does not accept the saved state: {self.console_tail.strip()[-500:]}")

    async def stream(self, node: str, base: str, base_file: str) -> None:
        """Copy what lies between two block nodes of a chain into the upper one, then take it out of between.

        `base_file` becomes the backing file in the header of the upper one, where a long name does not fit.

        Raises:
            MachineError: QEMU refused, or could not write all of it; the chain is as it was.
        """
        with self._monitor.events("BLOCK_JOB_COMPLETED") as events:
            ends = {"device": node, "base-node": base, "backing-file": base_file}
            await self.command("block-stream", {"job-id": f"stream-{node}", **ends})
            done = await self._first(_job_done(events))
        if done:
            raise MachineError(f"QEMU could not merge the layers of a disk: {done}")

    async def _first(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of something that QEMU will bring about while it lives."""
        doing, ending = asyncio.ensure_future(work), asyncio.ensure_future(self.ended.wait())
        try:
            await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            raise self._lost()
        finally:
            doing.cancel()
            ending.cancel()

    async def kill(self) -> None:
        """End QEMU at once and free all it holds. May be called again: everybody waits for the one end."""
        await self._end()

    async def _let_go(self) -> None:
        if not self.ended.is_set():
            with contextlib.suppress(ProcessLookupError):
                self._popen.send_signal(signal.SIGKILL)
            await self.ended.wait()
        await self._monitor.close()  # waits for a thread that saves it, and uses what is closed next
        os.close(self._load_fd)
        os.close(self._save_fd)
        self._load_fd = self._save_fd = -1
        self.agent_socket.close()


async def _migrated(events: asyncio.Queue[Event]) -> bool:
    """Wait until a state is loaded, or refused."""
    while (status := (await events.get())["data"]["status"]) not in {"completed", "failed"}:
        pass
    return bool(status == "completed")


async def _job_done(events: asyncio.Queue[Event]) -> str:
    """Wait until a block job has ended and return what went wrong, if anything did."""
    return str((await events.get())["data"].get("error", ""))
