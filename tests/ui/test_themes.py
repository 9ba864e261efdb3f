"""Themes in the application: every shipped one draws it, a missing one does not keep it from starting."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.pilots import until
from tui.paths import Paths
from tui.themes.catalog import ThemeCatalog
from tui.ui.app import RollcageApp

SHIPPED = {"rollcage-dark", "rollcage-light", "ansi", "high-contrast", "colour-blind-safe"}


def test_the_shipped_themes_are_good(paths: Paths) -> None:
    index = ThemeCatalog.standard(paths).index
    assert index.problems == ()
    assert set(index.themes) == SHIPPED


@pytest.mark.parametrize("theme", sorted(SHIPPED))
async def test_every_theme_starts(make_app: Callable[..., RollcageApp], theme: str) -> None:
    app = make_app(theme)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.theme == theme


async def test_a_missing_theme_and_a_bad_one_are_told(make_app: Callable[..., RollcageApp], paths: Paths) -> None:
    paths.user_themes.mkdir()
    (paths.user_themes / "bad.yaml").write_text("primary: nonsense\n")
    app = make_app("no-such-theme")
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.theme == "rollcage-dark"
        await until(pilot, lambda: len(app._notifications) == 2)
        said = "\n".join(each.message for each in app._notifications)
        assert "bad.yaml:1:10" in said
        assert "there is no theme 'no-such-theme'" in said
