"""The Run area: commands, the chosen command, its output, the session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Input

from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.messages import CatalogChanged
from tui.ui.output.log import OutputLog
from tui.ui.output.panel import OutputPanel
from tui.ui.output.view import OutputView
from tui.ui.reach import NamesKeys
from tui.ui.screens.running import Running
from tui.ui.session_state import SessionState, undo_words
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details
from tui.ui.widgets.line_input import LineInput
from tui.ui.widgets.moment_details import MomentDetails
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.risk_pane import RiskPane
from tui.ui.widgets.session_tree import SessionTree

if TYPE_CHECKING:
    from tui.definitions.index import Entry
    from tui.keymap.key import Key

_TITLES: Final = {"details": "Command", "output": "Output", "tree": "Session"}
_VIEWS: Final = tuple(_TITLES)
_ROOMY: Final = 36
"""Rows from which on all that is known of the risk is shown without a key."""
_AGES_S: Final = 15.0
_LONGEST_LABEL: Final = 12
_SETTLE_S: Final = 0.05
"""A command is laid out this long after the cursor came to it, so that scrolling through the list stays quick."""


class RunArea(Running, NamesKeys):
    """Four panes; as many of them at once as the terminal has room for."""

    NAME = "run"
    PANES: ClassVar = {name: f"#pane-{name}" for name in ("definitions", *_VIEWS)}
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("run")
    AUTO_FOCUS = "DefinitionList"

    _output_title = ""

    def __init__(self) -> None:
        super().__init__(classes="-view-details")

    def compose_area(self) -> Iterable[Widget]:
        """Lay the panes out."""
        with Horizontal(id="panes"):
            with Pane("Commands", id="pane-definitions"):
                yield LineInput(placeholder=f"{self.rollcage.key_of('run.filter')} filter", id="filter", compact=True)
                yield DefinitionList(id="definitions")
            with Pane("Command", id="pane-details"):
                yield Details(id="details")
                yield RiskPane(id="risk")
            with Pane("Output", id="pane-output"):
                yield OutputPanel(OutputView(self._nothing_yet(), id="output"))
            with Pane("Session", id="pane-tree"):
                yield SessionTree(id="tree")
                yield MomentDetails(id="tree-details")

    def _nothing_yet(self) -> str:
        key = self.rollcage.key_of("run.run")
        return f"Nothing has run here yet{f': {key} runs the command' if key else ''}."

    def on_mount(self) -> None:
        """Set the clocks."""
        self._details_timer = self.set_interval(_SETTLE_S, self._show_details, pause=True)
        self.set_interval(_AGES_S, self.query_one(SessionTree).refresh)

    # --- layout ----------------------------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        """Show of the risk what there is room for."""
        self.call_after_refresh(self._show_titles)
        self.query_one(RiskPane).fit(event.size.height)
        self.query_one(RiskPane).expanded = event.size.height >= _ROOMY

    def show_pane(self, name: str) -> None:
        """Show and focus a pane."""
        if name != "definitions":
            for view in _VIEWS:
                self.set_class(view == name, f"-view-{view}")
        elif self.has_class("-narrow") and self.has_class("-view-output"):
            self.set_class(False, "-view-output")
            self.set_class(True, "-view-details")
        self._show_titles()
        if self.query_one(self.PANES[name]).region.area:
            self._focus_pane(name)  # at once: what is typed next is meant for it
        else:
            self.call_after_refresh(self._focus_pane, name)

    def _focus_pane(self, name: str) -> None:
        """Focus a pane; the form as a whole, for a field would take the next key that goes from pane to pane."""
        if not self.query_one(self.PANES[name]).has_focus_within:
            self.set_focus(self.query_one(f"#{name}"))

    def _show_titles(self) -> None:
        """Name the panes; where there is no room for all, the visible one also names those behind it."""
        sharing = _VIEWS if self.has_class("-narrow") else _VIEWS[:2] if self.has_class("-medium") else ()
        full = {
            "details": clean_line(self.entry.name, 24) if self.entry else "Command",
            "output": f"Output · {self._output_title}" if self._output_title else "Output",
            "tree": f"Session · {clean_line(self.workspace.session, 20)}",
        }
        self.name_panes(full, _TITLES, sharing)

    def key_label(self, key: Key) -> str:
        """Say what enter and escape do with the filter, and which command runs where none is in sight."""
        if self.focused is not None and self.focused.id == "filter":
            return {"line.done": "To the list", "run.back": "Clear"}.get(key.id, "")
        is_behind = self.has_class("-narrow") and self.has_class("-view-output")
        is_aside = self.has_class("-zoom") and not self.query("#pane-definitions.-zoomed")
        if key.id == "run.run" and self.entry is not None and (is_behind or is_aside):
            return clean_line(f"{key.label} {self.entry.name}", _LONGEST_LABEL)
        return ""

    def action_filter(self) -> None:
        """Begin to filter."""
        self.set_focus(self.query_one("#filter"))  # at once: what is typed next is meant for it

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        self.query_one(DefinitionList).filter(event.value)
        self._show_count()

    @on(Input.Submitted, "#filter")
    def _filtered(self) -> None:
        commands = self.query_one(DefinitionList)
        commands.settle()
        self.set_focus(commands)

    def action_back(self) -> None:
        """Clear the filter of the commands; from everything else, go to the commands."""
        box, commands = self.query_one("#filter", Input), self.query_one(DefinitionList)
        if self.focused in (box, commands):
            box.value = ""
            commands.filter("")
            self._show_count()
            self.set_focus(commands)
        else:
            self.action_pane("definitions")

    # --- what comes in ---------------------------------------------------------------------------------------------

    @on(CatalogChanged)
    def _catalog_changed(self, event: CatalogChanged) -> None:
        self.query_one(DefinitionList).show(event.index)
        self._show_count()
        if event.notice:
            self.notify(event.notice, severity="error" if event.is_bad else "information", markup=False)

    def _show_count(self) -> None:
        """Say how many commands there are, and while a filter is typed how many of them it shows."""
        commands = self.query_one(DefinitionList)
        part = f"{len(commands.shown):,} of " if commands.is_filtered else ""
        self.query_one("#pane-definitions", Pane).say(f"{part}{commands.total:,} command{'s' * (commands.total != 1)}")

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
        if entry is None and self.query("#details Input:focus"):
            self.set_focus(self.query_one("#filter"))  # what is typed on must not act as commands
        with self.app.batch_update():  # laid out and drawn once, not after each of its parts
            await self.query_one(Details).show(entry, without=self._no_command())
            self._show_titles()
        self.show_keys()

    def _no_command(self) -> str:
        return "No command matches the filter." if self.query_one("#filter", Input).value.strip() else ""

    def open_command(self, name: str) -> None:
        """Put the cursor on a command and open it, whatever the filter says."""
        self.query_one("#filter", Input).value = ""
        commands = self.query_one(DefinitionList)
        commands.filter("")
        commands.choose(name)
        commands.action_open()

    def choose_command(self, name: str) -> None:
        """Put the cursor on a command, if there is one of that name."""
        self.query_one(DefinitionList).choose(name)

    @on(DefinitionList.Opened)
    async def _opened(self, event: DefinitionList.Opened) -> None:
        self.entry = event.entry
        await self.query_one(Details).show(event.entry)
        self.action_pane("details")
        self.call_after_refresh(self.query_one(Details).focus_form)

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

    @on(Details.RunPressed)
    def _run_pressed(self) -> None:
        self.action_run()

    def engine_ready(self) -> None:
        """Assess what could not be assessed before."""
        self._look_at_risk()

    # --- the session -----------------------------------------------------------------------------------------------

    def session_loaded(self, state: SessionState, *, switched: bool = False) -> None:
        """Show the session; another one with what it printed last."""
        self.query_one(SessionTree).show(state.snapshots, state.runs, state.head_id)
        pane = self.query_one("#pane-tree", Pane)
        self._show_titles()
        key = self.rollcage.key_of("session.undo")
        pane.say(f"{key} {undo_words(state, state.undo)}" if key and state.undo else "")
        self._show_row()
        if switched:
            self._show_last()

    @work(exclusive=True, group="log", exit_on_error=False)
    async def _show_last(self) -> None:
        latest, runs = self.workspace.live.latest(self.workspace.session), self.workspace.state.runs
        if latest is not None:
            self.show_log(latest.log, latest.title)
        elif runs:
            from tui.ui.stored import stored_log

            newest = max(runs, key=lambda run: run.id)
            self.show_log(await stored_log(self.engine.store, newest), newest.title, follow=False)
        else:
            self.show_log(OutputLog(), "")

    @on(SessionTree.Highlighted)
    def _row_highlighted(self) -> None:
        self._show_row()

    def _show_row(self) -> None:
        self.query_one(MomentDetails).show(self.query_one(SessionTree).row)

    # --- output ----------------------------------------------------------------------------------------------------

    def show_log(self, log: OutputLog, title: str, *, follow: bool = True) -> None:
        """Show what a run printed."""
        view = self.query_one(OutputView)
        if view.log_shown is not log:
            view.show_log(log, follow=follow)
        self._output_title = clean_line(title, 40)
        self._show_titles()

    def is_shown(self, log: OutputLog) -> bool:
        """Say whether a log is in sight."""
        hidden = self.has_class("-view-details") and not self.has_class("-wide")
        hidden |= self.has_class("-view-tree") and self.has_class("-narrow")
        return self.rollcage.current_mode == self.NAME and self.query_one(OutputView).log_shown is log and not hidden
