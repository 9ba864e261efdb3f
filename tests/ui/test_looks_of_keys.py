"""Pictures of what helps with keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.support.pilots import until
from tui.ui.app import RollcageApp
from tui.ui.screens.finder import Finder
from tui.ui.screens.help import Help
from tui.ui.screens.jump import Jump
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details

Then = Callable[[Pilot[int], RollcageApp], Awaitable[None]]


@pytest.fixture(autouse=True)
def no_toasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the host lacks is not in the pictures."""
    monkeypatch.setattr(RollcageApp, "notify", lambda self, *_, **__: None)


def showing(app: RollcageApp, then: Then) -> Callable[[Pilot[int]], Awaitable[None]]:
    async def before(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: app.engine is not None and app.run_area.query_one(DefinitionList).shown)
        await until(pilot, lambda: app.run_area.workspace.backend is not None)
        await then(pilot, app)
        await pilot.pause()

    return before


async def jumping(pilot: Pilot[int], app: RollcageApp) -> None:
    details = app.run_area.query_one(Details)
    await until(pilot, lambda: details.entry is not None and details.is_settled and len(app.screen.focus_chain) > 6)
    await until(pilot, lambda: "assessed once" in str(app.run_area.query_one("#risk-line", Static).content))
    await pilot.pause()
    await pilot.press("o")
    await until(pilot, lambda: isinstance(app.screen, Jump))


async def finding(pilot: Pilot[int], app: RollcageApp) -> None:
    await until(pilot, lambda: "rollcage-light" in app.available_themes)
    await pilot.press("colon")
    await until(pilot, lambda: isinstance(app.screen, Finder) and app.screen.query("FinderList"))
    finder = app.screen
    assert isinstance(finder, Finder)
    await until(pilot, lambda: any(each.group == "theme" for each in finder.results.shown))
    await pilot.press(*"roll")


async def helped(pilot: Pilot[int], app: RollcageApp) -> None:
    await pilot.press("question_mark")
    await until(pilot, lambda: isinstance(app.screen, Help) and app.screen.query("FinderList"))
    await pilot.press("down", "down", "down", "down")


def test_what_can_be_done(app: RollcageApp, snap_compare: Any) -> None:
    assert snap_compare(app, terminal_size=(80, 24), run_before=showing(app, helped))


def test_letters_on_everything(app: RollcageApp, snap_compare: Any) -> None:
    assert snap_compare(app, terminal_size=(80, 24), run_before=showing(app, jumping))


def test_the_letters_without_colour(
    make_app: Callable[..., RollcageApp], snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app()
    assert snap_compare(app, terminal_size=(80, 24), run_before=showing(app, jumping))


def test_the_palette(app: RollcageApp, snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.ui.screens.palette.Palette._read_scenarios", lambda self: None)
    assert snap_compare(app, terminal_size=(100, 30), run_before=showing(app, finding))
