"""Hooks at the gate: what they change is looked at again, and where they fail nothing goes on."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.gates import with_text
from tests.support.people import Office, Person, ended, hook
from tests.support.runs import names, request
from tui.config import Settings
from tui.definitions.model import ResourceLimits
from tui.hooks.model import Allow, Ask, Block, Decision, HookContext, Limits, Modify, Output, Point
from tui.machines.model import PROFILES
from tui.runs.approval import Answer
from tui.runs.engine import Engine
from tui.runs.events import ApprovalRequested, HookDecided, RiskAssessed
from tui.store.states import RunState

BEFORE, AFTER, LAST, END = (
    Point.BEFORE_ASSESSMENT, Point.AFTER_ASSESSMENT, Point.BEFORE_EXECUTION, Point.AFTER_EXECUTION,
)  # fmt: skip
REMOVES = "rm -rf x; echo ran"


def rewrites(old: str, new: str) -> object:
    """A decision that replaces a text once."""

    def decide(context: HookContext) -> Decision:
        text = context.proposal.steps[0].text
        return Modify.texts(context.proposal, (new,), "the test says so") if text == old else Allow()

    return decide


@pytest.mark.parametrize("point", [BEFORE, AFTER, LAST])
async def test_a_changed_text_is_assessed_and_asked_about_as_it_is_then(gate: Office, point: Point):
    engine = await gate.engine(person := Person(), hooks=[hook(rewrites("echo fine", REMOVES), point)])  # type: ignore[arg-type]
    run = await ended(engine, "echo fine")
    assert run.record.state is RunState.REFUSED
    assert [question.proposal.steps[0].text for question in person.questions] == [REMOVES]
    assert [str(event.assessment.level) for event in run.of(RiskAssessed)][-1] == "medium"


@pytest.mark.parametrize("point", [BEFORE, AFTER, LAST])
async def test_what_runs_is_the_changed_text(gate: Office, point: Point):
    engine = await gate.engine(hooks=[hook(rewrites("echo old", "echo new"), point)])  # type: ignore[arg-type]
    run = await ended(engine, "echo old")
    assert run.record.output_head == b"new\n"
    assert run.record.request["steps"][0]["text"] == "echo new"


@pytest.mark.parametrize("point", [BEFORE, AFTER, LAST])
async def test_hooks_that_never_stop_changing_stop_the_run(gate: Office, point: Point):
    def grows(context: HookContext) -> Decision:
        return Modify.texts(context.proposal, (context.proposal.steps[0].text + "; :",), "more")

    run = await ended(await gate.engine(hooks=[hook(grows, point)]), "true")
    assert run.record.state is RunState.REFUSED
    assert "StepStarted" not in names(run.events)


def raises(_: HookContext) -> Decision:
    raise ZeroDivisionError("oh")


def hangs(_: HookContext) -> Decision:
    time.sleep(0.5)
    return Allow()


@pytest.mark.parametrize("point", [BEFORE, AFTER, LAST])
@pytest.mark.parametrize(
    ("decide", "why"),
    [(lambda _: Block("not today"), "not today"), (raises, "ZeroDivisionError"), (hangs, "no answer within 0.1 s")],
    ids=["block", "raise", "hang"],
)
async def test_what_a_hook_blocks_or_fails_at_does_not_run(gate: Office, point: Point, decide: object, why: str):
    fake = FakeBackend(gate.paths.data / "fake")
    engine = await gate.engine(hooks=[hook(decide, point)], hook_timeout_s=0.1, backend=fake)  # type: ignore[arg-type]
    run = await ended(engine, "echo fine")
    assert run.record.state is RunState.REFUSED
    assert why in run.record.error
    assert fake.calls == []
    assert [(event.hook, event.decision) for event in run.of(HookDecided)] == [("test", "block")]


@pytest.mark.parametrize("point", [BEFORE, AFTER, LAST])
async def test_what_a_hook_asks_is_asked_once(gate: Office, point: Point):
    person = Person([Answer.ONCE])
    engine = await gate.engine(person, hooks=[hook(lambda _: Ask("really?"), point)])
    assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED
    assert [question.reasons for question in person.questions] == [("test: really?",)]
    assert (await ended(engine, "echo fine")).record.state is RunState.REFUSED
    assert len(person.questions) == 2


@pytest.mark.parametrize("point", [BEFORE, AFTER, LAST])
async def test_an_answer_for_the_session_answers_hooks_too(gate: Office, point: Point):
    engine = await gate.engine(person := Person([Answer.SESSION]), hooks=[hook(lambda _: Ask("really?"), point)])
    for _ in range(2):
        assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED
    assert len(person.questions) == 1


async def test_risk_and_hooks_ask_one_question_and_what_comes_later_another(gate: Office):
    person = Person([Answer.ONCE, Answer.ONCE])
    early, late = hook(lambda _: Ask("early?"), BEFORE, AFTER, name="e"), hook(lambda _: Ask("late?"), LAST, name="l")
    run = await ended(await gate.engine(person, hooks=[early, late]), REMOVES)
    assert run.record.state is RunState.SUCCEEDED
    assert [question.reasons for question in person.questions] == [
        ("medium risk: deletes x and everything below it", "e: early?"),
        ("l: late?",),
    ]
    assert len(run.of(ApprovalRequested)) == 2


async def test_a_question_that_comes_after_a_change_is_not_lost(gate: Office):
    """The smaller text was agreed to as a part of the larger one; what the hook asks was not."""

    def asks(context: HookContext) -> Decision:
        return Ask("without the echo?") if context.proposal.steps[0].text == "rm -rf x" else Allow()

    shortens = hook(rewrites(REMOVES, "rm -rf x"), LAST, name="shortens")  # type: ignore[arg-type]
    person = Person([Answer.ONCE])
    run = await ended(await gate.engine(person, hooks=[shortens, hook(asks, AFTER)]), REMOVES)
    assert run.record.state is RunState.REFUSED
    assert [question.reasons for question in person.questions][1:] == [("test: without the echo?",)]


async def test_what_is_taken_away_is_not_asked_about_again(gate: Office):
    shortens = hook(rewrites(REMOVES, "rm -rf x"), LAST)  # type: ignore[arg-type]
    run = await ended(await gate.engine(person := Person([Answer.ONCE]), hooks=[shortens]), REMOVES)
    assert run.record.state is RunState.SUCCEEDED
    assert len(person.questions) == 1


async def test_variables_and_limits_reach_the_run(gate: Office):
    allow = Allow(env={"GIVEN": "by the hook"}, limits=Limits(cpu_s=7, wall_s=0.5, memory_bytes=512 << 20))
    engine = await gate.engine(hooks=[hook(lambda _: allow, LAST)])
    run = await ended(engine, request('echo "$GIVEN $OWN"', env={"OWN": "mine"}, timeout_s=60))
    assert run.record.output_head == b"by the hook mine\n"
    kept = run.record.request
    assert (kept["timeout_s"], kept["limits"]["max_cpu_time"], kept["limits"]["max_memory_mb"]) == (0.5, 7, 512)
    assert (await ended(engine, "sleep 30")).record.state is RunState.TIMED_OUT


@pytest.mark.parametrize("granted", [True, False])
async def test_limits_of_hooks_leave_the_network_as_the_session_has_it(gate: Office, granted: bool):
    engine = await gate.engine(hooks=[hook(lambda _: Allow(limits=Limits(cpu_s=7)), LAST)])
    run = await ended(engine, request("true", spec=replace(PROFILES["minimal"], network=granted)))
    assert run.record.state is RunState.SUCCEEDED
    assert run.record.request["limits"]["network_access"] is granted


async def test_a_hook_can_only_tighten_limits(gate: Office):
    allow = Allow(limits=Limits(cpu_s=700, wall_s=1e6, disk_bytes=1 << 40))
    engine = await gate.engine(hooks=[hook(lambda _: allow, LAST)])
    own = ResourceLimits(max_cpu_time=5, max_disk_mb=10)
    kept = (await ended(engine, request("true", limits=own, timeout_s=20))).record.request
    assert (kept["timeout_s"], kept["limits"]) == (20, {
        "max_memory_mb": None, "max_cpu_time": 5, "max_disk_mb": 10, "network_access": False,
    })  # fmt: skip
    assert (await ended(engine, "true")).record.request["timeout_s"] == 600  # as the settings say


async def test_hooks_after_a_run_see_how_it_ended_and_change_only_what_is_kept(gate: Office):
    seen = []

    def looks(context: HookContext) -> Decision:
        assert context.outcome is not None
        seen.append(context.outcome)
        return Modify("tidied", output=replace(context.outcome.output, head="tidied\n"))

    run = await ended(await gate.engine(hooks=[hook(looks, END)]), "echo out; exit 3")
    (finished,) = seen
    assert (finished.state, finished.exit_code, finished.output) == ("failed", 3, Output("out\n"))
    assert finished.usage["wall_s"] > 0
    assert (run.record.state, run.record.exit_code, run.record.output_head) == (RunState.FAILED, 3, b"tidied\n")


@pytest.mark.parametrize("decide", [raises, lambda _: Block("too late")], ids=["raise", "block"])
async def test_a_hook_that_fails_after_a_run_changes_nothing(gate: Office, decide: object):
    run = await ended(await gate.engine(hooks=[hook(decide, END)]), "echo out")  # type: ignore[arg-type]
    assert (run.record.state, run.record.output_head) == (RunState.SUCCEEDED, b"out\n")
    assert [event.point for event in run.of(HookDecided)] == ["after-execution"]


def install(gate: Office, script: str) -> Path:
    file = gate.write("hooks/50-guard", f"#!/bin/sh\n{script}\n")
    file.parent.chmod(0o755)
    file.chmod(0o755)
    return file


def answer(**fields: object) -> str:
    return f"cat > /dev/null; printf '%s' '{json.dumps(fields)}'"


async def test_an_executable_of_the_user_is_heard_and_read_again_when_it_changes(gate: Office):
    engine = await gate.engine()
    assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED
    install(gate, answer(decision="block", reason="not on my watch"))
    refused = await ended(engine, "echo fine")
    assert refused.record.state is RunState.REFUSED
    assert "guard: not on my watch" in refused.record.error
    install(gate, "sleep 20")
    gate.write("hooks.yaml", "hooks: {guard: {timeout_s: 0.2}}")
    assert "no answer" in (await ended(engine, "echo fine")).record.error
    install(gate, "exit 3").with_name("60-other").unlink(missing_ok=True)
    assert (await ended(engine, "echo fine")).record.state is RunState.REFUSED


async def test_the_text_of_a_request_is_left_alone_without_hooks(gate: Office):
    odd = with_text(request("x"), "printf '%s' 'a\\tb'   # kept")
    run = await ended(await gate.engine(hooks=()), odd)
    assert run.record.request["steps"][0]["text"] == odd.steps[0].text
    assert run.record.output_head == b"a\\tb"


async def test_the_bell_the_engine_was_given_rings_when_a_run_fails(gate: Office):
    gate.write("hooks.yaml", "hooks: {notification: {min_duration: 0, desktop: false}}")
    rings: list[str] = []
    backend = FakeBackend(gate.paths.data / "fake")
    async with await Engine.open(gate.paths, Settings(), backend=backend, bell=lambda: rings.append("rung")) as engine:
        await ended(engine, "true")
        assert rings == []
        await ended(engine, "false")
    assert rings == ["rung"]
