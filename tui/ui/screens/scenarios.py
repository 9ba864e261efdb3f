"""The Scenarios area: presets that show what happens, step by step, expectation and outcome side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.notifications import SeverityLevel
from textual.widget import Widget
from textual.widgets import Static

from tui.definitions.kinds import Scope
from tui.errors import RollcageError
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.notices import notice
from tui.ui.output.log import OutputLog
from tui.ui.output.panel import OutputPanel
from tui.ui.output.view import OutputView
from tui.ui.scenarios.layout import heading
from tui.ui.scenarios.progress import LOOKS, Phase, Progress
from tui.ui.scenarios.report import report
from tui.ui.screens.carrying_out import CarryingOut
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.scenario_list import ScenarioList
from tui.ui.widgets.step_list import StepList

if TYPE_CHECKING:
    from tui.scenarios.catalog import Catalog, CatalogDelta, Entry

_TITLES: Final = {"steps": "Steps", "output": "Output"}
_VIEWS: Final = tuple(_TITLES)
_WIDGETS: Final = {"scenarios": "#scenarios", "steps": "#steps", "output": "#step-output"}
_ELAPSED_S: Final = 0.25


class ScenariosArea(CarryingOut):
    """The list of scenarios, the steps of the chosen one, and what the chosen step printed."""

    NAME = "scenarios"
    PANES: ClassVar = {"scenarios": "#pane-scenarios", "steps": "#pane-steps", "output": "#pane-step-output"}
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("scenarios")
    AUTO_FOCUS = "ScenarioList"
    CSS_PATH = "../styles/scenarios.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._nothing = OutputLog()
        self._wanted = ""
        """The scenario to go to once the files were read."""

    def compose_area(self) -> Iterable[Widget]:
        """Lay the panes out."""
        with Horizontal(id="scenario-panes"):
            with Pane("Scenarios", id="pane-scenarios"):
                yield ScenarioList(self.last, id="scenarios")
            with Container(id="scenario-side"):
                with Pane("Steps", id="pane-steps"):
                    yield Static(id="verdict", markup=False)
                    yield Static(id="step-columns", markup=False)
                    yield StepList(id="steps")
                with Pane("Output", id="pane-step-output"):
                    yield OutputPanel(OutputView("Nothing was printed.", id="step-output"))

    def on_mount(self) -> None:
        """Read the scenarios and follow their files."""
        self.add_class("-view-steps")
        self._step_clock = self.set_interval(_ELAPSED_S, self._tick, pause=True)
        self._follow_files()

    # --- files -----------------------------------------------------------------------------------------------------

    def open_catalog(self) -> Catalog:
        """Read the scenarios. Called in a thread."""
        from tui.scenarios.catalog import Catalog

        return Catalog.standard(paths=self.rollcage.paths)

    @work(group="scenario-files", exit_on_error=False)
    async def _follow_files(self) -> None:
        self.catalog = catalog = await asyncio.to_thread(self.open_catalog)
        self._show_catalog(catalog)
        from tui.definitions.reload import watch

        async for delta in watch(catalog):
            if delta:
                self._show_catalog(catalog, delta)

    def _show_catalog(self, catalog: Catalog, delta: CatalogDelta | None = None) -> None:
        if not self.is_running:
            return
        self.query_one(ScenarioList).show(catalog.index)
        self._choose_wanted()
        count = len(catalog.index.entries)
        self.query_one("#pane-scenarios", Pane).say(f"{count} scenario{'s' * (count != 1)}" if count else "none")
        self.show_scenario()
        if delta:
            look: SeverityLevel = "error" if delta.broken else "information"
            self.notify(notice(delta), title="Scenarios", severity=look, markup=False)

    # --- what is shown ---------------------------------------------------------------------------------------------

    @on(ScenarioList.Highlighted)
    def show_scenario(self) -> None:
        """Show the chosen scenario as it stands."""
        entry, progress = self.entry, self.progress
        verdict = self.query_one("#verdict", Static)
        phase = progress.phase if progress is not None else Phase.PENDING
        verdict.set_classes(f"-{LOOKS[phase]}")
        verdict.update(self._verdict(entry, progress))
        self.query_one(StepList).show(entry, progress)
        if phase is Phase.RUNNING:
            self._step_clock.resume()
        waiting = len(self.conductor.waiting)
        self.query_one("#pane-steps", Pane).say(f"{waiting} more scenarios follow" if waiting else "")
        self._show_output()
        if self.is_current:
            self.show_keys()

    def _verdict(self, entry: Entry | None, progress: Progress | None) -> str:
        if entry is None:
            return "There are no scenarios."
        if progress is None and entry.scenario is not None:
            progress = Progress.of(entry.scenario)
        if progress is None:
            return "✗ the file has errors; it cannot be run"
        current = self.rollcage.key_of
        if progress.phase is Phase.PENDING:
            return f"{progress.verdict()}: {current('scenariolist.run')} runs it, {current('scenarios.step')} in steps"
        if progress.phase is Phase.HELD:
            return f"{progress.verdict()}: {current('scenarios.step')} next, {current('scenariolist.run')} rest"
        return progress.verdict()

    @on(StepList.Highlighted)
    def _show_output(self) -> None:
        step, progress = self.query_one(StepList).step, self.progress
        there = progress is not None and 0 <= step < len(progress.steps)
        log = progress.steps[step].log if progress is not None and there else self._nothing
        view = self.query_one(OutputView)
        if view.log_shown is not log:
            view.show_log(log)
        self._show_titles()

    def _show_titles(self) -> None:
        """Name the panes; where there is no room for all, the visible one also names the one behind it."""
        step = self.query_one(StepList).step
        full = {
            "steps": clean_line(self.entry.name, 30) if self.entry is not None else "Steps",
            "output": f"Output of step {step + 1}" if step >= 0 else "Output",
        }
        self.name_panes(full, _TITLES, _VIEWS if self.has_class("-narrow") else ())

    @on(StepList.Resized)
    def _show_columns(self) -> None:
        width = self.query_one(StepList).scrollable_content_region.width
        self.query_one("#step-columns", Static).update(heading(width) if width else "")
        self._show_titles()

    def _tick(self) -> None:
        """Let the time of the step go on that is carried out."""
        progress = self.progress
        if progress is None or progress.phase is not Phase.RUNNING:
            self._step_clock.pause()
        elif self.rollcage.current_mode == self.NAME:
            self.query_one(StepList).show(self.entry, progress)

    # --- panes -----------------------------------------------------------------------------------------------------

    def show_pane(self, name: str) -> None:
        """Show and focus a pane."""
        shown = name if name in _VIEWS else _VIEWS[0]
        for view in _VIEWS:
            self.set_class(view == shown, f"-view-{view}")
        self._show_titles()
        self.call_after_refresh(self.query_one(_WIDGETS[name]).focus)

    def open_scenario(self, name: str) -> None:
        """Put the cursor on a scenario, as soon as it was read."""
        self._wanted = name
        self._choose_wanted()

    def _choose_wanted(self) -> None:
        if self._wanted and self.catalog is not None:
            self.query_one(ScenarioList).choose(self._wanted)
            self._wanted = ""
            self.action_pane("scenarios")

    @on(StepList.Opened)
    def _step_opened(self) -> None:
        self.action_pane("output")

    # --- the file and the report -----------------------------------------------------------------------------------

    @work(group="editor", exclusive=True, exit_on_error=False)
    async def action_edit(self) -> None:
        """Open the file of the scenario; a shipped one is only named."""
        from tui.ui.editor import edit

        entry = self.entry
        if entry is None:
            return
        path = clean_line(str(entry.path))
        if entry.scope is Scope.SHIPPED:
            own = self.rollcage.paths.user_scenarios
            self.notify(
                f"{path}\nIt is shipped: copy it to {own} to change it.", title="File", markup=False, timeout=10
            )
            return
        try:
            await edit(self.app, entry.path)
        except RollcageError as error:
            self.notify(path, title="File", markup=False, timeout=10)
            self.rollcage.report(error)

    def action_copy_report(self) -> None:
        """Copy what came of the scenario."""
        if (progress := self.progress) is not None:
            from tui.ui.clipboard import copy

            copy(self.app, report(progress), "the report")
