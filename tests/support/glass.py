"""What a person sees: the screen of a terminal, as what the application sends leaves it."""

from __future__ import annotations

import re
from typing import Any, Final

from rich.cells import get_character_cell_size
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.screen import Screen

_PART: Final = re.compile(r"\x1b\[(?P<row>\d+);(?P<column>\d+)H|\x1b\[[0-9;]*m|(?P<line>\n)|(?P<text>[^\x1b\n]+)")


class Glass:
    """Follows an application that runs without a terminal. Knows where cells are, and not how they look."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._cells: dict[tuple[int, int], str] = {}
        self._display = app._display
        app._display = self._follow  # type: ignore[method-assign]

    def _follow(self, screen: Screen[Any], update: Any) -> None:
        if isinstance(update, CompositorUpdate) and not self._app._batch_count:
            self._draw(update.render_segments(self._app.console))
        self._display(screen, update)

    def _draw(self, sequences: str) -> None:
        row = column = 0
        for part in _PART.finditer(sequences):
            if part["row"]:
                row, column = int(part["row"]) - 1, int(part["column"]) - 1
            elif part["line"]:
                row, column = row + 1, 0
            for character in part["text"] or "":
                width = get_character_cell_size(character)
                if not width:
                    continue  # it goes on the cell before
                self._cells[row, column] = character
                for further in range(1, width):
                    self._cells[row, column + further] = ""
                column += width

    def rows(self) -> list[str]:
        """Return what is on the screen, row by row, without what combines with other characters."""
        width, height = self._app.size
        return ["".join(self._cells.get((row, column), " ") for column in range(width)) for row in range(height)]

    def expected(self) -> list[str]:
        """Return what should be there, were all of it drawn anew."""
        strips = self._app.screen._compositor.render_strips(self._app.size)
        texts = ("".join(segment.text for segment in strip) for strip in strips)
        return ["".join(each for each in text if get_character_cell_size(each)) for text in texts]
