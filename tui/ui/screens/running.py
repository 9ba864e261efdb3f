"""Running: the chosen command or free code, its output, its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work

from tui.errors import RollcageError
from tui.store.states import RunState
from tui.text import clean_line
from tui.ui.describe import STATE_GLYPHS, state_words
from tui.ui.failures import failure_words
from tui.ui.screens.moving import Moving
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details
from tui.ui.widgets.session_tree import SessionTree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.definitions.index import Entry
    from tui.definitions.model import Definition
    from tui.runs.engine import Run
    from tui.runs.events import Event, RunFinished
    from tui.runs.request import Request
    from tui.ui.code.bench import Bench
    from tui.ui.code.series import Series
    from tui.ui.history import HistoryRow
    from tui.ui.output.log import OutputLog
    from tui.ui.screens.opening_shell import OpeningShell


class Running(Moving):
    """What starts runs in the session and follows them."""

    entry: Entry | None = None
    """The chosen command."""
    _bench: Bench | None = None
    """What is written in the code editor, once it was opened."""

    # --- what the subclass shows -----------------------------------------------------------------------------------

    def show_log(self, log: OutputLog, title: str, *, follow: bool = True) -> None:
        """Show what a run printed."""
        raise NotImplementedError

    def is_shown(self, log: OutputLog) -> bool:
        """Say whether a log is in sight."""
        raise NotImplementedError

    def why_not(self, action: str) -> str:
        """Return why an action can do nothing now; a command that cannot be run is such a reason."""
        if (reason := super().why_not(action)) or action != "run":
            return reason
        if self.entry is None:
            return "Choose a command first."
        return f"{clean_line(self.entry.name)} has errors and cannot be run." if self.entry.definition is None else ""

    # --- running ---------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="start", exit_on_error=False)
    async def action_run(self) -> None:
        """Run the chosen command as the form has it."""
        # The list knows at once where its cursor is; messages about that may still be under way.
        self.entry = self.query_one(DefinitionList).entry
        if reason := self.why_not("run"):
            self.notify(reason, severity="warning", markup=False)
            return
        assert self.entry is not None
        assert self.entry.definition is not None
        details = self.query_one(Details)
        if details.entry is not self.entry:
            await details.show(self.entry)
        if details.form.show_problems():
            self.set_class(True, "-view-details")
            self.action_pane("details")
            self.call_after_refresh(details.form.show_problems)  # focuses the first, where the pane was hidden too
            return
        from tui.definitions.parameters import InvalidParameters

        try:
            request = self._request(self.entry.definition, details.form.values)
        except InvalidParameters as error:
            if not details.form.show_problems(error.problems):
                self.rollcage.report(error)
            return
        self.start(request)

    def _request(self, definition: Definition, values: Mapping[str, object]) -> Request:
        from tui.runs.prepare import request_for

        settings = self.rollcage.settings
        return request_for(
            definition, values, session=self.workspace.session, settings=settings, profile=self.workspace.profile
        )

    def request_shown(self) -> Request | str:
        """Return what the form would run as it is, or why that is not known."""
        details = self.query_one(Details)
        if details.entry is None or not details.is_settled:
            return "nothing to assess: choose a command"
        definition = details.entry.definition
        if definition is None:
            return f"{clean_line(details.entry.name)} has errors and cannot be run"
        if wrong := details.form.problems():
            return f"assessed once {', '.join(clean_line(name, 20) for name in wrong)} can be used"
        try:
            return self._request(definition, details.form.values)
        except RollcageError as error:
            return str(error)

    def start(self, request: Request) -> None:
        """Hand a request to the engine and wait for its end in the background."""
        self._await_end(self.workspace.start(request))

    @work(group="runs", exit_on_error=False)
    async def _await_end(self, run: Run) -> None:
        await self.workspace.result(run)

    @work(group="cancel", exit_on_error=False)
    async def action_cancel(self) -> None:
        """Cancel the run in progress."""
        await self.workspace.cancel()

    def action_code(self) -> None:
        """Write code and run it."""
        if not self.is_active:  # of two quick presses the second
            return
        from tui.ui.code.bench import Bench
        from tui.ui.screens.code import CodeScreen

        if self._bench is None:
            self._bench = Bench(self.workspace, self.rollcage.paths.draft)
            try:
                self._bench.load()
            except RollcageError as error:
                self.rollcage.report(error)
        self._bench.bind()
        # No worker waits for the answer: whatever cancelled that would have the code not run, and say nothing.
        self.app.push_screen(CodeScreen(self._bench, self._run_series), self._code_left)

    def _code_left(self, must_run: bool | None) -> None:
        if must_run:
            self._run_written()

    @work(group="runs", exit_on_error=False)
    async def _run_written(self) -> None:
        """Run what was written as a whole."""
        assert self._bench is not None
        for request in self._bench.requests(self._bench.read().blocks):
            self.start(request)

    def action_shell(self) -> None:
        """Open a shell in the session, one at a time."""
        from tui.ui.screens.opening_shell import OpeningShell

        if not self.is_active:  # of two quick presses the second
            return
        opening = OpeningShell(self.workspace.session)
        self.app.push_screen(opening)  # at once: what is typed next is meant for the shell
        self._open_shell(opening)

    @work(group="shell", exit_on_error=False)
    async def _open_shell(self, opening: OpeningShell) -> None:
        from tui.ui.shell import open_shell

        try:
            await open_shell(self.rollcage, self.workspace.session, opening)
        finally:
            opening.dismiss()

    @work(group="series", exit_on_error=False)
    async def _run_series(self, series: Series) -> None:
        await series.go(self.workspace)

    @on(SessionTree.OutputAsked)
    def _output_asked(self, event: SessionTree.OutputAsked) -> None:
        self.show_output(event.row)

    @work(exclusive=True, group="log", exit_on_error=False)
    async def show_output(self, row: HistoryRow) -> None:
        """Show what the run of a row printed."""
        run = row.run
        if run is None:
            self.notify("No run led here.", severity="warning")
            return
        from tui.ui.stored import stored_log

        live = self.workspace.live.run(run.id)
        self.show_log(
            live.log if live else await stored_log(self.engine.store, run), run.title, follow=live is not None
        )
        self.action_pane("output")

    # --- events ----------------------------------------------------------------------------------------------------

    def engine_event(self, event: Event) -> None:
        """Do what an event asks for: show a new run's output, tell how a run ended."""
        from tui.runs.events import RunFinished, RunStarted

        if self._bench is not None and self._bench.series is not None:
            self._bench.series.heard(event)
        if isinstance(event, RunStarted | RunFinished):
            self.app.screen.refresh_bindings()  # also of what is on top, where a run can be cancelled too
        match event:
            case RunStarted() if event.session == self.workspace.session:
                run = self.workspace.live.run(event.run_id or "")
                if run is not None:
                    self.show_log(run.log, run.title)
                    self.action_pane("output")
            case RunFinished():
                self._tell_end(event)

    def _tell_end(self, event: RunFinished) -> None:
        """Tell how a run ended that a person started and does not see."""
        run = self.workspace.live.run(event.run_id or "")
        if run is None or not self.workspace.started(run.id):
            return
        if event.state in (RunState.ERROR, RunState.MACHINE_LOST, RunState.REFUSED):
            words = failure_words(event, self.workspace.setting_up)
            self.notify(words, title=clean_line(run.title, 40), severity="error", markup=False, timeout=10)
        elif not self.is_shown(run.log):
            back = "; the machine is back where it was" if event.rolled_back else ""
            words = (
                f"{STATE_GLYPHS[event.state]} {clean_line(run.title, 40)}: {state_words(event.state, event.exit_code)}"
            )
            look = {RunState.SUCCEEDED: "information", RunState.CANCELLED: "warning"}.get(event.state, "error")
            self.notify(f"{words}{back}", severity=look, markup=False)  # type: ignore[arg-type]
