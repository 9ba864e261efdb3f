"""Pictures of the Pool area. `pytest --snapshot-update` takes them anew; look at them before committing them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from tests.support.pilots import until
from tests.ui.fleet import NOW, FleetEngine
from tui.ui.app import RollcageApp
from tui.ui.screens.pool import PoolArea
from tui.ui.widgets.facts import Facts
from tui.ui.widgets.machine_list import MachineList


@pytest.fixture
def engine() -> FleetEngine:
    return FleetEngine()


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PoolArea, "clock", lambda self: NOW)
    monkeypatch.setattr(RollcageApp, "notify", lambda self, *_, **__: None)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_machines_and_what_they_took(
    app: RollcageApp, engine: FleetEngine, snap_compare: Callable[..., bool], size: tuple[int, int]
):
    engine.logs[engine.fleet[0].id] = "[    0.41] EXT4-fs (vda): mounted filesystem\n\x1b[31magent: listening\n"

    async def before(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: app.engine is not None and app.workspace.backend is not None)
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, PoolArea) and app.screen.query(MachineList))
        screen = app.screen
        assert isinstance(screen, PoolArea)
        await until(pilot, lambda: screen.query_one(MachineList).machines)
        screen.look()
        await until(pilot, lambda: not screen._looking and len(screen.query_one("#backend-facts", Facts).facts) > 2)
        await until(pilot, lambda: screen.query_one(MachineList).has_focus)

    assert snap_compare(app, terminal_size=size, run_before=before)
