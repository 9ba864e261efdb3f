"""Keys that come in one burst: what a key opens gets those right behind it, in their order."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_running import ready
from tui.machines.kinds import Stream
from tui.ui import typing_app
from tui.ui.app import RollcageApp
from tui.ui.output.prompt import Prompt
from tui.ui.output.view import OutputView
from tui.ui.screens.code import CodeScreen
from tui.ui.screens.finder import Finder
from tui.ui.screens.help import Help
from tui.ui.screens.palette import Palette
from tui.ui.typing_app import Passed
from tui.ui.widgets.code_editor import CodeEditor
from tui.ui.widgets.definition_list import DefinitionList

NAMES = {"/": "slash", "&": "ampersand", "?": "question_mark", ":": "colon", " ": "space", "\r": "enter",
         "\x1b": "escape", "]": "right_square_bracket", "\x10": "ctrl+p"}  # fmt: skip


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a host that is busy, no key is passed on before the one ahead of it has acted."""
    monkeypatch.setattr(typing_app, "_MOST_LOOKS", 1000)


def burst(app: RollcageApp, text: str) -> None:
    """Type without any time between the keys."""
    for character in text:
        app.post_message(Key(NAMES.get(character, character), character))


async def test_the_filter_of_commands_gets_all_of_it(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        burst(app, "/depl")
        await until(pilot, lambda: screen.query_one("#filter", Input).value == "depl")
        await until(pilot, lambda: screen.query_one(DefinitionList).shown == ["deploy"])


async def test_a_command_is_found_and_opened_in_one_burst(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        burst(app, "/hell\r\r")
        await until(pilot, lambda: screen.query_one("#pane-details").has_focus_within)
        assert screen.entry is not None
        assert screen.entry.name == "hello"


@pytest.mark.parametrize(("key", "kind"), [("?", Help), (":", Palette), ("\x10", Palette)])
async def test_help_and_palette_get_all_of_it(app: RollcageApp, key: str, kind: type[Finder]) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        burst(app, f"{key}pin")
        await until(pilot, lambda: isinstance(app.screen, kind) and app.screen.query(Input))
        await until(pilot, lambda: app.screen.query_one(Input).value == "pin")


async def test_something_is_found_and_done_in_one_burst(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        burst(app, "?audit log\r")
        await until(pilot, lambda: app.current_mode == "audit")


async def test_the_editor_gets_all_of_it(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        burst(app, "exzeS")
        await until(pilot, lambda: isinstance(app.screen, CodeScreen) and app.screen.query(CodeEditor))
        await until(pilot, lambda: app.screen.query_one(CodeEditor).text == "xzeS")
        assert not engine.started


async def with_output(pilot: Pilot[int], app: RollcageApp, engine: ScriptedEngine) -> OutputView:
    screen = await ready(pilot, app)
    app.open_command("hello")
    await until(pilot, lambda: screen.entry is not None and screen.entry.name == "hello")
    await pilot.press("ctrl+r")
    await until(pilot, lambda: engine.started)
    engine.started[0].output(b"".join(b"row %d\n" % number for number in range(40)), Stream.STDOUT)
    engine.started[0].end()
    view = screen.query_one(OutputView)
    await until(pilot, lambda: view.has_focus and view.log_shown.end > 40)
    return view


async def test_lines_below_the_output_get_all_of_it(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await with_output(pilot, app, engine)
        burst(app, "/row 3\r&1\r")
        await until(pilot, lambda: view.filter is not None and not view.screen.query_one(Prompt).display)
        assert (view.search and view.search.text, view.filter and view.filter.text) == ("row 3", "1")
        burst(app, "\x1b\x1b\x1b/hel")
        await until(pilot, lambda: view.screen.query_one("#filter", Input).value == "hel")
        assert (view.search, view.filter) == (None, None)


async def test_what_is_pasted_stays_behind_what_was_typed(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        burst(app, "/d")
        app.post_message(Paste("ep\x1blo"))
        burst(app, "y")
        await until(pilot, lambda: screen.query_one("#filter", Input).value.endswith("y"))
        assert screen.query_one("#filter", Input).value == "dep␛loy"


async def test_keys_go_on_when_what_had_one_is_gone(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        burst(app, "?\x1b:\x1b/x")
        await until(pilot, lambda: app.screen is screen and screen.query_one("#filter", Input).value == "x")


async def test_only_what_is_waited_for_now_lets_the_next_key_go_on(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        burst(app, "/")
        await until(pilot, lambda: isinstance(app.focused, Input) and app._busy is None)
        app._busy = screen
        burst(app, "x")
        for rounds in (1, 2):  # of a wait that was given up
            app.post_message(Passed(app._turn - 1, rounds))
        await pilot.pause()
        assert [event.key for event in app._typed if isinstance(event, Key)] == ["x"]
        app.post_message(Passed(app._turn, 1))
        await until(pilot, lambda: screen.query_one("#filter", Input).value == "x")
