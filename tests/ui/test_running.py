"""From choosing a command to its end: what the panes show on the way."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Select

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tui.machines.kinds import Stream
from tui.store.states import RunState
from tui.ui.app import RollcageApp
from tui.ui.output.log import RowKind
from tui.ui.output.view import OutputView
from tui.ui.screens.run import RunArea
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details
from tui.ui.widgets.parameter_field import Field
from tui.ui.widgets.parameter_form import ParameterForm
from tui.ui.widgets.session_tree import SessionTree
from tui.ui.widgets.status_bar import StatusBar


def main(app: RollcageApp) -> RunArea:
    screen = app.screen_stack[0]
    assert isinstance(screen, RunArea)
    return screen


async def ready(pilot: Pilot[int], app: RollcageApp) -> RunArea:
    await until(pilot, lambda: app.engine is not None and app.catalog is not None)
    screen = main(app)
    await until(pilot, lambda: screen.query_one(Details).entry is not None)
    return screen


def rows(screen: RunArea) -> list[tuple[RowKind, str]]:
    log = screen.query_one(OutputView).log_shown
    return [(row.kind, row.line.text) for row in log.rows()]


def toasts(app: RollcageApp) -> list[str]:
    return [toast.message for toast in app._notifications]


async def open_command(pilot: Pilot[int], app: RollcageApp, name: str) -> None:
    app.open_command(name)
    details = main(app).query_one(Details)
    await until(pilot, lambda: details.entry is not None and details.entry.name == name)
    await pilot.pause()


async def test_a_command_runs_and_its_end_is_shown(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        await open_command(pilot, app, "hello")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        run = engine.started[0]
        assert run.request.definition == "hello"
        assert run.request.steps[0].text == "echo hello\n"
        run.output(b"hello\n")
        run.output(b"careful\n", Stream.STDERR)
        await until(pilot, lambda: (RowKind.STDERR, "careful") in rows(screen))
        assert str(screen.query_one(StatusBar).status.run).startswith("◌ hello")
        assert screen.query_one(OutputView).has_focus

        run.end()
        await until(pilot, lambda: str(screen.query_one(StatusBar).status.run) == "✓ hello ok")
        await until(pilot, lambda: len(screen.query_one(SessionTree).rows) == 2)
        assert (RowKind.STDOUT, "hello") in rows(screen)
        assert rows(screen)[-1] == (RowKind.GOOD_END, "succeeded · exit 0 · 1.2 s")
        await until(pilot, lambda: screen.query_one(SessionTree).rows[0].is_head)
        newest = screen.query_one(SessionTree).rows[0]
        assert newest.run is not None
        assert newest.run.title == "hello"


async def test_a_failed_run_says_so_and_is_a_dead_end_in_the_tree(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        await open_command(pilot, app, "hello")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        engine.started[0].end(3)
        await until(pilot, lambda: [row.graph for row in screen.query_one(SessionTree).rows] == ["✗", "◉"])
        assert rows(screen)[-1] == (RowKind.BAD_END, "exit 3 · 1.2 s · rolled back")
        assert screen.query_one(SessionTree).rows[1].is_head


async def test_a_run_is_cancelled_with_one_key(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        await open_command(pilot, app, "hello")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.live.running() is not None and screen.query_one(OutputView).has_focus)
        await pilot.press("x")
        await until(pilot, lambda: app.live.running() is None)
        assert app.live.latest("default").state is RunState.CANCELLED  # type: ignore[union-attr]


async def test_ctrl_c_cancels_a_run_and_never_leaves(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        await open_command(pilot, app, "hello")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.live.running() is not None and screen.query_one(OutputView).has_focus)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: app.live.running() is None)
        await pilot.press("ctrl+c")
        assert app.is_running


async def test_disabled_keys_say_why(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("x")
        await pilot.press("z")
        await until(pilot, lambda: len(toasts(app)) == 2)
        assert toasts(app) == ["Nothing is running.", "There is nothing to undo in this session."]


async def test_the_form_is_checked_before_anything_runs(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        await open_command(pilot, app, "deploy")
        form = screen.query_one(ParameterForm)
        assert form.values == {"replicas": "2", "dry_run": False}
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(list(form.query("Field.-invalid"))) == 2)
        assert engine.started == []
        assert isinstance(app.focused, Select)

        environment, release, replicas, _ = form.query(Field)
        environment.query_one(Select).value = "staging"
        release.query_one(Input).value = "latest"
        replicas.query_one(Input).value = "11"
        await until(pilot, lambda: replicas.has_class("-invalid") and not environment.has_class("-invalid"))
        assert "at most 10" in replicas.problem()
        assert "does not match" in release.problem()

        release.query_one(Input).value = "v7"
        replicas.query_one(Input).value = "3"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        request = engine.started[0].request
        assert request.steps[0].text == "echo 'v7' 'staging' '3'\n"
        assert request.parameters == {"environment": "staging", "release": "v7", "replicas": 3, "dry_run": False}


async def test_what_was_typed_survives_looking_at_another_command(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        form = screen.query_one(ParameterForm)
        await open_command(pilot, app, "deploy")
        list(form.query(Field))[1].query_one(Input).value = "v9"
        await open_command(pilot, app, "hello")
        await until(pilot, lambda: not form.query(Field))
        await open_command(pilot, app, "deploy")
        await until(pilot, lambda: len(form.query(Field)) == 4)
        assert form.values["release"] == "v9"


async def test_the_filter_finds_by_name_category_and_description(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        commands = screen.query_one(DefinitionList)
        assert commands.shown == ["deploy", "backup", "hello"]
        await pilot.press("slash", *"archive")
        await until(pilot, lambda: commands.shown == ["backup"])
        await pilot.press("enter")
        await until(pilot, lambda: commands.has_focus)
        assert commands.entry is not None
        assert commands.entry.name == "backup"
        await pilot.press("escape")
        await until(pilot, lambda: len(commands.shown) == 3)


async def test_definitions_are_reloaded_as_they_are_saved(app: RollcageApp, commands: Path) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        screen = await ready(pilot, app)
        await open_command(pilot, app, "hello")
        text = (commands / "hello.md").read_text()
        (commands / "hello.md").write_text(text.replace("Say hello", "Greet the world"))
        (commands / "new.md").write_text(text.replace("name: hello", "name: new"))
        shown = screen.query_one(DefinitionList)
        await until(pilot, lambda: "new" in shown.shown)
        details = screen.query_one(Details)
        await until(
            pilot, lambda: details.entry and details.entry.definition and details.entry.definition.description[0] == "G"
        )
        (commands / "hello.md").write_text(text.replace("category", "kategory"))
        await until(pilot, lambda: shown.entry is not None and shown.entry.stale)
        assert shown.entry is not None
        assert shown.entry.name == "hello"
        await until(pilot, lambda: any("Has errors: hello" in toast for toast in toasts(app)))


async def test_code_runs_in_the_session(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("e")
        await pilot.press(*"date")
        await pilot.press("escape")
        await pilot.press("e")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: engine.started)
        assert engine.started[0].request.steps[0].text == "date"
        assert engine.started[0].request.title == "date"


async def test_an_engine_that_does_not_open_leaves_a_usable_screen(app: RollcageApp) -> None:
    async def fail() -> ScriptedEngine:
        raise OSError("no [bold]disk")

    app._open_engine = fail  # type: ignore[assignment]
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.catalog is not None)
        await until(pilot, lambda: any("no [bold]disk" in toast for toast in toasts(app)))
        await pilot.press("ctrl+r")
        assert app.is_running


async def test_of_several_commands_shown_at_once_the_last_one_counts(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        assert app.catalog is not None
        details = screen.query_one(Details)
        names = ["deploy", "hello", "deploy", "backup", "deploy"]
        await asyncio.gather(*(details.show(app.catalog.index.find(name)) for name in names))
        assert [field.parameter.name for field in screen.query(Field)] == [
            "environment", "release", "replicas", "dry_run",
        ]  # fmt: skip


async def test_what_runs_is_what_was_chosen_however_fast_the_keys_come(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot, app)
        assert screen.query_one(DefinitionList).has_focus
        for key in ("j", "j", "ctrl+r"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: engine.started)
        assert engine.started[0].request.definition == "hello"
