"""Keys that a person bound otherwise: they work, and everything that names a key names those."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Button, Input

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_rolling_back import request
from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.output.view import OutputView
from tui.ui.screens.finder import Finder
from tui.ui.screens.sessions import Sessions
from tui.ui.widgets.key_bar import KeyBar
from tui.ui.widgets.pane import Pane

KEYMAP = """
run.run: f10
run.filter: f4
run.cancel: [f11, x]
session.undo: u
session.redo: []
app.palette: ctrl+k
"""


@pytest.fixture
def keymap(paths: Paths) -> Path:
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.keymap_file.write_text(KEYMAP)
    return paths.keymap_file


def bar(app: RollcageApp) -> dict[str, str]:
    """Return what the line at the foot says: labels with their keys."""
    return {item.label: item.key for item in app.screen.query_one(KeyBar).items}


def toasts(app: RollcageApp) -> list[str]:
    return [f"{each.title}: {each.message}" for each in app._notifications]


@pytest.mark.usefixtures("keymap")
async def test_the_new_keys_work_and_the_old_ones_do_not(
    make_app: Callable[..., RollcageApp], engine: ScriptedEngine
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        await pilot.press("slash", "ctrl+r", "ctrl+p")
        assert not engine.started
        assert not isinstance(app.screen, Finder)
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.focused, Input) and app.focused.id == "filter")
        await pilot.press(*"hello", "enter", "f10")
        await until(pilot, lambda: engine.started)
        await pilot.press("ctrl+k")
        await until(pilot, lambda: isinstance(app.screen, Finder))


@pytest.mark.usefixtures("keymap")
async def test_everything_that_names_a_key_names_the_new_one(
    make_app: Callable[..., RollcageApp], engine: ScriptedEngine
) -> None:
    app = make_app()
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and "Run" in bar(app))
        run = app.run_area
        assert bar(app)["Run"] == "f10"
        assert bar(app)["Undo"] == "u"
        assert bar(app)["Palette"] == "^k"
        assert run.query_one("#filter", Input).placeholder == "f4 filter"
        assert run.query_one(OutputView).placeholder == "Nothing has run here yet: f10 runs the command."
        await until(pilot, lambda: run.query("#details-run"))
        assert str(run.query_one("#details-run", Button).label) == "▶ Run  f10"
        started = engine.run(request("first"))
        await until(pilot, lambda: app.workspace.running is not None)
        assert app.workspace.why_not("run") == "first is running; f11 cancels it."
        started.end()
        await until(pilot, lambda: str(run.query_one("#pane-tree", Pane).border_subtitle).startswith("u takes back"))
        app.action_help()
        await until(pilot, lambda: isinstance(app.screen, Finder))
        assert isinstance(app.screen, Finder)
        finder = app.screen
        await until(pilot, lambda: finder.query("FinderList") and finder.results.shown)
        keys = {each.title: each.keys for each in reversed(app.screen.results.shown)}
        assert (keys["Undo"], keys["Redo"], keys["Palette"]) == ("u", "", "^k")


@pytest.mark.usefixtures("keymap")
async def test_what_has_no_key_is_still_found_by_name(make_app: Callable[..., RollcageApp]) -> None:
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        app.action_command_palette()
        await until(pilot, lambda: isinstance(app.screen, Finder))
        assert isinstance(app.screen, Finder)
        finder = app.screen
        await until(pilot, lambda: finder.query("FinderList") and finder.results.shown)
        assert "Redo" in [each.title for each in app.screen.results.shown]


async def test_a_broken_keymap_leaves_the_default_keys_and_says_so_once(
    make_app: Callable[..., RollcageApp], engine: ScriptedEngine, paths: Paths
) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.keymap_file.write_text("run.run: f10\nrun.runn: [bold]x[/bold]\napp.quit: []\n")
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.engine is not None and "Run" in bar(app))
        assert bar(app)["Run"] == "^r"
        await until(pilot, lambda: any("default keys" in toast for toast in toasts(app)))
        (told,) = [toast for toast in toasts(app) if "default keys" in toast]
        assert f"{paths.keymap_file}:2: error" in told
        assert "rollcage keys --check" in told


async def test_a_doubtful_key_is_used_and_told_of(make_app: Callable[..., RollcageApp], paths: Paths) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.keymap_file.write_text("run.run: alt+r\n")
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: "Run" in bar(app))
        assert bar(app)["Run"] == "alt+r"
        await until(pilot, lambda: any("may not arrive" in toast for toast in toasts(app)))


async def test_without_a_keymap_nothing_is_said(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.engine is not None)
        assert not [toast for toast in toasts(app) if "eymap" in toast]


async def test_nothing_promises_a_key_that_the_focused_field_takes(
    make_app: Callable[..., RollcageApp], paths: Paths
) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.keymap_file.write_text("app.help: W\napp.setup: [A, f2]\n")
    app = make_app()
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None and "Help" in bar(app))
        assert bar(app)["Help"] == "W"
        await until(pilot, lambda: any("W would be typed" in toast for toast in toasts(app)))
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await until(pilot, lambda: "Help" not in bar(app))
        await pilot.press("W")
        assert app.run_area.query_one("#filter", Input).value == "W"
        app.action_help()
        await until(pilot, lambda: isinstance(app.screen, Finder) and app.screen.query("FinderList"))
        assert isinstance(app.screen, Finder)
        finder = app.screen
        await until(pilot, lambda: finder.results.shown)
        found = {each.title: each for each in reversed(finder.results.shown)}
        assert (found["Help"].keys, found["Set up"].keys, found["Interrupt"].keys) == ("", "f2", "")
        assert "(W where no text is typed)" in found["Help"].explanation
        assert "(^c where no text is typed)" in found["Interrupt"].explanation  # the field copies with it
        assert "where no text" not in found["Set up"].explanation
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.run_area and not isinstance(app.focused, Input))
        app.action_command_palette()
        await until(pilot, lambda: isinstance(app.screen, Finder) and app.screen.query("FinderList"))
        palette = app.screen
        assert isinstance(palette, Finder)
        await until(pilot, lambda: palette.results.shown)
        assert next(each.keys for each in palette.results.shown if each.title == "Help") == "W"


async def test_a_function_key_in_the_place_of_a_character_works_in_text_fields_too(
    make_app: Callable[..., RollcageApp], paths: Paths
) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.keymap_file.write_text("session.sessions: f10\n")
    app = make_app()
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("S")
        assert app.run_area.query_one("#filter", Input).value == "S"
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.screen, Sessions))
