"""What all areas have in common: the bar at the top, the keys at the foot, and reasons for what cannot be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key, Resize
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from tui.ui.bindings import bindings_of
from tui.ui.messages import EngineEvent, EngineReady, SessionLoaded
from tui.ui.reach import bare, is_withheld
from tui.ui.screens.drawing import CarefulCompositor
from tui.ui.widgets.key_bar import KeyBar
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.status_bar import StatusBar
from tui.ui.workspace import READ_ONLY

if TYPE_CHECKING:
    from tui.runs.engine import Engine
    from tui.runs.events import Event
    from tui.ui.app import RollcageApp
    from tui.ui.screens.modal import Modal
    from tui.ui.session_state import SessionState
    from tui.ui.workspace import Workspace

SMALLEST: Final = (60, 14)
"""Columns and rows below which a screen only says what it needs."""
ANSWER_FIRST: Final = "Answer first what was asked before."
_ELAPSED_S: Final = 0.25
Result = TypeVar("Result")


class Area(Screen[None]):
    """One area. It is made when it is first shown and then lives as long as the application.

    A subclass yields its content from `compose_area`, names it in `NAME`, and hears of what happens, whether it is in
    sight or not, through `engine_ready`, `engine_event` and `session_loaded`.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("area")
    NAME: ClassVar[str]
    """Its name in `tui.ui.areas.AREAS`."""
    PANES: ClassVar[Mapping[str, str]]
    """Its panes in the order of going through them: what each is called, and the selector of its box."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (104, "-medium"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012
    DEFAULT_CSS = """
    Area {
        layout: vertical;
        background: $background;
        & #too-small {
            display: none; width: 1fr; height: 1fr; content-align: center middle; text-align: center;
        }
    }
    """

    _reasons: tuple[str, ...] = ()
    _elapsed: Timer | None = None
    """Lets the time of a run go on; stands still while nothing runs."""
    _shown: str | None = None
    """Name of the session that was shown last."""
    _question: Modal[Any] | None = None
    """What was asked from here and is not answered yet."""

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name, id, classes)
        self._compositor = CarefulCompositor()

    @property
    def rollcage(self) -> RollcageApp:
        """The application."""
        return cast("RollcageApp", self.app)

    @property
    def workspace(self) -> Workspace:
        """What all areas share."""
        return self.rollcage.workspace

    @property
    def engine(self) -> Engine:
        """The engine.

        Raises:
            RollcageError: it is not open yet.
        """
        return self.workspace.engine

    # --- what a subclass says --------------------------------------------------------------------------------------

    def compose_area(self) -> Iterable[Widget]:
        """Lay out what stands between the bar at the top and the keys at the foot."""
        raise NotImplementedError

    def show_pane(self, name: str) -> None:
        """Show and focus a pane of `PANES`; none has all the room."""
        raise NotImplementedError

    def engine_ready(self) -> None:
        """The engine is open. Also called when the area is made after that."""

    def engine_event(self, event: Event) -> None:
        """Something happened, in this session or in another; output goes straight into its log."""

    def session_loaded(self, state: SessionState, *, switched: bool = False) -> None:
        """The session on view was read again; `switched` when this area showed another one last, or none yet."""

    def why_not(self, action: str) -> str:
        """Return why an action can do nothing now, or nothing if it can do something. `action` is its bare name."""
        return self.workspace.why_not(action)

    async def ask(self, question: Modal[Result]) -> Result | None:
        """Ask, and return the answer. Only from a worker that nothing else cancels, or the answer is lost.

        While a question of this area is open another is not asked: that is told, and None returned.
        """
        if self._question is not None:
            self.notify(ANSWER_FIRST, severity="warning")
            return None
        self._question = question
        try:
            return await self.app.push_screen_wait(question)
        finally:
            self._question = None

    # --- layout ----------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        # Classes of the size come with the first `Resize` too, but then everything is styled a second time.
        width, height = self.app.size
        room = self._get_breakpoint_classes(width, self.HORIZONTAL_BREAKPOINTS)
        self.add_class(*room, *self._get_breakpoint_classes(height, self.VERTICAL_BREAKPOINTS), update=False)
        yield StatusBar(self.NAME, id="status")
        yield from self.compose_area()
        yield Static(id="too-small", markup=False)
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Catch up with what happened before this area was made."""
        self._elapsed = self.set_interval(_ELAPSED_S, self.show_status, pause=True)
        self.show_status()
        if self.workspace.opened is not None:
            self.engine_ready()
            self._show_session(self.workspace.state)

    def on_resize(self, event: Resize) -> None:
        """Say what is needed where there is too little room."""
        width, height = event.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(small, "-too-small")
        if small:
            self.query_one("#too-small", Static).update(
                f"Rollcage needs {SMALLEST[0]}×{SMALLEST[1]} cells; here are {width}×{height}.\n"
                f"Enlarge the terminal or make its font smaller.\n\n"
                f"rollcage --help shows how to do everything without this screen."
            )

    def action_zoom(self) -> None:
        """Give the focused pane all the room, or give it back."""
        pane = next((each for each in self.query(Pane) if each.has_focus_within), None)
        zoom = not self.has_class("-zoom") and pane is not None
        self.set_class(zoom, "-zoom")
        # Whatever holds the pane takes all the room, and what stands beside it, on any level, gives its room up.
        way = [node for node in pane.ancestors_with_self if isinstance(node, Widget)] if pane is not None else []
        for node in self.query("*"):
            node.set_class(zoom and node in way, "-zoomed")
            aside = node.parent in way and node.parent is not pane and node not in way
            node.set_class(zoom and aside and not isinstance(node, StatusBar | KeyBar), "-aside")
        self.refresh_bindings()  # the footer says more of what is no longer in sight

    def action_pane(self, name: str) -> None:
        """Show and focus a pane."""
        if self.has_class("-zoom"):
            self.action_zoom()
        self.show_pane(name)

    def action_next_pane(self, step: int) -> None:
        """Go to the next pane, or to the one before."""
        names = list(self.PANES)
        here = next((n for n, box in enumerate(self.PANES.values()) if self.query_one(box).has_focus_within), 0)
        self.action_pane(names[(here + step) % len(names)])

    def name_panes(self, full: Mapping[str, str], short: Mapping[str, str], sharing: Sequence[str]) -> None:
        """Name panes; one that shares its place with others also names those behind it, with their short names."""
        for name in full:
            tabs = sharing if name in sharing else (name,)
            names = [full[tab] if tab == name else short[tab] for tab in tabs]
            self.query_one(self.PANES[name], Pane).title(names, tabs.index(name))

    def action_jump(self) -> None:
        """Show a letter on everything that can have the focus, and go where the next key says."""
        from tui.ui.screens.jump import Jump, targets

        if places := targets(self):
            self.app.push_screen(Jump(places), self._jumped)

    def _jumped(self, target: Widget | None) -> None:
        if target is not None:
            target.focus()

    # --- disabled keys say why -------------------------------------------------------------------------------------

    def reason_against(self, action: str) -> str:
        """Return why an action as a key names it, such as `screen.undo`, can do nothing now."""
        name = bare(action)
        # What is to be changed nowhere is asked first: an area may have a reason of its own.
        return READ_ONLY if self.workspace.forbids(name) else self.why_not(name)

    def show_keys(self) -> None:
        """Have the footer drawn anew if another key can or cannot do something now; doing so is slow."""
        keys = self._bindings.key_to_bindings.values()
        reasons = tuple(self.reason_against(binding.action) for bindings in keys for binding in bindings)
        if reasons != self._reasons:
            self._reasons = reasons
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey keys out that can do nothing now."""
        return None if self.reason_against(action) else True

    def on_key(self, event: Key) -> None:
        """Say why a key does nothing."""
        active = self.active_bindings.get(event.key)
        if active is not None and not active.enabled and (reason := self.reason_against(active.binding.action)):
            event.stop()
            self.notify(reason, severity="warning", markup=False, timeout=4)
        elif active is None and is_withheld(self, event.key):
            event.stop()
            self.notify(READ_ONLY, severity="warning", markup=False, timeout=4)

    # --- what comes in ---------------------------------------------------------------------------------------------

    @on(EngineReady)
    def _engine_ready(self) -> None:
        self.engine_ready()
        self.show_status()

    @on(EngineEvent)
    def _engine_event(self, message: EngineEvent) -> None:
        self.engine_event(message.event)
        self.show_status()

    @on(SessionLoaded)
    def _session_loaded(self, message: SessionLoaded) -> None:
        if message.state.name == self.workspace.session:  # else another one is being read
            self._show_session(message.state)
        self.show_status()

    def _show_session(self, state: SessionState) -> None:
        # Compared here: a message that says it may be overtaken by one that does not.
        switched, self._shown = self._shown != state.name, state.name
        self.session_loaded(state, switched=switched)

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.rollcage.report(event.worker.error)

    # --- status ----------------------------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Show what changed while another area was in sight."""
        self.show_status()

    def on_screen_suspend(self) -> None:
        """Stop the clock that nobody sees."""
        if self._elapsed is not None:
            self._elapsed.pause()

    def show_status(self) -> None:
        """Bring the bar at the top and the keys up to date."""
        if not self.is_current or not self.query(StatusBar):  # it may be about to be laid out
            return
        self.query_one(StatusBar).show(self.workspace.status())
        self.show_keys()
        if self._elapsed is not None:
            goes_on = self.workspace.running is not None or self.workspace.elsewhere is not None
            (self._elapsed.resume if goes_on else self._elapsed.pause)()
