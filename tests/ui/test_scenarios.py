"""Scenarios at the interface: expectation beside outcome, step by step, whatever a person does meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine, ScriptedRun
from tests.ui.previews import question_about
from tests.unit.scenarios.texts import scenario_text, step
from tui.definitions.kinds import Scope
from tui.errors import HostNotReady
from tui.levels import RiskLevel
from tui.runs.approval import Answer
from tui.runs.events import ApprovalDecided, ApprovalRequested
from tui.scenarios.catalog import Catalog
from tui.scenarios.model import ScriptedAnswer
from tui.ui.app import RollcageApp
from tui.ui.editor import editor
from tui.ui.output.view import OutputView
from tui.ui.scenarios.progress import Phase
from tui.ui.screens.approval import Approval
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.scenarios import ScenariosArea
from tui.ui.widgets.scenario_list import ScenarioList
from tui.ui.widgets.step_list import StepList

DEMO = (
    "## It says hello\n\n"
    + step("expect: {state: succeeded, output_contains: hello}")
    + "## It fails\n\n"
    + step("expect: {state: failed, exit_code: 3, rolled_back: true}", code="exit 3")
    + "## It goes on\n\n"
    + step("expect: {state: succeeded}", code="true")
)
Make = Callable[[], RollcageApp]


@pytest.fixture
def scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a scenario, the only one the application reads."""
    directory = tmp_path / "scenarios"
    directory.mkdir()
    (directory / "demo.md").write_text(scenario_text("demo", DEMO, title="Three steps"))

    def open_catalog(_: ScenariosArea) -> Catalog:
        catalog = Catalog([(Scope.USER, directory)])
        catalog.refresh()
        return catalog

    monkeypatch.setattr(ScenariosArea, "open_catalog", open_catalog)
    return directory


async def area_of(pilot: Pilot[int], app: RollcageApp) -> ScenariosArea:
    """Go to the area and wait until everything is there."""
    await until(pilot, lambda: app.engine is not None and app.catalog is not None)
    await pilot.press("5")
    await until(pilot, lambda: isinstance(app.screen, ScenariosArea) and app.screen.is_mounted)
    area = app.screen
    assert isinstance(area, ScenariosArea)
    await until(pilot, lambda: area.entry is not None)
    return area


async def begun(pilot: Pilot[int], engine: ScriptedEngine, count: int) -> ScriptedRun:
    """Wait for a run, and return it."""
    await until(pilot, lambda: len(engine.started) == count)
    return engine.started[count - 1]


def line(area: ScenariosArea, *words: str) -> str:
    """Return the first row with all these words."""
    found = (each for each in area.query_one(StepList).lines if all(word in each for word in words))
    return " ".join(next(found, "").split())


def verdict(area: ScenariosArea) -> str:
    return str(area.query_one("#verdict", Static).content)


def toasts(app: RollcageApp) -> list[str]:
    return [f"{toast.title}: {toast.message}" for toast in app._notifications]


def phases(area: ScenariosArea) -> list[Phase]:
    assert area.progress is not None
    return [each.phase for each in area.progress.steps]


