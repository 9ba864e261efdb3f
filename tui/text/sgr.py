"""Colours of output, as parsed from "select graphic rendition" sequences."""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

Colour = int | tuple[int, int, int] | None
"""An entry of the 256-colour palette, red-green-blue, or None for the terminal's own."""


class Sgr(NamedTuple):
    """How text is drawn, as "select graphic rendition" sequences set it (ECMA-48, 8.3.117).

    Blinking and concealment are not kept: the one disturbs, the other hides.
    """

    foreground: Colour = None
    background: Colour = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False

    def to_escape(self) -> str:
        """Return the sequence that selects this rendition, and nothing else, on a terminal."""
        codes = ["0"]
        for on, code in zip(self[2:], ("1", "2", "3", "4", "7", "9"), strict=True):
            if on:
                codes.append(code)
        for colour, base in ((self.foreground, "38"), (self.background, "48")):
            if isinstance(colour, int):
                codes.append(f"{base};5;{colour}")
            elif colour is not None:
                codes.append(f"{base};2;{colour[0]};{colour[1]};{colour[2]}")
        return f"\x1b[{';'.join(codes)}m"


PLAIN: Final = Sgr()
_FLAGS_ON: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike", 21: "underline"}
_FLAGS_OFF: Final = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


@functools.lru_cache(maxsize=512)
def apply_sgr(style: Sgr, parameters: str) -> Sgr:
    """Return `style` changed by the parameters between `ESC [` and `m`."""
    codes = [int(part) if part.isdigit() else 0 for part in _flatten(parameters)[:64]]
    position = 0
    while position < len(codes):
        code = codes[position]
        position += 1
        if code == 0:
            style = PLAIN
        elif code in _FLAGS_ON:
            style = style._replace(**{_FLAGS_ON[code]: True})
        elif code in _FLAGS_OFF:
            style = style._replace(**dict.fromkeys(_FLAGS_OFF[code], False))
        elif code in (38, 48):
            colour, position = _extended_colour(codes, position)
            style = style._replace(foreground=colour) if code == 38 else style._replace(background=colour)
        elif code == 39:
            style = style._replace(foreground=None)
        elif code == 49:
            style = style._replace(background=None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = style._replace(foreground=code - 30 if code < 90 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = style._replace(background=code - 40 if code < 100 else code - 92)
    if style.foreground is not None and style.foreground == style.background:
        return style._replace(foreground=None, background=None)  # text in the colour of its background is hidden
    return style


def _flatten(parameters: str) -> list[str]:
    """Return parameters as the `;` form has them; `38:2::1:2:3` carries a colour space that form lacks."""
    parts: list[str] = []
    for parameter in parameters.split(";"):
        fields = parameter.split(":")
        if len(fields) >= 6 and fields[0] in ("38", "48") and fields[1] == "2":
            del fields[2]
        if len(fields) > 1 and fields[0] == "4":
            fields = ["24" if fields[1] == "0" else "4"]
        parts += fields
    return parts


def _extended_colour(codes: list[int], position: int) -> tuple[Colour, int]:
    match codes[position : position + 4]:
        case [5, index, *_]:
            return min(index, 255), position + 2
        case [2, red, green, blue]:
            return (min(red, 255), min(green, 255), min(blue, 255)), position + 4
        case _:
            return None, len(codes)
