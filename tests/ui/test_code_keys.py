"""Keys of the code editor, and of reasons: those that work where a person is."""

from __future__ import annotations

from textual.widgets import Select

from tests.support.pilots import until
from tests.ui.previews import PreviewingEngine
from tests.ui.test_code import opened
from tests.ui.test_rolling_back import request
from tests.ui.test_running import ready, toasts
from tui.ui.app import RollcageApp
from tui.ui.screens.code import CodeScreen
from tui.ui.screens.help import Help
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.code_options import CodeOptions
from tui.ui.widgets.key_bar import KeyBar


def offered(app: RollcageApp) -> dict[str, str]:
    """Return what the footer says, with the reason against each."""
    return {f"{item.key} {item.label}": item.what.reason for item in app.screen.query_one(KeyBar).items}


async def test_a_run_is_cancelled_from_the_editor_by_the_key_that_is_named(
    app: RollcageApp, engine: PreviewingEngine
) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        editor = await opened(pilot, app, "ls")
        assert offered(app)["^g Cancel"] == "Nothing is running."
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "Nothing is running." in toasts(app))
        run = engine.run(request("first"))
        app.workspace._runs[run.id] = run
        await until(pilot, lambda: app.workspace.running is not None)
        await until(pilot, lambda: not offered(app)["^g Cancel"])
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "first is running; ^g cancels it." in toasts(app))
        assert editor.text == "ls"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: app.workspace.running is None)
        await until(pilot, lambda: offered(app)["^g Cancel"] == "Nothing is running.")


async def test_a_reason_names_no_key_that_would_type(app: RollcageApp, engine: PreviewingEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        engine.run(request("first"))
        await until(pilot, lambda: app.workspace.running is not None)
        assert app.workspace.why_not("run") == "first is running; x cancels it."
        await pilot.press("slash")
        assert app.workspace.why_not("run") == "first is running."


async def test_help_opens_on_the_editor_and_tells_of_its_keys(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = await opened(pilot, app, "one\ntwo")
        assert "f1 Help" in offered(app)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, Help) and app.screen.results.shown)
        assert isinstance(app.screen, Help)
        keys = {each.title: each.keys for each in app.screen.results.shown if each.group == "Text of the code (here)"}
        assert keys["Select all"] == "f7"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CodeScreen))
        await pilot.press("f7")
        assert editor.selected_text == "one\ntwo"


async def test_a_key_opens_the_languages_and_the_choice_leads_back_to_the_text(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app, "print(1)")
        assert "^l Language" in offered(app)
        picker = app.screen.query_one(CodeOptions).query_one(Select)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: picker.expanded)
        await pilot.press(*"python", "enter")
        await until(pilot, lambda: picker.value == "python")
        await until(pilot, lambda: isinstance(app.focused, CodeEditor))
