"""Moving the machine: what a person is asked, told and can take back."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList, Static

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tui.runs.request import Request, StepRequest
from tui.ui.app import RollcageApp
from tui.ui.output.view import OutputView
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.run import RunArea
from tui.ui.widgets.moment_details import MomentDetails
from tui.ui.widgets.session_tree import SessionTree


def request(title: str, session: str = "default") -> Request:
    return Request(title, (StepRequest(f"echo {title}"),), session)


async def with_runs(pilot: Pilot[int], app: RollcageApp, engine: ScriptedEngine, *titles: str) -> SessionTree:
    """Run some commands and put the cursor into the tree."""
    await until(pilot, lambda: app.engine is not None)
    for title in titles:
        engine.run(request(title)).end()
    screen = app.screen
    assert isinstance(screen, RunArea)
    tree = screen.query_one(SessionTree)
    await until(pilot, lambda: len(tree.rows) == len(titles) + 1 and tree.rows[0].is_head)
    screen.action_pane("tree")
    await until(pilot, lambda: tree.has_focus)
    return tree


def head(engine: ScriptedEngine) -> str | None:
    return engine.store.session("default").head_id


async def test_the_dialog_names_the_target_and_what_is_lost_and_nothing_happens_by_default(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await with_runs(pilot, app, engine, "first", "second", "third")
        before = head(engine)
        await pilot.press("j", "j", "b")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        dialog = app.screen
        assert isinstance(dialog, Confirm)
        text = dialog.body.plain
        assert "the state after first" in text
        assert tree.rows[2].key in text
        assert "no longer contain 2 runs" in text
        assert "second" in text
        assert "third" in text
        await until(pilot, lambda: isinstance(app.focused, Button))
        assert app.focused is not None
        assert app.focused.id == "keep"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunArea))
        assert head(engine) == before


async def test_a_rollback_moves_the_head_and_undo_and_redo_take_it_back_and_forth(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await with_runs(pilot, app, engine, "first", "second")
        newest, middle = tree.rows[0].key, tree.rows[1].key
        await pilot.press("j", "b")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and isinstance(app.focused, Button))
        await pilot.press("right", "enter")
        await until(pilot, lambda: head(engine) == middle)
        await until(pilot, lambda: any(row.is_head and row.key == middle for row in tree.rows))
        assert "○" in [row.graph for row in tree.rows]
        await pilot.press("z")
        await until(pilot, lambda: head(engine) == newest)
        await until(pilot, lambda: tree.rows[0].is_head)
        await pilot.press("Z")
        await until(pilot, lambda: head(engine) == middle)


async def test_a_rollback_waits_for_the_run_in_progress(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await with_runs(pilot, app, engine, "first")
        engine.run(request("slow"))
        screen = app.screen
        assert isinstance(screen, RunArea)
        await until(pilot, lambda: screen.query_one(OutputView).has_focus)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: screen.query_one(SessionTree).has_focus)
        await pilot.press("j", "b")
        await until(pilot, lambda: any("slow is running" in toast.message for toast in app._notifications))
        assert isinstance(app.screen, RunArea)


async def test_a_moment_is_kept_under_a_name_pinned_and_renamed(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await with_runs(pilot, app, engine, "first")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"safe", "enter")
        await until(pilot, lambda: any(row.snapshot and row.snapshot.name == "safe" for row in tree.rows))
        await pilot.press("g", "p")
        await until(pilot, lambda: tree.rows[0].snapshot is not None and tree.rows[0].snapshot.pinned)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"safer", "enter")
        await until(pilot, lambda: tree.rows[0].snapshot is not None and tree.rows[0].snapshot.name == "safer")


async def test_sessions_are_made_and_switched(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await with_runs(pilot, app, engine, "first")
        screen = app.screen
        assert isinstance(screen, RunArea)
        await pilot.press("S")
        await pilot.press("tab", *"lab", "enter")
        await until(pilot, lambda: app.workspace.session == "lab" and not tree.rows)
        engine.run(request("other", "lab")).end()
        await until(pilot, lambda: len(tree.rows) == 2)
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.focused, OptionList))
        await pilot.press("end", "enter")
        await until(pilot, lambda: app.workspace.session == "default" and len(tree.rows) == 2)
        assert [row.run.title for row in tree.rows if row.run] == ["first"]


async def test_all_that_is_known_of_a_moment_is_in_sight(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 24)) as pilot:
        tree = await with_runs(pilot, app, engine, "a run with a title that needs more than one line of the pane")
        await engine.set_snapshot(tree.rows[0].key, name="and a name that needs more than one line too, or nearly so")
        app.reload_session()
        details = app.screen.query_one(MomentDetails)
        lines = details.query_one(Static)
        await until(pilot, lambda: "and a name" in str(lines.render()) and tree.rows[0].key in str(lines.render()))
        await until(pilot, lambda: lines.size.height > 8 and details.max_scroll_y == 0)
        await pilot.resize_terminal(120, 15)
        await until(pilot, lambda: 0 < details.max_scroll_y == lines.size.height - details.size.height)
