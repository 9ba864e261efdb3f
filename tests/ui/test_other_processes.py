"""What other processes do to the session on view is seen without touching anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_idle import let_all_timers_tick
from tests.ui.test_rolling_back import head, request
from tui.ids import new_id
from tui.store.errors import StoreError
from tui.store.model import RunRecord
from tui.store.states import RunState
from tui.ui.app import RollcageApp
from tui.ui.screens.run import RunArea
from tui.ui.session_state import SessionState
from tui.ui.widgets.session_tree import SessionTree


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sessions that were read, in order."""
    found: list[str] = []
    really = SessionState.load

    async def load(engine: ScriptedEngine, name: str) -> SessionState:
        found.append(name)
        return await really(engine, name)  # type: ignore[arg-type]

    monkeypatch.setattr(SessionState, "load", load)
    return found


async def with_a_run(pilot: Pilot[int], app: RollcageApp, engine: ScriptedEngine) -> SessionTree:
    await until(pilot, lambda: app.engine is not None)
    engine.run(request("first")).end()
    assert isinstance(app.screen, RunArea)
    tree = app.screen.query_one(SessionTree)
    await until(pilot, lambda: len(tree.rows) == 2 and not app._reading and not app._reload_due)
    return tree


async def test_a_head_that_another_process_moved_is_shown(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await with_a_run(pilot, app, engine)
        first = tree.rows[1].key
        session = engine.store.session("default")
        engine.store.session_records["default"] = replace(session, head_id=first)  # no event tells of it
        engine.store.changed_by_others += 1
        await let_all_timers_tick(app, pilot)
        await until(pilot, lambda: tree.rows[1].is_head)
        assert head(engine) == first


async def test_nothing_is_read_while_nobody_changes_anything(
    app: RollcageApp, engine: ScriptedEngine, reads: list[str]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await with_a_run(pilot, app, engine)
        before = len(reads)
        for _ in range(10):
            await let_all_timers_tick(app, pilot)
        assert len(reads) == before
        assert "recover" not in engine.calls


def add_foreign(engine: ScriptedEngine) -> str:
    """Keep a run that another process carries out."""
    session = engine.store.session("default")
    run = RunRecord(
        new_id(), session.id, "of another", None, {}, RunState.RUNNING, engine.now(), before_id=session.head_id
    )
    engine.store.run_records[run.id] = run
    engine.store.changed_by_others += 1
    return run.id


async def test_a_run_whose_process_was_killed_is_shown_as_interrupted(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await with_a_run(pilot, app, engine)
        run_id = add_foreign(engine)

        def state() -> RunState | None:
            return next((row.run.state for row in tree.rows if row.run is not None and row.run.id == run_id), None)

        await let_all_timers_tick(app, pilot)
        await until(pilot, lambda: state() is RunState.RUNNING)
        await let_all_timers_tick(app, pilot)
        await until(pilot, lambda: "recover" in engine.calls)
        assert state() is RunState.RUNNING  # its process lives
        engine.orphaned.add(run_id)  # a kill changes no record
        await let_all_timers_tick(app, pilot)
        await until(pilot, lambda: state() is RunState.INTERRUPTED)


async def test_a_run_of_another_process_is_named_and_nothing_is_started_beside_it(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await with_a_run(pilot, app, engine)
        add_foreign(engine)
        await let_all_timers_tick(app, pilot)
        await until(pilot, lambda: "in another Rollcage" in app.workspace.run_words().state)
        assert app.workspace.run_words().title == "of another"
        assert app.workspace.why_not("run") == "of another is running in this session, started by another Rollcage."
        assert "cancel it there" in app.workspace.why_not("cancel")
        runs = len(engine.started)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: list(app._notifications))
        assert len(engine.started) == runs


async def test_a_run_of_this_process_is_never_taken_for_a_dead_one(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await with_a_run(pilot, app, engine)
        engine.run(request("own"))
        await until(pilot, lambda: len(tree.rows) == 3)
        await let_all_timers_tick(app, pilot)
        assert "recover" not in engine.calls


async def test_read_only_nothing_is_put_right(app: RollcageApp, engine: ScriptedEngine) -> None:
    app.start_keys(read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        tree = await with_a_run(pilot, app, engine)
        add_foreign(engine)
        await let_all_timers_tick(app, pilot)
        await until(pilot, lambda: len(tree.rows) == 3)
        await let_all_timers_tick(app, pilot)
        assert "recover" not in engine.calls


async def test_records_that_cannot_be_looked_at_are_told_of_once(
    app: RollcageApp, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Exception] = []

    def broken() -> int:
        raise StoreError("the disk is gone")

    async with app.run_test(size=(120, 40)) as pilot:
        await with_a_run(pilot, app, engine)
        monkeypatch.setattr(app, "report", told.append)
        monkeypatch.setattr(engine.store, "version", broken)
        for _ in range(5):
            await let_all_timers_tick(app, pilot)
        assert [str(error) for error in told] == ["the disk is gone"]
