"""The part of the view that draws, scrolls and follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.ui.output.log import OutputLog
from tui.ui.output.rows import RowKind
from tui.ui.output.strips import GUTTER, TIME_WIDTH, Hit, clock, elapsed, row_strip
from tui.ui.output.viewport import ScreenLine, Viewport

FRAMES_PER_SECOND: Final = 30
_TOLD_EVERY: Final = 4
"""Frames between two times that others hear of a change: what they draw then costs as much as the view itself."""
_NARROWEST: Final = 10
_STYLES: Final = {
    RowKind.STDERR: "output--stderr",
    RowKind.HEADING: "output--heading",
    RowKind.NOTE: "output--note",
    RowKind.GOOD_END: "output--good",
    RowKind.BAD_END: "output--bad",
    RowKind.WARNING: "output--warning",
}

_FILLED: Final = ("output--match", "output--match-current", "output--cursor")
"""What has a background of its own."""


class Canvas(ScrollView, can_focus=True):
    """Shows an `OutputLog` while it grows.

    Bytes go into the log as they come; this looks at it thirty times a second at most, and lays out and draws only what
    is on the screen. `scroll_y` is the index of the row at the top: it follows the place of the reader, and where
    somebody else changes it (the scrollbar, a selection beyond the edge), the place follows it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *_STYLES.values(), "output--mark", "output--match", "output--match-current", "output--cursor",
    }  # fmt: skip
    DEFAULT_CSS = """
    Canvas {
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
        & .output--match { background: $warning-muted; color: $text-warning; text-style: underline; }
        & .output--match-current { background: $warning; color: $block-cursor-foreground; text-style: bold; }
        & .output--cursor { background: $block-cursor-blurred-background; text-style: bold; }
    }
    """

    wrap: reactive[bool] = reactive(False)
    """Whether long lines go on below instead of beyond the edge."""
    times: reactive[str] = reactive("")
    """What stands before every row: nothing, the `clock`, or the time `elapsed` since the first row."""

    @dataclass
    class Moved(Message):
        """Position, length or mode of the view changed."""

        view: Canvas

        @property
        def control(self) -> Canvas:
            """The view that sent this."""
            return self.view

    def __init__(self, placeholder: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.placeholder = placeholder
        """Shown while the log is empty."""
        self.port = Viewport(OutputLog())
        self._seen_version = -1
        self._screen_lines: list[ScreenLine] = []
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(64)
        self._paused_at = 0
        self._told = True
        self._frame = 0
        self._bar = (0, 0, 0)
        """How the scrollbar looks, in eighths of cells."""
        self._is_drawing = False
        self._idle_frames = 0
        self._frames: Timer | None = None
        self._looks: dict[str, Style] = {}
        self._base: Style | None = None

    # --- what is shown ---------------------------------------------------------------------------------------------

    @property
    def log_shown(self) -> OutputLog:
        """The log on view."""
        return self.port.log

    def show_log(self, log: OutputLog, *, follow: bool = True) -> None:
        """Show another log, from its end if `follow`, else from its beginning."""
        self.log_shown.changed = None
        log.changed = self._wake
        self.port = Viewport(log)
        self.port.following = follow
        self._paused_at = log.end
        self._strips.clear()
        self.log_replaced()
        self.flush()

    def log_replaced(self) -> None:
        """Another log is on view; what is known of the one before is of no use."""

    @property
    def following(self) -> bool:
        """Whether the end stays in sight."""
        return self.port.following

    @following.setter
    def following(self, follow: bool) -> None:
        if follow:
            self.port.go_to_end()
        else:
            self._stop_following()
        self.flush()

    @property
    def new_rows(self) -> int:
        """Rows that came since following stopped."""
        return 0 if self.following else self.log_shown.end - self._paused_at

    def indicator(self) -> str:
        """Return position and mode in one line."""
        total = self.port.total
        mode = "● FOLLOW" if self.following else f"○ PAUSED +{self.new_rows:,} new"
        return f"[{self.port.bottom if total else 0:,}/{total:,}] {mode}"

    # --- life ------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Begin looking at the log."""
        self.log_shown.changed = self._wake
        self._frames = self.set_interval(1 / FRAMES_PER_SECOND, self._tick)

    def on_unmount(self) -> None:
        """Stop looking."""
        self.log_shown.changed = None

    def _wake(self) -> None:
        self._idle_frames = 0
        if self._frames is not None:
            self._frames.resume()

    def _tick(self) -> None:
        if self.log_shown.version != self._seen_version and self.display and self.is_on_screen:
            self.flush()
        self._frame += 1
        if self._frame % _TOLD_EVERY == 0 and not self._told:
            self._told = True
            self.post_message(self.Moved(self))
        self._idle_frames += 1
        if self._idle_frames > FRAMES_PER_SECOND and self._frames is not None:
            self._frames.pause()  # an application at rest costs nothing

    def flush(self) -> None:
        """Take in what the log has now, and draw."""
        self._seen_version = self.log_shown.version
        self._measure()
        self.port.look()
        self._placed()

    def _measure(self) -> None:
        room = self.scrollable_content_region.width - self._before
        self.port.width = max(room - 1, _NARROWEST) if self.wrap else None
        self.port.height = max(self.container_size.height - self.scrollbar_size_horizontal, 1)

    @property
    def _before(self) -> int:
        """Cells before the text of a row."""
        return GUTTER + (TIME_WIDTH if self.times else 0)

    def _placed(self) -> None:
        """Draw what is on the screen now, and tell the scrollbars."""
        self._screen_lines = self.port.lines()
        height = self.port.height
        rows = self.port.last_top + height if self.port.total else 0
        width = 0 if self.wrap else self.log_shown.widest + self._before + 1
        self._set_extent(Size(width, rows))
        # Not through the reactive: its watcher is for those who scroll from outside.
        self.set_reactive(Canvas.scroll_y, min(self.port.top, self.max_scroll_y))
        self.set_reactive(Widget.scroll_target_y, self.scroll_y)
        self._show_scrollbar()
        self.refresh()
        self._report()

    def _show_scrollbar(self) -> None:
        """Move the scrollbar, which costs as much to draw as all rows, if one would see it move."""
        height, rows, bar = self.port.height, self.virtual_size.height, self.vertical_scrollbar
        eighths = 8 * height / max(rows, 1)
        look = (height, round(height * eighths), round(self.scroll_y * eighths))
        if self.show_vertical_scrollbar and (look != self._bar or bar.grabbed):
            self._bar = look
            bar.window_virtual_size, bar.window_size, bar.position = rows, height, self.scroll_y

    def _set_extent(self, extent: Size) -> None:
        """Change how much can be scrolled over; laying the screen out anew is only needed for a new width."""
        if extent.width != self.virtual_size.width:
            self.virtual_size = extent
        elif extent != self.virtual_size:
            self.set_reactive(Widget.virtual_size, extent)

    def _report(self) -> None:
        self._told = False
        self._wake()

    def on_resize(self) -> None:
        """Wrap anew for the new width."""
        self._strips.clear()
        # No more than is scrolled through at once: every strip carries caches of its own, which all cost the collector.
        self._strips.grow(2 * self.size.height)
        self.flush()

    def draw_anew(self) -> None:
        """Forget what was drawn, and draw it again."""
        self._strips.clear()
        if self.is_mounted:
            self.flush()

    def notify_style_update(self) -> None:
        """Forget what was drawn in the colours of before."""
        super().notify_style_update()
        self._looks.clear()
        self._base = None
        self._strips.clear()

    def watch_wrap(self) -> None:
        """Lay out anew."""
        if self.is_mounted:
            self.scroll_to(x=0, animate=False)
        self.draw_anew()

    def watch_times(self) -> None:
        """Draw anew."""
        self.draw_anew()

    # --- moving ----------------------------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Somebody else scrolled: go there."""
        super().watch_scroll_y(old_value, new_value)
        height = self.port.height
        self._measure()
        if self.port.height != height:
            return  # Textual fits it into another size: the place stays, and is drawn when the new size is told
        if round(new_value) != self.port.top:
            was_following = self.following
            self.port.go_to_index(round(new_value))
            self._moved(was_following)

    def _move(self, lines: int) -> None:
        was_following = self.following
        self.port.move(lines)
        self._moved(was_following)

    def _moved(self, was_following: bool) -> None:
        if was_following and not self.following:
            self._paused_at = self.log_shown.end
        self._placed()

    def _stop_following(self) -> None:
        was_following, self.port.following = self.following, False
        self._moved(was_following)

    def go_to_row(self, number: int, start: int = 0) -> None:
        """Bring a row into sight, and the character it is about; following stops."""
        was_following = self.following
        self.port.show(number, start)
        self._moved(was_following)
        if not self.wrap:
            left, room = self.scroll_offset.x, self.size.width - self._before
            if not left <= start < left + room - 1:
                self.scroll_to(x=max(start - room // 2, 0), animate=False)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Go up by lines; output that arrives meanwhile does not take the view along."""
        if not (event.ctrl or event.shift):
            event.stop().prevent_default()
            self._move(-round(self.app.scroll_sensitivity_y))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Go down by lines."""
        if not (event.ctrl or event.shift):
            event.stop().prevent_default()
            self._move(round(self.app.scroll_sensitivity_y))

    # --- drawing ---------------------------------------------------------------------------------------------------

    def look(self, name: str) -> Style:
        """Return how a component class draws, without the background of the view."""
        if (look := self._looks.get(name)) is None:
            component = self.get_component_rich_style(name)
            self._looks[name] = look = Style(
                color=component.color, bold=component.bold, italic=component.italic, dim=component.dim,
                underline=component.underline, bgcolor=component.bgcolor if name in _FILLED else None,
            )  # fmt: skip
        return look

    def _base_style(self) -> Style:
        # Textual computes this anew at every access, which costs more than drawing a row.
        if self._base is None:
            self._base = self.rich_style
        return self._base

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
            line.row, self._base_style(), self.look(_STYLES.get(kind, "output--mark")), line.start, line.end,
            hits=self.hits(line), before=before,
            cursor=self.look("output--cursor") if self.has_cursor(line.number) else None,
        )  # fmt: skip
        if (extra := strip.cell_length - self._before) > self.log_shown.widest:
            self.log_shown.widest = extra
        if key is not None:
            self._strips[key] = strip
        return strip

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view."""
        width, base = self.size.width, self._base_style()
        if y == 0 and not self.port.total and (words := self.words_for_nothing()):
            text = Segment(f"{' ' * GUTTER}{words}", base + self.look("output--note"))
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
