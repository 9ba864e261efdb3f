"""How the decisions of several hooks become one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.hooks.proposals import Scripted, assess_low, assessment, context, outcome, proposal
from tui.hooks.chain import MAX_ROUNDS, HookChain
from tui.hooks.model import (
    Allow,
    Ask,
    Block,
    ChainResult,
    Decision,
    HookContext,
    HookRecord,
    Limits,
    Modify,
    Output,
    Point,
)
from tui.proposal import Proposal, ProposedStep

Answer = Callable[[HookContext], Decision | Awaitable[Decision]]


def says(decision: Any) -> Answer:
    return lambda _: decision


async def decided(*hooks: Scripted, about: HookContext | None = None, **options: Any) -> ChainResult:
    options.setdefault("assess", assess_low)
    return await HookChain(hooks, **options).run(about or context())


def rewrites(name: str, old: str, new: str, priority: int = 0) -> Scripted:
    def answer(seen: HookContext) -> Decision:
        texts = tuple(step.text.replace(old, new) for step in seen.proposal.steps)
        return Modify.texts(seen.proposal, texts, f"{old} becomes {new}")

    return Scripted(name, answer, priority)


async def test_nobody_objects() -> None:
    result = await decided()
    assert result.decision == Allow()
    assert not result.records
    assert not result.changed


async def test_higher_priorities_are_heard_first_and_names_decide_between_equals() -> None:
    heard: list[str] = []

    def note(name: str) -> Answer:
        return lambda _: (heard.append(name), Allow())[1]

    hooks = [Scripted(name, note(name), priority) for name, priority in (("c", 0), ("a", 0), ("low", -5), ("high", 9))]
    await decided(*hooks)
    assert heard == ["high", "a", "c", "low"]


async def test_a_hook_is_only_heard_at_its_points() -> None:
    hook = Scripted("late", says(Block("no")), points=frozenset({Point.AFTER_MODEL_REPLY}))
    assert (await decided(hook)).decision == Allow()
    result = await decided(hook, about=context(Point.AFTER_MODEL_REPLY, model_text="hello"))
    assert result.decision == Block("late: no")


@given(st.lists(st.sampled_from(["allow", "ask", "block"]), min_size=1, max_size=6))
async def test_the_strictest_decision_holds_whatever_the_order(kinds: list[str]) -> None:
    made: dict[str, Decision] = {"allow": Allow(), "ask": Ask("sure?"), "block": Block("no")}
    result = await decided(*(Scripted(f"h{i}", says(made[kind]), -i) for i, kind in enumerate(kinds)))
    expected = Block if "block" in kinds else Ask if "ask" in kinds else Allow
    assert isinstance(result.decision, expected)
    assert len(result.records) == len(kinds), "every hook is heard"


async def test_all_reasons_and_questions_are_named() -> None:
    result = await decided(
        Scripted("a", says(Block("one"))), Scripted("b", says(Ask("two?"))), Scripted("c", says(Block("three")))
    )
    assert result.decision == Block("a: one\nc: three")
    result = await decided(Scripted("a", says(Ask("one?"))), Scripted("b", says(Ask("two?"))))
    assert result.decision == Ask("a: one?\nb: two?")


async def test_variables_merge_and_the_higher_priority_wins() -> None:
    result = await decided(
        Scripted("low", says(Allow({"A": "low", "B": "low"})), 1), Scripted("high", says(Allow({"A": "high"})), 2)
    )
    assert result.env == {"A": "high", "B": "low"}
    assert isinstance(result.decision, Allow)
    assert result.decision.env == result.env


async def test_the_strictest_limits_hold() -> None:
    result = await decided(
        Scripted("a", says(Allow(limits=Limits(memory_bytes=10, cpu_s=5.0)))),
        Scripted("b", says(Allow(limits=Limits(memory_bytes=7, disk_bytes=3)))),
    )
    assert result.limits == Limits(memory_bytes=7, cpu_s=5.0, disk_bytes=3)


@pytest.mark.parametrize("env", [{"A=B": "x"}, {"": "x"}, {"A": "x\0y"}, {"1A": "x"}])
async def test_a_variable_that_no_process_can_have_is_a_failure(env: dict[str, str]) -> None:
    result = await decided(Scripted("bad", says(Allow(env))))
    assert isinstance(result.decision, Block)
    assert result.env == {}


# --- changes ------------------------------------------------------------------------------------------------------


async def test_changes_compose_in_order_of_priority_and_are_assessed() -> None:
    result = await decided(
        rewrites("second", "b", "c", 1), rewrites("first", "a", "b", 2), about=context(about=proposal("a"))
    )
    assert [step.text for step in result.proposal.steps] == ["c"]
    assert isinstance(result.decision, Modify)
    assert result.decision.steps == result.proposal.steps
    assert result.changed
    assert result.proposal.assessment is not None
    assert "first: a becomes b" in result.decision.reason


async def test_a_change_does_not_hide_a_later_block() -> None:
    result = await decided(
        rewrites("change", "a", "b", 9), Scripted("block", says(Block("no"))), about=context(about=proposal("a"))
    )
    assert result.decision == Block("block: no")


async def test_after_a_change_everybody_is_heard_again_about_the_new_text() -> None:
    seen: list[str] = []

    def guard(about: HookContext) -> Decision:
        text = about.proposal.steps[0].text
        seen.append(text)
        return Block("dangerous") if text == "rm" else Allow()

    result = await decided(
        Scripted("guard", guard, 9), rewrites("change", "ls", "rm"), about=context(about=proposal("ls"))
    )
    assert seen == ["ls", "rm"], "the guard, heard first, must see what really runs"
    assert result.decision == Block("guard: dangerous")
    assert [record.round for record in result.records] == [1, 1, 2, 2]


async def test_a_question_is_about_the_changed_text() -> None:
    asks = Scripted("ask", lambda seen: Ask(f"run {seen.proposal.steps[0].text}?"), 9)
    result = await decided(asks, rewrites("change", "a", "b"), about=context(about=proposal("a")))
    assert result.decision == Ask("ask: run b?")
    assert result.changed
    assert result.proposal.steps[0].text == "b"


async def test_hooks_that_change_the_text_back_and_forth_are_stopped() -> None:
    def swap(seen: HookContext) -> Decision:
        new = {"a": "b", "b": "a"}[seen.proposal.steps[0].text]
        return Modify.texts(seen.proposal, (new,), "swap")

    result = await decided(Scripted("swap", swap), about=context(about=proposal("a")))
    assert isinstance(result.decision, Block)
    assert "swap" in result.decision.reason


async def test_a_hook_that_never_stops_changing_the_text_is_stopped() -> None:
    grow = Scripted("grow", lambda seen: Modify.texts(seen.proposal, (seen.proposal.steps[0].text + "x",), "grow"))
    result = await decided(grow)
    assert isinstance(result.decision, Block)
    assert len(result.records) == MAX_ROUNDS


async def test_before_the_assessment_nothing_is_assessed() -> None:
    async def never(_: Proposal) -> Proposal:
        raise AssertionError

    about = context(Point.BEFORE_ASSESSMENT, proposal("a"))
    result = await decided(rewrites("change", "a", "b"), about=about, assess=never)
    assert result.proposal.steps[0].text == "b"
    assert result.proposal.assessment is None


async def test_a_program_is_changed_through_its_arguments() -> None:
    step = ProposedStep("ls -l", "bash", ("ls", "-l"))
    about = context(about=replace(proposal(), steps=(step,), assessment=assessment()))
    lies = Scripted("lies", lambda seen: Modify.texts(seen.proposal, ("ls",), "shorter"))
    assert isinstance((await decided(lies, about=about)).decision, Block)
    honest = Scripted("honest", says(Modify("shorter", steps=(ProposedStep("ls", "bash", ("ls",)),))))
    assert (await decided(honest, about=about)).proposal.steps[0].argv == ("ls",)


@pytest.mark.parametrize(
    ("point", "modify"),
    [
        (Point.BEFORE_EXECUTION, Modify("?", output=Output("x"))),
        (Point.BEFORE_EXECUTION, Modify("?", steps=())),
        (Point.BEFORE_EXECUTION, Modify("?")),
        (Point.BEFORE_MODEL_CALL, Modify("?", steps=(ProposedStep("x", "bash"),))),
    ],
)
async def test_a_change_that_makes_no_sense_is_a_failure(point: Point, modify: Modify) -> None:
    text = "prompt" if point.has_model_text else None
    result = await decided(Scripted("odd", says(modify)), about=context(point, model_text=text))
    assert isinstance(result.decision, Block)
    assert not result.changed


async def test_output_is_changed_once_and_later_hooks_see_the_change() -> None:
    calls = count()

    def redact(seen: HookContext) -> Decision:
        assert seen.outcome is not None
        return Modify("redacted", output=Output(seen.outcome.output.text.replace("s3cret", "***")))

    def listen(seen: HookContext) -> Decision:
        next(calls)
        assert seen.outcome is not None
        return Allow(notes=(seen.outcome.output.text,))

    about = context(Point.AFTER_EXECUTION, finished=outcome("a s3cret"))
    result = await decided(Scripted("redact", redact, 9), Scripted("listen", listen), about=about)
    assert isinstance(result.decision, Modify)
    assert result.decision.output == Output("a ***")
    assert result.records[1].decision == Allow(notes=("a ***",))
    assert next(calls) == 1, "what ran is told about once"


async def test_text_for_a_model_is_changed() -> None:
    hook = Scripted("shout", lambda seen: Modify("louder", model_text=(seen.model_text or "").upper()))
    result = await decided(hook, about=context(Point.BEFORE_MODEL_CALL, model_text="hi"))
    assert result.context.model_text == "HI"
    assert isinstance(result.decision, Modify)
    assert result.decision.model_text == "HI"


# --- after a run nothing can be stopped ---------------------------------------------------------------------------


@pytest.mark.parametrize("decision", [Block("too late"), Ask("really?")])
async def test_after_a_run_objections_are_warnings(decision: Decision) -> None:
    result = await decided(Scripted("late", says(decision)), about=context(Point.AFTER_EXECUTION))
    assert isinstance(result.decision, Allow)
    assert any("late" in warning for warning in result.warnings)
    assert result.records[0].decision == decision, "the record keeps what the hook said"


# --- records --------------------------------------------------------------------------------------------------------


async def test_every_decision_is_recorded_as_it_is_made() -> None:
    records: list[HookRecord] = []
    ticks = count(0, 0.002)

    def look(_: HookContext) -> Decision:
        assert [record.name for record in records] == ["first"], "the first was recorded before the second was heard"
        return Ask("?")

    hooks = (Scripted("first", says(Allow(notes=("done",))), 9), Scripted("second", look))
    result = await decided(*hooks, recorder=records.append, clock=lambda: next(ticks))
    assert tuple(records) == result.records
    assert [record.took_ms for record in records] == pytest.approx([2.0, 2.0])
    assert records[0].to_json() == {
        "hook": "first", "point": "before-execution", "priority": 9, "decision": "allow", "env": [], "notes": ["done"],
        "warnings": [], "took_ms": 2.0, "error": None, "round": 1,
    }  # fmt: skip


async def test_what_cannot_be_recorded_does_not_go_on() -> None:
    def full(_: HookRecord) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await decided(Scripted("a", says(Allow())), recorder=full)


def test_two_hooks_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        HookChain([Scripted("a", says(Allow())), Scripted("a", says(Allow()))], assess=assess_low)


@pytest.mark.parametrize(
    "about",
    [
        HookContext(Point.AFTER_EXECUTION, proposal()),
        HookContext(Point.BEFORE_EXECUTION, proposal(), outcome()),
        HookContext(Point.BEFORE_MODEL_CALL, proposal()),
        HookContext(Point.BEFORE_EXECUTION, proposal(), model_text="x"),
    ],
)
async def test_a_context_must_fit_its_point(about: HookContext) -> None:
    with pytest.raises(ValueError, match="belongs"):
        await decided(about=about)