async def test_expectation_and_outcome_stand_side_by_side(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await area_of(pilot, app)
        assert verdict(area).startswith("· not run yet")
        assert line(area, "state succeeded") == "· pending state succeeded │"
        await pilot.press("enter")
        run = await begun(pilot, engine, 1)
        await until(pilot, lambda: "◌ running: step 1 of 3" in verdict(area))
        assert line(area, "1 It says hello").startswith("▌") or "running" in line(area, "1 It says hello")
        assert line(area, "output contains").startswith("◌ running output contains 'hello'")
        run.output(b"hello\n")
        output = area.query_one(OutputView)
        await until(pilot, lambda: "hello" in [row.line.text for row in output.log_shown.rows()])
        run.end()
        run = await begun(pilot, engine, 2)
        assert line(area, "output contains") == "✓ met output contains 'hello' │ hello"
        await until(pilot, lambda: area.query_one(StepList).step == 1)
        assert "hello" not in [row.line.text for row in output.log_shown.rows()]
        run.end(0)
        await until(pilot, lambda: area.conductor.current is None)
        assert verdict(area).startswith("✗ FAILED: 1 of 3 as expected, 1 not run")
        assert line(area, "exit code") == "✗ NOT MET exit code 3 │ 0"
        assert line(area, "rolled back") == "✗ NOT MET rolled back yes │ no"
        assert "not run" in line(area, "3 It goes on")
        assert len(engine.started) == 2
        assert engine.store.sessions() == []


async def test_a_person_goes_step_by_step_and_then_lets_it_go(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await area_of(pilot, app)
        await pilot.press("n")
        (await begun(pilot, engine, 1)).output(b"hello\n")
        engine.started[0].end()
        await until(pilot, lambda: "‖ paused before step 2 of 3" in verdict(area))
        assert "next" in line(area, "2 It fails")
        assert len(engine.store.sessions()) == 1
        await pilot.press("n")
        (await begun(pilot, engine, 2)).end(3)
        await until(pilot, lambda: "‖ paused before step 3 of 3" in verdict(area))
        await pilot.press("enter")
        (await begun(pilot, engine, 3)).end()
        await until(pilot, lambda: "✓ PASSED: 3 of 3 as expected" in verdict(area))
        assert phases(area) == [Phase.PASSED] * 3


async def test_stopping_kills_the_run_and_deletes_its_session(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path
) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        area = await area_of(pilot, app)
        await pilot.press("x")
        await until(pilot, lambda: any("No scenario is running." in toast for toast in toasts(app)))
        await pilot.press("enter")
        await begun(pilot, engine, 1)
        await pilot.press("x")
        await until(pilot, lambda: area.conductor.current is None)
        assert phases(area) == [Phase.STOPPED, Phase.LEFT, Phase.LEFT]
        assert verdict(area).startswith("■ STOPPED: 0 of 3 as expected, 2 not run")
        assert engine.started[0]._over.is_set()
        assert engine.store.sessions() == []


async def test_it_can_be_stopped_while_it_is_paused(app: RollcageApp, engine: ScriptedEngine, scenarios: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await area_of(pilot, app)
        await pilot.press("n")
        (await begun(pilot, engine, 1)).output(b"hello\n")
        engine.started[0].end()
        await until(pilot, lambda: area.conductor.is_held)
        await pilot.press("x")
        await until(pilot, lambda: area.conductor.current is None)
        assert phases(area) == [Phase.PASSED, Phase.LEFT, Phase.LEFT]
        assert engine.store.sessions() == []


async def test_stopping_does_not_leave_a_session_half_deleted(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_delete, deleting = asyncio.Event(), asyncio.Event()
    delete = engine.delete_session

    async def late(session: str) -> None:
        deleting.set()
        await may_delete.wait()
        await delete(session)

    monkeypatch.setattr(engine, "delete_session", late)
    (scenarios / "demo.md").write_text(scenario_text("demo"))
    (scenarios / "next.md").write_text(scenario_text("next"))
    async with app.run_test(size=(120, 40)) as pilot:
        area = await area_of(pilot, app)
        await pilot.press("R")
        (await begun(pilot, engine, 1)).end()
        await until(pilot, deleting.is_set)
        await pilot.press("x", "x")
        may_delete.set()
        await until(pilot, lambda: area.conductor.current is None)
        assert engine.store.sessions() == []
        assert len(engine.started) == 1
        assert "✓ PASSED" in verdict(area)


async def test_it_goes_on_elsewhere_and_tells_its_end(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path
) -> None:
    (scenarios / "demo.md").write_text(scenario_text("demo"))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await area_of(pilot, app)
        await pilot.press("enter")
        run = await begun(pilot, engine, 1)
        await pilot.press("1")
        run.end()
        await until(pilot, lambda: any("demo: ✓ PASSED: 1 of 1" in toast for toast in toasts(app)))
        await pilot.press("5")
        area = app.screen
        assert isinstance(area, ScenariosArea)
        assert "✓ PASSED" in verdict(area)


async def test_every_scenario_runs_after_the_other(app: RollcageApp, engine: ScriptedEngine, scenarios: Path) -> None:
    (scenarios / "after.md").write_text(scenario_text("after"))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        area = await area_of(pilot, app)
        names = area.query_one(ScenarioList).shown
        assert names == ["after", "demo"]
        await pilot.press("R")
        (await begun(pilot, engine, 1)).end()
        run = await begun(pilot, engine, 2)
        await until(pilot, lambda: area.entry is not None and area.entry.name == "demo")
        run.end(9)
        await until(pilot, lambda: any("1 of 2 scenarios passed" in toast for toast in toasts(app)))
        assert any("not: demo" in toast for toast in toasts(app))


async def test_quitting_ends_the_scenario_before_the_engine(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await area_of(pilot, app)
        await pilot.press("enter")
        await begun(pilot, engine, 1)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("right", "enter")
        await until(pilot, lambda: engine.closed)
        assert engine.store.sessions() == []
        assert engine.started[0]._over.is_set()


async def test_what_somebody_was_asked_and_the_answer_are_shown(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await area_of(pilot, app)
        await pilot.press("enter")
        run = await begun(pilot, engine, 1)
        about = engine.about(engine.store.run_records[run.id])
        engine.emit(ApprovalRequested(**about, level=RiskLevel.HIGH, reasons=["deletes it all"], to_type=""))
        await until(pilot, lambda: line(area, "deletes it all"))
        assert line(area, "deletes it all") == "? asked deletes it all │ …"
        engine.emit(ApprovalDecided(**about, answer="deny", by="the script of a scenario", subjects=[]))
        await until(pilot, lambda: "deny, the script of a scenario" in line(area, "deletes it all"))


async def test_files_are_followed(app: RollcageApp, engine: ScriptedEngine, scenarios: Path) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        area = await area_of(pilot, app)
        (scenarios / "new.md").write_text(scenario_text("new"))
        await until(pilot, lambda: any("New: new" in toast for toast in toasts(app)))
        assert area.query_one(ScenarioList).shown == ["demo", "new"]
        (scenarios / "demo.md").write_text(scenario_text("demo", body="nothing\n"))
        await until(pilot, lambda: any("Has errors: demo" in toast for toast in toasts(app)))
        await until(pilot, lambda: line(area, "there are no steps"))
        assert line(area, "last good version")
        left, right = area.query_one(ScenarioList).row_parts(1)
        assert "demo" in left[1][0]
        assert "⚠ stale " in [text for text, _ in right]
        await pilot.press("enter")
        await begun(pilot, engine, 1)
        await pilot.press("x")
        await until(pilot, lambda: area.conductor.current is None)
        (scenarios / "demo.md").write_text(scenario_text("demo", title="Anew"))
        await until(pilot, lambda: any("Good again: demo" in toast for toast in toasts(app)))
        await until(pilot, lambda: verdict(area).startswith("· not run yet"))


async def test_what_never_was_good_cannot_run_and_says_why(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path
) -> None:
    (scenarios / "demo.md").write_text(scenario_text("demo", body=step("expect: {exit_code: many}")))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        area = await area_of(pilot, app)
        assert "the file has errors" in verdict(area)
        assert line(area, "'exit_code' must be a whole number")
        await pilot.press("enter")
        await until(pilot, lambda: any("has errors and cannot be run" in toast for toast in toasts(app)))
        assert engine.started == []


async def test_the_report_is_copied(app: RollcageApp, engine: ScriptedEngine, scenarios: Path) -> None:
    (scenarios / "demo.md").write_text(scenario_text("demo", DEMO))
    async with app.run_test(size=(120, 40)) as pilot:
        area = await area_of(pilot, app)
        await pilot.press("enter")
        run = await begun(pilot, engine, 1)
        run.output(b"\x1b[1;31mgood\x1b]52;c;aGk=\x07bye\n")
        run.end()
        await until(pilot, lambda: area.conductor.current is None)
        await pilot.press("y")
        report = app.clipboard.splitlines()
        assert report[0] == "demo: demo"
        assert "  ✗ NOT MET  output: contains 'hello' → good␛]52;c;aGk=␇bye" in report
        assert "step 3: It goes on: not run" in report
        assert all(each.isprintable() for each in report)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_every_pane_can_be_reached(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        area = await area_of(pilot, app)
        for key, pane in (("right_square_bracket", "steps"), ("enter", "step-output"), ("escape", "scenarios")):
            await pilot.press(key)
            widget = area.query_one(f"#{pane}")
            await until(pilot, lambda widget=widget: widget.has_focus and widget.region.width > 20)  # type: ignore[misc]
        assert area.query_one(StepList).region.width > 20


async def test_what_files_and_guests_say_is_harmless(app: RollcageApp, engine: ScriptedEngine, scenarios: Path) -> None:
    evil = "\\e]0;x\\a\\u202e\\e[31m"
    (scenarios / "demo.md").write_text(
        scenario_text("demo", step(f'expect: {{output_contains: "{evil}"}}'), title=f'"{evil}"', category=f'"{evil}"')
    )
    async with app.run_test(size=(120, 40)) as pilot:
        area = await area_of(pilot, app)
        await pilot.press("enter")
        run = await begun(pilot, engine, 1)
        run.output(b"\x1b]0;x\x07\xe2\x80\xae\x9b31m\n")
        run.end()
        await until(pilot, lambda: area.conductor.current is None)
        await pilot.pause()
        shown = ["".join(segment.text for segment in strip) for strip in area._compositor.render_strips()]
        assert any("NOT MET" in each or "✓ met" in each for each in shown)
        assert all(each.isprintable() for each in shown)


async def test_moving_away_from_the_step_that_runs_stays_away(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        area = await area_of(pilot, app)
        steps = area.query_one(StepList)
        await pilot.press("enter", "right_square_bracket")
        run = await begun(pilot, engine, 1)
        await until(pilot, lambda: steps.has_focus)
        await pilot.press("j", "j")
        chosen = steps.step
        assert chosen == 2
        run.output(b"hello\n")
        run.end()
        run = await begun(pilot, engine, 2)
        assert steps.step == chosen
        await pilot.press("G")
        assert steps.step == 1
        run.end(3)
        await begun(pilot, engine, 3)
        await until(pilot, lambda: steps.step == 2)


async def test_the_file_is_shown_where_it_cannot_be_edited(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await area_of(pilot, app)
        await pilot.press("e")
        await until(pilot, lambda: any(str(scenarios / "demo.md") in toast for toast in toasts(app)))
        await until(pilot, lambda: any("neither $VISUAL nor $EDITOR is set" in toast for toast in toasts(app)))


async def test_the_application_goes_on_while_the_file_is_in_the_editor(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, end = tmp_path / "begun", tmp_path / "end"
    os.mkfifo(end)
    script = tmp_path / "editor"
    script.write_text(f'echo "$1" > {begun}.new; mv {begun}.new {begun}; timeout 20 cat {end} >> "$1"\n')
    monkeypatch.setenv("VISUAL", f"sh {script}")
    async with app.run_test(size=(120, 40)) as pilot:
        await area_of(pilot, app)
        monkeypatch.setattr(type(app._driver), "can_suspend", True)
        await pilot.press("e")
        await until(pilot, begun.exists)
        assert begun.read_text().strip() == str(scenarios / "demo.md")
        editing = next(each for each in app.workers if each.group == "editor")
        assert editing.is_running
        end.write_text("<!-- edited -->\n")
        await until(pilot, lambda: editing.is_finished)
        assert (scenarios / "demo.md").read_text().endswith("<!-- edited -->\n")


async def test_nothing_runs_where_nothing_may_be_changed(
    app: RollcageApp, engine: ScriptedEngine, scenarios: Path
) -> None:
    app.start_keys(read_only=True)
    app.workspace.keymap = app.keymap
    async with app.run_test(size=(120, 40)) as pilot:
        area = await area_of(pilot, app)
        for action in ("carry_out", "step", "every", "halt", "edit"):
            assert "--readonly" in area.why_not(action)
        await pilot.press("enter", "ctrl+r", "n", "R", "e")
        area.query_one(ScenarioList).opened(0)
        await pilot.pause()
        assert engine.started == []


def test_the_editor_is_words_of_a_command_and_no_shell() -> None:
    assert editor({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor({"EDITOR": "vi; rm x"}) == ["vi;", "rm", "x"]
    with pytest.raises(HostNotReady, match="neither"):
        editor({"EDITOR": " "})
    with pytest.raises(HostNotReady, match="cannot be read"):
        editor({"EDITOR": "vi '"})


async def test_questions_outside_of_scenarios_go_to_the_person(app: RollcageApp, scenarios: Path) -> None:
    question = question_about("rm -rf /etc")
    async with app.run_test(size=(120, 40)) as pilot:
        await area_of(pilot, app)
        with app.answers.answering(question.session, ScriptedAnswer.TYPE, trusted=True):
            assert await app.answers.ask(question) is Answer.ONCE
        asking = asyncio.create_task(app.answers.ask(question))
        await until(pilot, lambda: isinstance(app.screen, Approval))
        await pilot.press("n")
        assert await asking is Answer.DENY
