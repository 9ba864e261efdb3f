"""The application opened to look around: on the real store, with an engine that refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Button

from tests.support.fake_backend import FakeBackend
from tests.support.gates import OpenGate
from tests.support.pilots import until
from tests.support.runs import execute
from tui.config import Settings
from tui.definitions.catalog import Catalog
from tui.definitions.kinds import Scope
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.read_only import ReadOnlyEngine
from tui.store.model import RunRecord
from tui.ui.app import RollcageApp
from tui.ui.bindings import KEY_TABLE
from tui.ui.preparation import HostState
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.finder import Finder
from tui.ui.widgets.key_bar import KeyBar
from tui.ui.widgets.session_tree import SessionTree
from tui.ui.widgets.status_bar import StatusBar

CHANGING = [key for key in KEY_TABLE.keys if key.changes]


@pytest.fixture
async def run(paths: Paths) -> RunRecord:
    """A run of an engine that was there before."""
    async with await Engine.open(
        paths, Settings(), backend=FakeBackend(paths.data / "fake"), gate=OpenGate()
    ) as engine:
        return await execute(engine, "echo one", session="default")


@pytest.fixture
def reading(paths: Paths, commands: Path) -> RollcageApp:
    def open_catalog() -> Catalog:
        catalog = Catalog([(Scope.PROJECT, commands)])
        catalog.refresh()
        return catalog

    async def never(_: Paths) -> HostState:
        raise AssertionError("nobody sets up a host where nothing may be changed")

    return RollcageApp(paths, Settings(), read_only=True, open_catalog=open_catalog, look_at_host=never)


async def test_what_was_kept_is_shown_and_the_bar_says_read_only(reading: RollcageApp, run: RunRecord) -> None:
    async with reading.run_test(size=(160, 40)) as pilot:
        tree = reading.run_area.query_one(SessionTree)
        await until(pilot, lambda: any(row.run is not None and row.run.id == run.id for row in tree.rows))
        assert isinstance(reading.engine, ReadOnlyEngine)
        assert "READ ONLY" in reading.screen.query_one(StatusBar).render_line(0).text


async def test_keys_that_change_something_are_not_there(reading: RollcageApp, run: RunRecord, paths: Paths) -> None:
    async with reading.run_test(size=(160, 40), notifications=True) as pilot:
        tree = reading.run_area.query_one(SessionTree)
        await until(pilot, lambda: len(tree.rows) > 1)
        offered = {item.what.key for item in reading.screen.query_one(KeyBar).items}
        assert not offered & set(CHANGING)
        tree.focus()
        for key in ("ctrl+r", "z", "Z", "s", "b", "p", "n", "e", "f2"):
            told = len(reading._notifications)
            await pilot.press(key)
            await until(pilot, lambda told=told: len(reading._notifications) > told)
        assert all("--readonly" in each.message for each in reading._notifications)
        assert reading.screen is reading.run_area
        assert reading.engine is not None
        assert [each.id for each in reading.engine.store.runs()] == [run.id]


async def test_help_and_palette_do_not_offer_them(reading: RollcageApp, run: RunRecord) -> None:
    async with reading.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: reading.engine is not None and reading.workspace.state.snapshots)
        hidden = {key.help for key in CHANGING}
        for key in ("question_mark", "ctrl+p"):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(reading.screen, Finder) and reading.screen.query("FinderList"))
            finder = reading.screen
            assert isinstance(finder, Finder)
            await until(pilot, lambda finder=finder: finder.results.shown)
            assert not hidden & {each.explanation for each in finder.results.shown}
            assert all(each.reason for each in finder.results.shown if each.group == "snapshot")
            await pilot.press("escape")
            await until(pilot, lambda: reading.screen is reading.run_area)


async def test_ways_around_the_keys_are_refused_with_the_reason(reading: RollcageApp, run: RunRecord) -> None:
    async with reading.run_test(size=(160, 40), notifications=True) as pilot:
        tree = reading.run_area.query_one(SessionTree)
        await until(pilot, lambda: len(tree.rows) > 1 and reading.run_area.entry is not None)
        await until(pilot, lambda: any(each.display for each in reading.run_area.query("#details-run")))
        reading.run_area.query_one("#details-run", Button).press()
        await until(pilot, lambda: any("--readonly" in each.message for each in reading._notifications))
        tree.focus()
        tree.action_rollback()
        await pilot.pause()
        assert not isinstance(reading.screen, Confirm)
        before = len(reading._notifications)
        tree.action_pin()
        await until(pilot, lambda: len(reading._notifications) > before)
        assert reading.engine is not None
        assert not any(each.pinned for each in reading.workspace.state.snapshots)


async def test_without_anything_kept_it_opens_too_and_makes_nothing(reading: RollcageApp, paths: Paths) -> None:
    async with reading.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: reading.engine is not None)
        bar = reading.screen.query_one(StatusBar)
        await until(pilot, lambda: "READ ONLY" in bar.render_line(0).text)
        assert not paths.database.exists()


async def test_a_theme_is_used_but_not_remembered(reading: RollcageApp, paths: Paths) -> None:
    async with reading.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "rollcage-light" in reading.available_themes)
        reading.use_theme("rollcage-light")
        await until(pilot, lambda: reading.theme == "rollcage-light")
        assert not paths.chosen_theme.exists()
