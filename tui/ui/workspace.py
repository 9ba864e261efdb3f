"""What all areas share: the engine, the session on view, and what runs in it."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tui.errors import Busy, RollcageError
from tui.keymap.table import Keymap
from tui.store.states import RunState
from tui.text import clean_line
from tui.ui.acts import Acts
from tui.ui.bindings import KEY_TABLE
from tui.ui.describe import NO_ROLLBACK, STATE_GLYPHS, spec_words, state_words
from tui.ui.session_state import SessionState
from tui.ui.widgets.status_bar import RunWords, Status
from tui.units import duration

if TYPE_CHECKING:
    from tui.runs.engine import BackendStatus, Engine, Run
    from tui.runs.events import PoolChanged
    from tui.runs.request import Request
    from tui.store.model import RunRecord
    from tui.ui.live import LiveRun, LiveRuns
    from tui.ui.preparation import Progress
    from tui.ui.screens.sessions import SessionChoice

DEFAULT_SESSION: Final = "default"
STARTING: Final = "Rollcage is still starting."
CLOSING: Final = "Rollcage is closing."
READ_ONLY: Final = "Rollcage was opened with --readonly: nothing is run or changed."
_LONGEST_TITLE: Final = 200
_CHANGING: Final = frozenset(key.action.partition("(")[0].rpartition(".")[2] for key in KEY_TABLE.keys if key.changes)
_NEED_A_STILL_MACHINE: Final = frozenset(("run", "rollback", "undo", "redo", "shell"))
_NEED_THEIR_TURN: Final = frozenset(("run", "shell", "rollback", "snapshot", "delete"))
"""What a person decides about the state on view, so that it cannot follow a move whose outcome they have not seen."""
_NEED_AN_ENGINE: Final = _NEED_A_STILL_MACHINE | {"cancel", "snapshot", "sessions"}


class Workspace:
    """One for the whole application. Holds no widgets: areas show what is here."""

    def __init__(self, session: str, keymap: Keymap | None = None) -> None:
        self.keymap = keymap or Keymap(KEY_TABLE)
        """Which keys do what now."""
        self.key_here: Callable[..., str] = lambda *ids: self.keymap.current(ids[0])
        """Returns the key that does one of some things where the focus is, or nothing."""
        self.session = session
        """Name of the session on view."""
        self.state = SessionState(session)
        """What is known of it."""
        self.opened: Engine | None = None
        """The engine, once it is open."""
        self.problem = ""
        """Why it could not be opened."""
        self.backend: BackendStatus | None = None
        """What makes the machines, once it is known."""
        self.setting_up: Progress | None = None
        """How far setting the host up has come, while that goes on."""
        self.acts = Acts()
        """What was set going with the engine."""
        self.closing: list[Callable[[], Awaitable[None]]] = [self.acts.settled]
        """What is to be done before the engine closes."""
        self.keeping: list[Callable[[], None]] = []
        """What keeps what was typed, when the application ends."""
        self._profiles: dict[str, str] = {}
        self._runs: dict[str, Run] = {}
        self._started: set[str] = set()

    @property
    def engine(self) -> Engine:
        """The engine.

        Raises:
            RollcageError: it is not open.
        """
        if self.opened is None:
            raise RollcageError(self.problem or STARTING)
        return self.opened

    @functools.cached_property
    def live(self) -> LiveRuns:
        """The runs of this process. What it is made of is imported with the engine: before, there are none."""
        from tui.ui.live import LiveRuns

        return LiveRuns(lambda run_id: self.engine.store.output_path(run_id))  # noqa: PLW0108 - it may open later

    # --- the session -----------------------------------------------------------------------------------------------

    async def load(self) -> SessionState:
        """Read the session again."""
        session = self.session
        state = await SessionState.load(self.engine, session)
        if session == self.session:
            self.state = state
        return self.state

    def take(self, state: SessionState) -> None:
        """Take what was read of a session, if it is still the one on view."""
        if state.name == self.session:
            self.state = state

    def choose(self, choice: SessionChoice) -> None:
        """Turn to another session."""
        self.session = choice.name
        self.state = SessionState(choice.name)
        if choice.profile:
            self._profiles[choice.name] = choice.profile

    @property
    def profile(self) -> str | None:
        """The profile a person chose for a session that has none yet."""
        return self._profiles.get(self.session) if self.state.record is None else None

    # --- runs ------------------------------------------------------------------------------------------------------

    @property
    def elsewhere(self) -> RunRecord | None:
        """The run in progress in the session that another process carries out, as far as the records tell."""
        if self.opened is None:
            return None
        found = (run for run in self.state.runs if run.state is RunState.RUNNING and self.live.run(run.id) is None)
        return next(found, None)

    @property
    def running(self) -> LiveRun | None:
        """The run in progress in the session."""
        return self.live.running(self.session) if self.opened is not None else None

    def start(self, request: Request) -> Run:
        """Hand a request to the engine.

        Raises:
            Busy: something is under way with the session, so that the run would start from what nobody has seen.
        """
        if reason := self.acts.why_wait(request.session):
            raise Busy(reason)
        run = self.engine.run(request)
        self._runs[run.id] = run
        self._started.add(run.id)
        return run

    def started(self, run_id: str) -> bool:
        """Say whether a person started a run here, rather than a scenario."""
        return run_id in self._started

    async def result(self, run: Run) -> None:
        """Wait until a run has ended, however it does.

        Raises:
            RollcageError: it ended without a record.
        """
        try:
            await run.result()
        finally:
            self._runs.pop(run.id, None)

    async def cancel(self, session: str = "") -> None:
        """Cancel the run in progress in a session, else in the one on view."""
        running = self.live.running(session or self.session) if self.opened is not None else None
        if running is not None and (run := self._runs.get(running.id)) is not None:
            await run.cancel()

    # --- words -----------------------------------------------------------------------------------------------------

    def forbids(self, action: str) -> bool:
        """Say whether an action changes something where nothing may be changed."""
        return self.keymap.read_only and action in _CHANGING

    def why_not(self, action: str, session: str = "") -> str:
        """Return why an action of a session, else of the one on view, can do nothing now, or nothing if it can."""
        if self.forbids(action):
            return READ_ONLY
        if action in _NEED_AN_ENGINE and self.opened is None:
            return self.problem or STARTING
        running = self.live.running(session or self.session) if self.opened is not None else None
        if action in _NEED_A_STILL_MACHINE and running is not None:
            key = self.key_here("run.cancel", "code.cancel")
            return f"{clean_line(running.title, 30)} is running{f'; {key} cancels it' if key else ''}."
        elsewhere = self.elsewhere if session in ("", self.session) else None
        if action in _NEED_A_STILL_MACHINE and elsewhere is not None:
            return f"{clean_line(elsewhere.title, 30)} is running in this session, started by another Rollcage."
        busy = self.acts.why_wait(session or self.session)
        if action in _NEED_THEIR_TURN and busy:
            return busy
        match action:
            case "cancel" if running is None and elsewhere is not None:
                return f"{clean_line(elsewhere.title, 30)} was started by another Rollcage: cancel it there."
            case "cancel" if running is None:
                return "Nothing is running."
            case "undo" | "redo" if busy:
                return ""  # it follows on what is under way, and what that leaves to undo is not known yet
            case "undo" if self.state.undo is None:
                return "There is nothing to undo in this session."
            case "redo" if self.state.redo is None:
                return "There is nothing to redo in this session."
            case "snapshot" if self.state.record is None:
                return "This session has no machine yet; run something first."
        return ""

    def status(self) -> Status:
        """Return what the bar at the top says."""
        run = self.run_words()
        setting_up = self.setting_up.words if self.setting_up is not None else ""
        if self.opened is None:
            return Status(self.session, run, setting_up=setting_up, read_only=self.keymap.read_only)
        machine = self.live.machines.get(self.session)
        spec = machine.spec if machine else self.state.record.spec if self.state.record else None
        vm = f"{machine.machine_id[-6:].lower()} {spec_words(machine.spec)}" if machine else ""
        pool = self.live.pool
        return Status(
            session=self.session,
            run=run,
            read_only=self.keymap.read_only,
            machine=vm or (spec_words(spec) if spec else ""),
            backend=clean_line(self.backend.name, 20) if self.backend else "",
            backend_reason=self.backend.why if self.backend else "",
            pool=_pool_words(pool) if pool is not None else "",
            setting_up=setting_up,
        )

    def run_words(self) -> RunWords:
        """Return what the session does now, or did last."""
        run = self.running
        if run is not None:
            seconds = (datetime.now(UTC) - run.started_at).total_seconds()
            step = f"{run.step}/{run.steps} " if run.steps > 1 else ""
            state = f"{step}{duration(max(seconds, 1))}{f' · {NO_ROLLBACK}' if run.no_rollback else ''}"
            return RunWords("◌", clean_line(run.title, _LONGEST_TITLE), state, "warning")
        if (other := self.elsewhere) is not None:
            seconds = (datetime.now(UTC) - other.started_at).total_seconds()
            return RunWords(
                "◌", clean_line(other.title, _LONGEST_TITLE), f"{duration(max(seconds, 1))} · in another Rollcage",
                "warning",
            )  # fmt: skip
        last = self.live.latest(self.session) if self.opened is not None else None
        if last is None:
            return RunWords()
        state = f"{state_words(last.state, last.exit_code)}{f' · {NO_ROLLBACK}' if last.no_rollback else ''}"
        look = "good" if last.state is RunState.SUCCEEDED else "bad"
        return RunWords(STATE_GLYPHS[last.state], clean_line(last.title, _LONGEST_TITLE), state, look)


def _pool_words(pool: PoolChanged) -> str:
    asked = pool.hits + pool.misses
    at_once = f" · {pool.hits} of {asked} at once" if asked else ""
    return f"{pool.ready} ready {pool.warming} warming{at_once}"
