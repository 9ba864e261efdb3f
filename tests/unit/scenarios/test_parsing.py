"""What scenario files say, and every mistake in them, with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.scenarios.texts import (
    BODY,
    complaints,
    complaints_of,
    good,
    only_step,
    parsed,
    scenario,
    scenario_text,
    step,
)
from tui.definitions.kinds import Profile, Scope
from tui.definitions.model import ResourceLimits
from tui.languages import Language
from tui.levels import RiskLevel
from tui.paths import shipped
from tui.runs import events
from tui.scenarios import expectations, steps
from tui.scenarios.catalog import Catalog
from tui.scenarios.model import (
    EVENTS,
    Deed,
    Expectation,
    Meanwhile,
    Redo,
    RollBack,
    RunCode,
    RunDefinition,
    ScriptedAnswer,
    SessionKind,
    TakeSnapshot,
    Undo,
)
from tui.scenarios.parsing import FIELDS, parse
from tui.store.states import RunState


def test_a_small_scenario_has_defaults() -> None:
    found = good(scenario_text())
    assert (found.name, found.title, found.description) == ("demo", "demo", "A demonstration")
    assert (found.session, found.profile, found.limits, found.goes_on) == (SessionKind.FRESH, None, None, False)
    (one,) = found.steps
    assert one.action == RunCode("echo hello\n", Language.BASH, 7)
    assert one.expected == Expectation(state=RunState.SUCCEEDED)
    assert (one.line, one.answer, one.timeout_s, one.keep_interpreter, one.meanwhile) == (6, None, None, False, None)


def test_the_frontmatter_says_the_rest() -> None:
    text = scenario_text(
        title="A title", category="Basics", session="Named", profile="standard", limits="{max_cpu_time: 2}",
        **{"continue": "true"},
    )  # fmt: skip
    found = good(text)
    assert (found.title, found.category) == ("A title", "Basics")
    assert (found.session, found.profile, found.goes_on) == (SessionKind.NAMED, Profile.STANDARD, True)
    assert found.limits == ResourceLimits(max_cpu_time=2)


def test_everything_that_can_be_expected() -> None:
    found = only_step(
        "expect:",
        "  state: FAILED",
        "  exit_code: 3",
        "  output_equals: '1'",
        "  output_contains: [one, two]",
        "  output_lacks: three",
        "  output_matches: '^a+$'",
        "  rolled_back: true",
        "  level_at_least: low",
        "  level_at_most: high",
        "  asked: false",
        "  reason_contains: because",
        "  events: [RunStarted, RunFinished]",
    ).expected
    assert found == Expectation(
        state=RunState.FAILED, exit_code=3, output_equals="1", output_contains=("one", "two"),
        output_lacks=("three",), output_matches=(re.compile("^a+$"),), rolled_back=True,
        level_at_least=RiskLevel.LOW, level_at_most=RiskLevel.HIGH, asked=False, reason_contains=("because",),
        events=("RunStarted", "RunFinished"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("do", "action"),
    [
        ("rollback last-success", RollBack("last-success")),
        ("rollback two words", RollBack("two words")),
        ("snapshot good", TakeSnapshot("good")),
        ("undo", Undo()),
        ("redo", Redo()),
    ],
)
def test_what_can_be_done_without_code(do: str, action: object) -> None:
    assert only_step(f"do: {do}", "expect: {state: succeeded}", code="").action == action


def test_a_definition_is_run_with_values() -> None:
    found = only_step("do: run hello", "values: {name: Ada, times: 2, all: [1, x]}", "expect: {exit_code: 0}", code="")
    assert found.action == RunDefinition("hello", {"name": "Ada", "times": 2, "all": [1, "x"]})
    assert str(found.action) == 'run hello name=Ada times=2 all=[1, "x"]'


def test_how_a_step_runs() -> None:
    found = only_step(
        "answer: Type", "timeout: 1.5", "keep_interpreter: yes", "expect: {exit_code: 0}", language="python"
    )
    assert (found.answer, found.timeout_s, found.keep_interpreter) == (ScriptedAnswer.TYPE, 1.5, True)


@pytest.mark.parametrize(
    ("lines", "meanwhile"),
    [
        (("after_output: tick", "do: kill-machine"), Meanwhile(Deed.KILL_MACHINE, after_output="tick")),
        (("after_event: RunExited", "do: cancel"), Meanwhile(Deed.CANCEL, after_event="RunExited")),
        (("after_output: 1", "do: snapshot half done"), Meanwhile(Deed.SNAPSHOT, "1", snapshot="half done")),
    ],
)
def test_what_is_done_meanwhile(lines: tuple[str, ...], meanwhile: Meanwhile) -> None:
    found = only_step("expect: {exit_code: 0}", "meanwhile:", *(f"  {line}" for line in lines))
    assert found.meanwhile == meanwhile


def test_prose_and_headings_belong_to_the_step_behind_them() -> None:
    body = "Before all.\n\n## One\n\nWhy one.\n\n" + step("expect: {exit_code: 0}") + "```json\n{}\n```\n\nAfter.\n"
    found = scenario(body + "\n## Two ##\n\n" + step("do: undo", "expect: {state: failed}", code=""))
    assert [each.title for each in found.steps] == ["One", "Two"]
    assert found.steps[0].prose == "Before all.\n\nWhy one."
    assert "{}" in found.steps[1].prose
    assert "echo" not in found.documentation
    assert "state: failed" not in found.documentation


def test_text_in_braces_is_code_like_any_other() -> None:
    found = only_step("expect: {exit_code: 0}", code="echo {{ name }}")
    assert isinstance(found.action, RunCode)
    assert found.action.text == "echo {{ name }}\n"


def test_all_problems_come_at_once_with_their_lines() -> None:
    text = scenario_text(
        name="1st",
        colour="red",
        body=(
            "```bash\necho nothing expected\n```\n\n"
            "```bash\ntrue\n```\n\n```step\nexpect:\n  stat: succeeded\n  exit_code: -1\n```\n\n"
            "```perl\n1\n```\n\n```step\nanswer: maybe\n```\n"
        ),
    )
    assert complaints(text) == [
        (2, "'1st' is not a valid name"),
        (4, "frontmatter: unknown field 'colour'"),
        (7, "nothing says what is expected of this code"),
        (17, "'expect': unknown field 'stat'"),
        (18, "'expect': 'exit_code' must be a whole number from 0 to 255"),
        (21, "blocks in 'perl' cannot be run"),
        (25, "the step says nothing about what is expected"),
        (26, "step: 'answer' cannot be 'maybe'"),
    ]
    assert parsed(text).scenario is None
    assert str(parsed(text).problems[0]).startswith("demo.md:2: error: ")


@pytest.mark.parametrize(
    ("lines", "code", "complaint"),
    [
        (("expect: {}",), "true", "'expect' expects nothing"),
        (("expect: {state: }",), "true", "'expect' expects nothing"),
        (("expect: succeeded",), "true", "step: 'expect' must be a mapping, not text"),
        (("expect: {state: running}",), "true", "'expect': 'state' cannot be 'running'"),
        (("expect: {exit_code: 256}",), "true", "'expect': 'exit_code' must be a whole number from 0 to 255"),
        (("expect: {output_matches: '('}",), "true", "'expect': 'output_matches' is not a pattern"),
        (("expect: {output_contains: [a, [b]]}",), "true", "'expect': 'output_contains' must be a text or a list"),
        (("expect: {output_contains: ''}",), "true", "'expect': 'output_contains' must be a text or a list"),
        (("expect: {output_equals: [a]}",), "true", "'expect': 'output_equals' must be one text"),
        (("expect: {events: [RunEnded]}",), "true", "'expect': there is no event 'RunEnded'"),
        (("expect: {level_at_least: high, level_at_most: low}",), "true", "'expect': no level is at least as high"),
        (("expect: {exit_code: 0}", "do: undo"), "true", "step: 'do' and a code block before it are two things"),
        (("expect: {exit_code: 0}",), "", "the step does nothing: there is no code block before it, and no 'do'"),
        (("expect: {exit_code: 0}", "values: {a: 1}"), "true", "step: 'values' is for a definition"),
        (("expect: {exit_code: 0}", "keep_interpreter: true"), "true", "step: 'keep_interpreter' is for python code"),
        (("expect: {exit_code: 0}", "timeout: 0"), "true", "step: 'timeout' must be above zero"),
        (("expect: {exit_code: 0}", "timeout: soon"), "true", "step: 'timeout' must be a number"),
        (("expect: {exit_code: 0}", "do: undo"), "", "'expect': 'exit_code' is for what runs"),
        (("expect: {state: refused}", "do: undo"), "", "'expect': 'state' cannot be 'refused'"),
        (("expect: {state: succeeded}", "do: undo it"), "", "step: 'undo' takes nothing"),
        (("expect: {state: succeeded}", "do: rollback"), "", "step: 'rollback' needs a name"),
        (("expect: {state: succeeded}", "do: rolback x"), "", "step: cannot do 'rolback x'"),
        (("expect: {state: succeeded}", "do: undo", "answer: once"), "", "step: 'answer' is for what runs"),
        (("expect: {state: succeeded}", f"do: snapshot {'x' * 101}"), "", "step: not a name for a snapshot"),
        (("expect: {exit_code: 0}", "meanwhile: {do: cancel}"), "true", "'meanwhile': needs either"),
        (
            ("expect: {exit_code: 0}", "meanwhile: {do: cancel, after_output: a, after_event: RunExited}"),
            "true",
            "'meanwhile': needs either",
        ),
        (("expect: {exit_code: 0}", "meanwhile: {do: explode, after_output: a}"), "true", "'meanwhile': cannot do"),
        (("expect: {exit_code: 0}", "meanwhile: {do: snapshot, after_output: a}"), "true", "'meanwhile': cannot do"),
        (("expect: {exit_code: 0}", "meanwhile: {do: cancel, after_event: X}"), "true", "'meanwhile': there is no"),
        (("- a",), "true", "the step block must be a mapping, not a list"),
        ((), "true", "the step block is empty"),
        (("expect: {",), "true", "not valid YAML"),
    ],
)
def test_what_makes_no_sense_is_pointed_out(lines: tuple[str, ...], code: str, complaint: str) -> None:
    found = complaints_of(*lines, code=code)
    assert len(found) == 1, found
    assert found[0].startswith(complaint)


def test_a_file_without_steps_is_no_scenario() -> None:
    assert complaints(scenario_text(body="Only prose.\n")) == [(2, "there are no steps")]


def test_a_block_that_does_not_end_is_pointed_out() -> None:
    assert "this block is never closed" in dict(complaints(scenario_text(body=BODY.rstrip("`\n")))).values()


def test_code_in_a_quotation_is_pointed_out_and_not_run() -> None:
    result = parsed(scenario_text(body=BODY + "\n> ```bash\n> rm x\n> ```\n"))
    assert result.scenario is not None
    assert len(result.scenario.steps) == 1
    assert "is not run" in result.problems[0].message


def test_the_names_of_events_are_those_there_are() -> None:
    kinds = {name for name, kind in vars(events).items() if isinstance(kind, type) and issubclass(kind, events.Event)}
    assert set(EVENTS) == kinds - {"Event", "PoolChanged"}


def test_nothing_is_wrong_with_what_is_shipped() -> None:
    catalog = Catalog([(Scope.SHIPPED, shipped("scenarios"))])
    catalog.refresh()
    assert catalog.index.problems == ()
    assert set(catalog.index.by_name) == {
        "success", "failure", "security-block", "multi-turn", "custom-code", "resource-limit", "rollback",
        "rollback-race",
    }  # fmt: skip
    for entry in catalog.index.entries:
        assert entry.scenario is not None
        assert entry.path.stem == entry.name
        assert entry.scenario.category
        assert all(step.title for step in entry.scenario.steps)


_PIECES = st.sampled_from(
    ["---\n", "name: a\n", "description: b\n", "```step\n", "```bash\n", "```\n", "expect:\n", "  state: succeeded\n",
     "do: undo\n", "meanwhile: {", "\t", "# h\n", "<!--", "-->", "\u2028", "- ", "[", "x: &a *a\n"]
)  # fmt: skip


@given(st.lists(_PIECES | st.text(max_size=5), max_size=30))
def test_no_file_breaks_the_reader(pieces: list[str]) -> None:
    result = parse("".join(pieces).encode("utf-8", "replace"), Path("x.md"))
    assert (result.scenario is None) is any(problem.severity == "error" for problem in result.problems)
    lines = "".join(pieces).count("\n") + 1
    assert all(1 <= problem.line <= lines + 1 for problem in result.problems)


def test_the_documented_example_is_valid_and_every_key_is_documented() -> None:
    document = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text()
    (example,) = re.findall(r"^````markdown\n(.*?)^````$", document, re.DOTALL | re.MULTILINE)
    assert len(good(example).steps) == 4
    for key in (*FIELDS, *steps.KEYS, *expectations.KEYS, "after_output", "after_event", *Deed, *ScriptedAnswer):
        assert f"`{key}`" in document or f"`{key} NAME`" in document, key
