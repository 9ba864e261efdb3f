"""What the rest of Rollcage needs of a machine, whichever backend makes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tui.machines.inspection import Inspection, MemoryDifference
from tui.machines.inventory import Birth
from tui.machines.kinds import Capability
from tui.machines.model import Command, ExitReport, MachineSpec, OutputChunk, TerminalSize


class GuestProcess(Protocol):
    """One execution in a guest."""

    @property
    def pid(self) -> int:
        """Process id in the guest."""
        ...

    def output(self) -> AsyncIterator[OutputChunk]:
        """Yield what the process prints, as it comes, until it has ended.

        The guest is held back while chunks are not taken, so memory stays bounded.

        Raises:
            MachineLost: the machine died; chunks already received were yielded before.
        """
        ...

    async def write_stdin(self, data: bytes) -> None:
        """Send bytes to the process; returns once the guest has room for them."""
        ...

    async def close_stdin(self) -> None:
        """Let the process read end-of-file."""
        ...

    async def signal(self, signum: int) -> None:
        """Signal the whole process group; SIGKILL reaches every descendant."""
        ...

    async def resize(self, size: TerminalSize) -> None:
        """Change the size of the process's pseudo-terminal."""
        ...

    async def wait(self) -> ExitReport:
        """Return how the process ended.

        Raises:
            MachineLost: the machine died first, so that is unknown.
        """
        ...


class Executor(Protocol):
    """Where commands are executed: a machine, or the host itself."""

    @property
    def spec(self) -> MachineSpec | None:
        """What the machine is made of; None where there is no machine."""
        ...

    async def execute(self, command: Command) -> GuestProcess:
        """Start a command. Raises as `Machine.execute` does."""
        ...

    async def log_tail(self) -> str:
        """Return what may explain why it was lost. Untrusted text."""
        ...


class Machine(Protocol):
    """A live virtual machine. It stands still until `resume` and is only a cache of a snapshot."""

    @property
    def id(self) -> str:
        """ULID of this life; a restored machine is another machine."""
        ...

    @property
    def spec(self) -> MachineSpec:
        """What it is made of."""
        ...

    @property
    def pid(self) -> int:
        """Process id of the hypervisor on the host."""
        ...

    @property
    def birth(self) -> Birth | None:
        """How it came to be; None while it still does."""
        ...

    @property
    def alive(self) -> bool:
        """Whether the hypervisor runs and the agent answers, as far as is known."""
        ...

    async def resume(self) -> None:
        """Let it run, with a fresh identity (entropy, clock, generation) in force before any user process.

        Does nothing to a machine that runs already.

        Raises:
            MachineLost: it did not answer.
        """
        ...

    async def pause(self) -> None:
        """Make it stand still at a frame boundary. Does nothing to a machine that stands still already."""
        ...

    async def execute(self, command: Command) -> GuestProcess:
        """Start a command. The machine must be running.

        Raises:
            GuestRefused: the guest could not start it.
            MachineLost: the machine died.
        """
        ...

    async def log_tail(self) -> str:
        """Return the end of the console and hypervisor log, for messages about a lost machine. Untrusted text."""
        ...

    async def discard(self) -> None:
        """Kill the machine and free what it holds. Never fails; may be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class Capture:
    """What taking a snapshot cost."""

    pause_ms: float
    """How long the machine stood still."""
    stored_bytes: int
    """Bytes added on disk."""


@dataclass(frozen=True, slots=True)
class SnapshotLabel:
    """What a stored snapshot says of itself, so that it can be understood without the database."""

    id: str
    session_id: str
    parent_id: str | None
    reason: str
    created_at: str
    name: str = ""


@runtime_checkable
class Backend(Protocol):
    """Makes machines and keeps their snapshots."""

    @property
    def name(self) -> str:
        """Name for people, such as `qemu/tcg`."""
        ...

    @property
    def why(self) -> str:
        """Why this backend, in this way, was chosen; for people."""
        ...

    @property
    def capabilities(self) -> Mapping[Capability, str]:
        """Every capability; an empty text means it is there, any other is the reason it lacks."""
        ...

    async def prepare(self, spec: MachineSpec, report: Callable[[str], None] | None = None) -> None:
        """Make whatever machines of `spec` need once, such as a template. Quick when it is there.

        Raises:
            HostNotReady: the host lacks something.
            BootFailed: the guest did not come up.
        """
        ...

    def template_id(self, spec: MachineSpec) -> str:
        """Return the id of the template that machines of `spec` are clones of, whether it exists or not."""
        ...

    async def clone(self, spec: MachineSpec, *, warm: bool = False) -> Machine:
        """Return a new machine, standing still. With `warm` it has run once, so that its first command is quick."""
        ...

    async def capture(self, machine: Machine, label: SnapshotLabel) -> Capture:
        """Store the whole state of `machine`, memory and disk as one, and leave it as it was, running or not.

        The snapshot is complete on disk when this returns; one that was interrupted is never visible.

        Raises:
            SnapshotError: it could not be stored (no space, machine gone).
        """
        ...

    async def restore(self, snapshot_id: str) -> Machine:
        """Return a new machine at a stored snapshot, standing still.

        Raises:
            SnapshotDamaged, SnapshotIncompatible, NotFound: nothing was made.
        """
        ...

    async def anticipate(self, snapshot_id: str) -> None:
        """Prepare a restore of this snapshot in the background, so that the next one is quick. Only a hint."""
        ...

    def standbys(self) -> Mapping[str, Machine | None]:
        """Return the machines that `anticipate` made, by snapshot; None for one that is being made."""
        ...

    async def stand_down(self, snapshot_id: str) -> None:
        """Take an anticipation back: the machine that stands by is discarded. Does nothing where there is none."""
        ...

    async def inspect(self, snapshot_id: str) -> Inspection:
        """Return a stored snapshot to look into, in a machine of its own in which nothing of it runs.

        Raises:
            SnapshotDamaged, SnapshotIncompatible, NotFound: nothing was made.
        """
        ...

    async def memory_difference(self, older_id: str, newer_id: str) -> MemoryDifference:
        """Return how much of the memory of two stored snapshots differs.

        Raises:
            SnapshotDamaged, NotFound: one of them cannot be read.
            CapabilityLacking: their memories cannot be compared, and this is why.
        """
        ...

    async def copy(self, snapshot_id: str, label: SnapshotLabel) -> int:
        """Store a snapshot once more, under another label. What is equal is shared, yet either may be deleted alone.

        Returns the bytes added on disk.

        Raises:
            NotFound: there is no such snapshot.
            SnapshotError: it is damaged, or could not be stored; nothing was added.
        """
        ...

    async def stored(self) -> Mapping[str, SnapshotLabel]:
        """Return the labels of all complete snapshots, by id."""
        ...

    async def delete(self, snapshot_ids: set[str]) -> int:
        """Delete snapshots; those that stay remain whole. Returns the bytes freed."""
        ...

    async def verify(self, snapshot_id: str) -> None:
        """Read a snapshot in full and compare its checksums.

        Raises:
            SnapshotDamaged: with what is wrong.
        """
        ...

    async def close(self) -> None:
        """Discard every machine this backend made."""
        ...
