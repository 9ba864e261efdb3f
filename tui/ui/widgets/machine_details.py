"""One machine: what is known of it, and the end of its log."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.text import LineCleaner
from tui.ui.bindings import bindings_of
from tui.ui.widgets.facts import Fact, Facts
from tui.ui.widgets.reading import Reading

_LINES: Final = 200
"""Lines of the log that are shown; a guest can fill it with what it likes."""
_LONGEST: Final = 400


class PoolPane(VerticalScroll, Reading, can_focus=True):
    """Something to read that scrolls with the keys of lists."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("poolpane")
    DEFAULT_CSS = """
    PoolPane { padding: 0 1; }
    """


class MachineDetails(PoolPane):
    """The facts of a machine above the end of its log."""

    DEFAULT_CSS = """
    MachineDetails {
        & #machine-facts { margin-bottom: 1; }
        & #machine-log { height: auto; }
    }
    """

    _machine_id = ""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Facts(id="machine-facts")
        yield Static(id="machine-log", markup=False)

    def show_facts(self, machine_id: str, facts: list[Fact]) -> None:
        """Show what is known of a machine; of another one than before, from the beginning."""
        if machine_id != self._machine_id:
            self._machine_id = machine_id
            self.release_anchor()
            self.scroll_home(animate=False)
        widget = self.query_one(Facts)
        if facts != widget.facts:
            widget.update(facts)

    def show_log(self, text: str | None) -> None:
        """Show the end of a log, which is untrusted; None is no log. Anchored, this keeps showing its last line."""
        content = _log(text)
        widget = self.query_one("#machine-log", Static)
        if content != widget.content:
            widget.update(content)


def _log(text: str | None) -> Content:
    if text is None:
        return Content("")
    title = Content.styled("End of the console and hypervisor log", "$text-secondary")
    lines = log_lines(text)
    body = [Content(line) for line in lines] or [Content.styled("nothing was printed", "$text-muted")]
    return Content("\n").join([title, *body])


def log_lines(text: str) -> list[str]:
    """Return the last lines of a log, safe to show, without the blank ones at its end."""
    cleaner = LineCleaner()
    lines = [line.text for line in [*cleaner.feed(text.encode(errors="replace")), *cleaner.finish()]]
    while lines and not lines[-1].strip():
        lines.pop()
    return [line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…" for line in lines[-_LINES:]]
