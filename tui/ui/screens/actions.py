"""What a person can do to the session: run, cancel, roll back, undo, redo, keep a moment, switch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from tui.errors import RollcageError
from tui.machines.model import PROFILES
from tui.runs.events import Event, RolledBack, RunFinished, RunStarted, SnapshotTaken
from tui.runs.request import Request, StepRequest
from tui.store.model import RunState
from tui.text import clean_line
from tui.ui.describe import duration, state_words
from tui.ui.live import LiveRuns
from tui.ui.output.log import OutputLog
from tui.ui.session_state import SessionState, plan_words, rollback_question
from tui.ui.widgets.details import Details
from tui.ui.widgets.session_tree import SessionTree

if TYPE_CHECKING:
    from tui.definitions.index import Entry
    from tui.runs.engine import Engine, RollbackPlan, Run
    from tui.ui.app import RollcageApp
    from tui.ui.screens.code import Code
    from tui.ui.screens.sessions import SessionChoice

_STARTING = "Rollcage is still starting."


class SessionActions(Screen[None]):
    """The acting half of the main screen; the showing half is the subclass."""

    session: str = "default"
    """Name of the session on view."""
    entry: Entry | None = None
    """The chosen command."""
    state: SessionState
    live: LiveRuns

    def __init__(self, session: str, live: LiveRuns) -> None:
        super().__init__()
        self.session = session
        self.live = live
        self.state = SessionState(session)
        self._profiles: dict[str, str] = {}
        """Profiles chosen for sessions that have no machine yet."""
        self._code: Code | None = None
        self._handles: dict[str, Run] = {}

    @property
    def _engine(self) -> Engine:
        engine = cast("RollcageApp", self.app).engine
        if engine is None:
            raise RollcageError(_STARTING)
        return engine

    # --- what the subclass shows -----------------------------------------------------------------------------------

    def session_loaded(self, state: SessionState) -> None:
        """Show a session that was read anew."""
        raise NotImplementedError

    def show_log(self, log: OutputLog, title: str, *, follow: bool = True) -> None:
        """Show what a run printed."""
        raise NotImplementedError

    def is_shown(self, log: OutputLog) -> bool:
        """Say whether a log is in sight."""
        raise NotImplementedError

    def show_backend_status(self, name: str, reason: str) -> None:
        """Show which backend makes the machines."""
        raise NotImplementedError

    def action_pane(self, name: str) -> None:
        """Show and focus a pane."""
        raise NotImplementedError

    # --- reasons ---------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Return why an action can do nothing now, or nothing if it can do something."""
        name = action.rpartition(".")[2].partition("(")[0]
        if name not in ("run", "cancel", "undo", "redo", "snapshot", "rollback", "code"):
            return ""
        if cast("RollcageApp", self.app).engine is None:
            return cast("RollcageApp", self.app).engine_problem or _STARTING
        running = self.live.running(self.session)
        match name:
            case "run" if self.entry is None:
                return "Choose a command first."
            case "run" if self.entry and self.entry.definition is None:
                return f"{clean_line(self.entry.name)} has errors and cannot be run."
            case "run" | "rollback" | "undo" | "redo" | "code" if running is not None:
                return f"{clean_line(running.title, 30)} is running; x cancels it."
            case "cancel" if running is None:
                return "Nothing is running."
            case "undo" if self.state.undo is None:
                return "There is nothing to undo in this session."
            case "redo" if self.state.redo is None:
                return "There is nothing to redo in this session."
            case "snapshot" if self.state.record is None:
                return "This session has no machine yet; run something first."
        return ""

    # --- errors ----------------------------------------------------------------------------------------------------

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            cast("RollcageApp", self.app).report(event.worker.error)

    # --- running ---------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="start", exit_on_error=False)
    async def action_run(self) -> None:
        """Run the chosen command as the form has it."""
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
        from tui.runs.prepare import request_for

        app = cast("RollcageApp", self.app)
        try:
            request = request_for(
                self.entry.definition,
                details.form.values,
                session=self.session,
                settings=app.settings,
                profile=self._profile(),
            )
        except InvalidParameters as error:
            if not details.form.show_problems(error.problems):
                app.report(error)
            return
        self.start(request)

    def start(self, request: Request) -> None:
        """Hand a request to the engine and wait for its end in the background."""
        run = self._engine.run(request)
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

        code, wants_run = await self.app.push_screen_wait(CodeScreen(self._code or Code(), self.session))
        self._code = code
        if not wants_run:
            return
        if reason := self.why_not("code"):
            self.notify(reason, severity="warning", markup=False)
            return
        self.start(
            Request(
                title=clean_line(code.text.strip().split("\n", 1)[0], 60),
                steps=(StepRequest(code.text, code.language),),
                session=self.session,
                spec=PROFILES.get(self._profile() or ""),
                keep_interpreter=code.keep_interpreter,
            )
        )

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
        if run is None or event.state is RunState.SUCCEEDED or self.is_shown(run.log):
            return
        back = "; the machine is back where it was" if event.rolled_back else ""
        text = f"{clean_line(run.title, 40)}: {state_words(event.state, event.exit_code)}{back}"
        self.notify(text, severity="warning" if event.state is RunState.CANCELLED else "error", markup=False)

    def run_words(self) -> tuple[str, str]:
        """Return what the session does now, and the look of that."""
        run = self.live.running(self.session)
        if run is not None:
            seconds = (datetime.now(UTC) - run.started_at).total_seconds()
            step = f" {run.step}/{run.steps}" if run.steps > 1 else ""
            return f"◌ {clean_line(run.title, 24)}{step} {duration(max(seconds, 1))}", "warning"
        last = self.live.latest(self.session)
        if last is None:
            return "idle", "muted"
        good = last.state is RunState.SUCCEEDED
        return f"{'✓' if good else '✗'} {clean_line(last.title, 24)} {state_words(last.state, last.exit_code)}", (
            "good" if good else "bad"
        )

    # --- the session -----------------------------------------------------------------------------------------------

    @work(exclusive=True, group="session", exit_on_error=False)
    async def reload_session(self, *, show_last: bool = False) -> None:
        """Read the session again; with `show_last` also show what its last run printed."""
        state = await SessionState.load(self._engine, self.session)
        self.session_loaded(state)
        if show_last:
            latest = self.live.latest(self.session)
            if latest is not None:
                self.show_log(latest.log, latest.title)
            elif state.runs:
                from tui.ui.stored import stored_log

                newest = max(state.runs, key=lambda run: run.id)
                self.show_log(await stored_log(self._engine.store, newest), newest.title, follow=False)
            else:
                self.show_log(OutputLog(), "")

    def _profile(self) -> str | None:
        """Return the kind of machine a person chose for a session that has none yet."""
        return self._profiles.get(self.session) if self.state.record is None else None

    @work(exclusive=True, group="backend", exit_on_error=False)
    async def show_backend(self) -> None:
        """Ask which backend there is."""
        status = await self._engine.backend_status()
        self.show_backend_status(status.name, status.why)

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
            live.log if live else await stored_log(self._engine.store, run), run.title, follow=live is not None
        )
        self.action_pane("output")

    @on(SessionTree.RollbackAsked)
    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def _roll_back(self, event: SessionTree.RollbackAsked) -> None:
        """Ask, naming the target and what is lost; then do it."""
        from tui.ui.screens.confirm import Confirm

        target = event.row.target
        if target is None:
            self.notify("This run left no snapshot to go to.", severity="warning")
            return
        if reason := self.why_not("rollback"):
            self.notify(reason, severity="warning", markup=False)
            return
        plan = await self._engine.plan_rollback(self.session, target)
        dialog = Confirm(
            f"Roll back session {clean_line(self.session, 30)}?",
            rollback_question(self.state, plan),
            act="Roll back",
            keep="Keep as it is",
        )
        if await self.app.push_screen_wait(dialog):
            await self._move(lambda: self._engine.rollback(self.session, plan.target.id), "Rolled back", plan)

    async def _move(self, move: Callable[[], Awaitable[RolledBack]], what: str, plan: RollbackPlan) -> None:
        words = plan_words(self.state, plan)
        moved = await move()
        self.notify(f"{what}: {words} in {duration(moved.took_ms / 1000)}.", markup=False)
        self.reload_session()

    @work(exclusive=True, group="move", exit_on_error=False)
    async def action_undo(self) -> None:
        """Undo the last change of the session."""
        if (plan := self.state.undo) is not None:
            await self._move(lambda: self._engine.undo(self.session), "Undone", plan)

    @work(exclusive=True, group="move", exit_on_error=False)
    async def action_redo(self) -> None:
        """Repeat what was undone."""
        if (plan := self.state.redo) is not None:
            await self._move(lambda: self._engine.redo(self.session), "Redone", plan)

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_snapshot(self) -> None:
        """Keep this moment."""
        from tui.ui.screens.ask_name import AskName

        name = await self.app.push_screen_wait(
            AskName("Snapshot", "Keep this moment of the whole machine: memory, processes and files.", act="Keep")
        )
        if name is not None:
            snapshot = await self._engine.snapshot(self.session, name)
            self.notify(f"Snapshot kept; the machine stood still for {duration(snapshot.pause_ms / 1000)}.")
            self.reload_session()

    @on(SessionTree.NameAsked)
    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def _give_name(self, event: SessionTree.NameAsked) -> None:
        from tui.ui.screens.ask_name import AskName

        snapshot = event.row.snapshot
        if snapshot is None:
            self.notify("This run left no snapshot to name.", severity="warning")
            return
        name = await self.app.push_screen_wait(
            AskName("Name", "A name to find this snapshot by.", act="Name it", value=clean_line(snapshot.name))
        )
        if name is not None:
            await self._engine.set_snapshot(snapshot.id, name=name)
            self.reload_session()

    @on(SessionTree.PinAsked)
    @work(exclusive=True, group="move", exit_on_error=False)
    async def _keep(self, event: SessionTree.PinAsked) -> None:
        snapshot = event.row.snapshot
        if snapshot is not None:
            await self._engine.set_snapshot(snapshot.id, pinned=not snapshot.pinned)
            self.notify("No longer kept from collection." if snapshot.pinned else "Kept from collection.")
            self.reload_session()

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_sessions(self) -> None:
        """Switch to another session."""
        from tui.ui.screens.sessions import Sessions

        app = cast("RollcageApp", self.app)
        sessions = self._engine.store.sessions()
        choice = await app.push_screen_wait(Sessions(sessions, self.session, app.settings.profile))
        if choice is not None:
            self.switch_session(choice)

    def switch_session(self, choice: SessionChoice) -> None:
        """Show another session."""
        self.session = choice.name
        if choice.profile:
            self._profiles[choice.name] = choice.profile
        self.state = SessionState(choice.name)
        self.reload_session(show_last=True)
