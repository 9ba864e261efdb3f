"""What every part of the main screen stands on: the session on view, the engine, and why a key can do nothing now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from textual import on, work
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from tui.errors import RollcageError
from tui.text import clean_line
from tui.ui.live import LiveRuns
from tui.ui.output.log import OutputLog
from tui.ui.session_state import SessionState

if TYPE_CHECKING:
    from tui.definitions.index import Entry
    from tui.runs.engine import Engine
    from tui.ui.app import RollcageApp
    from tui.ui.screens.sessions import SessionChoice

REASONED: Final = ("run", "cancel", "undo", "redo", "snapshot", "rollback", "code")
"""Actions that cannot always do something."""
_STARTING = "Rollcage is still starting."


class SessionScreen(Screen[None]):
    """Knows the session; what acts on it and what shows it are subclasses."""

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
        self.profiles: dict[str, str] = {}
        """Profiles chosen for sessions that have no machine yet."""

    @property
    def engine(self) -> Engine:
        """The engine.

        Raises:
            RollcageError: it is not open yet.
        """
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
        if name not in REASONED:
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

    # --- the session -----------------------------------------------------------------------------------------------

    @work(exclusive=True, group="session", exit_on_error=False)
    async def reload_session(self, *, show_last: bool = False) -> None:
        """Read the session again; with `show_last` also show what its last run printed."""
        state = await SessionState.load(self.engine, self.session)
        self.session_loaded(state)
        if show_last:
            latest = self.live.latest(self.session)
            if latest is not None:
                self.show_log(latest.log, latest.title)
            elif state.runs:
                from tui.ui.stored import stored_log

                newest = max(state.runs, key=lambda run: run.id)
                self.show_log(await stored_log(self.engine.store, newest), newest.title, follow=False)
            else:
                self.show_log(OutputLog(), "")

    @work(exclusive=True, group="backend", exit_on_error=False)
    async def show_backend(self) -> None:
        """Ask which backend there is."""
        status = await self.engine.backend_status()
        self.show_backend_status(status.name, status.why)

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_sessions(self) -> None:
        """Switch to another session."""
        from tui.ui.screens.sessions import Sessions

        app = cast("RollcageApp", self.app)
        sessions = self.engine.store.sessions()
        choice = await app.push_screen_wait(Sessions(sessions, self.session, app.settings.profile))
        if choice is not None:
            self.switch_session(choice)

    def switch_session(self, choice: SessionChoice) -> None:
        """Show another session."""
        self.session = choice.name
        if choice.profile:
            self.profiles[choice.name] = choice.profile
        self.state = SessionState(choice.name)
        self.reload_session(show_last=True)
