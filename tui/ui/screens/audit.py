"""The Audit area, live: what was decided and changed, by whom, and whether the log is what was written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import BindingType
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.audit.errors import AuditError
from tui.audit.model import Filter
from tui.audit.reader import AuditReader
from tui.errors import RollcageError
from tui.text import clean_line
from tui.ui.audit.filters import EXAMPLE, parse_filter
from tui.ui.audit.rows import AllRows, FilteredRows, Rows
from tui.ui.bindings import bindings_of
from tui.ui.screens.area import Area
from tui.ui.widgets.audit_list import AuditList, heading
from tui.ui.widgets.line_input import LineInput
from tui.ui.widgets.pane import Pane

if TYPE_CHECKING:
    from tui.paths import Paths

LOOK_EVERY_S: Final = 0.5
_NOTHING: Final = "Nothing has been recorded yet: whatever runs is."


class AuditArea(Area):
    """Reads the log as it grows, whoever writes it. Two connections: what is in sight must not wait for a search."""

    NAME = "audit"
    PANES: ClassVar = {"audit": "#pane-audit"}
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("auditarea")
    AUTO_FOCUS = "AuditList"
    DEFAULT_CSS = """
    AuditArea {
        & Pane { height: 1fr; }
        & #audit-filter { background: $surface; }
        & #audit-filter:focus { background: $panel; }
        & #audit-problem { display: none; height: auto; padding: 0 1; color: $text-error; }
        & #audit-problem.-some { display: block; }
        & #audit-heading { height: 1; color: $text-secondary; text-style: bold; text-wrap: nowrap; }
        & AuditList { height: 1fr; }
    }
    """

    def __init__(self, read: Callable[[Paths], AuditReader | None] = AuditReader.read) -> None:
        super().__init__()
        self._read = read
        self._reader: AuditReader | None = None
        self._searcher: AuditReader | None = None
        self._wanted = Filter()
        self._rows: Rows | None = None
        self._read_once: Rows | None = None
        """The rows that were read at least once: from then on only new ones change anything."""
        self._loading = False
        self._in_sight = asyncio.Event()

    def compose_area(self) -> Iterable[Widget]:
        """Lay the pane out."""
        with Pane("Audit log", id="pane-audit"):
            yield LineInput(
                placeholder=f"{self.rollcage.key_of('auditarea.filter')} {EXAMPLE}", id="audit-filter", compact=True
            )
            yield Static(id="audit-problem", markup=False)
            yield Static(id="audit-heading", markup=False)
            yield AuditList(id="audit")

    def on_mount(self) -> None:
        """Begin to read."""
        self._say("opening the log")
        if self.is_current:
            self._in_sight.set()
        self._follow()

    def on_screen_suspend(self) -> None:
        """Look at nothing while something else is in sight."""
        self._in_sight.clear()

    def on_screen_resume(self) -> None:
        """Catch up at once, and go on looking."""
        self._in_sight.set()

    def on_resize(self, event: Resize) -> None:
        """Name the columns where they stand."""
        for line in self.query("#audit-heading").results(Static):
            line.update(heading(event.size.width - 2))

    def clock(self) -> datetime:
        """Return the moment that `since:2h` is counted from, in local time."""
        return datetime.now().astimezone()

    def show_pane(self, name: str) -> None:
        """Begin to filter."""
        self.call_after_refresh(self.query_one("#audit-filter").focus)

    # --- reading ---------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="audit-follow", exit_on_error=False)
    async def _follow(self) -> None:
        try:
            while True:
                await self._in_sight.wait()
                await self._look()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for reader in (self._reader, self._searcher):
                if reader is not None:
                    reader.close()

    async def _look(self) -> None:
        """Take in what is new; a log that cannot be read is told of and tried again."""
        try:
            if self._reader is None or self._searcher is None:
                self._reader = await asyncio.to_thread(self._read, self.rollcage.paths)
                self._searcher = await asyncio.to_thread(self._read, self.rollcage.paths)
                if self._reader is None or self._searcher is None:
                    self._say(_NOTHING)
                    return
                self._show(Filter())
            rows = self._rows
            if rows is None:
                return
            news = await asyncio.to_thread(rows.read_new)
            if rows is self._rows and ((added := rows.add_new(news)) or rows is not self._read_once):
                self._read_once = rows
                self.query_one(AuditList).added(added)
            self._tell()
        except AuditError as error:
            self._say(f"✗ {error.message}")

    def _show(self, wanted: Filter) -> None:
        assert self._reader is not None
        assert self._searcher is not None
        self._wanted = wanted
        self._rows = AllRows(self._reader) if wanted == Filter() else FilteredRows(self._searcher, wanted)
        self.query_one(AuditList).show(self._rows)

    @on(AuditList.OlderWanted)
    @work(group="audit-older", exit_on_error=False)
    async def _read_older(self) -> None:
        rows = self._rows
        if rows is None or self._loading:
            return
        self._loading = True
        try:
            news = await asyncio.to_thread(rows.read_older)
            if rows is self._rows and (count := rows.add_older(news)):
                self.query_one(AuditList).added_before(count)
        except AuditError as error:
            self._say(f"✗ {error.message}")
        finally:
            self._loading = False

    @on(AuditList.Moved)
    def _tell(self) -> None:
        cut = isinstance(self._rows, FilteredRows) and self._rows.is_cut
        more = "+ (until: finds older ones)" if cut else "+" if self._rows is not None and self._rows.older else ""
        self._say(f"{self.query_one(AuditList).indicator()}{more}")

    def _say(self, text: str) -> None:
        self.query_one("#pane-audit", Pane).say(clean_line(text, 200))

    # --- filtering -------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Begin to filter."""
        self.set_focus(self.query_one("#audit-filter"))  # at once: what is typed next is meant for it

    @on(Input.Changed, "#audit-filter")
    def _changed(self) -> None:
        self._problem("")

    @on(Input.Submitted, "#audit-filter")
    @work(exclusive=True, group="audit-filter", exit_on_error=False)
    async def _filter(self, event: Input.Submitted) -> None:
        """Show what the line asks for, or what is wrong with it."""
        if self._searcher is None:
            return
        try:
            wanted = await asyncio.to_thread(parse_filter, event.value, self.clock(), self._searcher.run_id)
        except RollcageError as error:
            self._problem(f"✗ {error}")
            return
        self._show(wanted)
        self.query_one(AuditList).focus()
        await self._look()

    def _problem(self, text: str) -> None:
        line = self.query_one("#audit-problem", Static)
        line.update(Content(clean_line(text, 400)))
        line.set_class(bool(text), "-some")

    def action_close(self) -> None:
        """Go from the filter to the records, then clear the filter."""
        box, records = self.query_one("#audit-filter", Input), self.query_one(AuditList)
        if box.has_focus:
            records.focus()
        elif self._wanted != Filter():
            box.value = ""
            self._show(Filter())

    # --- one record, and all of them -------------------------------------------------------------------------------

    @on(AuditList.Opened)
    def _open(self, event: AuditList.Opened) -> None:
        from tui.ui.screens.record import RecordScreen

        assert self._reader is not None
        try:
            self.app.push_screen(RecordScreen(self._reader.get(event.seq)))
        except RollcageError as error:
            self.notify(clean_line(str(error), 300), severity="error", markup=False)

    def action_verify(self) -> None:
        """Verify the whole log."""
        from tui.ui.screens.verification import VerificationScreen

        self.app.push_screen(VerificationScreen(self.rollcage.paths))
