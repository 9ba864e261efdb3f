"""The Scenarios area: presets that show what happens, step by step, expectation and outcome side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from tui.definitions.model import Definition, Scope
from tui.errors import RollcageError
from tui.runs.scenario_events import ScenarioBegun, ScenarioEvent
from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.notices import notice
from tui.ui.output.log import OutputLog
from tui.ui.output.view import OutputView
from tui.ui.scenarios.conductor import Conductor, Run
from tui.ui.scenarios.layout import heading
from tui.ui.scenarios.progress import LOOKS, Phase, Progress
from tui.ui.scenarios.report import report
from tui.ui.screens.area import Area
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.scenario_list import ScenarioList
from tui.ui.widgets.step_list import StepList
from tui.ui.workspace import STARTING

if TYPE_CHECKING:
    from tui.scenarios.catalog import Catalog, CatalogDelta, Entry
    from tui.scenarios.model import Scenario

_PANES: Final = ("scenarios", "steps", "output")
_VIEWS: Final = _PANES[1:]
_BOXES: Final = {"scenarios": "#pane-scenarios", "steps": "#pane-steps", "output": "#pane-step-output"}
_WIDGETS: Final = {"scenarios": "#scenarios", "steps": "#steps", "output": "#step-output"}
_ELAPSED_S: Final = 0.25
_STARTS: Final = ("carry_out", "step", "every")


class ScenariosArea(Area):
    """The list of scenarios, the steps of the chosen one, and what the chosen step printed."""

    NAME = "scenarios"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("scenarios")
    AUTO_FOCUS = "ScenarioList"
    CSS_PATH = "../styles/scenarios.tcss"

    def __init__(self) -> None:
        super().__init__()
        self.catalog: Catalog | None = None
        """None until it was read."""
        self.conductor = Conductor(self.runner, self._told, self._over, self._failed)
        """Carries scenarios out."""
        self._nothing = OutputLog()

    def compose_area(self) -> Iterable[Widget]:
        """Lay the panes out."""
        with Horizontal(id="scenario-panes"):
            with Pane("Scenarios", id="pane-scenarios"):
                yield ScenarioList(self._last, id="scenarios")
            with Container(id="scenario-side"):
                with Pane("Steps", id="pane-steps"):
                    yield Static(id="verdict", markup=False)
                    yield Static(id="step-columns", markup=False)
                    yield StepList(id="steps")
                with Pane("Output", id="pane-step-output"):
                    yield OutputView("Nothing was printed.", id="step-output")

    def on_mount(self) -> None:
        """Read the scenarios and follow their files."""
        self.add_class("-view-steps")
        self.workspace.closing.append(self.conductor.close)
        self.set_interval(_ELAPSED_S, self._tick)
        self._follow_files()

    # --- what a scenario needs -------------------------------------------------------------------------------------

    def open_catalog(self) -> Catalog:
        """Read the scenarios. Called in a thread."""
        from tui.scenarios.catalog import Catalog

        return Catalog.standard(paths=self.rollcage.paths)

    def runner(self) -> Run:
        """Return what carries scenarios out.

        Raises:
            RollcageError: the engine is not open.
        """
        from tui.runs.scenario_runner import ScenarioRunner

        return ScenarioRunner(self.engine, self.rollcage.answers, self.rollcage.settings, self._definition).run

    def _definition(self, name: str) -> Definition:
        if self.rollcage.catalog is None:
            raise RollcageError(STARTING)
        return self.rollcage.catalog.index.resolve(name)

    # --- files -----------------------------------------------------------------------------------------------------

    @work(group="scenario-files", exit_on_error=False)
    async def _follow_files(self) -> None:
        self.catalog = catalog = await asyncio.to_thread(self.open_catalog)
        self._show_catalog(catalog)
        from tui.definitions.reload import watch

        async for delta in watch(catalog):
            if delta:
                self._show_catalog(catalog, delta)

    def _show_catalog(self, catalog: Catalog, delta: CatalogDelta | None = None) -> None:
        self.query_one(ScenarioList).show(catalog.index)
        count = len(catalog.index.entries)
        self.query_one("#pane-scenarios", Pane).say(f"{count} scenario{'s' * (count != 1)}" if count else "none")
        self._show()
        if delta:
            look = "error" if delta.broken else "information"
            self.notify(notice(delta), title="Scenarios", severity=look, markup=False)  # type: ignore[arg-type]

    # --- what is shown ---------------------------------------------------------------------------------------------

    @property
    def entry(self) -> Entry | None:
        """The chosen scenario."""
        return self.query_one(ScenarioList).entry

    def _last(self, entry: Entry) -> Progress | None:
        return self.conductor.last(entry.scenario) if entry.scenario is not None else None

    @property
    def progress(self) -> Progress | None:
        """What came of the chosen scenario the last time, or comes of it now."""
        return self._last(self.entry) if self.entry is not None else None

    @on(ScenarioList.Highlighted)
    def _show(self) -> None:
        entry, progress = self.entry, self.progress
        verdict = self.query_one("#verdict", Static)
        phase = progress.phase if progress is not None else Phase.PENDING
        verdict.set_classes(f"-{LOOKS[phase]}")
        verdict.update(self._verdict(entry, progress))
        self.query_one(StepList).show(entry, progress)
        waiting = len(self.conductor.waiting)
        self.query_one("#pane-steps", Pane).say(f"{waiting} more scenarios follow" if waiting else "")
        self._show_output()
        self.show_keys()

    @staticmethod
    def _verdict(entry: Entry | None, progress: Progress | None) -> str:
        if progress is not None:
            return progress.verdict()
        if entry is None:
            return "There are no scenarios."
        if entry.scenario is None:
            return "✗ the file has errors; it cannot be run"
        return Progress.of(entry.scenario).verdict()

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
        sharing = _VIEWS if self.has_class("-narrow") else ()
        for view in _VIEWS:
            tabs = sharing or (view,)
            names = [full[tab] if tab == view else tab.capitalize() for tab in tabs]
            self.query_one(_BOXES[view], Pane).title(names, tabs.index(view))

    @on(OutputView.Moved)
    def _output_moved(self, event: OutputView.Moved) -> None:
        self.query_one("#pane-step-output", Pane).say(event.view.indicator())

    def on_resize(self, event: Resize) -> None:
        """Put the words above the columns where those are."""
        self.call_after_refresh(self._show_columns)

    def _show_columns(self) -> None:
        width = self.query_one(StepList).scrollable_content_region.width
        self.query_one("#step-columns", Static).update(heading(width) if width else "")
        self._show_titles()

    def _tick(self) -> None:
        """Let the time of the step go on that is carried out."""
        progress = self.progress
        if progress is not None and progress.phase is Phase.RUNNING and self.rollcage.current_mode == self.NAME:
            self.query_one(StepList).show(self.entry, progress)

    # --- panes -----------------------------------------------------------------------------------------------------

    def action_pane(self, name: str) -> None:
        """Show and focus a pane."""
        if self.has_class("-zoom"):
            self.action_zoom()
        if name in _VIEWS:
            for view in _VIEWS:
                self.set_class(view == name, f"-view-{view}")
        self._show_titles()
        self.call_after_refresh(self.query_one(_WIDGETS[name]).focus)

    def action_next_pane(self, step: int) -> None:
        """Go to the next pane, or to the one before."""
        here = next((n for n, name in enumerate(_PANES) if self.query_one(_BOXES[name]).has_focus_within), 0)
        self.action_pane(_PANES[(here + step) % len(_PANES)])

    @on(StepList.Opened)
    def _step_opened(self) -> None:
        self.action_pane("output")

    # --- carrying out ----------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Return why an action can do nothing now, or nothing if it can do something."""
        current = self.conductor.current
        entry = self.entry if self.is_mounted else None
        if action in _STARTS:
            return self._why_not_start(action, entry, current)
        match action:
            case "stop" if current is None:
                return "No scenario is running."
            case "edit" if entry is None:
                return "Choose a scenario first."
            case "edit" if current is not None or self.workspace.live.running() is not None:
                return "Something is running, and would stand still while the editor is open."
            case "copy_report" if self.progress is None:
                return "This scenario has not run yet."
        return super().why_not(action)

    def _why_not_start(self, action: str, entry: Entry | None, current: Progress | None) -> str:
        if self.workspace.opened is None:
            return self.workspace.problem or STARTING
        if current is not None:
            is_shown = entry is not None and entry.name == current.scenario.name
            if self.conductor.is_held and is_shown and action != "every":
                return ""
            does = "is paused" if self.conductor.is_held else "is running"
            return f"{clean_line(current.scenario.name)} {does}; x stops it."
        if action == "every":
            return "" if self._runnable() else "There are no scenarios that can run."
        if entry is None:
            return "Choose a scenario first."
        return f"{clean_line(entry.name)} has errors and cannot be run." if entry.scenario is None else ""

    def _runnable(self) -> list[Scenario]:
        if self.catalog is None:
            return []
        scenarios = {entry.name: entry.scenario for entry in self.catalog.index.entries if entry.scenario is not None}
        return [scenarios[name] for name in self.query_one(ScenarioList).shown if name in scenarios]

    @on(ScenarioList.Opened)
    def action_carry_out(self) -> None:
        """Run the chosen scenario, or the rest of it."""
        self._carry_out("carry_out", stepwise=False)

    def action_step(self) -> None:
        """Run the first step of the chosen scenario, or the next one."""
        self._carry_out("step", stepwise=True)

    def _carry_out(self, action: str, *, stepwise: bool) -> None:
        if reason := self.why_not(action):
            self.notify(reason, severity="warning", markup=False)
        elif self.conductor.is_held:
            self.conductor.go_on(stepwise=stepwise)
        elif self.entry is not None and self.entry.scenario is not None:
            self._start([self.entry.scenario], stepwise=stepwise)

    def action_every(self) -> None:
        """Run every scenario, one after the other."""
        self._start(self._runnable())

    def _start(self, scenarios: Sequence[Scenario], *, stepwise: bool = False) -> None:
        try:
            self.conductor.start(scenarios, stepwise=stepwise)
        except RollcageError as error:
            self.rollcage.report(error)

    @work(group="stop", exit_on_error=False)
    async def action_stop(self) -> None:
        """Stop what runs, and what would follow."""
        await self.conductor.stop()

    # --- what comes in ---------------------------------------------------------------------------------------------

    def _told(self, progress: Progress, event: ScenarioEvent | None) -> None:
        if not self.is_running:
            return
        scenarios = self.query_one(ScenarioList)
        if isinstance(event, ScenarioBegun):
            scenarios.choose(progress.scenario.name)
        scenarios.refresh()
        if progress is self.progress:
            self._show()

    def _over(self, begun: Sequence[Progress]) -> None:
        if not self.is_running:
            return
        self.query_one(ScenarioList).refresh()
        self._show()
        is_seen = self.rollcage.current_mode == self.NAME and begun[-1:] == [self.progress]
        if len(begun) > 1:
            passed = sum(progress.phase is Phase.PASSED for progress in begun)
            failed = [clean_line(each.scenario.name, 30) for each in begun if each.phase is not Phase.PASSED]
            words = f"{passed} of {len(begun)} scenarios passed"
            text = "\n".join([words, *([f"not: {', '.join(failed)}"] if failed else [])])
            self.notify(text, severity="error" if failed else "information", markup=False)
        elif begun and not is_seen:
            (only,) = begun
            look = "information" if only.phase is Phase.PASSED else "error"
            title = clean_line(only.scenario.name, 40)
            self.notify(only.verdict(), title=title, severity=look, markup=False)  # type: ignore[arg-type]

    def _failed(self, error: Exception) -> None:
        self.rollcage.report(error)

    # --- the file and the report -----------------------------------------------------------------------------------

    def action_edit(self) -> None:
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
            edit(self.app, entry.path)
        except RollcageError as error:
            self.notify(path, title="File", markup=False, timeout=10)
            self.rollcage.report(error)

    def action_copy_report(self) -> None:
        """Copy what came of the scenario."""
        if (progress := self.progress) is not None:
            text = report(progress)
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied the report: {len(text):,} characters.", markup=False)
