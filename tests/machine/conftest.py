"""Engines over real machines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.support.gates import OpenGate
from tui.config import Settings
from tui.paths import Paths
from tui.runs.engine import Engine

OpenEngine = Callable[[], Awaitable[Engine]]


@pytest.fixture
async def open_engine(machine_paths: Paths) -> AsyncIterator[OpenEngine]:
    """Opens engines that share their records, one after the other or at the same time."""
    opened: list[Engine] = []

    async def open_() -> Engine:
        opened.append(await Engine.open(machine_paths, Settings(), gate=OpenGate()))
        return opened[-1]

    yield open_
    for engine in opened:
        await engine.close()


@pytest.fixture
async def engine(open_engine: OpenEngine) -> Engine:
    """One engine."""
    return await open_engine()
