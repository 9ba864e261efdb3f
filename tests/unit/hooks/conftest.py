"""Services for hooks that touch the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from tui.hooks.services import Services
from tui.paths import Paths
from tui.redaction import Redactor

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class World:
    """What hooks did to it."""

    services: Services
    waits: list[float] = field(default_factory=list)
    bells: int = 0


@pytest.fixture
def world(paths: Paths) -> World:
    made: list[World] = []

    async def wait(seconds: float) -> None:
        made[0].waits.append(seconds)

    def bell() -> None:
        made[0].bells += 1

    ring: Callable[[], None] = bell
    made.append(World(Services(paths, Redactor(), bell=ring, now=lambda: NOON, random=lambda: 1.0, wait=wait)))
    return made[0]


@pytest.fixture
def services(world: World) -> Services:
    return world.services
