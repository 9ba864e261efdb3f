"""What may stand for a colour in a theme file."""

from __future__ import annotations

import re
from typing import Final

_HEX: Final = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_BARE_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_OPACITY: Final = re.compile(r"(?:100|[0-9]{1,2})%")
ANSI_NAMES: Final = frozenset(
    ["ansi_default"]
    + [
        f"ansi_{bright}{name}"
        for bright in ("", "bright_")
        for name in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
    ]
)
"""The sixteen colours of the terminal, and its own foreground or background."""
CSS_NAMES: Final = frozenset({
    "aliceblue", "antiquewhite", "aqua", "aquamarine", "azure", "beige", "bisque", "black", "blanchedalmond", "blue",
    "blueviolet", "brown", "burlywood", "cadetblue", "chartreuse", "chocolate", "coral", "cornflowerblue", "cornsilk",
    "crimson", "cyan", "darkblue", "darkcyan", "darkgoldenrod", "darkgray", "darkgreen", "darkgrey", "darkkhaki",
    "darkmagenta", "darkolivegreen", "darkorange", "darkorchid", "darkred", "darksalmon", "darkseagreen",
    "darkslateblue", "darkslategray", "darkslategrey", "darkturquoise", "darkviolet", "deeppink", "deepskyblue",
    "dimgray", "dimgrey", "dodgerblue", "firebrick", "floralwhite", "forestgreen", "fuchsia", "gainsboro",
    "ghostwhite", "gold", "goldenrod", "gray", "green", "greenyellow", "grey", "honeydew", "hotpink", "indianred",
    "indigo", "ivory", "khaki", "lavender", "lavenderblush", "lawngreen", "lemonchiffon", "lightblue", "lightcoral",
    "lightcyan", "lightgoldenrodyellow", "lightgray", "lightgreen", "lightgrey", "lightpink", "lightsalmon",
    "lightseagreen", "lightskyblue", "lightslategray", "lightslategrey", "lightsteelblue", "lightyellow", "lime",
    "limegreen", "linen", "magenta", "maroon", "mediumaquamarine", "mediumblue", "mediumorchid", "mediumpurple",
    "mediumseagreen", "mediumslateblue", "mediumspringgreen", "mediumturquoise", "mediumvioletred", "midnightblue",
    "mintcream", "mistyrose", "moccasin", "navajowhite", "navy", "oldlace", "olive", "olivedrab", "orange",
    "orangered", "orchid", "palegoldenrod", "palegreen", "paleturquoise", "palevioletred", "papayawhip", "peachpuff",
    "peru", "pink", "plum", "powderblue", "purple", "rebeccapurple", "red", "rosybrown", "royalblue", "saddlebrown",
    "salmon", "sandybrown", "seagreen", "seashell", "sienna", "silver", "skyblue", "slateblue", "slategray",
    "slategrey", "snow", "springgreen", "steelblue", "tan", "teal", "thistle", "tomato", "turquoise", "violet",
    "wheat", "white", "whitesmoke", "yellow", "yellowgreen",
})  # fmt: skip
"""The named colours of CSS (https://www.w3.org/TR/css-color-4/#named-colors)."""
_SPECIAL: Final = frozenset({"auto", "transparent"})
STYLES: Final = frozenset({"none", "bold", "dim", "italic", "reverse", "strike", "underline"})
"""The words a text style is made of; `none` stands alone."""


def colour_problem(value: str) -> tuple[str, str] | None:
    """Return what is wrong with a colour and what to do about it, or None.

    A colour is `#rgb`, `#rrggbb`, a name of CSS, an `ansi_` name, `auto` (black or white, whichever can be read) or
    `transparent`; an opacity such as `40%` may follow it.
    """
    colour, _, opacity = value.partition(" ")
    if not (_HEX.fullmatch(colour) or colour in CSS_NAMES | ANSI_NAMES | _SPECIAL):
        if _BARE_HEX.fullmatch(colour):
            return f"{value!r} is not a colour", f"write '#{colour}', in quotes"
        return f"{value[:60]!r} is not a colour", "for example '#5fb3b3', 'teal' or 'ansi_cyan'"
    if opacity and not _OPACITY.fullmatch(opacity):
        return f"{value[:60]!r} is not a colour with an opacity", f"for example '{colour} 40%'"
    return None


def style_problem(value: str) -> tuple[str, str] | None:
    """Return what is wrong with a text style and what to do about it, or None."""
    words = value.split()
    if not words or not STYLES.issuperset(words) or ("none" in words and len(words) > 1):
        return f"{value[:60]!r} is not a text style", f"words of {', '.join(sorted(STYLES))}"
    return None
