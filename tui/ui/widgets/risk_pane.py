"""What would happen if it were run now: assessed while one types, in one line or in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from tui.errors import RollcageError
from tui.text import clean_line
from tui.ui.widgets.facts import Fact, Facts

if TYPE_CHECKING:
    from tui.runs.gates import Preview
    from tui.runs.request import Request
    from tui.ui.app import RollcageApp

Make = Callable[[], "Request | str"]
"""Returns what would be run, or why that is not known yet."""
_SHARE: Final = 0.45
_FITS: Final = 48
"""Characters that are surely seen in one line."""
SETTLE_S: Final = 0.15
"""What is typed is assessed when nothing was typed for this long."""


class RiskPane(Vertical):
    """The risk of a request that is being put together.

    `look_at` may be called at every key; of several requests only the last one is ever shown.
    """

    DEFAULT_CSS = """
    RiskPane {
        height: auto;
        background: $surface;
        border-top: solid $border-blurred;
        & > #risk-line { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #risk-body { display: none; height: auto; padding: 0 1; scrollbar-size-vertical: 1; }
        &.-stale > * { text-opacity: 60%; }
        &.-expanded > #risk-body { display: block; }
    }
    """

    expanded: reactive[bool] = reactive(False, toggle_class="-expanded")
    """Whether all of it is shown, not just a line."""

    @dataclass
    class Assessed(Message):
        """A request was assessed and is shown."""

        request: Request
        preview: Preview

    def __init__(self, *, id: str | None = None, evidence: bool = True) -> None:
        """Prepare the pane; `evidence` shows the lines of code that are the reason."""
        super().__init__(id=id, classes="-stale")
        self._evidence = evidence
        self._make: Make | None = None
        self._wanted: Request | None = None
        self.preview: Preview | None = None
        """What is shown."""

    def compose(self) -> ComposeResult:
        """Lay the pane out."""
        yield Static(id="risk-line", markup=False)
        with VerticalScroll(id="risk-body"):
            yield Facts(id="risk-facts")

    def on_mount(self) -> None:
        """Wait for something to look at."""
        self._timer = self.set_interval(SETTLE_S, self._look, pause=True)
        self._say("nothing to assess yet")

    def fit(self, height: int) -> None:
        """Take no more than a part of a screen of so many rows."""
        self.query_one("#risk-body").styles.max_height = max(int(height * _SHARE), 4)

    def look_at(self, make: Make) -> None:
        """Assess what `make` returns, as soon as nothing else comes."""
        self._make = make
        self._wanted = None  # what is under way is about something else by now
        self.add_class("-stale")
        self._timer.reset()
        self._timer.resume()

    def _look(self) -> None:
        self._timer.pause()
        if self._make is None or not self.is_attached:
            return
        if cast("RollcageApp", self.app).engine is None:
            self._say(cast("RollcageApp", self.app).workspace.problem or "assessed once Rollcage has started")
            return
        made = self._make()
        if isinstance(made, str):
            self._say(made)
            return
        self._wanted = made
        self._assess(made)

    @work(exclusive=True, group="risk", exit_on_error=False)
    async def _assess(self, request: Request) -> None:
        engine = cast("RollcageApp", self.app).engine
        if engine is None:
            return
        try:
            preview = await engine.preview(request)
        except (RollcageError, OSError) as error:
            if self._wanted is request:
                self._say(f"✗ cannot be assessed, so it does not run: {error}", "$text-error")
            return
        if self._wanted is request:
            self._show(request, preview)

    def _say(self, text: str, style: str = "$text-muted") -> None:
        self.preview = None
        self.remove_class("-stale")
        self.query_one("#risk-line", Static).update(Content.styled(clean_line(text, 400), style))
        is_long = len(text) > _FITS
        self.query_one(Facts).update([Fact(None, Content.styled(clean_line(text, 2000), style))] if is_long else [])

    def _show(self, request: Request, preview: Preview) -> None:
        from tui.ui.explanation import preview_facts, summary

        self.preview = preview
        self.remove_class("-stale")
        self.query_one("#risk-line", Static).update(summary(preview))
        self.query_one(Facts).update(preview_facts(preview, evidence=self._evidence))
        self.post_message(self.Assessed(request, preview))

    def toggle(self) -> None:
        """Show all of it, or just the line."""
        self.expanded = not self.expanded
        self.query_one("#risk-body").scroll_home(animate=False)

    def on_click(self) -> None:
        """Show all of it, or just the line."""
        self.toggle()
