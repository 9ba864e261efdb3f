"""While nothing goes on, nothing is drawn but what tells the time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.app import App
from textual.events import Timer as Ticked
from textual.pilot import Pilot

from tests.support.pilots import until
from tests.ui.whole import make_whole
from tui.paths import Paths
from tui.runs.request import Request, StepRequest
from tui.ui.areas import AREAS

TICKS = 20
CLOCKS = {
    "run": {"SessionTree"}, "timeline": {"SessionTree"}, "audit": set[str](),
    "pool": {"MachineList", "Facts", "MachineDetails", "Static"}, "scenarios": set[str](),
}  # fmt: skip
"""What shows ages, in each area: how long ago something was, or how old a machine is."""


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
    whole = make_whole(paths, tmp_path)
    app = whole.app
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        whole.engine.run(Request("x", (StepRequest("x"),))).end()
        app.action_area(area)
        await until(pilot, lambda: app.current_mode == area and app.screen.focused is not None)
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
        assert set(drawn) <= CLOCKS[area]
        assert len(drawn) <= TICKS * len(CLOCKS[area]) * 2
    whole.log.close()
