"""Rows of a scenario: nothing is lost, nothing is wider than the screen, nothing harmful gets through."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.scenarios.texts import scenario, step
from tui.definitions.kinds import Scope
from tui.runs.scenario_events import ScenarioBegun, ScenarioEnded, StepBegun, StepEnded
from tui.scenarios.catalog import Entry
from tui.scenarios.model import Scenario
from tui.scenarios.outcome import Check, Outcome
from tui.store.states import RunState
from tui.text import clean, clean_line
from tui.ui.scenarios.layout import heading, rows_of
from tui.ui.scenarios.progress import Phase, Progress
from tui.ui.scenarios.report import report

TEXTS = st.text(max_size=200)


def entry(of: Scenario) -> Entry:
    return Entry(of.name, Path("demo.md"), Scope.USER, of)


def told(*checks: Check, reason: str = "", **fields: str) -> tuple[Scenario, Progress]:
    """A scenario of one step that came to these checks."""
    of = scenario(step("expect: {state: succeeded}"), **fields)
    progress = Progress.of(of, clock=lambda: 0.0)
    outcome = Outcome(RunState.FAILED, reason=reason, took_ms=1500)
    progress.apply(ScenarioBegun(scenario=of.name, title=of.title, session="s", steps=1))
    progress.apply(StepBegun(scenario=of.name, index=0, title="", action="", expected=()))
    progress.apply(StepEnded(scenario=of.name, index=0, run_id=None, outcome=outcome, checks=checks))
    return of, progress


def lines(of: Scenario, progress: Progress | None, width: int = 80) -> list[str]:
    return [
        "".join(text for text, _ in (*row.left, *row.right)).rstrip() for row in rows_of(entry(of), progress, width)
    ]


@given(TEXTS, TEXTS, TEXTS, st.integers(35, 200), st.booleans())
def test_every_row_fits_and_is_clean(expected: str, found: str, reason: str, width: int, passed: bool) -> None:
    of, progress = told(Check("output", expected, found, passed), reason=reason)
    for row in rows_of(entry(of), progress, width):
        assert row.is_head or cell_len("".join(text for text, _ in (*row.left, *row.right))) <= width
        assert all(clean_line(text) == text for text, _ in (*row.left, *row.right))
    assert clean(report(progress)) == report(progress)


@given(st.lists(st.text("abc", min_size=1, max_size=12), min_size=1, max_size=30), st.integers(35, 120))
def test_a_mismatch_can_be_read_in_full(words: list[str], width: int) -> None:
    of, progress = told(Check("output", " ".join(words), " ".join(words), passed=False))
    rows = [row.left for row in rows_of(entry(of), progress, width) if len(row.left) == 4]
    expected, found = ("".join("".join(row[at][0] for row in rows).split()) for at in (1, 3))
    assert expected == "output" + "".join(words)
    assert found == "".join(words)


def test_the_words_above_stand_where_the_columns_are() -> None:
    of, progress = told(Check("state", "succeeded", "failed", passed=False))
    (row,) = [line for line in lines(of, progress, 90) if "NOT MET" in line]
    above = heading(90)
    assert above.index("│") == row.index("│")
    assert above.index("expected") == row.index("state")
    assert above.index("what happened") == row.index("failed")


def test_the_opening_is_told_once_and_prose_with_its_step() -> None:
    of = scenario(
        "It begins.\n\n## One\n\nOf the first.\n\n" + step("expect: {state: failed}") + "Of the next.\n\n"
        "```bash\ntrue\n```\n\n```step\nexpect: {state: failed}\n```\n"
    )
    found = [line.strip() for line in lines(of, None)]
    assert [found.count(text) for text in ("It begins.", "Of the first.", "Of the next.")] == [1, 1, 1]
    assert found.index("It begins.") < next(n for n, line in enumerate(found) if "1 One" in line)
    assert next(n for n, line in enumerate(found) if "1 One" in line) < found.index("Of the first.")


def test_long_code_is_cut_and_says_so() -> None:
    of = scenario(step("expect: {state: failed}", code="\n".join(f"echo {n}" for n in range(40))))
    assert "   │ … 24 more lines" in lines(of, None)


def test_what_was_not_carried_out_is_told() -> None:
    of = scenario(step("expect: {state: failed}") * 2)
    progress = Progress.of(of, clock=lambda: 0.0)
    progress.apply(ScenarioBegun(scenario=of.name, title=of.title, session="kept-1", steps=2))
    progress.apply(StepBegun(scenario=of.name, index=0, title="", action="", expected=()))
    assert progress.has_more
    progress.apply(
        StepEnded(
            scenario=of.name,
            index=0,
            run_id=None,
            outcome=Outcome(RunState.SUCCEEDED),
            checks=(Check("state", "failed", "succeeded", passed=False),),
        )
    )
    assert not progress.has_more
    progress.apply(
        ScenarioEnded(
            scenario=of.name, session="kept-1", kept=True, steps=2, steps_passed=0, steps_failed=1, took_ms=2500.0
        )
    )
    assert [each.phase for each in progress.steps] == [Phase.FAILED, Phase.LEFT]
    assert progress.verdict() == "✗ FAILED: 0 of 2 as expected, 1 not run, 2.5 s; its session is kept-1"
    assert any("– not run state failed" in line for line in lines(of, progress))
