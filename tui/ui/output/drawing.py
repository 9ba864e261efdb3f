"""The part of the view that draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.ui.output.log import OutputLog
from tui.ui.output.rows import RowKind
from tui.ui.output.strips import GUTTER, TIME_WIDTH, Hit, clock, elapsed, row_strip
from tui.ui.output.viewport import ScreenLine, Viewport
from tui.ui.widgets.looks import Drawn, Look

_MARKS: Final = {
    RowKind.STDERR: "stderr",
    RowKind.HEADING: "heading",
    RowKind.NOTE: "note",
    RowKind.GOOD_END: "good",
    RowKind.BAD_END: "bad",
    RowKind.WARNING: "warning",
}
"""The looks of rows that are more than output."""


class Drawing(Drawn, ScrollView):
    """Draws the lines of a viewport, and nothing else of a log."""

    LOOKS: ClassVar[Mapping[str, Look]] = {
        "mark": Look("text-muted"),
        "stderr": Look("text-error"),
        "heading": Look("text-primary", bold=True),
        "note": Look("text-muted"),
        "good": Look("text-success", bold=True),
        "bad": Look("text-error", bold=True),
        "warning": Look("text-warning"),
        "match": Look("text-warning", "warning-muted", underline=True),
        "match-current": Look("block-cursor-foreground", "warning", bold=True),
        "cursor": Look(background="block-cursor-blurred-background", bold=True),
    }
    DEFAULT_CSS = """
    Drawing {
        background: $surface;
        color: $foreground;
        scrollbar-gutter: stable;
        overflow-x: auto;
        overflow-y: scroll;
    }
    """

    wrap: reactive[bool] = reactive(False)
    """Whether long lines go on below instead of beyond the edge."""
    times: reactive[str] = reactive("")
    """What stands before every row: nothing, the `clock`, or the time `elapsed` since the first row."""

    def __init__(self, placeholder: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.placeholder = placeholder
        """Shown while the log is empty."""
        self.port = Viewport(OutputLog())
        """What is on the screen."""
        self._screen_lines: list[ScreenLine] = []
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(64)
        self._is_drawing = False

    @property
    def log_shown(self) -> OutputLog:
        """The log on view."""
        return self.port.log

    @property
    def _before(self) -> int:
        """Cells before the text of a row."""
        return GUTTER + (TIME_WIDTH if self.times else 0)

    def notify_style_update(self) -> None:
        """Forget what was drawn in the colours of before."""
        super().notify_style_update()
        self._strips.clear()

    def hits(self, line: ScreenLine) -> Iterator[Hit]:
        """Return what is marked in a line."""
        return iter(())

    def has_cursor(self, number: int) -> bool:
        """Say whether the cursor of lines is on a row."""
        return False

    def _strip(self, line: ScreenLine) -> Strip:
        key = (line.number, line.start) if line.is_final else None
        if key is not None and (strip := self._strips.get(key)) is not None:
            return strip
        kind = line.row.kind
        before = ""
        if self.times:
            at = self.log_shown.at_ns(line.number)
            before = clock(at) if self.times == "clock" else elapsed(at - self.log_shown.at_ns(self.log_shown.first))
        strip = row_strip(
            line.row, self.base_style, self.look(_MARKS.get(kind, "mark")), line.start, line.end,
            hits=self.hits(line), before=before,
            cursor=self.look("cursor") if self.has_cursor(line.number) else None,
        )  # fmt: skip
        if (extra := strip.cell_length - self._before) > self.log_shown.widest:
            self.log_shown.widest = extra
        if key is not None:
            self._strips[key] = strip
        return strip

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view."""
        width, base = self.size.width, self.base_style
        if y == 0 and not self.port.total and (words := self.words_for_nothing()):
            text = Segment(f"{' ' * GUTTER}{words}", base + self.look("note"))
            return Strip([text]).crop_extend(0, width, base)
        if y >= len(self._screen_lines):
            return Strip.blank(width, base)
        line = self._screen_lines[y]
        strip, left = self._strip(line), self.scroll_offset.x
        if (selection := self.text_selection) is not None and (span := selection.get_span(line.number)) is not None:
            strip = self._with_selection(strip, line, *span)
        shown = strip.crop_extend(left, left + width, base)
        if self._is_drawing:
            return shown
        offset = line.start - self._before
        if left:
            offset += len(strip.crop(0, left).text)
        return shown.apply_offsets(offset, line.number)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines; what character is where is only told to those who ask for a single line, as the mouse does."""
        self._is_drawing = True
        try:
            return super().render_lines(crop)
        finally:
            self._is_drawing = False

    def words_for_nothing(self) -> str:
        """Return what is said where there is no row."""
        return self.placeholder

    def _with_selection(self, strip: Strip, line: ScreenLine, start: int, end: int) -> Strip:
        """Draw the selection: characters `start` to `end` of the row, to its end with -1."""
        look = self.screen.get_component_rich_style("screen--selection")
        before = self._before
        first = before + max(start - line.start, 0)
        last = before + (line.end if end == -1 else min(end, line.end)) - line.start
        marked: list[Segment] = []
        position = 0
        for text, style, _ in strip:
            for character_start, character_end, chosen in (
                (0, first - position, False), (first - position, last - position, True),
                (last - position, len(text), False),
            ):  # fmt: skip
                part = text[max(character_start, 0) : max(character_end, 0)]
                if part:
                    marked.append(Segment(part, (style or Style()) + look if chosen else style))
            position += len(text)
        return Strip(marked)
