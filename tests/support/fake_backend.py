"""A backend whose machines are directories and whose guests are subprocesses of the host.

It keeps the contract of `tui.machines.protocol` for files, commands, output, signals and death, proved by the same
tests as the real one (`tests/contract`). Not in it: memory and running processes in snapshots, terminals, isolation.
Failures are put in by tests: `faults["restore"].append(MachineLost("…"))`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.fake_inspection import FakeInspection
from tui.errors import NotFound
from tui.ids import checked_id, new_id
from tui.machines.errors import (
    CapabilityLacking,
    GuestRefused,
    MachineError,
    MachineLost,
    SnapshotDamaged,
    SnapshotError,
)
from tui.machines.inspection import MemoryDifference, ProcessFacts
from tui.machines.inventory import Birth, Origin
from tui.machines.kinds import Capability, Stream
from tui.machines.model import Command, ExitReport, MachineSpec, OutputChunk, ResourceUsage
from tui.machines.protocol import Capture, Machine, SnapshotLabel

_HAS = {Capability.DISK_SNAPSHOTS, Capability.WARM_CLONES, Capability.FILE_TRANSFER}
_ENV = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/", "LANG": "C.UTF-8"}
_DRAIN_S = 0.2


class FakeProcess:
    """A process group of the host."""

    def __init__(self, machine: FakeMachine, process: asyncio.subprocess.Process) -> None:
        self._machine = machine
        self._process = process
        self._started = time.perf_counter()
        self._chunks: asyncio.Queue[OutputChunk | None] = asyncio.Queue(16)
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            asyncio.create_task(self._read(process.stdout, Stream.STDOUT)),
            asyncio.create_task(self._read(process.stderr, Stream.STDERR)),
        ]
        self._ending = asyncio.create_task(self._end())

    @property
    def pid(self) -> int:
        return self._process.pid

    async def _read(self, pipe: asyncio.StreamReader, stream: Stream) -> None:
        while data := await pipe.read(65536):
            await self._chunks.put(OutputChunk(stream, data))

    async def _exited(self) -> None:
        # `wait` of asyncio returns only when the pipes are closed as well, and a background child holds them open.
        with contextlib.suppress(ProcessLookupError):  # it has been reaped already
            file = os.pidfd_open(self._process.pid)
            ended = asyncio.Event()
            loop = asyncio.get_running_loop()
            loop.add_reader(file, ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(file)
                os.close(file)
        while self._process.returncode is None:  # noqa: ASYNC110 - asyncio's own thread is about to set it
            await asyncio.sleep(0.001)

    async def _end(self) -> None:
        await self._exited()
        _, behind = await asyncio.wait(self._readers, timeout=_DRAIN_S)  # a background child may hold the pipe open
        while behind and not self._machine.lost.is_set() and self._chunks.full():
            _, behind = await asyncio.wait(behind, timeout=_DRAIN_S)
        for reader in behind:
            reader.cancel()
        await self._chunks.put(None)

    async def output(self) -> AsyncIterator[OutputChunk]:
        while (chunk := await self._chunks.get()) is not None:
            yield chunk
        self._machine.check()

    async def write_stdin(self, data: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._process.stdin.write(data)
            await self._process.stdin.drain()

    async def close_stdin(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def signal(self, signum: int) -> None:
        self._machine.check()
        if self._machine.backend.ignores_signals:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signum)

    async def resize(self, size: object) -> None:
        raise MachineError("a fake machine has no terminals")

    async def wait(self) -> ExitReport:
        await asyncio.wait({self._ending})
        self._machine.check()
        code = self._process.returncode
        assert code is not None
        usage = ResourceUsage(time.perf_counter() - self._started)
        out_of_memory = code == -signal.SIGKILL and self._machine.backend.kills_are_oom
        if code < 0:
            return ExitReport(None, -code, usage, out_of_memory)
        return ExitReport(code, None, usage, out_of_memory)

    async def abandon(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for task in (*self._readers, self._ending):
            task.cancel()
        await asyncio.gather(*self._readers, self._ending, return_exceptions=True)
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._exited()
        transport: Any = self._process._transport
        transport.close()
        while not self._chunks.empty():
            self._chunks.get_nowait()
        self._chunks.put_nowait(None)


class FakeMachine:
    """A directory, a stand-in for the hypervisor, and the commands that run in the one while the other lives."""

    def __init__(
        self, backend: FakeBackend, spec: MachineSpec, hypervisor: asyncio.subprocess.Process, birth: Birth
    ) -> None:
        self.id = new_id()
        self.spec = spec
        self.birth = birth
        self.backend = backend
        self.directory = backend.root / "machines" / self.id
        self.running = False
        self.lost = asyncio.Event()
        self._hypervisor = hypervisor
        self._discarded = False
        self._processes: list[FakeProcess] = []
        self._watching = asyncio.create_task(self._watch())

    @property
    def pid(self) -> int:
        return self._hypervisor.pid

    @property
    def alive(self) -> bool:
        return not (self._discarded or self.lost.is_set())

    def check(self) -> None:
        if not self.alive:
            raise MachineLost("the fake hypervisor is gone")

    async def _watch(self) -> None:
        await self._hypervisor.wait()
        self.lost.set()
        await asyncio.gather(*(process.abandon() for process in self._processes))

    async def resume(self) -> None:
        self.check()
        self.backend.fail("resume")
        if not self.running:
            self.running = True
            self._signal_all(signal.SIGCONT)

    async def pause(self) -> None:
        self.check()
        self.backend.fail("pause")
        if self.running:
            self.running = False
            self._signal_all(signal.SIGSTOP)

    def _signal_all(self, signum: int) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signum)

    async def execute(self, command: Command) -> FakeProcess:
        self.check()
        self.backend.fail("execute")
        if not self.running:
            raise MachineError("the machine stands still")
        cwd = self.directory / (command.cwd or ".")
        if not cwd.is_dir():
            raise GuestRefused(f"no such directory: {command.cwd}")
        argv = _argv(command)
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, cwd=cwd, env={**_ENV, **command.env}, start_new_session=True,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
        except FileNotFoundError:
            raise GuestRefused(f"no such program: {argv[0]}") from None
        started = FakeProcess(self, process)
        self._processes.append(started)
        return started

    async def log_tail(self) -> str:
        return "fake console\x1b[2J says goodbye" if self.lost.is_set() else "fake console"

    async def discard(self) -> None:
        if self._discarded:
            return
        self._discarded = True
        with contextlib.suppress(ProcessLookupError):
            self._hypervisor.kill()
        await self._watching
        shutil.rmtree(self.directory, ignore_errors=True)
        self.backend.machines.discard(self)


def _argv(command: Command) -> tuple[str, ...]:
    if command.kind == "argv":
        return command.argv
    if command.kind == "shell":
        return ("bash", "-c", command.text)
    if command.kind == "code" and command.language == "python":
        return (sys.executable, "-c", command.text)
    if command.kind == "read-file":
        return ("cat", command.text)
    if command.kind == "write-file":
        return ("tee", "-p", command.text)
    raise GuestRefused(f"a fake guest cannot do {command.kind} {command.language}")


class FakeBackend:
    """Makes machines of directories below `root`."""

    name = "fake"
    why = "a test asked for it"
    capabilities: Mapping[Capability, str] = {item: "" if item in _HAS else "it is a fake" for item in Capability}

    def __init__(self, root: Path) -> None:
        self.root = root
        self.machines: set[FakeMachine] = set()
        self.faults: defaultdict[str, list[Exception]] = defaultdict(list)
        """By the name of a method: what its next calls raise."""
        self.calls: list[tuple[str, str]] = []
        """Methods called, in order, with a snapshot id or the memory of a spec."""
        self.gates: dict[str, Callable[[], Awaitable[object]]] = {}
        """By the name of a method: what it awaits first."""
        self.waiting: dict[str, Machine | None] = {}
        """Machines that stand by for a rollback, by snapshot; put there by tests."""
        self.kills_are_oom = False
        self.ignores_signals = False
        self.inspections: list[FakeInspection] = []
        self.processes: defaultdict[str, tuple[ProcessFacts, ...]] = defaultdict(tuple)
        """By snapshot: what is said to run in it."""
        for name in ("machines", "snapshots"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def fail(self, method: str) -> None:
        if self.faults[method]:
            raise self.faults[method].pop(0)

    async def _called(self, method: str, what: str) -> None:
        self.calls.append((method, what))
        if method in self.gates:
            await self.gates[method]()
        self.fail(method)

    def _snapshot(self, id_: str) -> Path:
        return self.root / "snapshots" / checked_id(id_)

    async def prepare(self, spec: MachineSpec, report: Callable[[str], None] | None = None) -> None:
        await self._called("prepare", str(spec.memory_mb))

    def template_id(self, spec: MachineSpec) -> str:
        return f"fake-{spec.memory_mb}"

    async def _machine(self, spec: MachineSpec, content: Path | None, snapshot_id: str | None = None) -> FakeMachine:
        started = time.perf_counter()
        hypervisor = await asyncio.create_subprocess_exec("sleep", "infinity", stdout=asyncio.subprocess.DEVNULL)
        took_ms = (time.perf_counter() - started) * 1000
        origin = Origin.CLONED if snapshot_id is None else Origin.RESTORED
        birth = Birth(origin, datetime.now(UTC), took_ms, snapshot_id=snapshot_id)
        machine = FakeMachine(self, spec, hypervisor, birth)
        self.machines.add(machine)
        if content is None:
            machine.directory.mkdir()
        else:
            shutil.copytree(content, machine.directory, symlinks=True)
        return machine

    async def clone(self, spec: MachineSpec, *, warm: bool = False) -> Machine:
        await self._called("clone", str(spec.memory_mb))
        return await self._machine(spec, None)

    async def capture(self, machine: Machine, label: SnapshotLabel) -> Capture:
        await self._called("capture", label.id)
        assert isinstance(machine, FakeMachine)
        if not machine.alive:
            raise MachineLost("the machine is gone, there is nothing to capture")
        partial = self._snapshot(label.id).with_suffix(".tmp")
        try:
            shutil.copytree(machine.directory, partial / "files", symlinks=True)
            data = {"label": asdict(label), "spec": machine.spec.to_json(), "digest": _digest(partial / "files")}
            (partial / "manifest.json").write_text(json.dumps(data))
            partial.rename(self._snapshot(label.id))
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise SnapshotError(str(error)) from error
        return Capture(1.5, _size(self._snapshot(label.id)))

    async def restore(self, snapshot_id: str) -> Machine:
        await self._called("restore", snapshot_id)
        path = self._snapshot(snapshot_id)
        if not path.is_dir():
            raise NotFound(f"there is no snapshot {snapshot_id} on disk")
        await self.verify(snapshot_id)
        return await self._machine(MachineSpec.from_json(self._manifest(path)["spec"]), path / "files", snapshot_id)

    async def anticipate(self, snapshot_id: str) -> None:
        await self._called("anticipate", snapshot_id)

    def standbys(self) -> Mapping[str, Machine | None]:
        return dict(self.waiting)

    async def stand_down(self, snapshot_id: str) -> None:
        if (machine := self.waiting.pop(snapshot_id, None)) is not None:
            await machine.discard()

    def _manifest(self, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = json.loads((path / "manifest.json").read_text())
        return data

    async def inspect(self, snapshot_id: str) -> FakeInspection:
        await self._called("inspect", snapshot_id)
        await self.verify(snapshot_id)
        self.inspections.append(FakeInspection(self._snapshot(snapshot_id) / "files", self.processes[snapshot_id]))
        return self.inspections[-1]

    async def memory_difference(self, older_id: str, newer_id: str) -> MemoryDifference:
        raise CapabilityLacking("a fake machine has no memory")

    async def copy(self, snapshot_id: str, label: SnapshotLabel) -> int:
        await self._called("copy", snapshot_id)
        await self.verify(snapshot_id)
        partial = self._snapshot(label.id).with_suffix(".tmp")
        shutil.copytree(self._snapshot(snapshot_id), partial, symlinks=True)
        (partial / "manifest.json").write_text(json.dumps({**self._manifest(partial), "label": asdict(label)}))
        partial.rename(self._snapshot(label.id))
        return _size(self._snapshot(label.id))

    async def stored(self) -> Mapping[str, SnapshotLabel]:
        complete = [path for path in (self.root / "snapshots").iterdir() if path.suffix != ".tmp"]
        return {path.name: SnapshotLabel(**self._manifest(path)["label"]) for path in complete}

    async def delete(self, snapshot_ids: set[str]) -> int:
        await self._called("delete", " ".join(sorted(snapshot_ids)))
        freed = 0
        for id_ in snapshot_ids:
            if self._snapshot(id_).is_dir():
                freed += _size(self._snapshot(id_))
                shutil.rmtree(self._snapshot(id_))
        return freed

    async def verify(self, snapshot_id: str) -> None:
        path = self._snapshot(snapshot_id)
        if not path.is_dir():
            raise NotFound(f"there is no snapshot {snapshot_id} on disk")
        if _digest(path / "files") != self._manifest(path)["digest"]:
            raise SnapshotDamaged(f"snapshot {snapshot_id} does not match its checksum")

    async def close(self) -> None:
        await asyncio.gather(*(machine.discard() for machine in list(self.machines)))


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _digest(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(directory):
        digest.update(
            f"{path.relative_to(directory)}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape")
            + path.read_bytes()
        )
    return digest.hexdigest()


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in _files(directory))
