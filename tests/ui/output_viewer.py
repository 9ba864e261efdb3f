"""A small application around the view of output."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tui.machines.kinds import Stream
from tui.ui.output.log import OutputLog
from tui.ui.output.panel import OutputPanel
from tui.ui.output.view import OutputView

HEIGHT = 10


class Viewer(App[None]):
    def __init__(self, log: OutputLog, *, with_panel: bool = False) -> None:
        super().__init__()
        self.log_shown = log
        self.with_panel = with_panel

    def compose(self) -> ComposeResult:
        view = OutputView(id="output")
        yield OutputPanel(view) if self.with_panel else view

    def on_mount(self) -> None:
        self.view.show_log(self.log_shown)
        self.view.focus()

    @property
    def view(self) -> OutputView:
        return self.query_one(OutputView)

    def seen(self) -> list[str]:
        view = self.view
        return [view.render_line(y).text.strip() for y in range(view.size.height)]

    @property
    def toasts(self) -> list[str]:
        return [toast.message for toast in self._notifications]


def feed(log: OutputLog, start: int, count: int, stream: Stream = Stream.STDOUT) -> None:
    log.feed(stream, b"".join(b"line %d\n" % number for number in range(start, start + count)))


async def settle(pilot: Pilot[None], viewer: Viewer) -> None:
    viewer.view.flush()
    await pilot.pause()
