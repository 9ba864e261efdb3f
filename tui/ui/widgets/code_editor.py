"""An editor that colours code by its syntax and underlines what an assessment found."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea

from tui.text import clean
from tui.ui.bindings import bindings_of
from tui.ui.code.colours import ABOVE, BELOW, Look, Region, coloured
from tui.ui.code.draft import LONGEST_TEXT

if TYPE_CHECKING:
    from tui.ui.evidence import Mark

_INVISIBLE = "\N{WHITE VERTICAL RECTANGLE}"
_LOOKS = {"low": "", "medium": "warning", "high": "error", "critical": "error"}
_WRAPPED = 200_000
"""Characters up to which long lines go on below: wrapping a longer text takes longer than a frame."""


class CodeEditor(TextArea):
    """Underlines evidence, and shows characters a terminal would obey or hide as stand-ins of one character."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("editor")

    @dataclass
    class PasteRefused(Message):
        """More was pasted than there is room for; nothing of it was taken."""

        characters: int

    def __init__(self, text: str) -> None:
        super().__init__(
            text, show_line_numbers=True, tab_behavior="indent", compact=True, soft_wrap=len(text) <= _WRAPPED
        )
        self._marked_text = ""
        self._marks: tuple[Mark, ...] = ()
        self._by_line: dict[int, list[tuple[int, int, str]]] = {}
        self._regions: dict[int, tuple[Region, int]] = {}
        self._colours: dict[int, list[tuple[int, int, Look]]] = {}

    # --- what is written -------------------------------------------------------------------------------------------

    async def _on_key(self, event: Key) -> None:
        """Leave escape to the screen; the base class has it leave the text."""
        if event.key == "escape":
            event.prevent_default()

    async def _on_paste(self, event: Paste) -> None:
        """Take what is pasted, all of it or nothing: half a script is another script."""
        # The base class would paste it too.
        event.prevent_default()
        if len(event.text) + len(self.text) - len(self.selected_text) > LONGEST_TEXT:
            event.stop()
            self.post_message(self.PasteRefused(len(event.text)))
            return
        if len(event.text) + len(self.text) > _WRAPPED:
            self.soft_wrap = False
        event.text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        await super()._on_paste(event)

    def on_text_area_changed(self) -> None:
        """Keep the underlines before what was changed; those after it no longer fit."""
        self._colours.clear()
        self.mark(self._marked_text, self._marks)

    # --- evidence --------------------------------------------------------------------------------------------------

    def mark(self, text: str, marks: Sequence[Mark]) -> None:
        """Underline the evidence of an assessment of `text`, where that is still what is written."""
        same = _common_prefix(text, self.text) if marks else 0
        self._marked_text = text
        self._marks = tuple(mark for mark in marks if mark.end <= same)
        self._lay_out()

    def _lay_out(self) -> None:
        by_line: dict[int, list[tuple[int, int, str]]] = {}
        start = 0
        newline = len(self.document.newline)
        pending = list(self._marks)
        for number, line in enumerate(self.document.lines):
            end = start + len(line)
            while pending and pending[0].end <= start:
                pending.pop(0)
            for mark in pending:
                if mark.start >= end:
                    break
                look = (max(mark.start - start, 0), min(mark.end, end) - start, str(mark.level))
                by_line.setdefault(number, []).append(look)
            if not pending:
                break
            start = end + newline
        if by_line != self._by_line:
            self._by_line = by_line
            self._redraw()

    def _redraw(self) -> None:
        self.notify_style_update()  # the lines that were drawn are of no use any more
        self.refresh()

    # --- colours ---------------------------------------------------------------------------------------------------

    def colour(self, regions: Sequence[Region]) -> None:
        """Say which lines are in which language."""
        placed = {line: (region, at) for region in regions for at, (line, _) in enumerate(region.places)}
        if placed != self._regions:
            self._regions = placed
            self._colours.clear()
            self._redraw()

    def _coloured(self, line: int) -> list[tuple[int, int, Look]]:
        if line not in self._colours and line in self._regions:
            region, at = self._regions[line]
            places = [place for place in region.places[max(at - ABOVE, 0) : at + BELOW]
                      if place[0] < self.document.line_count]  # fmt: skip
            for number, _ in places:
                if number >= line:
                    self._colours[number] = []
            code = [self.document.get_line(number)[column:] for number, column in places]
            for row, start, end, look in coloured(region.language, code):
                number, column = places[row]
                if number >= line:
                    self._colours[number].append((start + column, end + column, look))
        return self._colours.get(line, [])

    # --- drawing ---------------------------------------------------------------------------------------------------

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn."""
        line = super().get_line(line_index)
        plain = line.plain
        if clean(plain) != plain:
            shown = "".join(map(_visible, plain))
            line = Text(shown, end="", no_wrap=True)
        variables = self.app.theme_variables
        for start, end, (token, look) in self._coloured(line_index):
            colour = variables.get(token, "")
            line.stylize(
                Style.parse(f"{look} {colour if colour.startswith('#') else ''}".strip() or "none"), start, end
            )
        for start, end, level in self._by_line.get(line_index, ()):
            colour = variables.get(_LOOKS[level], "")
            line.stylize(f"underline bold {colour}" if colour.startswith("#") else "underline bold", start, end)
        return line


def _common_prefix(one: str, other: str) -> int:
    if one == other:
        return len(one)
    # The first length for which the beginnings differ; comparing them is quick, character by character is not.
    return bisect_left(range(min(len(one), len(other)) + 1), True, key=lambda end: one[:end] != other[:end]) - 1


def _visible(character: str) -> str:
    cleaned = clean(character)
    return cleaned if len(cleaned) == 1 else _INVISIBLE
