"""One suite for every backend: what the engine relies on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.fake_backend import FakeBackend
from tui.machines.protocol import Backend
from tui.paths import Paths


@pytest.fixture(params=["fake", pytest.param("qemu", marks=pytest.mark.machine)])
async def backend(request: pytest.FixtureRequest, paths: Paths) -> AsyncIterator[Backend]:
    opened: Backend
    if request.param == "fake":
        opened = FakeBackend(paths.data / "fake")
    else:
        from tui.machines.qemu.backend import QemuBackend

        opened = await QemuBackend.open(request.getfixturevalue("machine_paths"))
    yield opened
    await opened.close()
