"""The first start: what the host has, what it lacks, and doing what can be done about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from textual import on, work
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, ProgressBar, Static

from tui.errors import RollcageError
from tui.text import clean, clean_line
from tui.ui.preparation import HostState, Report
from tui.ui.screens.dialog import Dialog

Act = Callable[[Report], Awaitable[None]]


class Setup(Dialog[bool]):
    """Dismissed with True when the host is ready, with False when a person leaves it for later."""

    FRAME_TITLE = "Setting up"
    AUTO_FOCUS = "#act"
    DEFAULT_CSS = """
    Setup #frame { width: 96; }
    Setup #checks { height: auto; max-height: 16; scrollbar-size-vertical: 1; }
    Setup ProgressBar { width: 1fr; margin-top: 1; display: none; }
    Setup ProgressBar Bar { width: 1fr; }
    Setup #stage { height: 1; color: $text-muted; display: none; }
    Setup #problem { margin-top: 1; }
    Setup.-working ProgressBar, Setup.-working #stage { display: block; }
    """

    @dataclass
    class Progress(Message):
        """Something was done; only the newest such message matters."""

        fraction: float | None
        stage: str

        def can_replace(self, message: Message) -> bool:
            """Let a newer one take the place of an older one."""
            return isinstance(message, Setup.Progress)

    def __init__(self, state: HostState, act: Act, log: str) -> None:
        super().__init__()
        self._state = state
        self._act = act
        self._log_file = log

    def content(self) -> Iterable[Widget]:
        """Return the checks, the progress and the buttons."""
        yield Static(
            "Commands run in small virtual machines, which are made from an image that is built once on this host. "
            "That takes some minutes and about 1.5 GB of disk space.",
            markup=False,
        )
        yield Static("", markup=False)
        yield VerticalScroll(Static(_checks(self._state), markup=False, id="state"), id="checks", can_focus=False)
        yield ProgressBar(show_eta=False)
        yield Static(id="stage", markup=False)
        yield Static(id="problem", classes="dialog--problem", markup=False)
        yield Horizontal(
            Button("Later", id="later", compact=True),
            Button("Set up now", id="act", variant="primary", compact=True),
            classes="dialog--buttons",
        )

    @on(Button.Pressed, "#later")
    def action_cancel(self) -> None:
        """Leave it for later; what is under way goes on."""
        self.dismiss(False)

    @on(Button.Pressed, "#act")
    @work(exclusive=True, exit_on_error=False)
    async def _set_up(self) -> None:
        self.add_class("-working")
        self.query_one("#act", Button).disabled = True
        self.query_one("#problem", Static).update("")
        try:
            await self._act(self._tell)
        except (RollcageError, OSError) as error:
            self._failed(error)
            return
        self.dismiss(True)

    def _tell(self, fraction: float | None, stage: str) -> None:
        self.post_message(self.Progress(fraction, stage))

    @on(Progress)
    def _show_progress(self, event: Progress) -> None:
        bar = self.query_one(ProgressBar)
        if event.fraction is None:
            bar.update(total=None)
        else:
            bar.update(total=100, progress=event.fraction * 100)
        self.query_one("#stage", Static).update(clean_line(event.stage, 90))

    def _failed(self, error: RollcageError | OSError) -> None:
        self.remove_class("-working")
        message = error.message if isinstance(error, RollcageError) else str(error)
        hint = error.hint if isinstance(error, RollcageError) else ""
        text = "\n".join(filter(None, [f"✗ {clean(message)}", clean(hint), f"The log is {self._log_file}."]))
        self.query_one("#problem", Static).update(Content(text))
        button = self.query_one("#act", Button)
        button.label = Content("Try again")
        button.disabled = False
        self.call_after_refresh(button.focus)  # after the focus it lost by being disabled


def _checks(state: HostState) -> Content:
    image = ("guest image", state.image.ready, state.image.detail, "", True)
    rows = [(check.name, check.ok, check.detail, check.hint, check.required) for check in state.checks]
    lines: list[Content] = []
    for name, ok, detail, hint, required in (*rows, image):
        mark, look = ("✓", "$text-success") if ok else ("✗", "$text-error") if required else ("–", "$text-warning")
        lines.append(
            Content.assemble(
                (f"{mark} ", look), (f"{clean_line(name):<28}", "bold"), (clean_line(detail, 60), "$text-muted")
            )
        )
        if not ok and hint:
            lines.append(Content.styled(f"  {'':<28}{clean_line(hint, 100)}", "$text-muted"))
    return Content("\n").join(lines)
