"""Every preset scenario, run by a person at the interface on real machines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.pilots import until
from tui.config import PoolSettings, Settings
from tui.definitions.catalog import Catalog as Definitions
from tui.definitions.kinds import Scope
from tui.machines.guest.image import ImageStatus
from tui.paths import Paths, shipped
from tui.runs.engine import Engine
from tui.scenarios.catalog import Catalog
from tui.ui.app import RollcageApp
from tui.ui.preparation import HostState
from tui.ui.scenarios.progress import Phase
from tui.ui.scenarios.report import report
from tui.ui.screens.scenarios import ScenariosArea
from tui.ui.widgets.scenario_list import ScenarioList
from tui.ui.widgets.step_list import StepList

pytestmark = pytest.mark.machine

NAMES = sorted(path.stem for path in shipped("scenarios").glob("*.md"))
SETTINGS = replace(Settings(), pool=PoolSettings(low=0, high=0))


@pytest.fixture(autouse=True)
def only_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_catalog(_: ScenariosArea) -> Catalog:
        catalog = Catalog([(Scope.SHIPPED, shipped("scenarios"))])
        catalog.refresh()
        return catalog

    monkeypatch.setattr(ScenariosArea, "open_catalog", open_catalog)


def application(paths: Paths) -> RollcageApp:
    """The application with an engine behind the real gate, which asks whom the application would ask."""

    async def open_engine() -> Engine:
        return await Engine.open(paths, SETTINGS, approver=app.answers)

    def open_definitions() -> Definitions:
        catalog = Definitions([(Scope.SHIPPED, shipped("commands"))])
        catalog.refresh()
        return catalog

    async def look(_: Paths) -> HostState:
        return HostState((), ImageStatus(True, paths.images, "there"))

    app = RollcageApp(paths, SETTINGS, open_engine=open_engine, open_catalog=open_definitions, look_at_host=look)
    return app


@pytest.mark.parametrize("name", NAMES)
async def test_a_person_runs_a_preset_scenario(machine_paths: Paths, name: str) -> None:
    app = application(machine_paths)
    async with app.run_test(size=(160, 50)) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: isinstance(app.screen, ScenariosArea) and app.screen.catalog is not None)
        area = app.screen
        assert isinstance(area, ScenariosArea)
        await until(pilot, lambda: app.engine is not None and app.catalog is not None, patience_s=60)
        area.query_one(ScenarioList).choose(name)
        await pilot.press("enter")
        await until(pilot, lambda: area.progress is not None)
        progress = area.progress
        assert progress is not None
        await until(pilot, lambda: not progress.is_going_on, patience_s=240)
        assert progress.phase is Phase.PASSED, report(progress)
        await pilot.pause()
        lines = area.query_one(StepList).lines
        expected = sum(len(step.checks) for step in progress.steps)
        assert sum("✓ met" in line for line in lines) == expected > 0
        assert not any("NOT MET" in line or "pending" in line for line in lines)
        assert app.engine is not None
        assert app.engine.store.sessions() == []
