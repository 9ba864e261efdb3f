"""Container peers: what the same trivial command costs in them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.measure import Report, Stopwatch


def exec_round_trips(report: Report, rounds: int, rootfs: Path) -> dict[str, list[float]]:
    """Return samples by peer of running `echo ready`; what cannot run here is noted with its reason."""
    found: dict[str, list[float]] = {}
    bwrap = ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "echo", "ready"]
    _try(report, found, "bubblewrap", bwrap, rounds)
    if shutil.which("podman") is None:
        report.note("podman: not installed")
        return found
    with tempfile.TemporaryDirectory() as directory:
        image = _unpacked(report, rootfs, Path(directory))
        if image is None:
            return found
        base = ["podman", "--cgroup-manager=cgroupfs", "--events-backend=none"]
        options = ["--network=none", "--cgroups=disabled", "--rootfs", str(image)]
        _try(report, found, "podman run --rm", [*base, "run", "--rm", *options, "echo", "ready"], rounds)
        started = subprocess.run(
            [*base, "run", "-d", *options, "sleep", "600"], capture_output=True, text=True, check=False
        )
        if started.returncode:
            report.note(f"podman exec: {started.stderr.strip().splitlines()[-1]}")
            return found
        container = started.stdout.strip()
        try:
            _try(report, found, "podman exec", [*base, "exec", container, "echo", "ready"], rounds)
        finally:
            subprocess.run([*base, "rm", "-f", "-t", "0", container], capture_output=True, check=False)
    return found


def _unpacked(report: Report, rootfs: Path, directory: Path) -> Path | None:
    """Unpack the guest's root, so that containers run the same programs."""
    target = directory / "root"
    done = subprocess.run(["unsquashfs", "-q", "-n", "-d", str(target), str(rootfs)], capture_output=True, check=False)
    if not target.is_dir():
        report.note(f"podman: the root cannot be unpacked: {done.stderr.decode(errors='replace').strip()[:200]}")
        return None
    return target


def _try(report: Report, found: dict[str, list[float]], name: str, command: list[str], rounds: int) -> None:
    samples = []
    for _ in range(rounds):
        watch = Stopwatch()
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            report.note(f"{name}: {error}")
            return
        if done.returncode or done.stdout != "ready\n":
            lines = done.stderr.strip().splitlines() or ["no output"]
            report.note(f"{name}: does not run here: {lines[-1][:200]}")
            return
        samples.append(watch.ms)
    found[name] = samples
