"""Control groups: what an execution may take, what it took, and how it is ended to the last process.

Every execution has a group of its own below `runs`, whose limits leave the agent room to breathe: a memory hog or a
fork bomb meets them before it meets the machine's. The kernel kills a group that runs out of memory as a whole.
Interface: Linux, Documentation/admin-guide/cgroup-v2.rst.
"""

from __future__ import annotations

import contextlib
import os
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_RESERVED_BYTES = 16 * 1024 * 1024
_RESERVED_SHARE = 16
"""The larger of these is kept from executions, of what is free once the agent is up. A machine that runs out of memory
as a whole thrashes in its page cache for minutes before it kills anything; a group at its limit dies at once."""
_MOST_PROCESSES = 4096
_FREEZE_AT_MOST_MS = 500


class Consumption:
    """What a group used so far. None: the kernel does not say."""

    def __init__(
        self, cpu_user_s: float | None, cpu_system_s: float | None, peak_memory_bytes: int | None,
        device_written_bytes: int | None, *, out_of_memory: bool, at_memory_limit: bool,
    ) -> None:  # fmt: skip
        self.cpu_user_s = cpu_user_s
        self.cpu_system_s = cpu_system_s
        self.peak_memory_bytes = peak_memory_bytes
        self.device_written_bytes = device_written_bytes
        self.out_of_memory = out_of_memory
        self.at_memory_limit = at_memory_limit
        """It was the group's own limit that was reached, not that of all groups together."""


class Group:
    """The control group of one execution."""

    def __init__(self, path: str, most_processes: int, *, counts_io: bool) -> None:
        os.mkdir(path)
        self.path = path
        self._counts_io = counts_io
        _write(f"{path}/pids.max", str(most_processes))
        with contextlib.suppress(OSError):
            _write(f"{path}/memory.oom.group", "1")

    def add(self, pid: int) -> None:
        """Move a process here; 0 is the caller."""
        _write(f"{self.path}/cgroup.procs", str(pid))

    def members(self) -> list[int]:
        """Return the processes alive here."""
        return [int(line) for line in _read(f"{self.path}/cgroup.procs").split()]

    def kill(self) -> None:
        """Kill every process here, those being forked this moment included."""
        _write(f"{self.path}/cgroup.kill", "1")

    def consumption(self) -> Consumption:
        """Return what was used here."""
        cpu = _table(f"{self.path}/cpu.stat")
        user, system = cpu.get("user_usec"), cpu.get("system_usec")
        memory = _table(f"{self.path}/memory.events")
        return Consumption(
            cpu_user_s=None if user is None else user / 1e6,
            cpu_system_s=None if system is None else system / 1e6,
            peak_memory_bytes=_number(f"{self.path}/memory.peak"),
            device_written_bytes=_written(f"{self.path}/io.stat") if self._counts_io else None,
            out_of_memory=memory.get("oom_kill", 0) > 0,
            # The kernel counts an `oom` where the limit is, and an `oom_kill` where the victim is.
            at_memory_limit=memory.get("oom_kill", 0) > 0 and memory.get("oom", 0) > 0,
        )

    def cpu_time_s(self) -> float | None:
        """Return the CPU time used here so far, user and system together."""
        used = _table(f"{self.path}/cpu.stat").get("usage_usec")
        return None if used is None else used / 1e6

    def limit_memory(self, most_bytes: int) -> None:
        """Let the processes here have that much memory together, files in RAM that they write included."""
        _write(f"{self.path}/memory.max", str(most_bytes))

    def inhabited(self) -> bool:
        """Whether anything lives here."""
        return _table(f"{self.path}/cgroup.events").get("populated", 0) > 0

    def remove(self) -> bool:
        """Remove the group if nothing lives in it any more."""
        try:
            os.rmdir(self.path)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True


