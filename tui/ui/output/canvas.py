"""The part of the view that scrolls and follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Size
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from tui.ui.output.drawing import Drawing
from tui.ui.output.viewport import Viewport

if TYPE_CHECKING:
    from tui.ui.output.log import OutputLog

FRAMES_PER_SECOND: Final = 30
_TOLD_EVERY: Final = 4
"""Frames between two times that others hear of a change: what they draw then costs as much as the view itself."""
_NARROWEST: Final = 10


class Canvas(Drawing, can_focus=True):
    """Shows an `OutputLog` while it grows.

    Bytes go into the log as they come; this looks at it thirty times a second at most, and lays out and draws only what
    is on the screen. `scroll_y` is the index of the row at the top: it follows the place of the reader, and where
    somebody else changes it (the scrollbar, a selection beyond the edge), the place follows it.
    """

    @dataclass
    class Moved(Message):
        """Position, length or mode of the view changed."""

        view: Canvas

        @property
        def control(self) -> Canvas:
            """The view that sent this."""
            return self.view

    def __init__(self, placeholder: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(placeholder, id=id, classes=classes)
        self._seen_version = -1
        self._paused_at = 0
        self._told = True
        self._frame = 0
        self._bar = (0, 0, 0)
        """How the scrollbar looks, in eighths of cells."""
        self._idle_frames = 0
        self._frames: Timer | None = None

    # --- what is shown ---------------------------------------------------------------------------------------------

    def show_log(self, log: OutputLog, *, follow: bool = True) -> None:
        """Show another log, from its end if `follow`, else from its beginning."""
        self.log_shown.listeners.discard(self._wake)
        log.listeners.add(self._wake)
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
        new = f" +{self.new_rows:,} new" if self.new_rows else ""
        mode = "● FOLLOW" if self.following else f"○ PAUSED{new}"
        return f"[{self.port.bottom if total else 0:,}/{total:,}] {mode}"

    # --- life ------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Begin looking at the log."""
        self.log_shown.listeners.add(self._wake)
        self._frames = self.set_interval(1 / FRAMES_PER_SECOND, self._tick)

    def on_unmount(self) -> None:
        """Stop looking."""
        self.log_shown.listeners.discard(self._wake)

    def _draw_soon(self) -> None:
        """Draw with the next frame."""
        self._seen_version = -1
        self._wake()

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
        is_seen = self.log_shown.version == self._seen_version
        if is_seen and self._told and self._idle_frames > FRAMES_PER_SECOND and self._frames is not None:
            self._frames.pause()  # an application at rest costs nothing

    def flush(self) -> None:
        """Take in what the log has now, and draw."""
        self._seen_version = self.log_shown.version
        self._measure()
        self.port.look()
        self._placed()

    def watch_show_horizontal_scrollbar(self) -> None:
        """Leave it the row it takes."""
        if self.is_mounted:
            self.call_after_refresh(self.flush)

    def _measure(self) -> None:
        room = self.scrollable_content_region.width - self._before
        self.port.width = max(room - 1, _NARROWEST) if self.wrap else None
        self.port.height = max(self.container_size.height - self.scrollbar_size_horizontal, 1)

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
