"""The help and the palette: what they list, what they find, what they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_rolling_back import request
from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.candidates import Candidate, matching
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.finder import Finder, FinderList
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details


def candidate(title: str, explanation: str = "", group: str = "do") -> Candidate:
    return Candidate(group, title, explanation, lambda: None)


def titles(query: str, *candidates: Candidate) -> list[str]:
    return [each.title for each in matching(candidates, query)]


def test_the_beginning_of_a_word_is_worth_most() -> None:
    found = titles("run", candidate("prune"), candidate("scattered: r u n"), candidate("to run"), candidate("stop"))
    assert found == ["to run", "prune", "scattered: r u n"]


def test_letters_in_order_are_enough() -> None:
    assert titles("dpl", candidate("deploy"), candidate("backup")) == ["deploy"]


def test_every_word_must_be_found() -> None:
    assert titles("roll back", candidate("to “good”", group="roll back"), candidate("rollout")) == ["to “good”"]


def test_the_explanation_is_searched_too_but_comes_last() -> None:
    found = titles("archive", candidate("backup", "Archive a directory"), candidate("archive logs"))
    assert found == ["archive logs", "backup"]


def test_without_a_query_the_order_stays() -> None:
    assert titles(" ", candidate("b"), candidate("a")) == ["b", "a"]


def test_what_comes_from_files_is_cleaned() -> None:
    hostile = candidate("\x1b]0;title\x07a\u202eb", "[@click=app.quit]x[/]")
    assert "\x1b" not in hostile.title + hostile.folded
    assert "\u202e" not in hostile.title
    assert hostile.explanation == "[@click=app.quit]x[/]"


async def opened(pilot: Pilot[int], app: RollcageApp, key: str) -> Finder:
    await until(pilot, lambda: app.engine is not None and app.catalog is not None)
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, Finder) and app.screen.query(FinderList))
    assert isinstance(app.screen, Finder)
    finder = app.screen
    await until(pilot, lambda: finder.results.shown)
    return finder


async def test_help_lists_first_what_the_focused_part_can_do(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        finder = await opened(pilot, app, "question_mark")
        groups = list(dict.fromkeys(each.group for each in finder.results.shown))
        assert groups[:2] == ["Commands (here)", "Run (here)"]
        assert "Everywhere (here)" in groups
        assert groups.index("Output") > groups.index("Every list (here)") > groups.index("Everywhere (here)")


async def test_help_says_why_something_cannot_be_done(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        finder = await opened(pilot, app, "question_mark")
        reasons = {each.title: each.reason for each in reversed(finder.results.shown)}
        assert reasons["Cancel"] == "Nothing is running."
        assert reasons["Follow"].startswith("only in “Output”: ")
        row = next(n for n, each in enumerate(finder.results._rows) if getattr(each, "title", "") == "Cancel")
        drawn = "".join(text for text, _ in finder.results.row_parts(row)[0])
        assert "✗ Cancel" in drawn
        assert "Nothing is running." in drawn


async def test_help_does_what_is_chosen_where_it_belongs(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        finder = await opened(pilot, app, "question_mark")
        await pilot.press(*"last command")
        assert [each.title for each in finder.results.shown][:1] == ["Last"]
        await pilot.press("enter")
        commands = app.run_area.query_one(DefinitionList)
        await until(pilot, lambda: commands.cursor == commands.row_count() - 1)
        assert app.focused is commands


async def test_what_cannot_be_done_is_not_done_but_explained(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await opened(pilot, app, "question_mark")
        await pilot.press(*"nothing undone", "escape")
        finder = await opened(pilot, app, "colon")
        await pilot.press(*"undo")
        assert finder.results.candidate is not None
        assert finder.results.candidate.title == "Undo"
        await pilot.press("enter")
        await until(pilot, lambda: any("nothing to undo" in each.message for each in app._notifications))


@pytest.mark.parametrize("key", ["ctrl+p", "colon"])
async def test_the_palette_opens_a_command(app: RollcageApp, key: str) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        finder = await opened(pilot, app, key)
        await pilot.press(*"dploy")
        assert finder.results.candidate is not None
        assert (finder.results.candidate.group, finder.results.candidate.title) == ("command", "deploy")
        await pilot.press("enter")
        details = app.run_area.query_one(Details)
        await until(pilot, lambda: details.entry is not None and details.entry.name == "deploy")


async def test_the_palette_rolls_back_to_a_snapshot_after_asking(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        for title in ("first", "second"):
            engine.run(request(title)).end()
        await until(pilot, lambda: len(app.workspace.state.runs) == 2 and app.workspace.running is None)
        finder = await opened(pilot, app, "ctrl+p")
        await pilot.press(*"back first")
        assert finder.results.candidate is not None
        assert finder.results.candidate.title == "roll back to the state after first"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("right", "enter")
        session = engine.store.session("default")
        first = next(run for run in engine.store.run_records.values() if run.title == "first")
        await until(pilot, lambda: engine.store.session(session.name).head_id == first.after_id)


async def test_the_palette_goes_to_areas_sessions_and_themes(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        engine.run(request("x", session="other")).end()
        finder = await opened(pilot, app, "ctrl+p")
        groups = {each.group for each in finder.results.shown}
        assert {"do", "area", "command", "session", "theme"} <= groups
        await pilot.press(*"session oth", "enter")
        await until(pilot, lambda: app.workspace.session == "other")
        await opened(pilot, app, "ctrl+p")
        await pilot.press(*"theme rollcage-li", "enter")
        await until(pilot, lambda: app.theme == "rollcage-light")
        await opened(pilot, app, "ctrl+p")
        await pilot.press(*"area audit", "enter")
        await until(pilot, lambda: app.current_mode == "audit")


async def test_the_palette_finds_scenarios(app: RollcageApp, paths: Paths) -> None:
    from tui.ui.widgets.scenario_list import ScenarioList

    async with app.run_test(size=(120, 40)) as pilot:
        finder = await opened(pilot, app, "ctrl+p")
        await until(pilot, lambda: any(each.group == "scenario" for each in finder.results.shown))
        wanted = [each for each in finder.results.shown if each.group == "scenario"][-1]
        finder.dismiss(wanted)
        await until(pilot, lambda: app.current_mode == "scenarios")

        def there() -> bool:
            found = app.screen.query(ScenarioList)
            return bool(found) and found.first().entry is not None and found.first().entry.name == wanted.title

        await until(pilot, there)


async def test_a_thousand_commands_are_found(
    make_app: Callable[..., RollcageApp], commands: Path, engine: ScriptedEngine
) -> None:
    for number in range(1000):
        text = f"---\nname: job-{number}\ndescription: Job\n---\nx\n\n```bash\ntrue\n```\n"
        (commands / f"job-{number}.md").write_text(text)
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        finder = await opened(pilot, app, "ctrl+p")
        assert len([each for each in finder.results.shown if each.group == "command"]) == 1003
        await pilot.press(*"job-999")
        assert finder.results.candidate is not None
        assert finder.results.candidate.title == "job-999"
        drawn = finder.results.size.height
        assert drawn < 40


async def test_escape_leaves_everything_as_it_was(app: RollcageApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "ctrl+p")
        before = app.run_area.query_one(DefinitionList).cursor
        await pilot.press("down", "down", "escape")
        assert app.screen is app.run_area
        assert app.run_area.query_one(DefinitionList).cursor == before


def test_letters_in_order_come_after_every_piece_and_stay_within_the_title() -> None:
    found = titles("audt", candidate("a1 u2 d3 t4"), candidate("audit"), candidate("undo", "a word: audt"))
    assert found == ["undo", "audit", "a1 u2 d3 t4"]
    assert titles("cmd", candidate("deploy", group="command")) == []


async def test_help_finds_by_letters_in_order_where_nothing_holds_them(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        finder = await opened(pilot, app, "question_mark")
        await pilot.press(*"snpsht")
        assert [each.title for each in finder.results.shown][:1] == ["Snapshot"]


@pytest.mark.parametrize("key", ["question_mark", "colon"])
async def test_that_nothing_matches_is_said(app: RollcageApp, key: str) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        finder = await opened(pilot, app, key)
        await pilot.press(*"zqxzqx")
        await until(pilot, lambda: not finder.results.shown)
        assert "".join(segment.text for segment in finder.results.render_line(0)).strip() == "Nothing matches."
        await pilot.press("enter")
        assert app.screen is finder
