"""`rollcage doctor`: what is there, what is lacking, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command
from tui.cli.console import out, out_json
from tui.errors import HostNotReady, RollcageError
from tui.text import clean_line
from tui.units import size

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from tui.config import Settings
    from tui.machines.host import Check
    from tui.paths import Paths


@dataclass(slots=True)
class Findings:
    """Everything `doctor` looks at."""

    checks: list[Check]
    backend: str | None = None
    accelerator_reason: str = ""
    capabilities: dict[str, str] = field(default_factory=dict)
    """By name; an empty text means it is there, any other is the reason it lacks."""
    disk: dict[str, int] = field(default_factory=dict)
    """Bytes that each kind of thing takes, by name."""
    settings: Settings | None = None

    @property
    def ready(self) -> bool:
        """Whether machines can run."""
        return self.backend is not None and all(check.ok or not check.required for check in self.checks)


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = command(
        subparsers,
        "doctor",
        _doctor,
        "check this host",
        description="Check everything machines need, and say what they can and cannot do here and why KVM or emulation "
        "was chosen. Changes nothing but the remembered verdict on KVM. Exits with 122 when machines cannot run.",
    )
    add_json(parser)


def _doctor(arguments: argparse.Namespace) -> int:
    import asyncio

    from tui.cli.logfile import logging_to_file
    from tui.paths import Paths

    with logging_to_file():
        found = asyncio.run(_look(Paths.from_environment()))
    if arguments.json:
        out_json({"ready": found.ready, "findings": found})
    else:
        _print(found)
    return 0 if found.ready else HostNotReady.exit_code


async def _look(paths: Paths) -> Findings:
    import asyncio

    from tui.cli.gate_checks import gate_checks
    from tui.config import load_settings
    from tui.machines.guest.image import image_status
    from tui.machines.host import Check, check_host
    from tui.machines.qemu.backend import QemuBackend

    found = Findings(check_host(paths))
    try:
        found.settings = load_settings(paths)
        there = "read" if paths.settings_file.exists() else "not there, which means the defaults"
        found.checks.append(Check("settings", True, f"{paths.settings_file}: {there}"))
    except RollcageError as error:
        found.checks.append(Check("settings", False, error.message, error.hint))
    image = image_status(paths)
    found.checks.append(Check("guest image", image.ready, image.detail, "rollcage setup"))
    if image.ready and found.settings is not None:
        try:
            backend = await QemuBackend.open(paths, found.settings.backend)
        except RollcageError as error:
            found.checks.append(Check("machines", False, error.message, error.hint))
        else:
            found.backend = backend.name
            found.accelerator_reason = backend.verdict.reason
            found.capabilities = {str(name): reason for name, reason in backend.capabilities.items()}
            await backend.close()
    found.checks += await asyncio.to_thread(lambda: list(gate_checks(paths)))
    templates = [path for path in _entries(paths.templates) if path.is_dir()]
    detail = f"{len(templates)} made" if templates else "none yet; the first run makes one in some seconds"
    found.checks.append(Check("templates", bool(templates), detail, "rollcage setup", required=False))
    places = {
        "guest images": paths.images,
        "templates": paths.templates,
        "snapshots": paths.snapshots,
        "outputs of runs": paths.outputs,
        "logs": paths.logs,
    }
    found.disk = {name: _usage(path) for name, path in places.items()}
    return found


def _entries(directory: Path) -> list[Path]:
    return [path for path in directory.iterdir() if not path.name.startswith(".")] if directory.is_dir() else []


def _usage(directory: Path) -> int:
    """Return the bytes the files below a directory take on disk: less than their sizes where they have holes."""
    total = 0
    for path in directory.rglob("*"):
        try:
            total += path.lstat().st_blocks * 512
        except FileNotFoundError:
            continue  # deleted meanwhile
    return total


def _print(found: Findings) -> None:
    for check in found.checks:
        mark = "ok" if check.ok else "LACKING" if check.required else "note"
        out(f"{mark:<8} {check.name:<26} {clean_line(check.detail, 300)}")
        if not check.ok and check.hint:
            for line in check.hint.splitlines():
                out(f"{'':<8} {'':<26} {clean_line(line)}")
    out()
    if found.backend is None:
        out("backend  none: machines cannot run")
    else:
        out(f"backend  {found.backend}: {clean_line(found.accelerator_reason)}")
        for name, reason in found.capabilities.items():
            out(f"{'':<8} {name:<26} {clean_line(reason) if reason else 'yes'}")
    out()
    for number, (name, count) in enumerate(found.disk.items()):
        out(f"{'' if number else 'disk':<8} {name:<26} {size(count)}")
    if found.settings is not None:
        pool, snapshots = found.settings.pool, found.settings.snapshots
        out()
        out(f"{'pool':<8} {pool.low} to {pool.high} warm machines within {pool.memory_mb} MiB, in the application")
        out(f"{'keep':<8} {snapshots.keep_per_session} snapshots a session, {snapshots.keep_total_mb} MiB in all")
    out()
    out("This host is ready." if found.ready else "This host is not ready: `rollcage setup` does what it can.")
