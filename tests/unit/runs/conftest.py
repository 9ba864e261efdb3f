"""An engine on fake machines."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.gates import OpenGate
from tests.support.people import Office, office
from tests.support.rules import keep_tried_rules
from tui.config import Settings
from tui.paths import Paths
from tui.pool.backoff import Backoff
from tui.runs.engine import Engine
from tui.runs.retry import Retry

OpenEngine = Callable[..., Awaitable[Engine]]


class Sleeper:
    """Time that passes at once."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def paths(paths: Paths) -> Paths:
    """Paths of the test's own, where something was assessed before."""
    keep_tried_rules(paths)
    return paths


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def fake(paths: Paths) -> FakeBackend:
    return FakeBackend(paths.data / "fake")


@pytest.fixture
async def open_engine(paths: Paths, sleeper: Sleeper) -> AsyncIterator[OpenEngine]:
    """Open engines that end with the test. Every engine has a backend of its own over the same snapshots."""
    async with AsyncExitStack() as stack:

        async def opened(settings: Settings | None = None, **options: object) -> Engine:
            options.setdefault("backend", FakeBackend(paths.data / "fake"))
            options.setdefault("gate", OpenGate())
            options.setdefault("retry", Retry(2, Backoff(0.2, 5.0, lambda: 0.5), sleeper))
            engine = await Engine.open(paths, settings or Settings(), **options)  # type: ignore[arg-type]
            stack.push_async_callback(engine.close)
            return engine

        yield opened


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where commands on the host work: the working directory. Below the home, because nothing is confined in /tmp."""
    parent = Path.home() / ".cache"
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rollcage-test-", dir=parent) as directory:
        monkeypatch.chdir(directory)
        yield Path(directory).resolve()


@pytest.fixture
async def gate(paths: Paths, workspace: Path) -> AsyncIterator[Office]:
    """Engines behind the real gate."""
    async with office(paths, workspace) as opened:
        yield opened


@pytest.fixture
async def engine(open_engine: OpenEngine, fake: FakeBackend) -> Engine:
    return await open_engine(backend=fake)
