"""The colours of what widgets draw themselves: those of the theme, on what is behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.color import Color
from textual.css.stylesheet import Stylesheet

from tests.support.pilots import until
from tui.ui.app import RollcageApp
from tui.ui.screens.run import RunArea
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.looks import colour

BLACK, WHITE, RED = Color(0, 0, 0), Color(255, 255, 255), Color(255, 0, 0)


@pytest.mark.parametrize(
    ("value", "behind", "expected"),
    [
        ("#ff0000", BLACK, RED),
        ("red", WHITE, RED),
        ("#ffffff 50%", BLACK, Color(127, 127, 127)),
        ("rgba(255, 255, 255, 0.5)", BLACK, Color(127, 127, 127)),
        ("auto", BLACK, WHITE),
        ("auto 50%", BLACK, Color(127, 127, 127)),
        ("auto", WHITE, BLACK),
        ("transparent", RED, RED),
        ("ansi_red", BLACK, Color.parse("ansi_red")),
        ("ansi_red 40%", BLACK, Color.parse("ansi_red")),
    ],
)
def test_a_colour_of_a_theme_on_what_is_behind_it(value: str, behind: Color, expected: Color) -> None:
    assert colour(value, behind) == expected


async def test_a_list_has_the_colours_of_the_theme_it_is_in(make_app: Callable[..., RollcageApp]) -> None:
    app = make_app("rollcage-dark")
    async with app.run_test(size=(80, 24)) as pilot:
        commands = app.run_area.query_one(DefinitionList)
        await until(pilot, lambda: commands.entry is not None)
        dark = commands.look("risk-high")
        assert commands.base_style == commands.rich_style
        await until(pilot, lambda: "rollcage-light" in app.available_themes)
        app.theme = "rollcage-light"
        await until(pilot, lambda: commands.look("risk-high") != dark)
        assert commands.base_style == commands.rich_style
        assert commands.look("risk-high").color == Color.parse(app.theme_variables["risk-high"]).rich_color


async def test_a_start_reads_the_styles_once(
    make_app: Callable[..., RollcageApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[Stylesheet] = []
    reparse = Stylesheet.reparse

    def counted(sheet: Stylesheet) -> None:
        again.append(sheet)
        reparse(sheet)

    monkeypatch.setattr(Stylesheet, "reparse", counted)
    app = make_app("rollcage-dark")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunArea) and app.screen.is_mounted)
        assert not again
        assert app.styles.has_rule("color")  # applied all the same
        await until(pilot, lambda: "rollcage-light" in app.available_themes)
        app.theme = "rollcage-light"
        await until(pilot, lambda: again)
