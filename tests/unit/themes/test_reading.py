"""Theme files: everything that is wrong with one is said at once, with its place, and nothing wrong gets through."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color
from textual.css.constants import VALID_STYLE_FLAGS
from textual.style import Style
from textual.theme import Theme as TextualTheme

from tui.themes.colours import ANSI_NAMES, CSS_NAMES, STYLES, colour_problem, style_problem
from tui.themes.model import Theme, located
from tui.themes.reading import MAX_FILE_BYTES, parse_theme
from tui.themes.tokens import COLOURS, STYLE_VARIABLES, TOKENS, VARIABLES

FILE = Path("mine.yaml")


def problems_of(text: str) -> list[str]:
    theme, problems = parse_theme(text.encode(), FILE)
    assert (theme is None) == bool(problems)
    return [located(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("primary: '#12345'", "mine.yaml:1:10: error: 'primary': '#12345' is not a colour (for example"),
        ("primary: 123456", "mine.yaml:1:10: error: 'primary': '123456' is not a colour (write '#123456', in quotes)"),
        ("primary: #123456", "mine.yaml:1:1: error: 'primary' has no value (a colour that begins with # must be"),
        ("secondary: red", "mine.yaml:1:1: error: 'primary' is required"),
        ("primary: red\ncolor: blue", "mine.yaml:2:1: error: theme: unknown field 'color'"),
        ("primary: red\ndark: maybe", "mine.yaml:2:7: error: theme: 'dark' must be true or false, not text"),
        ("primary: red\nprimary: blue", "mine.yaml:2:1: error: theme: 'primary' is given twice (first on line 1)"),
        (
            "primary: red\nvariables:\n  border: nonsense",
            "mine.yaml:3:11: error: 'variables.border': 'nonsense' is not",
        ),
        ("primary: red\nvariables: {border: red 3}", "mine.yaml:2:21: error: 'variables.border': 'red 3' is not a"),
        ("primary: red\nvariables: {risk-hi: red}", "there is no variable 'risk-hi' (did you mean 'risk-high'"),
        ("primary: red\nvariables: {primary: red}", "('primary' stands beside 'variables', not in it)"),
        ("primary: red\nvariables: {border: red, border: blue}", "'border' is given twice (first on line 2)"),
        ("primary: red\nvariables: {link-style: loud}", "'variables.link-style': 'loud' is not a text style (words of"),
        ("primary: red\nvariables: [a]", "mine.yaml:2:12: error: 'variables' must be a mapping, not a list"),
        ('primary: red\nname: "a\\eb"', "is not a name for a theme (letters, digits"),
        ("primary: red\nname: auto", "'auto' is not a name for a theme"),
        ("- red", "mine.yaml:1:1: error: a theme must be a mapping of keys to values, not a list"),
        ("", "mine.yaml:1:1: error: the file is empty"),
        ("primary: red\nsecondary: [", "error: not valid YAML"),
        ("a: &a red\nprimary: *a", "mine.yaml:2:10: error: YAML aliases are not supported"),
        ("primary: !!python/object/apply:os.system ['true']", "mine.yaml:1:10: error: 'primary'"),
    ],
)
def test_a_mistake_is_reported_with_its_place(text: str, problem: str) -> None:
    found = problems_of(text)
    assert any(problem in each for each in found), found


def test_all_mistakes_are_reported_at_once() -> None:
    found = problems_of("primary: pink-ish\ndark: 3\nvariables:\n  bordr: red\n  link-style: loud\n")
    assert [each.split(":")[1] for each in found] == ["1", "2", "4", "5"]


def test_a_file_that_is_too_long_or_no_text_is_refused() -> None:
    for data in (b"#" * (MAX_FILE_BYTES + 1), b"primary: \xff"):
        theme, problems = parse_theme(data, FILE)
        assert theme is None
        assert len(problems) == 1


def test_a_good_theme_is_read_as_it_is_written() -> None:
    text = b"name: sea\nprimary: teal\ndark: no\nvariables: {risk-high: '#f00', border: auto 40%, link-style: bold}\n"
    variables = {"risk-high": "#f00", "border": "auto 40%", "link-style": "bold"}
    assert parse_theme(text, FILE) == (Theme("sea", {"primary": "teal"}, variables, dark=False), ())


def test_the_file_gives_the_name_a_theme_lacks() -> None:
    theme, _ = parse_theme(b"primary: teal", Path("sea.yaml"))
    assert theme is not None
    assert theme.name == "sea"
    assert parse_theme(b"primary: teal", Path("a b.yaml"))[0] is None


def test_the_variables_are_what_textual_derives_and_our_own() -> None:
    derived = {
        name
        for theme in (TextualTheme("a", "#123456"), TextualTheme("b", "ansi_red", ansi=True))
        for name in theme.to_color_system().generate()
    }
    misspelt_in_textual = {"surface-actrive"}
    assert derived - set(COLOURS) - misspelt_in_textual | TOKENS.keys() == VARIABLES
    assert set(TOKENS.values()) <= derived
    assert {name for name in VARIABLES if "style" in name} == STYLE_VARIABLES


@pytest.mark.parametrize("name", sorted(CSS_NAMES | ANSI_NAMES))
def test_textual_knows_every_colour_that_passes(name: str) -> None:
    assert colour_problem(name) is None
    Color.parse(name)


WORDS = st.sampled_from(
    ["red", "Red", "auto", "#12f", "#1234567", "40%", "101%", "bold", "not", "none", "loud", "#ggg", "%"]
)


@given(st.lists(WORDS, max_size=3).map(" ".join) | st.text(max_size=12))
def test_nothing_passes_that_textual_cannot_parse(text: str) -> None:
    if colour_problem(text) is None and not text.startswith("auto"):
        Color.parse(text.partition(" ")[0])
    if style_problem(text) is None and text != "none":
        Style.parse(text)


def test_every_word_of_a_style_passes_alone() -> None:
    assert [word for word in STYLES if style_problem(word)] == []
    assert STYLES <= VALID_STYLE_FLAGS
