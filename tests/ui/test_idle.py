"""While nothing goes on, nothing is drawn but what tells the time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.app import App
from textual.events import Timer as Ticked
from textual.pilot import Pilot

from tests.support.pilots import until
from tests.ui.whole import Whole, make_whole
from tui.paths import Paths
from tui.runs.request import Request, StepRequest
from tui.ui.areas import AREAS
from tui.ui.audit.rows import AllRows
from tui.ui.widgets.audit_list import AuditList
from tui.ui.widgets.details import Details
from tui.ui.widgets.scenario_list import ScenarioList
from tui.ui.widgets.session_tree import SessionTree

TICKS = 20
CLOCKS = {
    "run": {"SessionTree"}, "timeline": {"SessionTree"}, "audit": set[str](),
    "pool": {"MachineList", "Facts", "MachineDetails", "Static"}, "scenarios": set[str](),
}  # fmt: skip
"""What shows ages, in each area: how long ago something was, or how old a machine is."""
HAS_READ: dict[str, Callable[[Whole], object]] = {
    "run": lambda whole: (
        whole.app.screen.query_one(SessionTree).rows and whole.app.screen.query_one(Details).is_settled
    ),
    "timeline": lambda whole: whole.app.screen.query_one(SessionTree).rows,
    "audit": lambda whole: whole.app.screen.query_one(AuditList).row_count() == whole.log.last(),
    "pool": lambda whole: whole.app.screen.templates is not None,  # type: ignore[attr-defined]
    "scenarios": lambda whole: whole.app.screen.query_one(ScenarioList).row_count(),
}
"""Whether an area shows what it reads first, which it does in threads and workers."""


async def let_all_timers_tick(app: App[Any], pilot: Pilot[Any]) -> None:
    """Do what every timer that runs does when its time has come."""
    for node in (app, *app.screen.walk_children(with_self=True)):
        for timer in list(node._timers):
            if timer._active.is_set() and timer._callback is not None:
                node.post_message(Ticked(timer, time=0.0, count=1, callback=timer._callback))
    await pilot.pause(0)


@pytest.mark.parametrize("area", [each.name for each in AREAS])
async def test_an_area_at_rest_draws_only_its_clocks(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, area: str
) -> None:
    looks: list[AllRows] = []
    really_read = AllRows.read_new

    def read_new(rows: AllRows) -> object:
        looks.append(rows)
        return really_read(rows)

    monkeypatch.setattr(AllRows, "read_new", read_new)
    monkeypatch.setattr("tui.ui.screens.audit.LOOK_EVERY_S", 0.0)
    whole = make_whole(paths, tmp_path)
    app = whole.app
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        whole.engine.run(Request("x", (StepRequest("x"),))).end()
        app.action_area(area)
        await until(pilot, lambda: app.current_mode == area and app.screen.focused is not None)
        await until(pilot, lambda: app.workspace.state.undo is not None and HAS_READ[area](whole))
        await pilot.pause()
        for _ in range(TICKS):
            await let_all_timers_tick(app, pilot)
        drawn: list[str] = []
        really = Compositor.update_widgets

        def update(compositor: Compositor, widgets: set[Any]) -> None:
            drawn.extend(type(widget).__name__ for widget in widgets)
            really(compositor, widgets)

        with monkeypatch.context() as patch:
            patch.setattr(Compositor, "update_widgets", update)
            for _ in range(TICKS):
                await let_all_timers_tick(app, pilot)
            seen = len(looks)
            await until(pilot, lambda: area != "audit" or len(looks) > seen + 2)
        assert set(drawn) <= CLOCKS[area]
        assert len(drawn) <= TICKS * len(CLOCKS[area]) * 2
    whole.log.close()
