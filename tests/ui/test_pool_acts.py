"""What was begun with machines comes to its end, and a second key says that it is under way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.pilots import until
from tests.ui.fleet import READY, FleetEngine, of_session
from tests.ui.test_pool import pool
from tests.ui.test_running import toasts
from tui.ui.app import RollcageApp
from tui.ui.screens.area import ANSWER_FIRST
from tui.ui.screens.confirm import Confirm


@pytest.fixture
def engine() -> FleetEngine:
    return FleetEngine()


async def test_a_second_drain_neither_breaks_the_first_off_nor_takes_it_back(
    make_app: Callable[..., RollcageApp], engine: FleetEngine
) -> None:
    app = make_app()
    go = engine.hold("drain")
    async with pool(app) as (pilot, _):
        await pilot.press("d")
        await until(pilot, lambda: engine.calls == ["drain"])
        await pilot.press("d")
        await until(pilot, lambda: "The drain is under way; wait for its end." in toasts(app))
        go.set()
        await until(pilot, lambda: any(toast.startswith("Drained: 1 ") for toast in toasts(app)))
        assert engine.asked == [("drain", "")]


async def test_a_restart_goes_on_whatever_is_pressed_next(
    make_app: Callable[..., RollcageApp], engine: FleetEngine
) -> None:
    engine.fleet = [READY, of_session()]
    app = make_app()
    go = engine.hold("restart")
    async with pool(app) as (pilot, screen):
        assert screen.machine == READY
        await pilot.press("r")
        await until(pilot, lambda: engine.calls == ["restart"])
        await pilot.press("r")
        await until(pilot, lambda: "The restart is under way; wait for its end." in toasts(app))
        await pilot.press("j", "r")  # of the session's: that is asked first
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        go.set()
        await until(pilot, lambda: any(toast.endswith("was replaced.") for toast in toasts(app)))
        assert engine.asked == [("restart", READY.id)]
        assert isinstance(app.screen, Confirm)


async def test_a_second_question_about_machines_does_not_take_the_answer_of_the_first(
    make_app: Callable[..., RollcageApp], engine: FleetEngine
) -> None:
    engine.fleet = [of_session()]
    app = make_app()
    async with pool(app) as (pilot, screen):
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        screen.action_discard()
        await until(pilot, lambda: ANSWER_FIRST in toasts(app))
        await pilot.press("right", "enter")
        await until(pilot, lambda: engine.asked == [("restart", of_session().id)])
