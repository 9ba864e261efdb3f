"""What stands on top of an area is answered once; what is gone cannot be pressed; what is pasted is seen."""

from __future__ import annotations

import asyncio

from textual.content import Content
from textual.events import MouseDown, Paste
from textual.pilot import Pilot
from textual.widgets import Button, Input
from textual.widgets._toast import Toast

from tests.support.pilots import until
from tests.ui.previews import question_about
from tui.ui.app import RollcageApp
from tui.ui.screens.approval import Approval
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.jump import Jump
from tui.ui.screens.run import RunArea


async def asked(pilot: Pilot[int], app: RollcageApp, answers: list[bool | None]) -> Confirm:
    """Put a dialog on the screen whose answers go into a list."""
    await until(pilot, lambda: app.engine is not None)
    dialog = Confirm("Sure?", Content("It is a question."), act="Do it", keep="Keep it")
    app.push_screen(dialog, answers.append)
    await until(pilot, lambda: isinstance(app.focused, Button))
    return dialog


async def test_two_quick_presses_answer_once(app: RollcageApp) -> None:
    async with app.run_test() as pilot:
        answers: list[bool | None] = []
        dialog = await asked(pilot, app, answers)
        button = dialog.query_one("#act", Button)
        button.press()
        button.press()
        await until(pilot, lambda: isinstance(app.screen, RunArea))
        await pilot.pause()
        assert answers == [True]
        assert isinstance(app.screen, RunArea)


async def test_two_clicks_leave_the_letters_once(app: RollcageApp) -> None:
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.engine is not None)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        await pilot.double_click(offset=(40, 12))
        await until(pilot, lambda: isinstance(app.screen, RunArea))


async def test_an_answer_leaves_a_question_on_top_of_it_alone(app: RollcageApp) -> None:
    async with app.run_test() as pilot:
        answers: list[bool | None] = []
        dialog = await asked(pilot, app, answers)
        question = asyncio.ensure_future(app.approver.ask(question_about("rm -rf /")))
        await until(pilot, lambda: isinstance(app.screen, Approval))
        dialog.query_one("#act", Button).press()
        await pilot.pause()
        assert isinstance(app.screen, Approval)
        assert answers == []
        await pilot.press("n")
        assert await question is not None
        await until(pilot, lambda: isinstance(app.screen, RunArea))
        assert answers == [True]


async def test_a_click_on_a_message_that_is_gone_does_nothing(app: RollcageApp) -> None:
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: app.engine is not None)
        app.notify("soon gone")
        await until(pilot, lambda: app.screen.query(Toast))
        toast = app.screen.query_one(Toast)
        x, y = toast.region.x + 2, toast.region.y + 1
        parent, toast._parent = toast._parent, None  # as it is between its removal and the next frame
        app.post_message(MouseDown(None, x, y, 0, 0, 1, shift=False, meta=False, ctrl=False, screen_x=x, screen_y=y))
        await pilot.pause()
        toast._parent = parent
        assert app.is_running


async def test_what_is_pasted_into_a_line_is_seen(app: RollcageApp) -> None:
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.engine is not None)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        app.post_message(Paste("a\x1b]52;c;x\x07\u202eb\nsecond line"))
        await pilot.pause()
        assert app.screen.query_one("#filter", Input).value == "a␛]52;c;x␇‹U+202E›b"
