"""Scenarios carried out on fake machines."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fake_backend import FakeBackend
from tests.unit.definitions.texts import definition_text, good
from tests.unit.policy.proposals import proposal
from tests.unit.runs.conftest import OpenEngine
from tests.unit.scenarios.texts import scenario, step
from tui.config import Settings
from tui.definitions.kinds import ExecutionMode
from tui.definitions.model import Definition
from tui.errors import NotFound
from tui.levels import RiskLevel
from tui.paths import Paths
from tui.runs.approval import Answer, Question
from tui.runs.engine import Engine
from tui.runs.scenario_events import (
    ScenarioBegun,
    ScenarioEnded,
    ScenarioEvent,
    StepBegun,
    StepEnded,
    StepHappened,
    StepOutput,
)
from tui.runs.scenario_runner import ScenarioRunner
from tui.runs.scripted import ScriptedApprover
from tui.scenarios.model import Scenario, ScriptedAnswer
from tui.store.states import RunState

HELLO = good(definition_text("hello", "```bash\necho hello {{ who }}\n```\n", parameters="[{name: who, type: string}]"))
DANGER = "rm -rf --no-preserve-root /"


def find(name: str) -> Definition:
    if name != "hello":
        raise NotFound(f"there is no command {name!r}")
    return HELLO


class Asked:
    """Somebody who says yes, and remembers what was asked."""

    by = ""

    def __init__(self) -> None:
        self.questions: list[Question] = []

    async def ask(self, question: Question) -> Answer | None:
        self.questions.append(question)
        return Answer.DENY


def runner(engine: Engine, approver: ScriptedApprover | None = None, **options: Any) -> ScenarioRunner:
    ticks = itertools.count()
    counter = itertools.count(1)
    options = {"trusts": True, "suffix": lambda: str(next(counter)), "clock": lambda: float(next(ticks)), **options}
    return ScenarioRunner(engine, approver or ScriptedApprover(), Settings(), find, **options)


async def carried_out(engine: Engine, told: Scenario, **options: Any) -> list[ScenarioEvent]:
    async with aclosing(runner(engine, **options).run(told)) as events:
        return [event async for event in events]


def ends(events: list[ScenarioEvent]) -> list[StepEnded]:
    return [event for event in events if isinstance(event, StepEnded)]


def end(events: list[ScenarioEvent]) -> ScenarioEnded:
    assert isinstance(events[-1], ScenarioEnded)
    return events[-1]


def sessions(engine: Engine) -> list[str]:
    return [session.name for session in engine.store.sessions()]


async def test_steps_follow_each_other_in_one_session_that_is_gone_afterwards(engine: Engine, fake: FakeBackend):
    told = scenario(
        step("expect: {state: succeeded, exit_code: 0, output_equals: one}", code="echo one | tee file")
        + "## Again\n\n"
        + step("expect: {output_contains: one, rolled_back: false}", code="cat file"),
        name="two",
    )
    events = await carried_out(engine, told)
    kinds = [type(event) for event in events if not isinstance(event, StepHappened)]
    assert kinds == [
        ScenarioBegun, StepBegun, StepOutput, StepEnded, StepBegun, StepOutput, StepEnded, ScenarioEnded,
    ]  # fmt: skip
    assert events[0] == ScenarioBegun(scenario="two", title="two", session="scenario-two-1", steps=2)
    assert events[1] == StepBegun(
        scenario="two", index=0, title="", action="bash: echo one | tee file",
        expected=("state succeeded", "exit code 0", "output equals 'one'"),
    )  # fmt: skip
    first, second = ends(events)
    assert (first.passed, first.reasons, first.outcome.output, first.outcome.output_bytes) == (True, (), b"one\n", 4)
    assert [(check.what, check.found) for check in first.checks] == [
        ("state", "succeeded"), ("exit code", "0"), ("output", "one"),
    ]  # fmt: skip
    assert first.outcome.events[-2:] == ("SnapshotTaken", "RunFinished")
    assert first.run_id != second.run_id
    assert (end(events).passed, end(events).kept, end(events).steps_passed) == (True, False, 2)
    assert sessions(engine) == []
    assert fake.machines == set()


async def test_what_does_not_come_as_expected_ends_the_scenario(engine: Engine):
    told = scenario(
        step("expect: {state: succeeded, exit_code: 0}", code="exit 3") + step("expect: {exit_code: 0}", code="true")
    )
    events = await carried_out(engine, told)
    (only,) = ends(events)
    assert only.reasons == ("state: expected succeeded, found failed", "exit code: expected 0, found 3")
    assert (end(events).passed, end(events).steps_passed, end(events).steps_failed) == (False, 0, 1)


async def test_a_scenario_may_go_on(engine: Engine):
    told = scenario(
        step("expect: {exit_code: 0}", code="exit 3") + step("expect: {exit_code: 0}", code="true"),
        **{"continue": "true"},
    )
    events = await carried_out(engine, told)
    assert [each.passed for each in ends(events)] == [False, True]
    assert not end(events).passed


async def test_a_failure_rolls_back_and_the_head_is_moved_by_hand(engine: Engine):
    told = scenario(
        step("expect: {state: succeeded}", code="echo one > file")
        + step("do: snapshot good", "expect: {state: succeeded}", code="")
        + step("expect: {state: failed, exit_code: 7, rolled_back: true}", code="echo two > file; exit 7")
        + step("expect: {output_equals: one}", code="cat file; echo three > file")
        + step("do: rollback good", "expect: {state: succeeded}", code="")
        + step("expect: {output_equals: one}", code="cat file; rm file")
        + step("do: undo", "expect: {state: succeeded}", code="")
        + step("do: redo", "expect: {state: succeeded}", code="")
        + step("expect: {state: succeeded}", code="test ! -e file")
        + step("do: redo", "expect: {state: failed, reason_contains: nothing to redo}", code="")
        + step("do: rollback nowhere", "expect: {state: failed, reason_contains: no snapshot}", code="")
    )
    events = await carried_out(engine, told)
    assert end(events).passed, [each.reasons for each in ends(events)]
    assert end(events).steps_passed == 11


async def test_a_rollback_before_anything_ran_is_a_failure_of_the_step(engine: Engine):
    events = await carried_out(engine, scenario(step("do: undo", "expect: {state: succeeded}", code="")))
    assert ends(events)[0].outcome.state is RunState.FAILED
    assert sessions(engine) == []


async def test_a_definition_is_run_in_a_machine_whatever_it_asks_for(engine: Engine):
    assert HELLO.execution_mode is ExecutionMode.LOCAL
    told = scenario(step("do: run hello", "values: {who: Ada}", "expect: {output_equals: hello Ada}", code=""))
    events = await carried_out(engine, told, keep=True)
    assert end(events).passed
    run_id = ends(events)[0].run_id
    assert run_id is not None
    assert engine.store.run(run_id).request["mode"] == "firecracker"


@pytest.mark.parametrize(
    ("lines", "reason"), [(("do: run gone",), "no command"), (("do: run hello", "values: {whom: 1}"), "whom")]
)
async def test_what_cannot_be_run_is_an_error(engine: Engine, lines: tuple[str, ...], reason: str):
    told = scenario(step(*lines, f"expect: {{state: error, reason_contains: {reason}}}", code=""))
    events = await carried_out(engine, told)
    assert end(events).passed, ends(events)[0].reasons
    assert ends(events)[0].run_id is None


async def test_limits_and_timeouts_are_those_of_the_scenario(engine: Engine):
    told = scenario(
        step("timeout: 0.2", "expect: {state: timed-out, rolled_back: true}", code="sleep 600"),
        limits="{max_memory_mb: 1000}",
    )
    events = await carried_out(engine, told, keep=True)
    assert end(events).passed, ends(events)[0].reasons
    run_id = ends(events)[0].run_id
    assert run_id is not None
    assert engine.store.run(run_id).request["limits"]["max_memory_mb"] == 1000
    assert engine.store.session(end(events).session).spec.memory_mb > 1000


# Sessions


async def test_a_session_may_be_kept(engine: Engine):
    events = await carried_out(engine, scenario(step("expect: {exit_code: 0}")), keep=True)
    assert (end(events).kept, sessions(engine)) == (True, ["scenario-demo-1"])


async def test_a_named_session_goes_on_where_it_ended(engine: Engine):
    told = scenario(step("expect: {output_matches: '^x+$'}", code="echo -n x >> file; cat file"), session="named")
    first, second = await carried_out(engine, told), await carried_out(engine, told)
    assert [ends(events)[0].outcome.output for events in (first, second)] == [b"x", b"xx"]
    assert sessions(engine) == ["scenario-demo"]


async def test_whoever_stops_watching_ends_the_run_and_leaves_nothing(engine: Engine, fake: FakeBackend):
    told = scenario(step("expect: {exit_code: 0}", code="trap '' TERM; echo up; while :; do sleep 0.05; done"))
    async with aclosing(runner(engine).run(told)) as events:
        async for event in events:
            if isinstance(event, StepOutput):
                break
    assert sessions(engine) == []
    assert fake.machines == set()


# Meanwhile


async def test_the_machine_is_lost_in_the_middle_of_a_run(engine: Engine):
    told = scenario(
        step("expect: {exit_code: 0}", code="echo one > file")
        + step(
            "meanwhile: {after_output: half way, do: kill-machine}",
            "expect: {state: machine-lost, rolled_back: true, output_contains: half way}",
            code="echo two > file; printf half; sleep 0.1; echo ' way'; sleep 600",
        )
        + step("expect: {output_equals: one}", code="cat file")
    )
    events = await carried_out(engine, told)
    assert end(events).passed, [each.reasons for each in ends(events)]
    last = ends(events)[1].checks[-1]
    assert (last.what, last.found, last.passed) == ("meanwhile", "done", True)


async def test_the_machine_is_lost_between_a_failure_and_its_rollback(engine: Engine):
    told = scenario(
        step("expect: {exit_code: 0}", code="echo one > file")
        + step(
            "meanwhile: {after_event: RunExited, do: kill-machine}",
            "expect: {state: failed, exit_code: 7, rolled_back: true}",
            code="echo two > file; exit 7",
        )
        + step("expect: {output_equals: one}", code="cat file")
    )
    events = await carried_out(engine, told)
    assert end(events).passed, [each.reasons for each in ends(events)]


async def test_a_run_is_cancelled_meanwhile(engine: Engine):
    told = scenario(
        step("meanwhile: {after_output: up, do: cancel}", "expect: {state: cancelled}", code="echo up; sleep 600")
    )
    assert end(await carried_out(engine, told)).passed


async def test_a_snapshot_is_taken_meanwhile(engine: Engine):
    told = scenario(
        step(
            "meanwhile: {after_event: StepStarted, do: snapshot middle}",
            "expect: {state: succeeded}",
            code="echo one > file; sleep 0.3",
        )
        + step("do: rollback middle", "expect: {state: succeeded}", code="")
    )
    events = await carried_out(engine, told)
    assert end(events).passed, [each.reasons for each in ends(events)]


@pytest.mark.parametrize(
    ("meanwhile", "found"),
    [
        ("{after_output: never, do: cancel}", "its moment never came"),
        ("{after_event: RunStarted, do: kill-machine}", "the session has no live machine to lose"),
        ("{after_event: RunStarted, do: snapshot early}", "no state"),
    ],
)
async def test_what_could_not_be_done_meanwhile_is_not_as_expected(engine: Engine, meanwhile: str, found: str):
    told = scenario(step(f"meanwhile: {meanwhile}", "expect: {state: succeeded}", code="true"))
    events = await carried_out(engine, told)
    assert not end(events).passed
    assert found in ends(events)[0].checks[-1].found


# Answers


@pytest.fixture
def gated(open_engine: OpenEngine) -> Callable[[ScriptedApprover], Any]:
    """Open engines with the real gate."""
    return lambda approver: open_engine(gate=None, approver=approver)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), "{state: refused, asked: true, level_at_least: critical, reason_contains: nobody did}"),
        (("answer: deny",), "{state: refused, asked: true, reason_contains: denied}"),
        (("answer: once",), "{state: refused, asked: true}"),
        (("answer: type",), "{state: failed, exit_code: 9, asked: true, rolled_back: true}"),
    ],
)
async def test_questions_are_answered_as_the_step_says(
    gated: Callable[[ScriptedApprover], Any], lines: tuple[str, ...], expected: str
):
    approver = ScriptedApprover(person := Asked())
    code = f"exit 9; {DANGER}"  # it is judged by what it could do, and does nothing
    told = scenario(step(*lines, f"expect: {expected}", code=code))
    events = await carried_out(await gated(approver), told, approver=approver)
    assert end(events).passed, ends(events)[0].reasons
    assert person.questions == []


async def test_a_choice_is_enough_where_nothing_must_be_typed(gated: Callable[[ScriptedApprover], Any]):
    approver = ScriptedApprover()
    code = "exit 9; echo 'x' >> /etc/crontab"
    told = scenario(step("answer: once", "expect: {exit_code: 9, asked: true, level_at_most: high}", code=code))
    events = await carried_out(await gated(approver), told, approver=approver)
    assert end(events).passed, ends(events)[0].reasons


async def test_what_a_checkout_brings_with_it_does_not_agree_to_what_is_critical(
    gated: Callable[[ScriptedApprover], Any],
):
    approver = ScriptedApprover(person := Asked())
    told = scenario(
        step("answer: once", "expect: {exit_code: 9, asked: true}", code="exit 9; echo 'x' >> /etc/crontab")
        + step("answer: type", "expect: {state: refused, reason_contains: denied}", code=f"exit 9; {DANGER}")
        + step("answer: deny", "expect: {state: refused, reason_contains: denied}", code=f"exit 8; {DANGER}"),
    )
    assert not told.trusted
    events = await carried_out(await gated(approver), told, approver=approver, trusts=False)
    assert end(events).passed, [each.reasons for each in ends(events)]
    assert [question.level for question in person.questions] == ["critical"]
    trusted = replace(told, trusted=True)
    events = await carried_out(await gated(approver), trusted, approver=approver, trusts=False)
    assert ends(events)[-1].outcome.exit_code == 9
    assert len(person.questions) == 1


@pytest.mark.parametrize(("trusted", "answer"), [(True, Answer.ONCE), (False, Answer.DENY)])
async def test_what_a_checkout_brings_with_it_does_not_agree_for_policy_and_hooks(trusted: bool, answer: Answer):
    approver = ScriptedApprover(person := Asked())
    question = Question("r", "s", "ls", RiskLevel.LOW, ("a hook asks",), proposal(), "firecracker", "", by_rules=True)
    with approver.answering(question.session, ScriptedAnswer.ONCE, trusted=trusted):
        assert await approver.ask(question) is answer
    assert len(person.questions) == (not trusted)


async def test_no_scenario_agrees_to_what_has_the_network(gated: Callable[[ScriptedApprover], Any]):
    approver = ScriptedApprover(person := Asked())
    told = scenario(
        step("expect: {state: succeeded}", code="true")
        + step("answer: type", "expect: {state: refused, reason_contains: denied}", code=f"exit 9; {DANGER}"),
        limits="{network_access: true}",
    )
    events = await carried_out(await gated(approver), told, approver=approver)
    assert end(events).passed, [each.reasons for each in ends(events)]
    assert len(person.questions) == 1


async def test_questions_of_other_sessions_go_to_whoever_is_there(gated: Callable[[ScriptedApprover], Any]):
    from tests.support.runs import execute

    approver = ScriptedApprover(person := Asked())
    record = await execute(await gated(approver), f"exit 9; {DANGER}", mode=ExecutionMode.FIRECRACKER)
    assert record.state is RunState.REFUSED
    assert [question.session for question in person.questions] == ["s"]


# For programs


async def test_every_event_is_plain_data(engine: Engine):
    told = scenario(
        step("expect: {state: failed, output_contains: x y}", code="printf '\\377x y\\n'; exit 1")
        + step("do: undo", "expect: {state: succeeded}", code="")
    )
    lines = [json.loads(json.dumps(event.to_json())) for event in await carried_out(engine, told)]
    assert {line["scenario"] for line in lines} == {"demo"}
    assert lines[0] == {
        "event": "ScenarioBegun", "scenario": "demo", "title": "demo", "session": "scenario-demo-1", "steps": 2,
    }  # fmt: skip
    printed = [line for line in lines if line["event"] == "StepOutput"]
    assert b"".join(base64.b64decode(line["data"]) for line in printed) == b"\xffx y\n"
    assert {line["encoding"] for line in printed} == {"base64"}
    ended = next(line for line in lines if line["event"] == "StepEnded")
    assert (ended["passed"], ended["outcome"]["exit_code"], ended["outcome"]["state"]) == (True, 1, "failed")
    assert ended["checks"][0] == {"what": "state", "expected": "failed", "found": "failed", "passed": True}
    assert (lines[-1]["passed"], lines[-1]["steps_failed"]) == (False, 1)


async def test_a_session_of_its_own_is_marked_while_the_scenario_goes_on(engine: Engine, paths: Paths):
    marks = paths.locks / "passing"
    seen = []
    async with aclosing(runner(engine).run(scenario(step("expect: {state: succeeded}")))) as events:
        async for event in events:
            if isinstance(event, StepEnded):
                seen = [mark.read_text() for mark in marks.glob("*.session")]
    assert seen == ["scenario-demo-1"]
    assert not list(marks.iterdir())
