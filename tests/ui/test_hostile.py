"""What a file, a guest or an engine says is shown as it is: never obeyed, never read as markup."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.pilot import Pilot
from textual.widgets import Input, Select

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tui.runs.request import Request, StepRequest
from tui.ui.app import RollcageApp
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.finder import FinderList
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.session_tree import SessionTree

TRAP = "[@click=app.quit]press[/] [b]bold"
HOSTILE = '"\\e]0;title\\a\\u202e[@click=app.quit]press[/] [b]bold"'


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """Definitions whose every text is hostile."""
    directory = tmp_path / "commands"
    directory.mkdir()
    (directory / "trap.md").write_text(
        f"---\nname: trap\ndescription: {HOSTILE}\ncategory: {HOSTILE}\nversion: {HOSTILE}\n"
        f"parameters:\n  - {{name: way, type: string, default_value: one, description: {HOSTILE},\n"
        f"     validation: {{allowed_values: [one, {HOSTILE}]}}}}\n---\n"
        f"# {TRAP}\n\n[link](http://example.com) \x1b]0;t\x07 \u202e <b>x</b>\n\n"
        f"```bash\necho '{TRAP}' \u202e\n```\n"
    )
    (directory / "bad.md").write_text(f"---\nname: {HOSTILE}\n{HOSTILE}: 1\n---\n")
    return directory


def segments(app: RollcageApp) -> Iterator[Segment]:
    for strip in app.screen._compositor.render_strips():
        yield from strip


def assert_harmless(app: RollcageApp) -> None:
    for text, style, control in segments(app):
        assert not control
        assert [each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")] == []
        assert style is None or "app.quit" not in str(style.meta)


async def test_definitions_are_shown_as_they_are(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        app.open_command("trap")
        await until(pilot, lambda: app.screen.query(Select))
        await pilot.pause()
        assert_harmless(app)
        app.screen.query_one(Select).focus()
        await pilot.press("enter")
        await pilot.pause()
        assert_harmless(app)
        assert TRAP in "".join(segment.text for segment in segments(app))


async def test_the_palette_shows_definitions_as_they_are(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        await pilot.press("ctrl+p", *"trap")
        await until(pilot, lambda: app.screen.query(FinderList) and app.screen.query_one(FinderList).shown)
        await until(pilot, lambda: TRAP in "".join(segment.text for segment in segments(app)))
        assert_harmless(app)


async def test_records_are_shown_as_they_are(app: RollcageApp, engine: ScriptedEngine) -> None:
    evil = f"\x1b]52;c;x\x07\u202e{TRAP}"

    async def settled(pilot: Pilot[int]) -> None:
        await pilot.pause()
        assert_harmless(app)

    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        await until(pilot, lambda: app.engine is not None)
        run = engine.run(Request(evil, (StepRequest(evil),)))
        run.output(evil.encode())
        await settled(pilot)
        run.end(3)
        engine.run(Request(evil, (StepRequest(evil),))).end()
        await engine.snapshot("default", evil)
        app.report(OSError(evil))
        tree = app.screen.query_one(SessionTree)
        await until(pilot, lambda: len(tree.rows) == 4)
        await settled(pilot)
        await pilot.press("right_square_bracket", "G", "b")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await settled(pilot)
        await pilot.press("escape", "S")
        await settled(pilot)


async def test_a_value_that_cannot_be_shown_is_shown_clean_and_used_as_it_is(
    app: RollcageApp, engine: ScriptedEngine, commands: Path
) -> None:
    (commands / "line.md").write_text(
        "---\nname: line\ndescription: x\nparameters:\n"
        '  - {name: text, type: string, default_value: "a\\e]52;c;x\\ab\\nc"}\n---\n```bash\necho {{ text }}\n```\n'
    )
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        commands_shown = app.run_area.query_one(DefinitionList)
        await until(pilot, lambda: "line" in commands_shown.shown)
        app.open_command("line")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.pause()
        assert_harmless(app)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        assert engine.started[0].request.env["PARAM_TEXT"] == "a\x1b]52;c;x\x07b\nc"
