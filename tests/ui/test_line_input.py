"""What is typed in stays on its line."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.widgets import Input

from tests.support.pilots import until
from tui.ui.app import RollcageApp
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.line_input import LineInput


class Narrow(App[None]):
    def compose(self) -> ComposeResult:
        """One line, wider than its room."""
        yield LineInput(placeholder="several words that do not fit", compact=True)


async def test_a_placeholder_that_is_too_wide_ends_at_the_edge() -> None:
    app = Narrow()
    async with app.run_test(size=(12, 3)):
        strip = app.query_one(LineInput).render_line(0)
        assert "\n" not in strip.text
        assert strip.text.startswith("several")
        assert strip.cell_length == 12


async def test_the_end_of_a_long_filter_is_seen_as_it_is_typed(make_app: Callable[..., RollcageApp]) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query(DefinitionList) and app.screen.query_one(DefinitionList).shown)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        typed = app.focused
        assert isinstance(typed, Input)
        for word in ("a", "very", "long", "filter", "that", "does", "not", "fit", "here"):
            await pilot.press("space", *word)

        def row() -> str:
            return [strip.text for strip in app.screen._compositor.render_strips()][typed.region.y]

        await until(pilot, lambda: "not fit here" in row())
