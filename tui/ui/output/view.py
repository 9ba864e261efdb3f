"""The view of one output log: draws only visible rows, follows the end, and stands still when a person reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.events import MouseScrollUp
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.ui.bindings import bindings_of
from tui.ui.output.layout import Layout
from tui.ui.output.log import OutputLog, RowKind
from tui.ui.output.strips import GUTTER, row_strip

FRAMES_PER_SECOND: Final = 30
_TOLD_PER_SECOND: Final = 8
"""How often others hear of a move: what they then draw costs as much as the view itself."""
_STYLES: Final = {
    RowKind.STDERR: "output--stderr",
    RowKind.HEADING: "output--heading",
    RowKind.NOTE: "output--note",
    RowKind.GOOD_END: "output--good",
    RowKind.BAD_END: "output--bad",
    RowKind.WARNING: "output--warning",
}


class OutputView(ScrollView, can_focus=True):
    """Shows an `OutputLog` while it grows.

    Bytes go into the log as they come; this view looks at it thirty times a second at most, so its cost depends on the
    height of the screen and not on how much is printed. While it follows, the end is in sight. Any scroll upwards
    stops that, and then the rows in sight stay in place, also when the ring drops older ones.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("output")
    COMPONENT_CLASSES: ClassVar[set[str]] = {*_STYLES.values(), "output--mark"}
    DEFAULT_CSS = """
    OutputView {
        background: $surface;
        color: $foreground;
        scrollbar-gutter: stable;
        overflow-x: auto;
        overflow-y: scroll;
        & .output--mark { color: $text-muted; }
        & .output--stderr { color: $text-error; }
        & .output--heading { color: $text-primary; text-style: bold; }
        & .output--note { color: $text-muted; }
        & .output--good { color: $text-success; text-style: bold; }
        & .output--bad { color: $text-error; text-style: bold; }
        & .output--warning { color: $text-warning; }
    }
    """

    following: reactive[bool] = reactive(True)
    """Whether the end stays in sight."""
    wrap: reactive[bool] = reactive(False)
    """Whether long lines go on below instead of beyond the edge."""

    @dataclass
    class Moved(Message):
        """Position, length or mode of the view changed."""

        view: OutputView

        @property
        def control(self) -> OutputView:
            """The view that sent this."""
            return self.view

    def __init__(self, placeholder: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.placeholder = placeholder
        """Shown while the log is empty."""
        self._lines = Layout(OutputLog())
        self._seen_version = -1
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(64)
        self._paused_at = 0
        self._report_due = False
        self._looks: dict[RowKind, Style] = {}
        self._base: Style | None = None
        self._position: tuple[int, int, bool] = (0, 0, True)

    # --- what is shown ---------------------------------------------------------------------------------------------

    @property
    def log_shown(self) -> OutputLog:
        """The log on view."""
        return self._lines.log

    def show_log(self, log: OutputLog, *, follow: bool = True) -> None:
        """Show another log, from its end if `follow`, else from its beginning."""
        self._lay_out(log)
        self.following = follow
        self.flush()
        if not follow:
            self.scroll_to(0, 0, animate=False)

    def _lay_out(self, log: OutputLog) -> None:
        room = max(self.scrollable_content_region.width - GUTTER - 1, 10)
        self._lines = Layout(log, room if self.wrap else None)
        self._strips.clear()

    @property
    def new_rows(self) -> int:
        """Rows that came since following stopped."""
        return 0 if self.following else self.log_shown.end - self._paused_at

    def indicator(self) -> str:
        """Return position and mode in one line, for the frame around the view."""
        total = self._lines.lines
        current = min(self.scroll_offset.y + self.size.height, total)
        mode = "● FOLLOW" if self.following else f"○ PAUSED +{self.new_rows:,}"
        wrap = " wrap" if self.wrap else ""
        return f"[{current:,}/{total:,}] {mode}{wrap}"

    # --- life ------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Begin looking at the log."""
        self.set_interval(1 / FRAMES_PER_SECOND, self._tick)
        self.set_interval(1 / _TOLD_PER_SECOND, self._tell)

    def _tick(self) -> None:
        if self.log_shown.version != self._seen_version and self.display and self.is_on_screen:
            self.flush()

    def flush(self) -> None:
        """Take in what the log has now, and draw."""
        self._seen_version = self.log_shown.version
        dropped = self._lines.look()
        self.virtual_size = Size(self._lines.columns + GUTTER + 1, self._lines.lines)
        if self.following:
            self.scroll_to(y=self.max_scroll_y, animate=False)
        elif dropped:
            # What is in sight moves up in the ring by as much as was dropped; scroll with it, or the text slides away.
            self.set_reactive(OutputView.scroll_y, max(self.scroll_y - dropped, 0))
            self.scroll_target_y = self.scroll_y
            if self.show_vertical_scrollbar:
                self.vertical_scrollbar.position = self.scroll_y
        self.refresh()
        self._report()

    def on_resize(self) -> None:
        """Wrap anew for the new width."""
        if self.wrap:
            self._lay_out(self.log_shown)
        # No more than is scrolled through at once: every strip carries caches of its own, which all cost the collector.
        self._strips.grow(2 * self.size.height)
        self.flush()

    def notify_style_update(self) -> None:
        """Forget what was drawn in the colours of before."""
        super().notify_style_update()
        self._looks.clear()
        self._base = None
        self._strips.clear()

    # --- following -------------------------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following on any move upwards; begin again when the end is reached."""
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) < round(old_value) and round(new_value) < self.max_scroll_y:
            self.following = False
        elif round(new_value) >= self.max_scroll_y and round(new_value) > round(old_value):
            self.following = True
        self._report()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Stop following at once: output that arrives between two notches of the wheel must not take the view along."""
        if self.max_scroll_y:
            self.following = False

    def watch_following(self, following: bool) -> None:
        """Remember where following stopped; on resuming, go to the end."""
        if following:
            self.call_after_refresh(self._go_to_end)
        else:
            self._paused_at = self.log_shown.end
        self._report()

    def _go_to_end(self) -> None:
        if self.following:
            self.scroll_to(y=self.max_scroll_y, animate=False)

    def watch_wrap(self) -> None:
        """Lay out anew."""
        if self.is_mounted:
            self._lay_out(self.log_shown)
            self.scroll_to(x=0, animate=False)
            self.flush()

    def _report(self) -> None:
        self._report_due = True

    def _tell(self) -> None:
        if not self._report_due:
            return
        self._report_due = False
        position = (self.scroll_offset.y, self.log_shown.version, self.following)
        if position != self._position and self.is_mounted:
            self._position = position
            self.post_message(self.Moved(self))

    # --- actions ---------------------------------------------------------------------------------------------------

    def action_follow(self) -> None:
        """Follow or stand still."""
        self.following = not self.following

    def action_wrap(self) -> None:
        """Wrap long lines or let them run beyond the edge."""
        self.wrap = not self.wrap

    def action_top(self) -> None:
        """Go to the oldest row."""
        self.following = False
        self.scroll_to(y=0, animate=False)

    def action_end(self) -> None:
        """Go to the end and follow."""
        self.following = True

    def action_copy_all(self) -> None:
        """Copy the selection, or else all that is kept, to the clipboard."""
        selected = self.screen.get_selected_text()
        text = selected or "\n".join(row.line.text for row in self._lines.rows() if row.kind <= RowKind.STDERR)
        self.app.copy_to_clipboard(text)
        what = "selection" if selected else "output"
        self.notify(f"Copied the {what}: {len(text):,} characters.", markup=False)

    # --- selection -------------------------------------------------------------------------------------------------

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text without the marks in front of the rows."""
        last = self._lines.lines - 1
        if last < 0:
            return None
        start = selection.start or Offset(0, 0)
        end = selection.end or Offset(GUTTER + len(self._lines.text(last)), last)
        parts: list[str] = []
        for y in range(max(start.y, 0), min(end.y, last) + 1):
            text = self._lines.text(y)
            left = max(start.x - GUTTER, 0) if y == start.y else 0
            right = max(end.x - GUTTER, 0) if y == end.y else len(text)
            parts.append(text[left:right])
        return "\n".join(parts), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        self.refresh()

    # --- drawing ---------------------------------------------------------------------------------------------------

    def _look(self, kind: RowKind) -> Style:
        if (look := self._looks.get(kind)) is None:
            name = _STYLES.get(kind, "output--mark")
            component = self.get_component_rich_style(name)
            self._looks[kind] = look = Style(
                color=component.color, bold=component.bold, italic=component.italic, dim=component.dim
            )
        return look

    def _base_style(self) -> Style:
        # Textual computes this anew at every access, which costs more than drawing a row.
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def _strip(self, y: int) -> Strip:
        key = self._lines.key(y)
        if key is not None and (strip := self._strips.get(key)) is not None:
            return strip
        row, start, end = self._lines.locate(y)
        strip = row_strip(row, self._base_style(), self._look(row.kind), start, end)
        if key is not None:
            self._strips[key] = strip
        return strip

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view."""
        scroll_x, scroll_y = self.scroll_offset
        width, line = self.size.width, scroll_y + y
        base = self._base_style()
        if y == 0 and self._lines.lines == 0 and self.placeholder:
            text = Segment(f"{' ' * GUTTER}{self.placeholder}", base + self._look(RowKind.NOTE))
            return Strip([text]).crop_extend(0, width, base)
        if line >= self._lines.lines:
            return Strip.blank(width, base)
        strip = self._strip(line)
        if (selection := self.text_selection) is not None and (span := selection.get_span(line)) is not None:
            strip = self._with_selection(strip, *span)
        return strip.crop_extend(scroll_x, scroll_x + width, base).apply_offsets(scroll_x, line)

    def _with_selection(self, strip: Strip, start: int, end: int) -> Strip:
        length = strip.cell_length
        start, end = max(start, GUTTER), length if end == -1 else min(end, length)
        if start >= end:
            return strip
        look = self.screen.get_component_rich_style("screen--selection")
        before, inside, after = strip.crop(0, start), strip.crop(start, end), strip.crop(end, length)
        marked = Strip([Segment(text, (style or Style()) + look) for text, style, _ in inside])
        return Strip.join([before, marked, after])