class Groups:
    """Makes the groups of executions. One is kept ready, because making it costs time at the start of a command."""

    def __init__(self, root: str = "/sys/fs/cgroup") -> None:
        """Limit all executions together.

        Raises:
            OSError: this is no control group of version 2 that may be written.
        """
        self._runs = f"{root}/runs"
        self._rehearsals = f"{root}/rehearsals"
        self._made = 0
        self._frozen = False
        self._left: list[Group] = []
        self._home = os.open(f"{root}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
        # Where the writable layer is in memory, its growth says all; a disk may also be written over.
        self._counts_io = any(name.startswith("vd") and _is_writable(name) for name in os.listdir("/sys/block"))
        wanted = {"memory", "pids", *(["io"] if self._counts_io else [])}
        wanted &= set(_read(f"{root}/cgroup.controllers").split())
        switched_on = " ".join(f"+{name}" for name in sorted(wanted))
        # With `cpu` all executions together weigh as much as the agent, however many processes they have.
        _write(f"{root}/cgroup.subtree_control", f"{switched_on} +cpu")
        os.mkdir(self._runs)
        _write(f"{self._runs}/cgroup.subtree_control", switched_on)
        self._switched_on = switched_on
        memory = _table("/proc/meminfo")
        free, total = memory["MemAvailable:"] * 1024, memory["MemTotal:"] * 1024
        _write(f"{self._runs}/memory.max", str(free - max(_RESERVED_BYTES, total // _RESERVED_SHARE)))
        threads = int(_read("/proc/sys/kernel/threads-max"))
        self._most_processes = min(_MOST_PROCESSES, threads // 2)
        _write(f"{self._runs}/pids.max", str(self._most_processes))
        self._spare: Group | None = self._make(self._runs)

    def _make(self, parent: str) -> Group:
        self._made += 1
        # Half of them, so that a bomb one execution left behind does not keep the next from starting.
        return Group(f"{parent}/{self._made}", self._most_processes // 2, counts_io=self._counts_io)

    def take(self, *, rehearsing: bool = False) -> Group:
        """Return a group nobody used; for a rehearsal, one that `freeze` leaves alone."""
        if rehearsing:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._rehearsals)
                _write(f"{self._rehearsals}/cgroup.subtree_control", self._switched_on)
            return self._make(self._rehearsals)
        group, self._spare = self._spare or self._make(self._runs), None
        return group

    @contextlib.contextmanager
    def inside(self, group: Group) -> Iterator[None]:
        """Be in a group for a moment, so that a child is born in it."""
        group.add(0)
        try:
            yield
        finally:
            os.write(self._home, b"0")

    def freeze(self) -> None:
        """Make every process of every execution stand still where it is, so that none runs before `thaw`.

        Waits until they do, but not forever: a process in the middle of an uninterruptible call stops after it.
        """
        self._frozen = True
        events = os.open(f"{self._runs}/cgroup.events", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if b"populated 0" in os.read(events, 4096):
                return
            _write(f"{self._runs}/cgroup.freeze", "1")
            changes = select.poll()
            changes.register(events, select.POLLPRI)
            while b"frozen 1" not in os.pread(events, 4096, 0):
                if not changes.poll(_FREEZE_AT_MOST_MS):
                    return
        finally:
            os.close(events)

    def thaw(self) -> None:
        """Let them go on."""
        if self._frozen:
            self._frozen = False
            _write(f"{self._runs}/cgroup.freeze", "0")

    def give_back(self, group: Group) -> None:
        """Take a group whose execution ended; processes that live on keep it."""
        self._left.append(group)

    def tidy(self) -> None:
        """Do what can wait until nobody waits: remove empty groups, make the next one."""
        self._left = [group for group in self._left if not group.remove()]
        if self._spare is None:
            self._spare = self._make(self._runs)


def _is_writable(disk: str) -> bool:
    return _read(f"/sys/block/{disk}/ro").strip() == "0"


def _read(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        text = b""
        while piece := os.read(descriptor, 65536):
            text += piece
        return text.decode()
    finally:
        os.close(descriptor)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _table(path: str) -> dict[str, int]:
    try:
        lines = _read(path).splitlines()
    except OSError:
        return {}
    return {words[0]: int(words[1]) for line in lines if len(words := line.split()) >= 2}


def _number(path: str) -> int | None:
    try:
        return int(_read(path))
    except (OSError, ValueError):
        return None


def _written(path: str) -> int | None:
    try:
        lines = _read(path).splitlines()
    except OSError:
        return None
    words = [word for line in lines for word in line.split()]
    return sum(int(word[len("wbytes=") :]) for word in words if word.startswith("wbytes="))
