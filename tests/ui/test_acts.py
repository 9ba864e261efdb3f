"""What was begun comes to its end: no key, no dialog and no other area takes it back unseen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input, Static

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_rolling_back import head, request, with_runs
from tests.ui.test_running import ready, toasts
from tui.errors import Busy, InvalidInput
from tui.store.model import SessionRecord, SnapshotRecord
from tui.ui import leaving
from tui.ui.acts import Acts
from tui.ui.app import RollcageApp
from tui.ui.messages import SessionLoaded
from tui.ui.screens.area import ANSWER_FIRST
from tui.ui.screens.ask_name import AskName
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.run import RunArea
from tui.ui.screens.sessions import SessionChoice, Sessions
from tui.ui.widgets.details import Details
from tui.ui.widgets.session_tree import SessionTree


async def ran(pilot: Pilot[int], app: RollcageApp, engine: ScriptedEngine, *titles: str) -> SessionTree:
    """Run some commands, with the application drawn in full: no form is still being made when a test ends early."""
    await ready(pilot, app)
    await until(pilot, lambda: app.run_area.query_one(Details).is_settled)
    return await with_runs(pilot, app, engine, *titles)


async def act(pilot: Pilot[int]) -> None:
    """Agree to what a dialog asks."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Confirm) and isinstance(pilot.app.focused, Button))
    await pilot.press("right", "enter")


async def told(pilot: Pilot[int], app: RollcageApp, words: str) -> None:
    await until(pilot, lambda: any(words in toast for toast in toasts(app)))


# --- one after the other -----------------------------------------------------------------------------------------


