"""The Pool area: every machine, what making and claiming them took, the templates, and what the backend can do."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from tui.errors import NotFound
from tui.runs.events import Event, MachineLeased, PoolChanged, RolledBack, RunExited, RunFinished
from tui.ui.bindings import bindings_of
from tui.ui.describe import short_id
from tui.ui.pool import questions
from tui.ui.pool.times import times
from tui.ui.pool.words import backend_facts, count_words, machine_facts, pool_lines, template_facts
from tui.ui.reach import with_keys
from tui.ui.screens.area import Area
from tui.ui.widgets.facts import Facts
from tui.ui.widgets.machine_details import MachineDetails, PoolPane
from tui.ui.widgets.machine_list import MachineList, heading
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.times_chart import TimesChart
from tui.ui.workspace import STARTING

if TYPE_CHECKING:
    from tui.machines.inventory import TemplateInfo
    from tui.runs.fleet import MachineInfo

LOOK_EVERY_S: Final = 1.0
TEMPLATES_HOLD: Final = 15
"""Looks for which the list of templates is good while machines stay the same: reading it means reading the beginning of
every snapshot."""
_POOL: Final = "the pool"
"""What a drain is about, for `Acts`; machines have their ids."""
_TITLES: Final = {"pool": "Pool", "machine": "Machine", "templates": "Templates", "backend": "Backend"}
_VIEWS: Final = tuple(_TITLES)
_CHANGES: Final = (PoolChanged, MachineLeased, RolledBack, RunExited, RunFinished)
"""Events after which things are looked at anew at once."""


class PoolArea(Area):
    """The list of machines, and beside or below it what there is to know, as much at once as there is room for."""

    NAME = "pool"
    PANES: ClassVar = {name: f"#pane-{name}" for name in ("machines", *_VIEWS)}
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("pool")
    AUTO_FOCUS = "MachineList"
    CSS_PATH = "../styles/pool.tcss"

    def __init__(self) -> None:
        super().__init__()
        self.templates: tuple[TemplateInfo, ...] | None = None
        """None until they were read."""
        self._looks = 0
        self._pids: set[int | None] = set()
        self._looking = False
        self._again = False
        self._problem = ""
        """What went wrong with the last look."""
        self._timer: Timer | None = None

    def compose_area(self) -> Iterable[Widget]:
        """Lay the panes out."""
        with Container(id="pool-panes"):
            with Pane("Machines", id="pane-machines"):
                yield Static(id="machine-columns", markup=False)
                yield MachineList(self.clock, id="machines")
            with Pane("Pool", id="pane-pool"), PoolPane(id="pool"):
                yield Static(id="pool-status", markup=False)
                yield TimesChart(id="times")
            with Pane("Machine", id="pane-machine"):
                yield MachineDetails(id="machine")
            with Pane("Templates", id="pane-templates"), PoolPane(id="templates"):
                yield Facts(id="template-facts")
            with Pane("Backend", id="pane-backend"), PoolPane(id="backend"):
                yield Facts(id="backend-facts")

    def on_mount(self) -> None:
        """Look once a second from now on, while this is in sight."""
        self._show_view("pool")
        self._show_hosts()
        self._timer = self.set_interval(LOOK_EVERY_S, self.look, pause=not self.is_current)

    def clock(self) -> datetime:
        """Return the moment that ages are counted from."""
        return datetime.now(UTC)

    # --- looking ---------------------------------------------------------------------------------------------------

    def on_screen_suspend(self) -> None:
        """Look at nothing while something else is in sight."""
        if self._timer is not None:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        """Look at once, and go on looking."""
        if self._timer is not None:
            self._timer.reset()
            self._timer.resume()
        self.look()

    def engine_ready(self) -> None:
        """Look at what there is."""
        self.look()

    def engine_event(self, event: Event) -> None:
        """Look when machines come, go or change hands."""
        if isinstance(event, _CHANGES):
            self.look()

    def look(self) -> None:
        """Look at everything anew, unless that is being done, or nobody sees it."""
        if self.workspace.opened is None or not self.is_current:
            return
        if self._looking:
            self._again = True
            return
        self._looking = True
        self._look()

    @work(group="pool-look", exit_on_error=False)
    async def _look(self) -> None:
        try:
            while True:
                self._again = False
                await self._look_once()
                self._problem = ""
                if not self._again or not self.is_current:
                    return
        except Exception as error:
            said, self._problem = self._problem, str(error)
            if said != self._problem:  # told once, not with every look
                raise
        finally:
            self._looking = False

    async def _look_once(self) -> None:
        own = await self.engine.machines()
        machines = (*own, *await self.engine.machines_elsewhere())
        pids = {machine.pid for machine in machines}
        if pids != self._pids or self._looks % TEMPLATES_HOLD == 0:
            self.templates, self._pids = await self.engine.templates(), pids
        self._looks += 1
        self._show(machines)
        await self._show_log()

    def _show(self, machines: tuple[MachineInfo, ...]) -> None:
        pool = self.engine.pool_status()
        self.query_one(MachineList).show(machines)
        drained = "⊘ drained · " if pool.drained else ""
        self.query_one("#pane-machines", Pane).say(f"{drained}{count_words(machines)}")
        status = self.query_one("#pool-status", Static)
        resume = with_keys(self.app, "; {} resumes", "pool.drain")
        content = Content("\n").join(pool_lines(pool, machines, resume))
        if content != status.content:
            status.update(content)
        self.query_one(TimesChart).show(times(self.engine.measurements, self.templates or ()))
        self._show_machine()
        self._show_hosts()
        self.show_keys()

    @on(MachineList.Highlighted)
    async def _highlighted(self) -> None:
        self._show_machine()
        self.show_keys()
        await self._show_log()

    @property
    def machine(self) -> MachineInfo | None:
        """The chosen machine."""
        return self.query_one(MachineList).machine

    def _show_machine(self) -> None:
        machine = self.machine
        details = self.query_one(MachineDetails)
        details.show_facts(machine.id if machine else "", machine_facts(machine, self.clock()) if machine else [])
        self._show_titles()

    async def _show_log(self) -> None:
        machine = self.machine
        text = None
        if machine is not None and machine.pid is not None:
            with suppress(NotFound):  # gone since it was listed; the next look shows that
                text = await self.engine.machine_log(machine.id)
        self.query_one(MachineDetails).show_log(text)

    def _show_hosts(self) -> None:
        backend = backend_facts(self.workspace.backend, self.workspace.problem)
        for box, facts in (
            ("#template-facts", template_facts(self.templates, self.clock())),
            ("#backend-facts", backend),
        ):
            widget = self.query_one(box, Facts)
            if facts != widget.facts:
                widget.update(facts)

    # --- layout ----------------------------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        """Name the panes that are in sight now."""
        self.call_after_refresh(self._show_titles)

    @on(MachineList.Resized)
    def _show_columns(self) -> None:
        width = self.query_one(MachineList).scrollable_content_region.width
        self.query_one("#machine-columns", Static).update(heading(width) if width else "")

    def _show_titles(self) -> None:
        """Name the panes; where there is no room for all, the visible one also names those behind it."""
        machine = self.machine
        full = {**_TITLES, "machine": f"Machine {short_id(machine.id)}"} if machine is not None else _TITLES
        sharing = () if self.has_class("-wide") else _VIEWS[1:] if self.has_class("-medium") else _VIEWS
        self.name_panes(full, _TITLES, sharing)

    def _show_view(self, name: str) -> None:
        for view in _VIEWS:
            self.set_class(view == name, f"-view-{view}")
        if name != "pool":
            for view in _VIEWS[1:]:
                self.set_class(view == name, f"-side-{view}")
        elif not any(self.has_class(f"-side-{view}") for view in _VIEWS[1:]):
            self.add_class("-side-machine")

    def show_pane(self, name: str) -> None:
        """Show and focus a pane."""
        if name != "machines":
            self._show_view(name)
        self._show_titles()
        self.call_after_refresh(self.query_one(f"#{name}").focus)

    @on(MachineList.Opened)
    def action_log(self) -> None:
        """Show the end of the log of the chosen machine."""
        self.action_pane("machine")
        self.query_one(MachineDetails).anchor()

    # --- acting ----------------------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Return why a key can do nothing now."""
        if action not in ("log", "restart", "discard", "drain"):
            return super().why_not(action)
        if self.workspace.opened is None:
            return self.workspace.problem or STARTING
        if action == "drain":
            return self.workspace.acts.why_wait(_POOL)
        machine = self.machine if self.is_mounted else None
        if action == "log":
            return "" if machine is not None else "There is no machine."
        busy = self.workspace.acts.why_wait(machine.id) if machine is not None else ""
        return busy or questions.why_not(machine)

    @work(group="dialog", exit_on_error=False)
    async def action_restart(self) -> None:
        """Put a fresh machine in the place of the chosen one."""
        engine, machine = self.engine, self._to_act_on("restart")
        if machine is None:
            return
        if questions.is_of_session(machine) and not await self._agreed(
            "Restart", questions.restart_question(machine), machine
        ):
            return
        await self.workspace.acts.carry_out(machine.id, "restart", lambda: engine.restart_machine(machine.id))
        self.notify(f"Machine {short_id(machine.id)} was replaced.", markup=False)
        self.look()

    @work(group="dialog", exit_on_error=False)
    async def action_discard(self) -> None:
        """Discard the chosen machine."""
        engine, machine = self.engine, self._to_act_on("discard")
        if machine is None:
            return
        if questions.is_of_session(machine) and not await self._agreed(
            "Discard", questions.discard_question(machine), machine
        ):
            return
        await self.workspace.acts.carry_out(machine.id, "discarding", lambda: engine.discard_machine(machine.id))
        self.workspace.live.machines.pop(machine.session, None)  # no event says that a session has none
        self.notify(f"Machine {short_id(machine.id)} was discarded.", markup=False)
        self.look()

    def _to_act_on(self, action: str) -> MachineInfo | None:
        """Return the chosen machine, or tell why nothing can be done with it."""
        if reason := self.why_not(action):
            self.notify(reason, severity="warning", markup=False)
            return None
        return self.machine

    async def _agreed(self, act: str, question: Content, machine: MachineInfo) -> bool:
        from tui.ui.screens.confirm import Confirm

        title = f"{act} machine {short_id(machine.id)}?"
        agreed = await self.ask(Confirm(title, question, act=act, keep="Keep it"))
        return agreed is True

    @work(group="drain", exit_on_error=False)
    async def action_drain(self) -> None:
        """Drain the pool, or resume it."""
        engine = self.engine
        if reason := self.why_not("drain"):
            self.notify(reason, severity="warning", markup=False)
            return
        if engine.pool_status().drained:
            engine.resume_pool()
            self.notify("The pool makes machines again.")
        else:
            count = await self.workspace.acts.carry_out(_POOL, "drain", engine.drain_pool)
            again = with_keys(self.app, "; {} makes them again", "pool.drain")
            self.notify(f"Drained: {count} waiting machine{'s' * (count != 1)} discarded{again}.", markup=False)
        self.look()
