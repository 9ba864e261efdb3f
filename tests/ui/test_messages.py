"""Messages at the edge of the screen: they never take the room of what is asked."""

from __future__ import annotations

import pytest
from textual.content import Content
from textual.widgets import Button
from textual.widgets._toast import Toast

from tests.support.pilots import until
from tui.ui.app import RollcageApp
from tui.ui.screens.confirm import Confirm


def shown(app: RollcageApp) -> list[str]:
    return [each._notification.message for each in app.screen.query(Toast) if each.region.area]


async def test_a_small_screen_shows_the_newest_message_and_then_the_one_before(app: RollcageApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.run_area.entry is not None)
        app.notify("first", timeout=60)
        app.notify("second", timeout=0.2)
        await until(pilot, lambda: shown(app) == ["second"])
        await until(pilot, lambda: shown(app) == ["first"])


async def test_a_high_screen_shows_all(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.run_area.entry is not None)
        app.notify("first", timeout=60)
        app.notify("second", timeout=60)
        await until(pilot, lambda: shown(app) == ["first", "second"])


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_message_hides_nothing_of_a_question(app: RollcageApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.run_area.entry is not None)
        for number in range(3):
            app.notify(f"message {number}\nof two lines", title="Title", timeout=60)
        dialog = Confirm("Roll back?", Content("All of this is lost.\n" * 4), act="Roll back", keep="Keep")
        app.push_screen(dialog)
        await until(pilot, lambda: shown(app) == ["message 2\nof two lines"])
        messages = [each.region for each in dialog.query(Toast) if each.region.area]
        asked = [dialog.query_one("#frame").region, *(each.region for each in dialog.query(Button))]
        assert not any(message.overlaps(part) for message in messages for part in asked)
