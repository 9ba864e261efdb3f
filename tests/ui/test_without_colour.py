"""NO_COLOR: whatever a colour says is also said by a mark, a weight, a stroke, or shades that are far apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Button, Input

from tests.support.pilots import until
from tui.ui.app import RollcageApp
from tui.ui.screens.confirm import Confirm
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.key_bar import KeyBar
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.status_bar import StatusBar


@pytest.fixture
def app(make_app: Callable[..., RollcageApp], monkeypatch: pytest.MonkeyPatch) -> RollcageApp:
    monkeypatch.setenv("NO_COLOR", "1")
    return make_app()


async def ready(pilot: Pilot[int], app: RollcageApp) -> None:
    await until(pilot, lambda: app.screen.query(DefinitionList) and app.screen.query_one(DefinitionList).shown)
    app.screen.query_one(DefinitionList).focus()
    await pilot.pause()


def screen_rows(app: RollcageApp) -> list[list[Segment]]:
    """Return what is drawn, as the terminal gets it: after the filters."""
    rows = []
    for strip in app.screen._compositor.render_strips():
        whole = Strip(list(strip))
        for line_filter in app._filters:
            whole = whole.apply_filter(line_filter, app.screen.background_colors[1])
        rows.append(list(whole))
    return rows


def at(app: RollcageApp, widget: Widget) -> list[tuple[str, Style]]:
    """Return the cells of the first row of a widget."""
    cells = [
        (character, segment.style or Style())
        for segment in screen_rows(app)[widget.region.y]
        for character in segment.text
    ]
    return cells[widget.region.x : widget.region.right]


def greys(styles: Iterable[Style]) -> set[tuple[int, int, int]]:
    colours = [colour for style in styles for colour in (style.color, style.bgcolor) if colour is not None]
    return {tuple(colour.get_truecolor()) for colour in colours}


async def test_there_is_no_colour(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        found = greys(segment.style for row in screen_rows(app) for segment in row if segment.style is not None)
        assert found
        assert {colour for colour in found if max(colour) - min(colour) > 2} == set()


async def test_the_cursor_has_a_mark_and_risks_have_glyphs_and_words(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        text = ["".join(segment.text for segment in row) for row in screen_rows(app)]
        assert sum("▌" in row for row in text) == 1
        assert any("▲" in row and "high" in row for row in text)
        assert any("◐" in row and "medium" in row for row in text)
        assert any("○" in row and "low" in row for row in text)


async def test_the_pane_with_the_focus_has_a_heavy_frame(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        corners = {pane.id: at(app, pane)[0][0] for pane in app.screen.query(Pane) if pane.region.width}
        assert corners.pop("pane-definitions") == "┏"
        assert set(corners.values()) == {"╭"}


async def test_keys_that_can_do_nothing_are_struck_out(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        bar = app.screen.query_one(KeyBar)
        await until(pilot, lambda: any(item.what.reason for item in bar.items))
        await pilot.pause()
        cells = at(app, bar)
        struck = "".join(text if style.strike else "|" for text, style in cells)
        free = "".join("|" if style.strike else text for text, style in cells)
        shown = [item for item in bar.items if f"{item.key} {item.label}" in struck + free]
        assert {f"{item.key} {item.label}" in struck for item in shown} == {True, False}
        assert [item for item in shown if (f"{item.key} {item.label}" in struck) != bool(item.what.reason)] == []


async def test_the_area_on_view_stands_out(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        bold = "".join(text for text, style in at(app, app.screen.query_one(StatusBar)) if style.bold)
        assert "Run" in bold
        assert "Audit" not in bold


async def test_the_button_that_enter_presses_stands_out(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        app.push_screen(Confirm("Sure?", Content("It goes."), act="Go", keep="Stay"))
        await until(pilot, lambda: isinstance(app.focused, Button))
        bold = {
            button.id: any(style.bold for text, style in at(app, button) if text.strip())
            for button in app.screen.query(Button)
        }
        assert bold == {"keep": True, "act": False}


async def test_what_is_selected_stands_out(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        field = app.screen.query_one("#filter", Input)
        field.value = "nothing"
        field.focus()
        await pilot.pause()
        field.select_all()
        await until(pilot, lambda: any(style.underline for _, style in at(app, field)))
        assert "".join(text for text, style in at(app, field) if style.underline).startswith("nothin")


async def test_a_button_that_cannot_be_pressed_is_struck_out(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        app.push_screen(Confirm("Sure?", Content("It goes."), act="Go", keep="Stay"))
        await until(pilot, lambda: isinstance(app.focused, Button))
        act, keep = app.screen.query_one("#act", Button), app.screen.query_one("#keep", Button)
        act.disabled = True
        await until(pilot, lambda: any(style.strike for _, style in at(app, act)))
        assert not any(style.strike for _, style in at(app, keep))


@pytest.mark.parametrize("theme", ["ansi", "ansi-light"])
async def test_the_terminals_own_colours_are_all_there_is_in_its_own_theme(
    make_app: Callable[..., RollcageApp], monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(theme)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        looks = {segment.style for row in screen_rows(app) for segment in row if segment.style is not None}
        colours = {colour.name for look in looks for colour in (look.color, look.bgcolor) if colour is not None}
        assert colours == {"default"}
        app.theme = "rollcage-dark"
        await pilot.pause()
        looks = {segment.style for row in screen_rows(app) for segment in row if segment.style is not None}
        assert len(greys(looks)) > 2