async def test_a_second_undo_follows_the_one_under_way(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await ran(pilot, app, engine, "first", "second", "third")
        first = tree.rows[2].key
        go = engine.hold("undo")
        await pilot.press("z")
        await until(pilot, lambda: engine.calls == ["undo"])
        await pilot.press("z")
        await pilot.pause()
        assert engine.calls == ["undo"]
        go.set()
        await until(pilot, lambda: head(engine) == first)
        await told(pilot, app, "without second")
        assert [toast.partition(" in ")[0] for toast in toasts(app) if toast.startswith("Undone")] == [
            "Undone: back to the state after second, without third",
            "Undone: back to the state after first, without second",
        ]


async def test_two_runs_of_one_name_are_told_apart_by_when_they_ran(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "test", "test")
        first, second = (f"{run.started_at.astimezone():%H:%M:%S}" for run in engine.store.run_records.values())
        await pilot.press("z")
        await told(pilot, app, f"back to the state after test of {first}, without that of {second} in ")


async def test_a_redo_may_follow_an_undo_at_once(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first", "second")
        newest = head(engine)
        go = engine.hold("undo")
        await pilot.press("z")
        await until(pilot, lambda: engine.calls == ["undo"])
        await pilot.press("Z")
        go.set()
        await until(pilot, lambda: engine.calls == ["undo", "redo"])
        await until(pilot, lambda: head(engine) == newest)
        await told(pilot, app, "Redone: back to the state after second in ")


async def test_a_run_does_not_overtake_what_was_pressed_before_it(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first", "second")
        newest, runs = head(engine), len(engine.started)
        go = engine.hold("undo")
        await pilot.press("z", "Z", "ctrl+r")
        await told(pilot, app, "The undo is under way; wait for its end.")
        go.set()
        await until(pilot, lambda: engine.calls == ["undo", "redo"])
        await until(pilot, lambda: head(engine) == newest)
        assert len(engine.started) == runs


async def test_no_block_of_a_series_starts_from_a_state_nobody_saw(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first", "second")
        runs = len(engine.started)
        go = engine.hold("undo")
        await pilot.press("z")
        await until(pilot, lambda: engine.calls == ["undo"])
        with pytest.raises(Busy, match="The undo is under way"):
            app.workspace.start(request("third"))
        go.set()
        await told(pilot, app, "Undone")
        assert len(engine.started) == runs


async def test_an_undo_too_many_says_so(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first")
        go = engine.hold("undo")
        await pilot.press("z")
        await until(pilot, lambda: engine.calls == ["undo"])
        await pilot.press("z")
        go.set()
        await told(pilot, app, "there is nothing to undo")


async def test_pinning_leaves_an_undo_alone(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await ran(pilot, app, engine, "first", "second")
        before, key = tree.rows[1].key, tree.rows[0].key
        go = engine.hold("undo")
        await pilot.press("z")
        await until(pilot, lambda: engine.calls == ["undo"])
        await pilot.press("p")
        await until(pilot, lambda: engine.store.snapshot_records[key].pinned)
        go.set()
        await until(pilot, lambda: head(engine) == before)
        await told(pilot, app, "Undone: back to the state after first")


@pytest.mark.parametrize("key", ["b", "s", "X"])
async def test_what_is_decided_about_the_state_on_view_says_that_an_undo_is_under_way(
    app: RollcageApp, engine: ScriptedEngine, key: str
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first", "second")
        go = engine.hold("undo")
        await pilot.press("z")
        await until(pilot, lambda: engine.calls == ["undo"])
        await pilot.press("j", key)
        await told(pilot, app, "The undo is under way; wait for its end.")
        assert isinstance(app.screen, RunArea)
        go.set()
        await told(pilot, app, "Undone")


async def test_a_dialog_leaves_a_confirmed_rollback_alone(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await ran(pilot, app, engine, "first", "second", "third")
        first = tree.rows[2].key
        go = engine.hold("rollback")
        await pilot.press("j", "j", "b")
        await act(pilot)
        await until(pilot, lambda: engine.calls == ["rollback"])
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, Sessions))
        go.set()
        await until(pilot, lambda: head(engine) == first)
        await told(pilot, app, "Rolled back: back to the state after first, without 2 runs")


async def test_a_rollback_is_not_done_when_something_else_began_since_it_was_asked(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first", "second")
        await pilot.press("j", "b")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        slow = engine.run(request("slow"))
        await act(pilot)
        await told(pilot, app, "Not rolled back: slow is running")
        assert engine.calls == []
        slow.end()


# --- questions ---------------------------------------------------------------------------------------------------


async def test_a_second_question_does_not_take_the_answer_of_the_first(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await ran(pilot, app, engine, "first")
        area = app.run_area
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, AskName) and isinstance(app.focused, Input))
        area.action_sessions()
        await told(pilot, app, ANSWER_FIRST)
        assert isinstance(app.screen, AskName)
        await pilot.press(*"mine", "enter")
        await until(pilot, lambda: any(row.snapshot and row.snapshot.name == "mine" for row in tree.rows))
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, Sessions))


async def test_a_snapshot_is_of_the_session_it_was_asked_in(
    app: RollcageApp, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    of: list[str] = []
    snapshot = engine.snapshot

    async def noted(session: str, name: str = "") -> SnapshotRecord:
        of.append(session)
        return await snapshot(session, name)

    monkeypatch.setattr(engine, "snapshot", noted)
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first")
        engine.run(request("x", "other")).end()
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.focused, Input))
        app.switch_session(SessionChoice("other"))
        await pilot.press(*"mine", "enter")
        await until(pilot, lambda: of == ["default"])


# --- what a toast says -------------------------------------------------------------------------------------------


async def test_an_undo_tells_what_it_undid_not_what_was_on_view(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first")
        engine.run(request("second")).end()
        app.run_area.action_undo()  # before the session was read again
        await told(pilot, app, "Undone: back to the state after first, without second")


# --- the session on view -----------------------------------------------------------------------------------------


async def test_a_switch_is_shown_although_the_session_is_read_again_at_once(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        await ran(pilot, app, engine, "first")
        engine.run(request("elsewhere", "other")).end()
        await pilot.pause()  # its events are heard while the other session is on view
        app.switch_session(SessionChoice("other"))
        app.reload_session()
        await until(pilot, lambda: app.run_area._output_title == "elsewhere")


async def test_what_was_read_of_another_session_is_not_shown(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        tree = await ran(pilot, app, engine, "first")
        engine.run(request("elsewhere", "other")).end()
        await pilot.pause()  # its events are heard while the other session is on view
        stale = SessionLoaded(app.workspace.state)
        app.switch_session(SessionChoice("other"))
        await until(pilot, lambda: [row.run.title for row in tree.rows if row.run] == ["elsewhere"])
        heard = asyncio.Event()
        app.run_area.post_message(stale)
        app.run_area.call_later(heard.set)
        await heard.wait()
        assert [row.run.title for row in tree.rows if row.run] == ["elsewhere"]


# --- leaving -----------------------------------------------------------------------------------------------------


async def test_leaving_twice_closes_once_and_to_the_end(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first")
        go = engine.hold("close")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: engine.calls == ["close"])
        await pilot.press("ctrl+q")
        await told(pilot, app, "Rollcage is closing: it waits for the state of sessions to be kept.")
        go.set()
        await until(pilot, lambda: app._exit)
        assert engine.closed
    assert engine.calls == ["close"]


async def test_leaving_waits_for_a_move_under_way(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await ran(pilot, app, engine, "first", "second")
        before = tree.rows[1].key
        go = engine.hold("undo")
        await pilot.press("z")
        await until(pilot, lambda: engine.calls == ["undo"])
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.leaving.is_under_way)
        await pilot.press("ctrl+q")
        await told(pilot, app, "it waits for what was begun to end")
        go.set()
        await until(pilot, lambda: engine.closed)
    assert engine.calls == ["undo", "close"]
    assert head(engine) == before


async def test_leaving_ends_although_the_engine_does_not_close_and_says_so(
    app: RollcageApp, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "_CLOSING_S", 0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first")
        engine.hold("close")
        assert "the state of sessions to be kept" in await app.leaving.everything_closed()
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)


async def test_leaving_asks_once_while_something_runs(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ran(pilot, app, engine, "first")
        engine.run(request("slow"))
        await until(pilot, lambda: app.workspace.running is not None)
        await app.run_action("quit_safely")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await app.run_action("quit_safely")
        await pilot.pause()
        assert sum(isinstance(screen, Confirm) for screen in app.screen_stack) == 1
        await act(pilot)
        await until(pilot, lambda: app._exit)
    assert engine.closed


# --- without an application --------------------------------------------------------------------------------------


async def test_what_waits_may_be_cancelled_and_what_is_done_not() -> None:
    acts, go, done = Acts(), asyncio.Event(), []

    async def work() -> None:
        await go.wait()
        done.append("first")

    async def follow() -> None:
        done.append("second")

    async def aside() -> None:
        done.append("aside")

    waiting = asyncio.create_task(acts.carry_out("s", "undo", work))
    following = asyncio.create_task(acts.carry_out("s", "redo", follow))
    await acts.carry_out("other", "undo", aside)
    assert acts.why_wait("s") == "The undo is under way; wait for its end."
    waiting.cancel()
    following.cancel()
    await asyncio.wait({waiting, following})
    go.set()
    await acts.settled()
    assert done == ["aside", "first", "second"]
    assert acts.why_wait("s") == ""


async def test_what_fails_fails_for_who_waits_and_lets_the_next_go_on() -> None:
    acts, done = Acts(), []

    async def fail() -> None:
        raise OSError("no room")

    async def follow() -> None:
        done.append("second")

    failing = asyncio.create_task(acts.carry_out("s", "undo", fail))
    await acts.carry_out("s", "redo", follow)
    with pytest.raises(OSError, match="no room"):
        await failing
    assert done == ["second"]


async def test_a_name_that_is_refused_stays_with_the_reason(
    app: RollcageApp, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = engine.branch

    async def refusing(snapshot_id: str, name: str) -> SessionRecord:
        if name == "taken":
            raise InvalidInput("there is a session taken already", hint="take another name")
        return await branch(snapshot_id, name)

    monkeypatch.setattr(engine, "branch", refusing)
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await ran(pilot, app, engine, "first")
        tree.focus()
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, AskName) and isinstance(app.focused, Input))
        dialog = app.screen
        await pilot.press("enter")
        await until(pilot, lambda: "A name is needed." in problem_of(dialog))
        await pilot.press(*"taken", "enter")
        await until(pilot, lambda: "there is a session taken already" in problem_of(dialog))
        assert "take another name" in problem_of(dialog)
        assert app.screen is dialog
        assert dialog.query_one(Input).value == "taken"
        assert app.focused is dialog.query_one(Input)
        await pilot.press("2")
        await until(pilot, lambda: not problem_of(dialog))
        await pilot.press("enter")
        await until(pilot, lambda: app.workspace.session == "taken2")
        assert app.screen is app.run_area


def problem_of(dialog: Screen[Any]) -> str:
    return str(dialog.query_one(".dialog--problem", Static).content)
