"""The application opens where it was left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.pilots import until
from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.place import Place, keep_place, last_place
from tui.ui.screens.sessions import SessionChoice
from tui.ui.screens.timeline import TimelineArea
from tui.ui.widgets.definition_list import DefinitionList


async def test_session_area_and_command_are_those_of_before(make_app: Callable[..., RollcageApp], paths: Paths) -> None:
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.run_area.entry is not None)
        app.run_area.choose_command("deploy")
        await until(pilot, lambda: app.run_area.entry is not None and app.run_area.entry.name == "deploy")
        app.switch_session(SessionChoice("lab"))
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TimelineArea) and app.screen.is_mounted)
    assert last_place(paths) == Place("lab", "timeline", "deploy")

    again = make_app()
    async with again.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(again.screen, TimelineArea))
        assert again.workspace.session == "lab"
        commands = again.run_area.query_one(DefinitionList)
        await until(pilot, lambda: commands.entry is not None and commands.entry.name == "deploy")


async def test_what_is_gone_by_now_is_left_out(make_app: Callable[..., RollcageApp], paths: Paths) -> None:
    keep_place(Place("default", "cellar", "no-such-command"), paths)
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.run_area.entry is not None)
        assert app.screen is app.run_area


@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b"\xff", b'{"session": 3, "area": null}', b"[" * 30_000],
    ids=["empty", "list", "binary", "types", "deep"],
)
def test_a_file_that_makes_no_sense_is_left_out(paths: Paths, content: bytes) -> None:
    paths.last_place.parent.mkdir(parents=True, exist_ok=True)
    paths.last_place.write_bytes(content)
    assert last_place(paths) == Place()


async def test_looking_around_leaves_no_trace(make_app: Callable[..., RollcageApp], paths: Paths) -> None:
    app = make_app()
    app.start_keys(read_only=True)
    app.workspace.keymap = app.keymap
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        await pilot.press("2", "1")
    assert not paths.last_place.exists()


async def test_the_very_first_start_is_at_the_command_of_the_first_steps(
    make_app: Callable[..., RollcageApp], commands: Path
) -> None:
    (commands / "hello-world.md").write_text("---\nname: hello-world\ncategory: zoo\n---\n\n```bash\necho hi\n```\n")
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.run_area.entry is not None and app.run_area.entry.name == "hello-world")
        app.run_area.choose_command("backup")
        await until(pilot, lambda: app.run_area.entry is not None and app.run_area.entry.name == "backup")
        app.keep_place()
    again = make_app()
    async with again.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: again.run_area.entry is not None and again.run_area.entry.name == "backup")
