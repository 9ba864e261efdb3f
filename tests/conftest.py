"""Fixtures every test may use."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from tui.paths import Paths

# Programs that tests start meet signals as they do from a shell: below `nohup` they would be deaf to SIGHUP.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# How long an example takes says more of the host than of the code.
settings.register_profile("rollcage", deadline=None)
settings.load_profile("rollcage")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Empty paths of the test's own."""
    found = Paths.below(tmp_path / "home")
    found.create()
    return found


@pytest.fixture(scope="session")
def machine_cache() -> Path:
    """Where the guest image and the templates are: built by the first test that needs them, kept for the next run."""
    from tui.machines.guest.image import build_image

    home = os.environ.get("ROLLCAGE_TEST_HOME")
    shared = Paths.below(Path(home)) if home else Paths.from_environment()
    shared.create()
    build_image(shared)
    return shared.cache


@pytest.fixture
def machine_paths(paths: Paths, machine_cache: Path) -> Paths:
    """Paths of the test's own, with the shared guest image and templates."""
    return replace(paths, cache=machine_cache)


@pytest.fixture
async def backend(machine_paths: Paths) -> AsyncIterator[object]:
    """A QEMU backend whose machines end with the test."""
    from tui.machines.qemu.backend import QemuBackend

    opened = await QemuBackend.open(machine_paths)
    yield opened
    await opened.close()
