"""The vocabulary of machines: what one is made of, what it is asked to do, what it reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from tui.errors import InvalidInput
from tui.machines.kinds import Limit, Stream

LARGEST_DISK_MB: Final = 65_536


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """What a machine is made of. Machines of equal specs are interchangeable."""

    memory_mb: int
    """Guest RAM, MiB."""
    cpus: int = 1
    disk_mb: int | None = None
    """Size of a block device under the writable root, MiB; None keeps written files in RAM."""
    network: bool = False
    """Whether the guest reaches the network. Off unless granted."""

    def __post_init__(self) -> None:
        if not 128 <= self.memory_mb <= 262_144:
            raise InvalidInput(f"memory must be between 128 MiB and 256 GiB, not {self.memory_mb} MiB")
        if not 1 <= self.cpus <= 64:
            raise InvalidInput(f"a machine has 1 to 64 CPUs, not {self.cpus}")
        if self.disk_mb is not None and not 64 <= self.disk_mb <= LARGEST_DISK_MB:
            raise InvalidInput(f"a disk must be between 64 MiB and 64 GiB, not {self.disk_mb} MiB")

    def to_json(self) -> dict[str, Any]:
        """Return the spec as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MachineSpec:
        """Rebuild a spec from `to_json` data."""
        return cls(**{name: data[name] for name in ("memory_mb", "cpus", "disk_mb", "network") if name in data})


PROFILES: Final[Mapping[str, MachineSpec]] = MappingProxyType(
    {
        "minimal": MachineSpec(256, 1),
        "standard": MachineSpec(512, 1),
        "development": MachineSpec(1024, 2),
    }
)
"""The kinds of machine a definition or a person names."""


@dataclass(frozen=True, slots=True)
class OutputChunk:
    """Bytes a guest process printed, as they came: untrusted and unsanitised."""

    stream: Stream
    data: bytes


@dataclass(frozen=True, slots=True)
class TerminalSize:
    """Size of a pseudo-terminal in character cells."""

    rows: int = 24
    columns: int = 80


@dataclass(frozen=True, slots=True)
class Limits:
    """What the processes of a command may use together. None is no limit; otherwise above zero."""

    memory_bytes: int | None = None
    """Memory charged to them, files they write to a RAM-backed root included."""
    cpu_time_s: float | None = None
    """User and system time, seconds."""
    disk_bytes: int | None = None
    """Bytes by which the writable root may grow. What is written over, or deleted again in time, does not count."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing for the guest to execute.

    `argv` runs a program, `shell` gives `text` to bash, `code` runs `text` in `language` (python, javascript,
    bash). `read-file`, `write-file`, `pack` and `unpack` move bytes through stdout or stdin: a file as it is, a
    directory as a tar stream; their `text` is the path. `survey` answers questions about files and processes, put to
    its stdin as `guest/agent_survey.py` says.
    """

    kind: Literal["argv", "shell", "code", "read-file", "write-file", "pack", "unpack", "survey"]
    argv: tuple[str, ...] = ()
    text: str = ""
    language: str = "bash"
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables added to the guest's clean default environment."""
    cwd: str | None = None
    """Working directory; None is `/work`."""
    interpreter: str | None = None
    """Name of a Python interpreter that stays alive across executions, so its variables persist."""
    terminal: TerminalSize | None = None
    """Give the process a pseudo-terminal of this size instead of pipes."""
    file_mode: int = 0o644
    """Permission bits of a file made by `write-file`."""
    limits: Limits | None = None
    """Exceeding one ends the command, and the exit report says which."""
    network: bool = True
    """Whether the network of a machine that has one is there. The machine's last command decides for all that runs."""


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """What an execution consumed. None means it could not be measured."""

    wall_s: float
    cpu_user_s: float | None = None
    cpu_system_s: float | None = None
    peak_memory_bytes: int | None = None
    """Highest memory charged to the processes, files they wrote to a RAM-backed root included."""
    disk_written_bytes: int | None = None
    """Growth of the writable layer, or bytes written to the block device where there is one."""
    disk_grown_bytes: int | None = None
    """Growth of the writable layer alone, which a limit is about; below zero where it shrank."""
    received_bytes: int | None = None
    """Over the machine's network, whoever in the machine it was for; None where there is no network."""
    sent_bytes: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ExitReport:
    """How a guest process ended. Exactly one of `exit_code` and `signal` is set."""

    exit_code: int | None
    signal: int | None
    usage: ResourceUsage
    out_of_memory: bool = False
    """The kernel's OOM killer ended a process of this execution."""
    limit: Limit | None = None
    """The limit that was exceeded; memory before the machine's own came to its end."""
    detached: int = 0
    """Processes of this execution still alive in the background."""
    interpreter_lost: bool = False
    """The kept interpreter died, so its variables are gone."""

    @property
    def shell_code(self) -> int:
        """The exit code as a shell shows it: 128 + signal for a process that a signal ended."""
        if self.exit_code is not None:
            return self.exit_code
        assert self.signal is not None
        return 128 + self.signal


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes one life of a machine differ from every other: given to the guest before any user process runs.

    Clones of one template otherwise share their random numbers, clock and names (measured: 19 of 20 clones returned
    the same bytes from /dev/urandom).
    """

    generation: int
    """Number of this life; frames of an earlier life are dropped."""
    hostname: str
    boot_id: str
    entropy: bytes
    """At least 32 bytes of host randomness."""
    time_ns: int
    """Wall clock, nanoseconds since the epoch."""
