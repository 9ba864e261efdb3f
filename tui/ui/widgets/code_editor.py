"""An editor that underlines what an assessment found."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.color import Color
from textual.widgets import TextArea

from tui.text import clean
from tui.ui.evidence import Mark

_INVISIBLE = "\N{WHITE VERTICAL RECTANGLE}"


class CodeEditor(TextArea):
    """Underlines evidence, and shows characters a terminal would obey or hide as stand-ins of one character."""

    def __init__(self, text: str) -> None:
        super().__init__(text, show_line_numbers=True, tab_behavior="indent", compact=True)
        self._marked_text = ""
        self._marks: tuple[Mark, ...] = ()
        self._by_line: dict[int, list[tuple[int, int, str]]] = {}

    def mark(self, text: str, marks: Sequence[Mark]) -> None:
        """Underline the evidence of an assessment of `text`, where that is still what is written."""
        same = _common_prefix(text, self.text)
        self._marked_text = text
        self._marks = tuple(mark for mark in marks if mark.end <= same)
        self._lay_out()

    def on_text_area_changed(self) -> None:
        """Keep the underlines before what was changed; those after it no longer fit."""
        self.mark(self._marked_text, self._marks)

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
            self.notify_style_update()  # the lines that were drawn are of no use any more
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn."""
        line = super().get_line(line_index)
        plain = line.plain
        if clean(plain) != plain:
            shown = "".join(map(_visible, plain))
            line = Text(shown, end="", no_wrap=True)
        variables = self.app.theme_variables
        for start, end, level in self._by_line.get(line_index, ()):
            colour = Color.parse(variables[f"risk-{level}"].partition(" ")[0])
            style = Style(color=None if colour.auto else colour.rich_color, bold=True, underline=True)
            line.stylize(style, start, end)
        return line


def _common_prefix(one: str, other: str) -> int:
    if one == other:
        return len(one)
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
                min(len(one), len(other)))  # fmt: skip


def _visible(character: str) -> str:
    cleaned = clean(character)
    return cleaned if len(cleaned) == 1 else _INVISIBLE
