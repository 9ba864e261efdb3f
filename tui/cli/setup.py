"""`rollcage setup`: everything a host needs, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, command
from tui.cli.console import say

if TYPE_CHECKING:
    import argparse

    from tui.config import Settings
    from tui.paths import Paths


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = command(
        subparsers,
        "setup",
        _setup,
        "prepare this host",
        description="Install what the host lacks, build the guest image, and prove that machines work by making one, "
        "changing it and rolling it back. Does only what is missing; may be interrupted and started again at any time.",
        examples=("rollcage setup", "rollcage setup --rebuild     a new guest image, with today's packages"),
    )
    parser.add_argument("--rebuild", action="store_true", help="build the guest image anew")


def _setup(arguments: argparse.Namespace) -> int:
    import asyncio

    from tui.cli.logfile import log_path, logging_to_file
    from tui.config import load_settings
    from tui.paths import Paths

    paths = Paths.from_environment()
    settings = load_settings(paths)
    paths.create()
    with logging_to_file():
        _host(paths)
        _image(paths, again=arguments.rebuild)
        asyncio.run(_machines(paths, settings))
    say(f"rollcage: this host is ready (log: {log_path()})")
    return 0


def _host(paths: Paths) -> None:
    from tui.cli.progress import progress
    from tui.machines.host import install_missing, missing_packages, require

    if missing := missing_packages():
        log = paths.logs / "host-packages.log"
        say(f"rollcage: installing {', '.join(missing)} (log: {log})")
        with progress("host packages") as report:
            install_missing(report, log)
    require(paths)


def _image(paths: Paths, *, again: bool) -> None:
    from tui.cli.progress import progress
    from tui.machines.guest.image import build_image, drop_stale_images, image_status

    before = image_status(paths)
    if before.ready and not again:
        say(f"rollcage: guest image: {before.detail}")
        return
    log = paths.logs / "image-build.log"
    say(f"rollcage: building the guest image (log: {log})")
    with progress("guest image") as report:
        build_image(paths, report, log, again=again)
    drop_stale_images(paths)
    say(f"rollcage: guest image: {image_status(paths).detail}")


async def _machines(paths: Paths, settings: Settings) -> None:
    from tui.cli.progress import progress
    from tui.cli.selftest import self_test
    from tui.machines.model import PROFILES
    from tui.machines.qemu.backend import QemuBackend

    with progress("self-test") as report:
        backend = await QemuBackend.open(paths, settings.backend, lambda stage: report(None, stage))
        try:
            took_ms = await self_test(backend, PROFILES[settings.profile], report)
            await backend.drop_stale()
        finally:
            await backend.close()
    say(f"rollcage: machines work: {backend.name} ({backend.verdict.reason}); a rollback took {took_ms:.0f} ms")
