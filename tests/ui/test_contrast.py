"""The shipped themes can be read: contrasts computed from their files, and colours as the colour-blind see them.

Contrast is that of WCAG 2.1 (https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio): 4.5 for text (1.4.3, level AA), 7 for
text of the high-contrast theme (1.4.6, AAA), 3 for what shows where the focus is (1.4.11). Colour vision deficiencies
are simulated after Machado, Oliveira and Fernandes 2009 for all three, and after Viénot, Brettel and Mollon 1999
(protanopia, deuteranopia) and Brettel, Viénot and Mollon 1997 (tritanopia), as `coloraide` implements them; distances
are CIEDE2000, where about 2 is just noticeable.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from coloraide import Color
from textual.color import Color as TextualColor

from tui.paths import Paths
from tui.themes.catalog import ThemeCatalog
from tui.ui.themed_app import token_defaults
from tui.ui.themes import textual_theme

ALL = ThemeCatalog.standard(Paths.below(Path("/nowhere"))).index.themes
THEMES = {name: theme for name, theme in ALL.items() if not theme.ansi}
TEXT = (
    "foreground", "text", "text-muted", "text-primary", "text-secondary", "text-accent", "text-success", "text-warning",
    "text-error", "risk-low", "risk-medium", "risk-high", "risk-critical", "state-good", "state-active", "state-bad",
)  # fmt: skip
BEHIND = ("background", "surface", "panel", "block-cursor-blurred-background")
PAIRS = (
    ("block-cursor-foreground", "block-cursor-background"), ("block-cursor-foreground", "primary"),
    ("block-cursor-foreground", "warning"), ("text-warning", "warning-muted"),
    ("footer-description-foreground", "footer-background"), ("footer-key-foreground", "footer-background"),
    ("footer-foreground", "footer-background"), ("input-cursor-foreground", "input-cursor-background"),
    ("input-selection-foreground", "input-selection-background"),
)  # fmt: skip
JUDGEMENTS = ("text-success", "text-warning", "text-error")
RISKS = ("risk-low", "risk-medium", "risk-high", "risk-critical")
BLIND = [
    *((kind, "machado") for kind in ("protan", "deutan", "tritan")),
    ("protan", "vienot"), ("deutan", "vienot"), ("tritan", "brettel"),
]  # fmt: skip


class Palette:
    """The colours of a theme as they come out on the screen."""

    def __init__(self, name: str) -> None:
        theme = textual_theme(ALL[name])
        self.variables = {**token_defaults(theme), **theme.to_color_system().generate(), **theme.variables}

    def colour(self, token: str, behind: TextualColor | None = None) -> TextualColor:
        """Return what is seen of a token's colour on another."""
        name, _, opacity = self.variables[token].partition(" ")
        behind = behind or TextualColor.parse(self.variables["surface"])
        colour = behind.get_contrast_text(1.0) if name == "auto" else TextualColor.parse(name)
        return behind.blend(colour, int(opacity[:-1]) / 100 if opacity else colour.a, 1.0)

    def contrast(self, token: str, behind: str) -> float:
        under = self.colour(behind)
        return Color(self.colour(token, under).hex6).contrast(Color(under.hex6), method="wcag21")


def text_pairs() -> Iterator[tuple[str, str]]:
    yield from itertools.product(TEXT, BEHIND)
    yield from PAIRS


def test_every_kind_of_theme_is_shipped() -> None:
    assert {"rollcage-dark", "rollcage-light", "high-contrast", "colour-blind-safe"} <= set(THEMES)
    assert [theme.dark for name, theme in THEMES.items() if name == "rollcage-light"] == [False]


@pytest.mark.parametrize("name", sorted(THEMES))
def test_text_can_be_read(name: str) -> None:
    palette, least = Palette(name), 7.0 if name == "high-contrast" else 4.5
    found = {(text, behind): palette.contrast(text, behind) for text, behind in text_pairs()}
    assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < least} == {}


def test_no_text_has_the_colour_it_stands_on_where_the_terminal_chooses_colours() -> None:
    # What the sixteen colours look like is the terminal's to say; that two of them differ is all that can be asked.
    variables = {name: value.partition(" ")[0] for name, value in Palette("ansi").variables.items()}
    pairs = [(text, behind) for text, behind in text_pairs() if behind != "block-cursor-blurred-background"]
    same = [(text, behind) for text, behind in pairs if variables[text] == variables[behind] != "ansi_default"]
    assert same == []


@pytest.mark.parametrize("name", sorted(THEMES))
def test_the_focus_can_be_seen(name: str) -> None:
    palette = Palette(name)
    tokens = ["border", "primary", "scrollbar", *(["border-blurred"] if name == "high-contrast" else [])]
    for token, behind in itertools.product(tokens, ("background", "surface")):
        assert palette.contrast(token, behind) >= 3, (token, behind)


@pytest.mark.parametrize(("kind", "method"), BLIND)
def test_judgements_and_risks_differ_for_the_colour_blind(kind: str, method: str) -> None:
    palette = Palette("colour-blind-safe")

    def distance(one: str, other: str) -> float:
        seen = [Color(palette.colour(token).hex6).filter(kind, method=method) for token in (one, other)]
        return seen[0].delta_e(seen[1], method="2000")

    for tokens, least in ((JUDGEMENTS, 20), (RISKS, 12)):
        found = {pair: distance(*pair) for pair in itertools.combinations(tokens, 2)}
        assert {pair: round(apart, 1) for pair, apart in found.items() if apart < least} == {}
