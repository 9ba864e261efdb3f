"""The application: wiring of the engine, the catalog, the themes and the screens."""

from __future__ import annotations

import asyncio
import functools
import gc
import importlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.worker import Worker, WorkerState

from tui.errors import RollcageError
from tui.text import clean, clean_line
from tui.ui.approver import DialogApprover
from tui.ui.areas import AREAS
from tui.ui.bindings import bindings_of
from tui.ui.clipboard import forget_old
from tui.ui.following import RecordsFollower
from tui.ui.host_setup import HostSetup
from tui.ui.keyed_app import KeyedApp
from tui.ui.leaving import Leaving
from tui.ui.messages import CatalogChanged, EngineEvent, EngineReady, SessionLoaded, SetUpFurther
from tui.ui.place import Place, keep_place, last_place
from tui.ui.preparation import look
from tui.ui.reach import key_here
from tui.ui.screens.area import Area
from tui.ui.screens.run import RunArea
from tui.ui.signals import Signals
from tui.ui.workspace import DEFAULT_SESSION, Workspace

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.message import Message
    from textual.screen import Screen

    from tui.config import Settings
    from tui.definitions.catalog import Catalog, CatalogDelta
    from tui.paths import Paths
    from tui.runs.engine import Engine
    from tui.runs.events import Event
    from tui.runs.scripted import ScriptedApprover
    from tui.ui.history import HistoryRow
    from tui.ui.live import LiveRuns
    from tui.ui.preparation import HostState
    from tui.ui.screens.sessions import SessionChoice


_log = logging.getLogger(__name__)
_TOAST_S = 8.0
_BURST_S = 0.05
"""Events this close to each other make the session be read once."""


