"""Going from pane to pane, in every area and at every width."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pilots import until
from tests.ui.whole import make_whole
from tui.paths import Paths
from tui.ui.screens.area import Area
from tui.ui.widgets.pane import Pane

BOXES = {
    "run": ["pane-definitions", "pane-details", "pane-output", "pane-tree"],
    "timeline": ["pane-timeline-tree", "pane-timeline-changes", "pane-timeline-difference"],
    "audit": ["pane-audit"],
    "pool": ["pane-machines", "pane-pool", "pane-machine", "pane-templates", "pane-backend"],
    "scenarios": ["pane-scenarios", "pane-steps", "pane-step-output"],
}


def focused_in(area: Area) -> list[str]:
    """Return the panes in sight that hold the focus."""
    return [str(pane.id) for pane in area.query(Pane) if pane.has_focus_within and pane.region]


@pytest.mark.parametrize("name", BOXES)
async def test_going_on_from_a_maximised_pane_shows_the_next_one(paths: Paths, tmp_path: Path, name: str) -> None:
    boxes = BOXES[name]
    whole = make_whole(paths, tmp_path)
    app = whole.app
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        app.action_area(name)
        await until(pilot, lambda: app.current_mode == name and focused_in(app.screen) == boxes[:1])  # type: ignore[arg-type]
        area = app.screen
        assert isinstance(area, Area)
        area.action_zoom()
        await until(pilot, lambda: [str(pane.id) for pane in area.query(Pane) if pane.region] == boxes[:1])
        area.action_next_pane(1)
        await until(pilot, lambda: not area.has_class("-zoom") and focused_in(area) == [[*boxes, *boxes][1]])
    whole.log.close()


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("name", BOXES)
async def test_all_panes_are_gone_through_in_order_and_back(
    paths: Paths, tmp_path: Path, name: str, width: int
) -> None:
    boxes = BOXES[name]
    whole = make_whole(paths, tmp_path)
    app = whole.app
    async with app.run_test(size=(width, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        app.action_area(name)
        await until(pilot, lambda: app.current_mode == name and focused_in(app.screen) == boxes[:1])  # type: ignore[arg-type]
        area = app.screen
        assert isinstance(area, Area)
        for expected in [*boxes[1:], boxes[0]]:
            area.action_next_pane(1)
            await until(pilot, lambda expected=expected: focused_in(area) == [expected])  # type: ignore[misc]
        for expected in reversed(boxes):
            area.action_next_pane(-1)
            await until(pilot, lambda expected=expected: focused_in(area) == [expected])  # type: ignore[misc]
    whole.log.close()
