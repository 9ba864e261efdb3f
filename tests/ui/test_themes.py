"""Themes from files: good ones load, bad ones are reported with the key and never reach the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.themes import load_themes, read_theme


def test_the_shipped_themes_are_good(paths: Paths) -> None:
    themes = load_themes(paths)
    assert themes.problems == []
    assert {"rollcage-dark", "rollcage-light", "ansi"} <= set(themes.loaded)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("primary: '#12345'", "primary: '#12345' is not a colour"),
        ("primary: 123456", "primary: 123456 is not a colour; write it in quotes"),
        ("secondary: red", "primary: is required"),
        ("primary: red\ncolour: blue", "colour: there is no such key"),
        ("primary: red\ndark: maybe", "dark: must be true or false"),
        ("primary: red\nvariables: {border: nonsense}", "variables.border: 'nonsense' is not a colour"),
        ("primary: red\nvariables: {border: red 3}", "variables.border: 'red 3' is not a colour with an opacity"),
        ('primary: red\nname: "a\\eb"', "name: must be a printable text"),
        ("- red", "must be a mapping"),
        ("primary: [", "cannot be read"),
        ("primary: !!python/object/apply:os.system ['true']", "cannot be read"),
    ],
)
def test_mistakes_are_reported_with_their_key(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    theme, problems = read_theme(file)
    assert theme is None
    assert any(each.startswith(problem) for each in problems), problems


def test_a_theme_of_the_user_wins_by_name(paths: Paths) -> None:
    paths.user_themes.mkdir()
    (paths.user_themes / "mine.yaml").write_text("name: rollcage-dark\nprimary: '#ff0000'\n")
    (paths.user_themes / "bad.yaml").write_text("primary: nonsense\n")
    themes = load_themes(paths)
    assert themes.loaded["rollcage-dark"].primary == "#ff0000"
    assert len(themes.problems) == 1
    assert "bad.yaml: primary" in themes.problems[0]


@pytest.mark.parametrize("theme", ["rollcage-dark", "rollcage-light", "ansi", "no-such-theme"])
async def test_every_theme_starts(make_app: Callable[..., RollcageApp], theme: str) -> None:
    app = make_app(theme)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.theme == (theme if theme != "no-such-theme" else "rollcage-dark")
