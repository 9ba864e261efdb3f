"""Scenarios without an interface, on real machines. `test_scenario_area.py` runs all that are shipped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from tui.config import Settings
from tui.definitions import Catalog as Definitions
from tui.definitions import Scope
from tui.paths import Paths, shipped
from tui.runs.engine import Engine
from tui.runs.scenario_events import ScenarioEnded, StepEnded
from tui.runs.scenario_runner import ScenarioRunner
from tui.runs.scripted import ScriptedApprover
from tui.scenarios.catalog import Catalog

pytestmark = pytest.mark.machine

NAMES = ("failure", "rollback-race", "security-block")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    catalog = Catalog([(Scope.SHIPPED, shipped("scenarios"))])
    catalog.refresh()
    return catalog


@pytest.fixture
async def runner(machine_paths: Paths) -> AsyncIterator[ScenarioRunner]:
    """A runner behind the real gate: policy, hooks and questions."""
    definitions = Definitions([(Scope.SHIPPED, shipped("commands"))])
    definitions.refresh()
    approver = ScriptedApprover()
    async with await Engine.open(machine_paths, Settings(), approver=approver) as engine:
        yield ScenarioRunner(engine, approver, Settings(), definitions.index.resolve)
        assert engine.store.sessions() == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_shipped_scenario_does_what_it_says(runner: ScenarioRunner, catalog: Catalog, name: str):
    async with aclosing(runner.run(catalog.index.resolve(name))) as stream:
        events = [event async for event in stream]
    failed = {event.index + 1: event.reasons for event in events if isinstance(event, StepEnded) and not event.passed}
    assert failed == {}
    assert isinstance(events[-1], ScenarioEnded)
    assert events[-1].passed