class RollcageApp(KeyedApp):
    """Run anything, roll anything back."""

    TITLE = "Rollcage"
    NOTIFICATION_TIMEOUT = 4.0
    # The first area has no file of its own: all styles would be read once more for it.
    CSS_PATH = ["styles/base.tcss", "styles/run.tcss"]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("app")
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {area.name: area.make for area in AREAS}
    DEFAULT_MODE = AREAS[0].name

    def __init__(
        self,
        paths: Paths,
        settings: Settings,
        *,
        session: str | None = None,
        read_only: bool = False,
        open_engine: Callable[[], Awaitable[Engine]] | None = None,
        open_catalog: Callable[[], Catalog] | None = None,
        look_at_host: Callable[[Paths], Awaitable[HostState]] = look,
    ) -> None:
        super().__init__()
        self.paths = paths
        self.settings = settings
        self.start_keys(read_only=read_only)
        self._left = last_place(paths)
        self.workspace = Workspace(session or self._left.session or DEFAULT_SESSION, self.keymap)
        """What all areas share."""
        self.workspace.key_here = functools.partial(key_here, self)
        self.catalog: Catalog | None = None
        """None until it was read."""
        self.approver = DialogApprover(self)
        """Asks where a person must agree."""
        self._reload_due = self._unread = self._reading = False
        self.host_setup = HostSetup(self, look_at_host)
        self.leaving = Leaving(self)
        self.signals = Signals(self.leaving.without_asking)
        self._open_engine = open_engine or self._standard_engine
        self._open_catalog = open_catalog or self._standard_catalog
        self.start_themes()

    @property
    def engine(self) -> Engine | None:
        """The engine; None until it is open."""
        return self.workspace.opened

    @property
    def live(self) -> LiveRuns:
        """The runs of this process."""
        return self.workspace.live

    # --- areas -----------------------------------------------------------------------------------------------------

    @property
    def areas(self) -> list[Area]:
        """The areas that were shown so far."""
        bases = (stack[0] for stack in self._screen_stacks.values() if stack)
        return [screen for screen in bases if isinstance(screen, Area)]

    @property
    def run_area(self) -> RunArea:
        """The area the application starts with."""
        return next(area for area in self.areas if isinstance(area, RunArea))

    def action_area(self, name: str) -> None:
        """Show an area."""
        self.switch_mode(name)
        self.keep_place()

    def keep_place(self) -> None:
        """Keep where the application is, for the next start."""
        if self.areas and not self.keymap.read_only:
            entry = self.run_area.entry
            keep_place(Place(self.workspace.session, self.current_mode, entry.name if entry else ""), self.paths)

    def show_status(self) -> None:
        """Have all areas show anew where one is and what goes on."""
        for area in self.areas:
            area.show_status()

    def _tell_areas(self, make: Callable[[], Message]) -> None:
        for area in self.areas:
            area.post_message(make())

    # --- start -----------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """What takes longer comes after the first paint."""
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        # What is here now stays: the collector, which `run_app` stopped, need not walk it ever again.
        gc.freeze()
        gc.enable()
        self.follow_themes()
        self.tell_of_keys()
        self._follow_catalog()
        self._connect_engine()
        if not self.keymap.read_only:
            self.run_worker(lambda: forget_old(self.paths, time.time()), thread=True, exit_on_error=False)
        if self._left.area in self.MODES:
            self.action_area(self._left.area)

    async def _standard_engine(self) -> Engine:
        # Imported in a thread: it takes longer than a frame.
        module = await asyncio.to_thread(importlib.import_module, "tui.runs.engine")
        read_only = self.keymap.read_only
        engine: Engine = await module.Engine.open(
            self.paths, self.settings, warm_pool=not read_only, approver=self.answers, read_only=read_only,
            bell=lambda: self.call_later(self.bell),
        )  # fmt: skip
        return engine

    @functools.cached_property
    def answers(self) -> ScriptedApprover:
        """Answers as scenarios say in the sessions of these, and asks the person everywhere else."""
        from tui.runs.scripted import ScriptedApprover

        return ScriptedApprover(self.approver)

    def _standard_catalog(self) -> Catalog:
        from tui.definitions.catalog import Catalog

        return Catalog.standard(paths=self.paths)

    @work(group="engine", exit_on_error=False)
    async def _connect_engine(self) -> None:
        try:
            engine = await self._open_engine()
        except Exception as error:
            self.workspace.problem = clean_line(str(error), 200)
            raise
        if self.leaving.is_under_way:
            await engine.close()
            return
        self.workspace.opened = engine
        engine.subscribe(self._hear)
        self._tell_areas(EngineReady)
        RecordsFollower(self, engine)
        self.reload_session()
        self.action_set_up()
        # What is here now stays: the collector need not walk it again while output pours in.
        gc.freeze()

    def _hear(self, event: Event) -> None:
        from tui.runs.events import OutputReceived, RolledBack, RunFinished, RunStarted, SnapshotTaken

        # Output may come a hundred thousand times a second: it goes into its log at once, and the view looks at that.
        self.live.apply(event)
        if isinstance(event, OutputReceived):
            return
        self._tell_areas(lambda: EngineEvent(event))
        if isinstance(event, RunStarted | SnapshotTaken | RolledBack | RunFinished) and not self._reload_due:
            # What happens to a session comes in bursts: a snapshot and the end of a run are read together.
            self._reload_due = True
            self.set_timer(_BURST_S, self._reload)

    # --- the session -----------------------------------------------------------------------------------------------

    def _reload(self) -> None:
        self._reload_due = False
        self.reload_session()

    def reload_session(self) -> None:
        """Read the session on view again, for all areas; where that is being done, once more after it."""
        self._unread = True
        if not self._reading:
            self._reading = True
            self._read_session()

    @work(group="session", exit_on_error=False)
    async def _read_session(self) -> None:
        try:
            while self._unread and self.engine is not None:
                self._unread = False
                session = self.workspace.session
                try:
                    state = await self.workspace.load()
                except Exception as error:  # noqa: BLE001 - told; what was asked for meanwhile is still to be read
                    self.report(error)
                    continue
                if session == self.workspace.session:  # else the other one is read next
                    self._tell_areas(functools.partial(SessionLoaded, state))
        finally:
            self._reading = False

    def switch_session(self, choice: SessionChoice) -> None:
        """Show another session."""
        self.workspace.choose(choice)
        self.keep_place()
        self.reload_session()

    # --- definitions -----------------------------------------------------------------------------------------------

    @work(group="catalog", exit_on_error=False)
    async def _follow_catalog(self) -> None:
        self.catalog = catalog = await asyncio.to_thread(self._open_catalog)
        self._show_catalog(catalog)
        self.run_area.call_later(self.run_area.choose_command, self._left.command)
        from tui.definitions.reload import watch

        async for delta in watch(catalog):
            if delta:
                self._show_catalog(catalog, delta)

    def _show_catalog(self, catalog: Catalog, delta: CatalogDelta | None = None) -> None:
        from tui.ui.notices import notice

        message = CatalogChanged(catalog.index, notice(delta) if delta else "", bool(delta and delta.broken))
        for area in self.areas:  # there is none any more while the application ends
            if isinstance(area, RunArea):
                area.post_message(message)

    def open_command(self, name: str) -> None:
        """Put the cursor of the list on a command and open it."""
        self.action_area("run")
        self.run_area.open_command(name)

    def open_scenario(self, name: str) -> None:
        """Put the cursor of the list on a scenario."""
        from tui.ui.screens.scenarios import ScenariosArea

        self.action_area("scenarios")
        next(area for area in self.areas if isinstance(area, ScenariosArea)).open_scenario(name)

    def show_output(self, row: HistoryRow) -> None:
        """Show what a run of the session printed."""
        self.action_area("run")
        self.run_area.show_output(row)

    # --- errors ----------------------------------------------------------------------------------------------------

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell of an error in the background; it never ends the application."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.report(event.worker.error)

    def report(self, error: Exception) -> None:
        """Show an error with what to do about it; what a person cannot act on goes to the log file in full."""
        if isinstance(error, RollcageError):
            from tui.ui.notices import shortened

            text = "\n".join(shortened(clean(part)) for part in (error.message, error.hint) if part)
        else:
            _log.error("an unexpected error", exc_info=error)
            text = f"{type(error).__name__}: {clean_line(str(error), 300)}\nDetails are in {self.paths.logs}."
        self.notify(text, title="That did not work", severity="error", markup=False, timeout=_TOAST_S)

    # --- actions ---------------------------------------------------------------------------------------------------

    def action_set_up(self) -> None:
        """Look whether this host can make machines, and offer to set it up."""
        self.host_setup.offer()

    @on(SetUpFurther)
    def _set_up_further(self, message: SetUpFurther) -> None:
        self.host_setup.show_further(message.progress)

    def action_quit_safely(self) -> None:
        """Leave; ask first while something runs."""
        self.leaving.ask()

    def _build_driver(self, headless: bool, inline: bool, mouse: bool, size: tuple[int, int] | None) -> Driver:
        """Heed signals from before the terminal is drawn on."""
        driver = super()._build_driver(headless, inline, mouse, size)
        self.signals.heed(driver)
        return driver

    async def on_unmount(self) -> None:
        """Close everything however the application ends."""
        await self.leaving.everything_closed()

    def copy_to_clipboard(self, text: str) -> None:
        """Copy, also in tmux, and to a file what is too long for a clipboard."""
        from tui.ui.clipboard import put

        put(self, text)

    async def action_interrupt(self) -> None:
        """Copy the selection, else cancel the run in progress, else say how to leave."""
        if selected := self.screen.get_selected_text():
            from tui.ui.clipboard import copy

            copy(self, selected, "the selection")
        elif self.workspace.running is not None:
            await self.workspace.cancel()
        else:
            self.notify(f"{self.key_of('app.quit')} leaves Rollcage.", markup=False)


def run_app(paths: Paths, settings: Settings, *, session: str | None = None, read_only: bool = False) -> int:
    """Run the application and return its exit code."""
    app = RollcageApp(paths, settings, session=session, read_only=read_only)
    result = app.run(mouse=settings.mouse)
    return result if result is not None else app.return_code or 0
