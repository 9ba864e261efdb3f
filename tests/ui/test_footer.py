"""What the footer calls keys: by what they do just now."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.support.pilots import until
from tests.ui.previews import PreviewingEngine
from tests.ui.test_code_keys import offered
from tests.ui.test_rolling_back import request
from tests.ui.test_running import open_command, ready
from tui.ui.app import RollcageApp
from tui.ui.output.view import OutputView
from tui.ui.screens.help import Help
from tui.ui.widgets.key_bar import KeyBar


@pytest.mark.parametrize(
    ("key", "does"), [("slash", "enter Find"), ("ampersand", "enter Only these"), ("ctrl+s", "enter Save")]
)
async def test_a_line_below_the_output_says_what_enter_and_escape_do(
    app: RollcageApp, engine: PreviewingEngine, key: str, does: str
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        area = await ready(pilot, app)
        run = engine.run(request("rows"))
        run.output(b"row\n" * 5)
        run.end()
        view = area.query_one(OutputView)
        await until(pilot, lambda: view.has_focus)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.focused, Input))
        await until(pilot, lambda: list(offered(app))[:2] == [does, "esc Leave"])
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is view)
        assert does not in offered(app)


async def test_the_filter_of_commands_says_what_enter_and_escape_do(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("slash")
        await until(pilot, lambda: {"enter To the list", "esc Clear"} <= offered(app).keys())
        await pilot.press("escape")
        await until(pilot, lambda: "esc Clear" not in offered(app))


async def test_a_field_of_the_form_says_that_enter_runs_and_so_does_the_help(app: RollcageApp, commands: Path) -> None:
    (commands / "say.md").write_text(
        "---\nname: say\ndescription: Say\ncategory: tools\nrisk_level: low\n"
        "parameters:\n  - {name: word, type: string}\n---\nSays.\n\n```bash\necho {{ word }}\n```\n"
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await open_command(pilot, app, "say")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await until(pilot, lambda: next(iter(offered(app))) == "enter Run")
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, Help) and app.screen.results.shown)
        assert isinstance(app.screen, Help)
        first = app.screen.results.shown[0]
        assert first.keys == "enter"
        assert "run the command of the form" in first.explanation


async def test_a_command_that_is_not_in_sight_is_named_where_it_would_run(
    app: RollcageApp, engine: PreviewingEngine
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        area = await ready(pilot, app)
        await open_command(pilot, app, "hello")
        assert "^r Run" in offered(app)
        engine.run(request("rows")).end()
        await until(pilot, lambda: area.query_one(OutputView).has_focus)
        await until(pilot, lambda: "^r Run hello" in offered(app))
        assert "^r Run hello" in app.screen.query_one(KeyBar).render_line(0).text


async def test_a_command_is_named_while_another_pane_has_all_the_room(app: RollcageApp) -> None:
    async with app.run_test(size=(160, 40)) as pilot:
        area = await ready(pilot, app)
        area.choose_command("hello")
        area.action_pane("tree")
        await until(pilot, lambda: area.entry is not None and area.entry.name == "hello")
        assert "^r Run" in offered(app)
        await pilot.press("m")
        await until(pilot, lambda: "^r Run hello" in offered(app))
        await pilot.press("m")
        await until(pilot, lambda: "^r Run" in offered(app))
