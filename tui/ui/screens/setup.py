"""The first start: what the host has, what it lacks, and doing what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual import on
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, ProgressBar, Static

from tui.errors import RollcageError
from tui.text import clean, clean_line
from tui.ui.preparation import HostState, Progress
from tui.ui.screens.dialog import Dialog


class Setup(Dialog[bool]):
    """Dismissed with True when the host is ready, with False when a person leaves it for later.

    It shows what goes on and does none of it: leaving stops nothing.
    """

    FRAME_TITLE = "Setting up"
    AUTO_FOCUS = "#act"
    VERTICAL_BREAKPOINTS = [(0, "-lowest"), (20, "-low"), (30, "-high")]  # noqa: RUF012
    DEFAULT_CSS = """
    Setup #frame { width: 96; }
    Setup #what { height: auto; margin-bottom: 1; }
    Setup #checks { height: auto; max-height: 16; scrollbar-size-vertical: 1; }
    Setup ProgressBar { width: 1fr; margin-top: 1; display: none; }
    Setup.-low #checks { max-height: 7; }
    Setup.-lowest #checks { max-height: 5; }
    Setup.-low #frame, Setup.-lowest #frame { padding: 0 2; }
    Setup.-lowest #what { display: none; }
    Setup ProgressBar Bar { width: 1fr; }
    Setup #stage { height: 1; color: $text-muted; display: none; }
    Setup #problem { margin-top: 1; }
    Setup.-working ProgressBar, Setup.-working #stage { display: block; }
    """

    def __init__(
        self, state: HostState, begin: Callable[[], object], under_way: Callable[[], Progress | None], log: str
    ) -> None:
        super().__init__()
        self._state = state
        self._begin = begin
        self._log_file = log
        self._under_way = under_way
        self._was_left = False

    @property
    def is_open(self) -> bool:
        """Whether it can show what comes."""
        return self.is_mounted and not self._was_left

    def content(self) -> Iterable[Widget]:
        """Return the checks, the progress and the buttons."""
        yield Static(
            "Commands run in small virtual machines, which are made from an image that is built once on this host. "
            "That takes some minutes and about 1.5 GB of disk space.",
            markup=False, id="what",
        )  # fmt: skip
        yield VerticalScroll(Static(_checks(self._state), markup=False, id="state"), id="checks")
        yield ProgressBar(show_eta=False)
        yield Static(id="stage", markup=False)
        yield Static(id="problem", classes="dialog--problem", markup=False)
        yield Horizontal(
            Button("Later", id="later", compact=True),
            Button("Set up now", id="act", variant="primary", compact=True),
            classes="dialog--buttons",
        )

    def on_mount(self) -> None:
        """Show what is under way already."""
        if (progress := self._under_way()) is not None:
            self.show_progress(progress)
            self.query_one("#later").focus()

    @on(Button.Pressed, "#later")
    def action_cancel(self) -> None:
        """Leave it for later; what is under way goes on."""
        self._was_left = True
        self.dismiss(False)

    @on(Button.Pressed, "#act")
    def _set_up(self) -> None:
        self.query_one("#problem", Static).update("")
        self.show_progress(Progress())
        self._begin()

    def show_progress(self, progress: Progress) -> None:
        """Show how far it has come."""
        self.add_class("-working")
        self.query_one("#act", Button).disabled = True
        self.query_one("#later", Button).label = "Hide"
        bar = self.query_one(ProgressBar)
        if progress.fraction is None:
            bar.update(total=None)
        else:
            bar.update(total=100, progress=progress.fraction * 100)
        self.query_one("#stage", Static).update(clean_line(progress.stage, 90))

    def show_failure(self, error: Exception) -> None:
        """Show what went wrong, and let it be tried again."""
        self.remove_class("-working")
        message = error.message if isinstance(error, RollcageError) else str(error)
        hint = error.hint if isinstance(error, RollcageError) else ""
        text = "\n".join(filter(None, [f"✗ {clean(message)}", clean(hint), f"The log is {self._log_file}."]))
        self.query_one("#problem", Static).update(Content(text))
        self.query_one("#later", Button).label = "Later"
        button = self.query_one("#act", Button)
        button.label = "Try again"
        button.disabled = False
        self.call_after_refresh(button.focus)  # after the focus it lost by being disabled


def _checks(state: HostState) -> Content:
    image = ("guest image", state.image.ready, state.image.detail, "", True)
    rows = [(check.name, check.ok, check.detail, check.hint, check.required) for check in state.checks]
    lines: list[Content] = []
    # What is lacking comes first: there may not be room for all.
    for name, ok, detail, hint, required in sorted((*rows, image), key=lambda row: (row[1], not row[4])):
        mark, look = ("✓", "$text-success") if ok else ("✗", "$text-error") if required else ("–", "$text-warning")
        lines.append(
            Content.assemble(
                (f"{mark} ", look), (f"{clean_line(name):<28}", "bold"), (clean_line(detail, 60), "$text-muted")
            )
        )
        if not ok and hint:
            lines.append(Content.styled(f"  {'':<28}{clean_line(hint, 100)}", "$text-muted"))
    return Content("\n").join(lines)
