"""Moving in the Run area: escape, the panes, the filter of the commands, the sessions."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_rolling_back import request
from tests.ui.test_running import open_command, ready
from tui.ui.app import RollcageApp
from tui.ui.output.view import OutputView
from tui.ui.screens.run import RunArea
from tui.ui.screens.sessions import Sessions
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details
from tui.ui.widgets.line_input import LineInput
from tui.ui.widgets.session_tree import SessionTree

TAG = """---
name: tag
description: Put a tag on a release
category: deployment
risk_level: low
parameters:
  - {name: prefix, type: string, default_value: release}
  - {name: number, type: string, required: true}
---
Tags.

```bash
echo {{ prefix }}-{{ number }}
```
"""


@pytest.fixture
def tag(commands: Path) -> str:
    """A command whose first parameter is a text that is there already, and whose second one is missing."""
    (commands / "tag.md").write_text(TAG)
    return "tag"


def name_of(area: RunArea) -> str:
    entry = area.query_one(DefinitionList).entry
    return entry.name if entry is not None else ""


# --- escape ------------------------------------------------------------------------------------------------------


async def test_escape_leaves_cursor_search_and_filter_of_the_output_one_by_one_before_the_pane(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(160, 40)) as pilot:
        area = await ready(pilot, app)
        run = engine.run(request("rows"))
        run.output(b"".join(b"row %d\n" % number for number in range(40)))
        run.end()
        view = area.query_one(OutputView)
        await until(pilot, lambda: view.has_focus and view.log_shown.end > 40)
        await pilot.press("slash", *"row 3", "enter", "ampersand", *"row", "enter", "v")
        await until(pilot, lambda: view.cursor is not None and view.search is not None and view.filter is not None)

        def left() -> tuple[bool, bool, bool]:
            return view.cursor is None, view.search is None, view.filter is None

        for expected in ((True, False, False), (True, True, False), (True, True, True)):
            await pilot.press("escape")
            await until(pilot, lambda expected=expected: left() == expected)
            assert app.focused is view
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is area.query_one(DefinitionList))


async def test_escape_from_another_pane_goes_to_the_commands_and_keeps_their_filter(app: RollcageApp) -> None:
    async with app.run_test(size=(160, 40)) as pilot:
        area = await ready(pilot, app)
        commands = area.query_one(DefinitionList)
        await pilot.press("slash", *"archive", "enter")
        await until(pilot, lambda: commands.shown == ["backup"])
        area.query_one(SessionTree).focus()
        await pilot.press("escape")
        await until(pilot, lambda: commands.has_focus)
        assert commands.shown == ["backup"]
        await pilot.press("escape")
        await until(pilot, lambda: len(commands.shown) == 3)
        assert name_of(area) == "backup"


# --- panes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 48)])
async def test_going_through_the_panes_changes_no_parameter(app: RollcageApp, tag: str, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        area = await ready(pilot, app)
        await open_command(pilot, app, tag)
        form = area.query_one(Details).form
        await until(pilot, lambda: form.values == {"prefix": "release"})
        area.query_one(DefinitionList).focus()
        await until(pilot, lambda: area.query_one(DefinitionList).has_focus)
        for pane in ("details", "output", "tree", "definitions"):
            await pilot.press("right_square_bracket")
            await until(pilot, lambda pane=pane: area.query_one(f"#pane-{pane}").has_focus_within)
        assert form.values == {"prefix": "release"}


async def test_enter_goes_into_the_form_and_brackets_are_typed_there(app: RollcageApp) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        area = await ready(pilot, app)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: app.focused is area.query_one(Details))
        await until(pilot, lambda: area.query_one(Details).form.problems())
        await pilot.press("enter")
        fields = area.query_one(Details).form
        await until(pilot, lambda: app.focused in fields.query("Input, Select, Toggle"))
        field = fields.query(LineInput).first()
        field.focus()
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: field.value == "]")


async def test_a_run_with_a_wrong_parameter_focuses_that_one(
    app: RollcageApp, engine: ScriptedEngine, tag: str
) -> None:
    async with app.run_test(size=(60, 24)) as pilot:
        area = await ready(pilot, app)
        await open_command(pilot, app, tag)
        form = area.query_one(Details).form
        await until(pilot, lambda: form.problems() == ["number"])
        await pilot.press("escape", "ctrl+r")
        await until(pilot, lambda: app.focused is form.query(LineInput).last())
        assert not engine.started


# --- the filter --------------------------------------------------------------------------------------------------


async def filtered(pilot: Pilot[int], app: RollcageApp, text: str) -> DefinitionList:
    area = await ready(pilot, app)
    commands = area.query_one(DefinitionList)
    commands.choose("hello")
    commands.focus()
    await pilot.press("slash", *text)
    await until(pilot, lambda: commands.shown != ["deploy", "backup", "hello"])
    return commands


async def test_while_a_filter_is_typed_the_cursor_is_on_the_best_match(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        commands = await filtered(pilot, app, "e")
        assert len(commands.shown) > 1
        assert "hello" in commands.shown[1:]
        assert commands.cursor == 0
        await pilot.press("enter", "enter")
        details = app.run_area.query_one(Details)
        await until(pilot, lambda: details.entry is not None and details.entry.name == commands.shown[0])


async def test_a_filter_left_with_escape_puts_the_cursor_back(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        commands = await filtered(pilot, app, "backup")
        assert name_of(app.run_area) == "backup"
        await pilot.press("escape")
        await until(pilot, lambda: commands.has_focus and len(commands.shown) == 3)
        assert name_of(app.run_area) == "hello"
        assert app.run_area.query_one("#filter", Input).value == ""


async def test_a_filter_that_matches_nothing_shows_no_command_at_all(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        commands = await filtered(pilot, app, "zzzz")
        details = app.run_area.query_one(Details)
        await until(pilot, lambda: details.entry is None and details.is_settled)
        await pilot.pause()
        assert not details.query_one("#details-run", Button).region.area
        assert not details.query_one("#details-code", Static).region.area
        assert str(details.query_one("#details-empty", Static).content) == "No command matches the filter."
        await pilot.press("enter", "escape")
        await until(pilot, lambda: len(commands.shown) == 3)
        assert name_of(app.run_area) == "hello"
        await until(pilot, lambda: details.query_one("#details-run", Button).region.area)


# --- sessions ----------------------------------------------------------------------------------------------------


async def test_letters_move_in_the_list_of_sessions(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        for session in ("one", "two", app.workspace.session):
            engine.run(request("x", session)).end()
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, Sessions) and app.screen.query("OptionList"))
        dialog = app.screen
        assert isinstance(dialog, Sessions)
        names = [session.name for session in dialog._sessions]
        here = names.index(app.workspace.session)
        step = "j" if here < len(names) - 1 else "k"
        await pilot.press(step, "enter")
        await until(pilot, lambda: app.workspace.session == names[here + (1 if step == "j" else -1)])


async def test_the_foot_of_the_commands_counts_what_the_filter_shows(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await ready(pilot, app)
        pane = area.query_one("#pane-definitions")
        assert str(pane.border_subtitle) == "3 commands"
        await pilot.press("slash", *"hlo")
        await until(pilot, lambda: str(pane.border_subtitle) == "1 of 3 commands")
        assert area.query_one(DefinitionList).shown == ["hello"]
        await pilot.press(*"zz")
        await until(pilot, lambda: str(pane.border_subtitle) == "0 of 3 commands")
        await pilot.press("escape")
        await until(pilot, lambda: str(pane.border_subtitle) == "3 commands")
