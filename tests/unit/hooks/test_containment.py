"""Hooks that raise, hang or misbehave: contained, recorded, and fail closed before a run."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from typing import Any

import pytest

from tests.unit.hooks.proposals import Scripted, assess_low, context
from tui.hooks.chain import HookChain
from tui.hooks.model import Allow, Block, ChainResult, Decision, HookContext, Point

CLOSED = [Point.BEFORE_ASSESSMENT, Point.AFTER_ASSESSMENT, Point.BEFORE_EXECUTION, Point.BEFORE_MODEL_CALL]
OPEN = [Point.AFTER_EXECUTION, Point.AFTER_MODEL_REPLY]


def at(point: Point) -> HookContext:
    return context(point, model_text="text" if point.has_model_text else None)


async def heard(hook: Scripted, point: Point = Point.BEFORE_EXECUTION, timeout_s: float = 30.0) -> ChainResult:
    return await HookChain([hook], assess=assess_low, timeout_s=timeout_s).run(at(point))


def raises(_: HookContext) -> Decision:
    raise RuntimeError("broken guard")


@pytest.mark.parametrize("point", CLOSED)
async def test_a_hook_that_raises_stops_what_comes_next(point: Point) -> None:
    result = await heard(Scripted("guard", raises), point)
    assert isinstance(result.decision, Block)
    assert result.records[0].error == "RuntimeError: broken guard"
    assert "broken guard" in result.decision.reason


@pytest.mark.parametrize("point", OPEN)
async def test_afterwards_it_is_a_warning(point: Point) -> None:
    result = await heard(Scripted("guard", raises), point)
    assert isinstance(result.decision, Allow)
    assert result.records[0].error == "RuntimeError: broken guard"
    assert any("broken guard" in warning for warning in result.warnings)


async def test_the_others_are_heard_all_the_same() -> None:
    hooks = [Scripted("a", raises, 9), Scripted("b", lambda _: Allow(notes=("here",)))]
    result = await HookChain(hooks, assess=assess_low).run(at(Point.AFTER_EXECUTION))
    assert result.records[1].decision == Allow(notes=("here",))


@pytest.mark.parametrize("way", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), StopIteration()])
async def test_leaving_in_an_unusual_way_is_a_failure_too(way: BaseException) -> None:
    def leave(_: HookContext) -> Decision:
        raise way

    assert isinstance((await heard(Scripted("odd", leave))).decision, Block)


@pytest.mark.parametrize("answer", [None, True, "allow", {"decision": "allow"}])
async def test_an_answer_that_is_no_decision_is_a_failure(answer: Any) -> None:
    result = await heard(Scripted("odd", lambda _: answer))
    assert isinstance(result.decision, Block)


async def test_a_hook_that_blocks_its_thread_freezes_nobody() -> None:
    release = threading.Event()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    def hang(_: HookContext) -> Decision:
        release.wait()
        return Allow()

    ticking = asyncio.create_task(tick())
    result = await heard(Scripted("hangs", hang), timeout_s=0.05)
    ticking.cancel()
    release.set()
    assert isinstance(result.decision, Block)
    assert result.records[0].error == "no answer within 0.05 s"
    assert ticks > 1


async def test_a_coroutine_that_hangs_is_cancelled_and_cleans_up() -> None:
    cleaned = threading.Event()

    async def hang(_: HookContext) -> Decision:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()
        return Allow()

    result = await heard(Scripted("hangs", hang), timeout_s=0.05)
    assert isinstance(result.decision, Block)
    assert cleaned.is_set()


async def test_cancelling_the_chain_cancels_the_hook() -> None:
    started, cleaned = threading.Event(), threading.Event()

    async def hang(_: HookContext) -> Decision:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()
        return Allow()

    task = asyncio.create_task(heard(Scripted("hangs", hang)))
    await asyncio.to_thread(started.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned.is_set()


async def test_coroutines_and_functions_are_both_hooks() -> None:
    async def decide(_: HookContext) -> Decision:
        await asyncio.sleep(0)
        return Allow(notes=("later",))

    assert (await heard(Scripted("async", decide))).decision == Allow(notes=("async: later",))


async def test_a_hook_sees_the_context_variables_of_its_caller() -> None:
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("set")
    result = await heard(Scripted("look", lambda _: Allow(notes=(variable.get(),))))
    assert result.decision == Allow(notes=("look: set",))


async def test_deep_recursion_stays_in_its_thread() -> None:
    def deep(_: HookContext) -> Decision:
        return deep(_)

    result = await heard(Scripted("deep", deep))
    assert "RecursionError" in (result.records[0].error or "")
    assert sys.getrecursionlimit() > 100
