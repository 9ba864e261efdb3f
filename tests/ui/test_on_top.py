"""What is on top of an area is about one session, and nothing behind it is changed from there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.pilots import until
from tests.ui.previews import PreviewingEngine
from tests.ui.test_code import opened
from tests.ui.test_rolling_back import request, with_runs
from tests.ui.test_running import toasts
from tui.store.model import SnapshotRecord
from tui.ui.app import RollcageApp
from tui.ui.candidates import Candidate
from tui.ui.screens.ask_name import AskName
from tui.ui.screens.code import CodeScreen
from tui.ui.screens.palette import CLOSE_FIRST, Palette
from tui.ui.screens.run import RunArea
from tui.ui.screens.sessions import SessionChoice
from tui.ui.widgets.code_editor import CodeEditor


async def palette(pilot: Pilot[int], app: RollcageApp) -> Palette:
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(app.screen, Palette) and app.screen.query("FinderList"))
    screen = app.screen
    assert isinstance(screen, Palette)
    await until(pilot, lambda: any(each.group == "theme" for each in screen.results.shown))
    return screen


async def choose(pilot: Pilot[int], app: RollcageApp, words: str) -> Candidate:
    screen = await palette(pilot, app)
    screen.query_one(Input).value = words
    await until(pilot, lambda: screen.results.candidate is not None and len(screen.results.shown) < 40)
    chosen = screen.results.candidate
    assert chosen is not None
    await pilot.press("enter")
    await until(pilot, lambda: app.screen is not screen)
    return chosen


async def test_on_top_of_the_editor_the_palette_changes_nothing_behind_it(
    app: RollcageApp, engine: PreviewingEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await with_runs(pilot, app, engine, "first")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.focused, CodeEditor))
        screen = await palette(pilot, app)
        await until(pilot, lambda: any(each.group == "scenario" for each in screen.results.shown))
        reasons: dict[str, set[str]] = {}
        for each in screen.results.shown:
            reasons.setdefault(each.group, set()).add(each.reason)
        assert {group for group, why in reasons.items() if why == {CLOSE_FIRST}} == {
            "area", "command", "session", "snapshot", "scenario",
        }  # fmt: skip
        assert reasons["theme"] == {""}
        assert "" in reasons["do"]
        assert not [each for each in screen.results.shown if each.group == "do" and each.title in ("Undo", "Snapshot")]


async def test_on_an_area_the_palette_holds_nothing_back(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await with_runs(pilot, app, engine, "first")
        screen = await palette(pilot, app)
        assert CLOSE_FIRST not in {each.reason for each in screen.results.shown}


async def test_code_runs_in_the_session_the_editor_names(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.engine is not None)
        engine.run(request("x", "other")).end()
        await opened(pilot, app, "echo precious")
        chosen = await choose(pilot, app, "session: other")
        assert (chosen.group, chosen.title) == ("session", "other")
        assert CLOSE_FIRST in toasts(app)
        assert app.workspace.session == "default"
        app.switch_session(SessionChoice("other"))  # as a branch does that began before the editor was opened
        assert "session default" in str(app.screen.query_one("#code-frame").border_title)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(engine.started) == 2)
        assert engine.started[1].session == "default"
        engine.started[1].end()


async def test_each_time_the_editor_is_opened_it_is_about_the_session_on_view(
    app: RollcageApp, engine: PreviewingEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, "echo here")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunArea))
        app.switch_session(SessionChoice("other"))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.focused, CodeEditor))
        assert "session other" in str(app.screen.query_one("#code-frame").border_title)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        assert engine.started[0].session == "other"
        engine.started[0].end()


async def test_the_editor_waits_for_a_run_of_its_own_session_only(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await opened(pilot, app, "echo here")
        other = engine.run(request("x", "other"))
        app.switch_session(SessionChoice("other"))
        mine = engine.run(request("mine"))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: any("mine is running" in each for each in toasts(app)))
        mine.end()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(engine.started) == 3)
        assert engine.started[2].session == "default"
        for run in (other, engine.started[2]):
            run.end()


async def test_what_the_editor_was_told_to_run_runs_after_a_detour(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await with_runs(pilot, app, engine, "first", "second")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.focused, CodeEditor))
        await pilot.press(*"ls")
        await choose(pilot, app, "roll back to the fresh")
        await until(pilot, lambda: isinstance(app.screen, CodeScreen))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(engine.started) == 3)
        assert engine.started[2].request.steps[0].text == "ls"
        engine.started[2].end()


@pytest.mark.parametrize("group", ["dialog", "move", "start", "shell", "series"])
async def test_nothing_that_is_cancelled_takes_the_editors_answer_with_it(
    app: RollcageApp, engine: PreviewingEngine, group: str
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, "ls")
        app.workers.cancel_group(app.run_area, group)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        engine.started[0].end()


async def test_two_quick_presses_open_one_editor(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        app.run_area.action_code()
        app.run_area.action_code()
        await until(pilot, lambda: isinstance(app.focused, CodeEditor))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunArea))


async def test_a_snapshot_is_of_the_session_it_was_asked_about(
    app: RollcageApp, engine: PreviewingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    take: Callable[..., object] = engine.snapshot

    async def snapshot(session: str, name: str = "") -> SnapshotRecord:
        taken.append(session)
        return await take(session, name)  # type: ignore[misc, no-any-return]

    monkeypatch.setattr(engine, "snapshot", snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await with_runs(pilot, app, engine, "first")
        engine.run(request("x", "other")).end()
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, AskName))
        await choose(pilot, app, "session: other")
        await until(pilot, lambda: isinstance(app.screen, AskName))
        await pilot.press(*"mine", "enter")
        await until(pilot, lambda: taken)
        assert taken == ["default"]
