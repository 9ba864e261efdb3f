"""Figures of the whole: the engine with its pipeline, and the command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import Report, Stopwatch
from tui.config import Settings
from tui.machines.qemu.backend import QemuBackend
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.request import Request, StepRequest
from tui.store.states import RunState


def first_exec(report: Report, paths: Paths, rounds: int) -> None:
    """`rollcage exec` in a new process and a new session; then again in that session."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, **_environment(paths, Path(directory))}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody who uses Rollcage compiles it at every start
        fresh, resumed = [], []
        for number in range(rounds):
            for samples in (fresh, resumed):
                command = [sys.executable, "-m", "tui", "exec", "--session", f"bench{number}", "echo ready"]
                watch = Stopwatch()
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                samples.append(watch.ms)
                assert done.stdout == "ready\n", done
    report.add("first `rollcage exec`, new process and session", fresh, below=1000)
    report.add("`rollcage exec` resuming a session in a new process", resumed, below=1000)


def _environment(paths: Paths, directory: Path) -> dict[str, str]:
    """Directories of the benchmark's own, with the real image and templates."""
    own = Paths.below(directory)
    own.create()
    own.cache.rmdir() if not any(own.cache.iterdir()) else _empty(own.cache)
    own.cache.symlink_to(paths.cache)
    return {"ROLLCAGE_HOME": str(directory)}


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        path.rmdir()
    directory.rmdir()


async def soak(report: Report, paths: Paths, cycles: int) -> None:
    """Claim, run, fail, roll back, over and over: latencies, and what grows."""
    with tempfile.TemporaryDirectory() as directory:
        own = replace(Paths.below(Path(directory)), cache=paths.cache)
        backend = await QemuBackend.open(own)
        cycle_ms, before = [], (0, 0, 0.0)
        async with await Engine.open(own, Settings(), backend=backend, warm_pool=True) as engine:
            for number in range(cycles):
                if number == cycles // 10:
                    before = _held()
                watch = Stopwatch()
                session = f"soak{number}"
                good = Request("good", (StepRequest("echo good > /work/state"),), session=session)
                bad = Request("bad", (StepRequest("rm -f /work/state; exit 1"),), session=session)
                look = Request("look", (StepRequest("cat /work/state"),), session=session)
                assert (await engine.run(good).result()).state is RunState.SUCCEEDED
                failed = await engine.run(bad).result()
                assert (failed.state, failed.rolled_back) == (RunState.FAILED, True)
                looked = await engine.run(look).result()
                assert looked.output_head == b"good\n", looked
                await engine.delete_session(session)
                cycle_ms.append(watch.ms)
            after = _held()
    report.add(f"{cycles} cycles of claim, run, fail, roll back, run, delete", cycle_ms)
    for name, unit, old, new in zip(
        ("processes", "file descriptors", "resident memory"), ("", "", "MB"), before, after, strict=True
    ):
        report.add(f"… growth of {name} over the last nine tenths", [float(new - old)], unit)


def _held() -> tuple[int, int, float]:
    """Return child processes, open file descriptors and resident MB of this process."""
    own = str(os.getpid())
    children = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            children += entry.read_text().rpartition(")")[2].split()[1] == own
        except OSError:
            continue
    status = Path("/proc/self/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return children, len(list(Path("/proc/self/fd").iterdir())), resident / 1024
