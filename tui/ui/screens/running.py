"""Running: the chosen command or free code, its output, its end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from textual import on, work

from tui.errors import RollcageError
from tui.machines.model import PROFILES
from tui.runs.events import Event, RolledBack, RunFinished, RunStarted, SnapshotTaken
from tui.runs.request import Request, StepRequest
from tui.store.model import RunState
from tui.text import clean, clean_line
from tui.ui.describe import NO_ROLLBACK, STATE_GLYPHS, state_words
from tui.ui.live import LiveRuns
from tui.ui.screens.moving import Moving
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details
from tui.ui.widgets.session_tree import SessionTree
from tui.units import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.definitions.model import Definition
    from tui.runs.engine import Run
    from tui.ui.app import RollcageApp
    from tui.ui.screens.code import Code


class Running(Moving):
    """What starts runs in the session and follows them."""

    def __init__(self, session: str, live: LiveRuns) -> None:
        super().__init__(session, live)
        self._code: Code | None = None
        self._handles: dict[str, Run] = {}

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
            return
        from tui.definitions.parameters import InvalidParameters

        try:
            request = self._request(self.entry.definition, details.form.values)
        except InvalidParameters as error:
            if not details.form.show_problems(error.problems):
                cast("RollcageApp", self.app).report(error)
            return
        self.start(request)

    def _request(self, definition: Definition, values: Mapping[str, object]) -> Request:
        from tui.runs.prepare import request_for

        settings = cast("RollcageApp", self.app).settings
        return request_for(definition, values, session=self.session, settings=settings, profile=self._profile())

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
        run = self.engine.run(request)
        self._handles[run.id] = run
        self._await_end(run)

    @work(group="runs", exit_on_error=False)
    async def _await_end(self, run: Run) -> None:
        try:
            await run.result()
        finally:
            self._handles.pop(run.id, None)

    @work(group="cancel", exit_on_error=False)
    async def action_cancel(self) -> None:
        """Cancel the run in progress."""
        running = self.live.running(self.session)
        if running is not None and (handle := self._handles.get(running.id)) is not None:
            await handle.cancel()

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_code(self) -> None:
        """Write code and run it."""
        from tui.ui.screens.code import Code, CodeScreen

        screen = CodeScreen(self._code or Code(), self.session, self._request_for_code)
        code, wants_run = await self.app.push_screen_wait(screen)
        self._code = code
        if not wants_run:
            return
        if reason := self.why_not("code"):
            self.notify(reason, severity="warning", markup=False)
            return
        self.start(self._request_for_code(code))

    def _request_for_code(self, code: Code) -> Request:
        return Request(
            title=clean_line(code.text.strip().split("\n", 1)[0], 60),
            steps=(StepRequest(code.text, code.language),),
            session=self.session,
            spec=PROFILES.get(self._profile() or ""),
            keep_interpreter=code.keep_interpreter,
        )

    def _profile(self) -> str | None:
        """Return the kind of machine a person chose for a session that has none yet."""
        return self.profiles.get(self.session) if self.state.record is None else None

    @on(SessionTree.OutputAsked)
    @work(exclusive=True, group="log", exit_on_error=False)
    async def _show_output(self, event: SessionTree.OutputAsked) -> None:
        run = event.row.run
        if run is None:
            self.notify("No run led here.", severity="warning")
            return
        from tui.ui.stored import stored_log

        live = self.live.run(run.id)
        self.show_log(
            live.log if live else await stored_log(self.engine.store, run), run.title, follow=live is not None
        )
        self.action_pane("output")

    # --- events ----------------------------------------------------------------------------------------------------

    def follow_event(self, event: Event) -> None:
        """Do what an event asks for: show a new run's output, read the session again, tell how a run ended."""
        match event:
            case RunStarted() if event.session == self.session:
                run = self.live.run(event.run_id or "")
                if run is not None:
                    self.show_log(run.log, run.title)
                    self.action_pane("output")
                self.reload_session()
            case SnapshotTaken() | RolledBack() | RunStarted():
                self.reload_session()
            case RunFinished():
                self.reload_session()
                self._tell_end(event)

    def _tell_end(self, event: RunFinished) -> None:
        run = self.live.run(event.run_id or "")
        if run is None or event.state is RunState.SUCCEEDED:
            return
        if event.state in (RunState.ERROR, RunState.MACHINE_LOST, RunState.REFUSED):
            self.notify(clean(event.error), title=clean_line(run.title, 40), severity="error", markup=False, timeout=10)
            return
        back = "; the machine is back where it was" if event.rolled_back else ""
        if self.is_shown(run.log):
            return
        text = f"{clean_line(run.title, 40)}: {state_words(event.state, event.exit_code)}{back}"
        self.notify(text, severity="warning" if event.state is RunState.CANCELLED else "error", markup=False)

    def run_words(self) -> tuple[str, str]:
        """Return what the session does now, and the look of that."""
        run = self.live.running(self.session)
        if run is not None:
            seconds = (datetime.now(UTC) - run.started_at).total_seconds()
            step = f" {run.step}/{run.steps}" if run.steps > 1 else ""
            words = f"◌ {clean_line(run.title, 24)}{step} {duration(max(seconds, 1))}"
            return f"{words}{f' · {NO_ROLLBACK}' if run.no_rollback else ''}", "warning"
        last = self.live.latest(self.session)
        if last is None:
            return "idle", "muted"
        host = f" · {NO_ROLLBACK}" if last.no_rollback else ""
        how = f"{state_words(last.state, last.exit_code)}{host}"
        look = "good" if last.state is RunState.SUCCEEDED else "bad"
        return f"{STATE_GLYPHS[last.state]} {clean_line(last.title, 24)} {how}", look
