"""The looks of what a widget draws itself.

Textual's component classes would do the same, but each of them is a node that is styled whenever its widget is, drawn
or not. A look is worked out when it is drawn the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.style import Style
from textual.color import Color

if TYPE_CHECKING:
    from textual.widget import Widget as _Base
else:
    _Base = object


class Look(NamedTuple):
    """How a part of a widget looks: variables of the theme, and attributes. What is not given is as the widget is."""

    color: str = ""
    background: str = ""
    bold: bool | None = None
    italic: bool | None = None
    underline: bool | None = None
    dim: bool | None = None


class Drawn(_Base):
    """A widget that draws parts in looks. A first base, beside the widget's own."""

    LOOKS: ClassVar[Mapping[str, Look]]
    """The looks by their names."""
    _styles_of_looks: dict[str, Style] | None = None
    _base_style: Style | None = None

    @property
    def base_style(self) -> Style:
        """What everything stands on."""
        # Textual goes through all ancestors at every access of its own, which costs more than drawing a row.
        if self._base_style is None:
            self._base_style = self.rich_style
        return self._base_style

    def look(self, name: str) -> Style:
        """Return what a look adds to the `base_style`."""
        if self._styles_of_looks is None:
            self._styles_of_looks = {}
        if (style := self._styles_of_looks.get(name)) is None:
            look = self.LOOKS[name]
            behind = self.background_colors[1]
            background = self._colour(look.background, behind) if look.background else None
            color = self._colour(look.color, background or behind) if look.color else None
            self._styles_of_looks[name] = style = Style(
                color=color.rich_color if color else None, bgcolor=background.rich_color if background else None,
                bold=look.bold, italic=look.italic, underline=look.underline, dim=look.dim,
            )  # fmt: skip
        return style

    def _colour(self, variable: str, behind: Color) -> Color:
        return colour(self.app.theme_variables[variable], behind)

    def notify_style_update(self) -> None:
        """Forget the colours of before."""
        super().notify_style_update()
        self._styles_of_looks = self._base_style = None


def colour(value: str, behind: Color) -> Color:
    """Return the colour that a variable of a theme, such as `auto 60%` or `#ff0000`, has on what is behind it."""
    words, _, share = value.rpartition(" ") if value.endswith("%") else (value, "", "100%")
    opacity = float(share.removesuffix("%")) / 100
    if words == "auto":
        return behind + behind.get_contrast_text(opacity)
    return behind + Color.parse(words).multiply_alpha(opacity)
