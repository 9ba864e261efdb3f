"""The main screen: commands, the chosen command, its output, the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Key, Resize
from textual.widgets import Footer, Input, Static

from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.describe import spec_words
from tui.ui.messages import CatalogChanged, EngineEvent, EngineReady
from tui.ui.output.log import OutputLog
from tui.ui.output.view import OutputView
from tui.ui.screens.running import Running
from tui.ui.screens.session_screen import REASONED
from tui.ui.session_state import SessionState, plan_words, row_details
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.risk_pane import RiskPane
from tui.ui.widgets.session_tree import SessionTree
from tui.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from tui.definitions.index import Entry
    from tui.ui.app import RollcageApp

SMALLEST: Final = (60, 14)
"""Columns and rows below which the screen only says what it needs."""
_VIEWS: Final = ("details", "output", "tree")
_ROOMY: Final = 36
"""Rows from which on all that is known of the risk is shown without a key."""
_AGES_S: Final = 15.0
_ELAPSED_S: Final = 0.25
_SETTLE_S: Final = 0.05
"""A command is laid out this long after the cursor came to it, so that scrolling through the list stays quick."""


class MainScreen(Running):
    """Four panes; as many of them at once as the terminal has room for."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("main")
    AUTO_FOCUS = "DefinitionList"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (104, "-medium"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012
    CSS_PATH = "../styles/main.tcss"

    _output_title = ""
    _reasons: tuple[bool, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield StatusBar(id="status")
        with Horizontal(id="panes"):
            with Pane("1 Commands", id="pane-definitions"):
                yield Input(placeholder="/ filter", id="filter", compact=True)
                yield DefinitionList(id="definitions")
            with Pane("2 Command", id="pane-details"):
                yield Details(id="details")
                yield RiskPane(id="risk")
            with Pane("3 Output", id="pane-output"):
                yield OutputView("Nothing has run here yet: ^r runs the command.", id="output")
            with Pane("4 Session", id="pane-tree"):
                yield SessionTree(id="tree")
                yield Static(id="tree-details", markup=False)
        yield Static(id="too-small", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Start with the command in the middle and the clocks running."""
        self.add_class("-view-details")
        self.state = SessionState(self.session)
        self._details_timer = self.set_interval(_SETTLE_S, self._show_details, pause=True)
        self.set_interval(_AGES_S, self.query_one(SessionTree).refresh)
        self.set_interval(_ELAPSED_S, self._show_run)
        self._show_status()

    # --- layout ----------------------------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        """Say what is needed where there is too little room."""
        width, height = event.size
        self.call_after_refresh(self._show_titles)
        self.query_one(RiskPane).fit(height)
        self.query_one(RiskPane).expanded = height >= _ROOMY
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(small, "-too-small")
        if small:
            self.query_one("#too-small", Static).update(
                f"Rollcage needs {SMALLEST[0]}×{SMALLEST[1]} cells; here are {width}×{height}.\n"
                f"Enlarge the terminal or make its font smaller.\n\n"
                f"rollcage --help shows how to do everything without this screen."
            )

    def action_pane(self, name: str) -> None:
        """Show and focus a pane."""
        if self.has_class("-zoom"):
            self.action_zoom()
        if name != "definitions":
            for view in _VIEWS:
                self.set_class(view == name, f"-view-{view}")
        elif self.has_class("-narrow") and self.has_class("-view-output"):
            self.set_class(False, "-view-output")
            self.set_class(True, "-view-details")
        self._show_titles()
        if name == "details":
            self.call_after_refresh(self.query_one(Details).focus_form)
        else:
            self.call_after_refresh(self.query_one(f"#{name}").focus)

    def _show_titles(self) -> None:
        """Name the panes; where there is no room for all, the visible one also names those behind it."""
        sharing = _VIEWS if self.has_class("-narrow") else _VIEWS[:2] if self.has_class("-medium") else ()
        short = dict(zip(_VIEWS, ("2 Command", "3 Output", "4 Session"), strict=True))
        full = {
            "details": f"2 {clean_line(self.entry.name, 24)}" if self.entry else "2 Command",
            "output": f"3 Output · {self._output_title}" if self._output_title else "3 Output",
            "tree": f"4 Session · {clean_line(self.state.name, 20)}",
        }
        for view in _VIEWS:
            tabs = sharing if view in sharing else (view,)
            here = tabs.index(view)
            names = [full[tab] if tab == view else short[tab] for tab in tabs]
            self.query_one(f"#pane-{view}", Pane).title(names, here)

    def action_zoom(self) -> None:
        """Give the focused pane all the room, or give it back."""
        pane = next((each for each in self.query(Pane) if each.has_focus_within), None)
        zoom = not self.has_class("-zoom") and pane is not None
        self.set_class(zoom, "-zoom")
        for each in self.query(Pane):
            each.set_class(zoom and each is pane, "-zoomed")

    def action_filter(self) -> None:
        """Begin to filter."""
        self.query_one("#filter").focus()

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        self.query_one(DefinitionList).filter(event.value)

    @on(Input.Submitted, "#filter")
    def _filtered(self) -> None:
        self.query_one(DefinitionList).focus()

    def key_escape(self) -> None:
        """Leave the filter; a second time, clear it."""
        box, commands = self.query_one("#filter", Input), self.query_one(DefinitionList)
        if not box.has_focus:
            box.value = ""
        commands.focus()

    # --- disabled keys say why -------------------------------------------------------------------------------------

    def _show_keys(self) -> None:
        """Have the footer drawn anew if another key can or cannot do something now; doing so is slow."""
        reasons = tuple(bool(self.why_not(action)) for action in REASONED)
        if reasons != self._reasons:
            self._reasons = reasons
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey keys out that can do nothing now."""
        return None if self.why_not(action) else True

    def on_key(self, event: Key) -> None:
        """Say why a key does nothing."""
        active = self.active_bindings.get(event.key)
        if active is not None and not active.enabled and (reason := self.why_not(active.binding.action)):
            event.stop()
            self.notify(reason, severity="warning", markup=False, timeout=4)

    # --- what comes in ---------------------------------------------------------------------------------------------

    @on(CatalogChanged)
    def _catalog_changed(self, event: CatalogChanged) -> None:
        self.query_one(DefinitionList).show(event.index)
        pane = self.query_one("#pane-definitions", Pane)
        pane.say(f"{len(event.index.definitions)} commands")
        if event.notice:
            self.notify(event.notice, severity="error" if event.is_bad else "information", markup=False)

    @on(DefinitionList.Highlighted)
    def _highlighted(self, event: DefinitionList.Highlighted) -> None:
        self.entry = event.entry
        self._details_timer.reset()
        self._details_timer.resume()

    def _show_details(self) -> None:
        self._details_timer.pause()
        self.show_details(self.entry)

    @work(group="details", exit_on_error=False)
    async def show_details(self, entry: Entry | None) -> None:
        """Show a command in the middle."""
        await self.query_one(Details).show(entry)
        self._show_titles()
        self._show_keys()

    def open_command(self, name: str) -> None:
        """Put the cursor on a command and open it, whatever the filter says."""
        self.query_one("#filter", Input).value = ""
        commands = self.query_one(DefinitionList)
        commands.filter("")
        commands.choose(name)
        commands.action_open()

    @on(DefinitionList.Opened)
    async def _opened(self, event: DefinitionList.Opened) -> None:
        self.entry = event.entry
        await self.query_one(Details).show(event.entry)
        self.action_pane("details")

    @on(Details.Changed)
    def _look_at_risk(self) -> None:
        self.query_one(RiskPane).look_at(self.request_shown)

    def action_risk(self) -> None:
        """Show all that is known of the risk, or one line."""
        pane = self.query_one(RiskPane)
        if not self.has_class("-wide") and not self.has_class("-view-details"):
            self.action_pane("details")
            pane.expanded = True
        else:
            pane.toggle()

    def action_audit(self) -> None:
        """Show the audit log."""
        from tui.ui.screens.audit import AuditScreen

        self.app.push_screen(AuditScreen(cast("RollcageApp", self.app).paths))

    @on(Details.RunPressed)
    def _run_pressed(self) -> None:
        self.action_run()

    @on(EngineReady)
    def _engine_ready(self) -> None:
        self.reload_session(show_last=True)
        self._look_at_risk()

    @on(EngineEvent)
    def _engine_event(self, message: EngineEvent) -> None:
        self.follow_event(message.event)
        self._show_status()

    # --- the session -----------------------------------------------------------------------------------------------

    def session_loaded(self, state: SessionState) -> None:
        """Show a session that was read anew."""
        self.state = state
        self.query_one(SessionTree).show(state.snapshots, state.runs, state.head_id)
        pane = self.query_one("#pane-tree", Pane)
        self._show_titles()
        pane.say(f"z: {plan_words(state, state.undo)}" if state.undo else "")
        self._show_row()
        self._show_status()
        self._show_keys()

    @on(SessionTree.Highlighted)
    def _row_highlighted(self) -> None:
        self._show_row()

    def _show_row(self) -> None:
        self.query_one("#tree-details", Static).update(row_details(self.query_one(SessionTree).row))

    # --- output ----------------------------------------------------------------------------------------------------

    def show_log(self, log: OutputLog, title: str, *, follow: bool = True) -> None:
        """Show what a run printed."""
        view = self.query_one(OutputView)
        if view.log_shown is not log:
            view.show_log(log, follow=follow)
        self._output_title = clean_line(title, 40)
        self._show_titles()

    @on(OutputView.Moved)
    def _output_moved(self, event: OutputView.Moved) -> None:
        self.query_one("#pane-output", Pane).say(event.view.indicator())

    # --- status ----------------------------------------------------------------------------------------------------

    def _show_run(self) -> None:
        if self.live.running(self.session) is not None or self.query_one(StatusBar).status.run.startswith("◌"):
            self._show_status()

    def _show_status(self) -> None:
        words, look = self.run_words()
        machine = self.live.machines.get(self.session)
        spec = machine.spec if machine else self.state.record.spec if self.state.record else None
        vm = f"{machine.machine_id[-6:].lower()} {spec_words(machine.spec)}" if machine else ""
        pool = self.live.pool
        self.query_one(StatusBar).say(
            session=self.session,
            run=words,
            run_look=look,
            machine=vm or (spec_words(spec) if spec else ""),
            pool=f"{pool.ready} ready {pool.warming} warming {pool.hits}/{pool.hits + pool.misses} hits"
            if pool
            else "",
        )
        self._show_keys()

    def is_shown(self, log: OutputLog) -> bool:
        """Say whether a log is in sight."""
        hidden = self.has_class("-view-details") and not self.has_class("-wide")
        hidden |= self.has_class("-view-tree") and self.has_class("-narrow")
        return self.query_one(OutputView).log_shown is log and not hidden

    def show_backend_status(self, name: str, reason: str) -> None:
        """Say which backend makes the machines, and why that one."""
        self.query_one(StatusBar).say(backend=clean_line(name, 20), backend_reason=reason)
