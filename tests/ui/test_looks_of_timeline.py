"""Pictures of the Timeline area. `pytest --snapshot-update` takes them anew; look at them before committing them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from tests.support import scripted_engine
from tests.support.pilots import until
from tests.support.scripted_engine import START, ScriptedEngine
from tests.ui.test_rolling_back import request
from tests.ui.test_timeline import CHANGED, LINES, STARTED
from tui.ui import describe, session_state
from tui.ui.app import RollcageApp
from tui.ui.screens.timeline import TimelineArea
from tui.ui.widgets.change_list import ChangeList
from tui.ui.widgets.diff_view import DiffView
from tui.ui.widgets.session_tree import SessionTree


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch, engine: ScriptedEngine) -> None:
    """The same ids, ages and differences in every picture."""
    made = iter(range(1, 1000))
    now, real_age = START + timedelta(minutes=5), describe.age
    monkeypatch.setattr(scripted_engine, "new_id", lambda: f"01KE00000000000000000{next(made):05}")
    monkeypatch.setattr(session_state, "age", lambda moment: real_age(moment, now))
    monkeypatch.setattr(SessionTree, "clock", lambda self: now)
    monkeypatch.setattr(RollcageApp, "notify", lambda self, *_, **__: None)
    engine.changed, engine.processes, engine.lines = CHANGED, (STARTED,), LINES


async def compared(pilot: Pilot[int], app: RollcageApp, engine: ScriptedEngine) -> TimelineArea:
    """Go back and run something else, so that the tree has a branch; compare what is newest with what led to it."""
    await until(pilot, lambda: app.engine is not None and app.workspace.backend is not None)
    for title in ("install packages", "migrate the database to version 12"):
        engine.run(request(title)).end()
    engine.run(request("check")).end(3)
    await engine.snapshot("default", "before upgrade")
    await engine.rollback("default", engine.store.run_records[engine.started[0].id].after_id or "")
    engine.run(request("migrate in small steps")).end()
    await pilot.press("f6")
    await until(
        pilot, lambda: isinstance(app.screen, TimelineArea) and len(app.screen.query_one(SessionTree).rows) == 6
    )
    area = app.screen
    assert isinstance(area, TimelineArea)
    await until(pilot, lambda: len(area.query_one(DiffView).lines) == len(LINES))
    await until(pilot, lambda: area.query_one(ChangeList).row_count() > len(CHANGED))
    return area


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_snapshots_changes_and_lines(
    snap_compare: Callable[..., bool], app: RollcageApp, engine: ScriptedEngine, size: tuple[int, int]
) -> None:
    async def before(pilot: Pilot[int]) -> None:
        area = await compared(pilot, app, engine)
        if size[0] > 80:
            await pilot.press("right_square_bracket")
            await until(pilot, lambda: area.query_one(ChangeList).has_focus)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)
