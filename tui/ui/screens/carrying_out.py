"""Carrying scenarios out: what starts, holds and stops them, and what tells how they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.notifications import SeverityLevel

from tui.errors import RollcageError
from tui.runs.scenario_events import ScenarioBegun, ScenarioEvent
from tui.scenarios.model import session_name
from tui.text import clean_line
from tui.ui.scenarios.conductor import Conductor, Run
from tui.ui.scenarios.progress import Phase, Progress
from tui.ui.screens.area import Area
from tui.ui.widgets.scenario_list import ScenarioList
from tui.ui.workspace import READ_ONLY, STARTING

if TYPE_CHECKING:
    from tui.definitions.model import Definition
    from tui.scenarios.catalog import Catalog, Entry
    from tui.scenarios.model import Scenario

_STARTS: Final = ("carry_out", "step", "every")


class CarryingOut(Area):
    """What a person does with the chosen scenario, and what is known of each."""

    catalog: Catalog | None = None
    """None until it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.conductor = Conductor(self.runner, self._told, self._over, self._failed)
        """Carries scenarios out."""
        self._with = ""
        """The scenario on which the cursor must stand to go on to the next one that begins."""

    def on_mount(self) -> None:
        """End what goes on before the engine closes."""
        self.workspace.closing.append(self.conductor.close)

    # --- what the subclass shows -----------------------------------------------------------------------------------

    def show_scenario(self) -> None:
        """Show the chosen scenario as it stands."""
        raise NotImplementedError

    @property
    def entry(self) -> Entry | None:
        """The chosen scenario."""
        return self.query_one(ScenarioList).entry

    def last(self, entry: Entry) -> Progress | None:
        """Return what came of a scenario the last time, or comes of it now."""
        return self.conductor.last(entry.scenario) if entry.scenario is not None else None

    @property
    def progress(self) -> Progress | None:
        """How far the chosen scenario has come, or came the last time."""
        return self.last(self.entry) if self.entry is not None else None

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

    # --- carrying out ----------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Return why an action can do nothing now, or nothing if it can do something."""
        if self.workspace.forbids(action):
            return READ_ONLY
        current = self.conductor.current
        entry = self.entry if self.is_mounted else None
        if action in _STARTS:
            return self._why_not_start(action, entry, current)
        match action:
            case "halt" if current is None:
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
            return f"{clean_line(current.scenario.name)} {does}; {self.rollcage.key_of('scenarios.stop')} stops it."
        if action == "every":
            return "" if self._runnable() else "There are no scenarios that can run."
        if entry is None:
            return "Choose a scenario first."
        if entry.scenario is None:
            return f"{clean_line(entry.name)} has errors and cannot be run."
        return self.workspace.acts.why_wait(session_name(entry.name))

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
        self._with = self.entry.name if self.entry is not None else ""
        try:
            self.conductor.start(scenarios, stepwise=stepwise)
        except RollcageError as error:
            self.rollcage.report(error)

    @work(group="stop", exit_on_error=False)
    async def action_halt(self) -> None:
        """Stop what runs, and what would follow."""
        await self.conductor.stop()

    # --- what comes in ---------------------------------------------------------------------------------------------

    def _told(self, progress: Progress, event: ScenarioEvent | None) -> None:
        if not self.is_running:
            return
        scenarios = self.query_one(ScenarioList)
        if isinstance(event, ScenarioBegun) and self.entry is not None and self.entry.name == self._with:
            self._with = progress.scenario.name
            scenarios.choose(self._with)
        scenarios.refresh()
        if progress is self.progress:
            self.show_scenario()

    def _over(self, begun: Sequence[Progress]) -> None:
        if not self.is_running:
            return
        self.query_one(ScenarioList).refresh()
        self.show_scenario()
        is_seen = self.rollcage.current_mode == self.NAME and begun[-1:] == [self.progress]
        if len(begun) > 1:
            failed = [clean_line(each.scenario.name, 30) for each in begun if each.phase is not Phase.PASSED]
            words = f"{len(begun) - len(failed)} of {len(begun)} scenarios passed"
            text = "\n".join([words, *([f"not: {', '.join(failed)}"] if failed else [])])
            self.notify(text, severity="error" if failed else "information", markup=False)
        elif begun and not is_seen:
            (only,) = begun
            looks: dict[Phase, SeverityLevel] = {Phase.PASSED: "information", Phase.STOPPED: "warning"}
            look = looks.get(only.phase, "error")
            self.notify(only.verdict(), title=clean_line(only.scenario.name, 40), severity=look, markup=False)

    def _failed(self, error: Exception) -> None:
        self.rollcage.report(error)
