"""`docs/themes.md` names every key and every variable, and its example is a theme."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tui.themes.reading import parse_theme
from tui.themes.tokens import COLOURS, TOKENS, VARIABLES

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "themes.md").read_text()
WORDS = set(re.findall(r"`([a-z0-9-]+)`", TEXT))


@pytest.mark.parametrize("name", [*COLOURS, "name", "dark", "ansi", "variables"])
def test_every_key_is_documented(name: str) -> None:
    assert name in WORDS


def test_every_variable_is_documented() -> None:
    shade = re.compile(r"(.+)-(?:lighten|darken)-[123]|markdown-h[1-6]-(color|background|text-style)")
    named = {(found[1] or found[2]) if (found := shade.fullmatch(name)) else name for name in VARIABLES}
    assert named - WORDS == set()


@pytest.mark.parametrize(("name", "source"), TOKENS.items())
def test_what_stands_in_for_a_token_is_documented(name: str, source: str) -> None:
    assert re.search(rf"^\| `{name}` \|.*\| `{source}` \|$", TEXT, re.MULTILINE)


def test_the_example_is_a_theme() -> None:
    example = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    assert parse_theme(example[1].encode(), Path("sea.yaml"))[1] == ()
