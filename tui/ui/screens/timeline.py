"""The Timeline area: the snapshots of the session, and what changed between any two of them."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from tui.errors import RollcageError
from tui.runs.comparison.model import FileChange
from tui.store.states import RunState, SnapshotReason
from tui.text import clean, clean_line
from tui.ui.bindings import bindings_of
from tui.ui.comparisons import Comparisons
from tui.ui.describe import abreast
from tui.ui.origin import Origin
from tui.ui.reach import with_keys
from tui.ui.screens.moving import Moving
from tui.ui.session_state import SessionState, undo_words
from tui.ui.widgets.change_list import ChangeList, summary
from tui.ui.widgets.diff_view import DiffView
from tui.ui.widgets.moment_details import MomentDetails
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.session_tree import SessionTree

if TYPE_CHECKING:
    from textual.events import Resize

    from tui.store.model import SnapshotRecord

_AGES_S: Final = 15.0
_SETTLE_S: Final = 0.3
"""Two snapshots are compared this long after the cursor came to rest: that restores two machines."""
_FILE_SETTLE_S: Final = 0.15
_LONGEST_LABEL: Final = 80
_LAST_SUCCESS: Final = "last-success"
_NOTHING_TO_COMPARE: Final = {
    RunState.REFUSED: "This run was refused: it changed nothing.",
    RunState.RUNNING: "This run goes on: what it changes can be compared once it has ended.",
}
_AROUND_PAIR: Final = len("╭─ Changes ·  →  ─╮")


class Against(enum.Enum):
    """What the selected snapshot is compared with."""

    BEFORE = "against the one before"
    HEAD = "from here to HEAD"
    MARKED = "against the marked one"


class TimelineArea(Moving):
    """The tree at the left; at the right what changed, and the lines of the chosen file."""

    NAME = "timeline"
    PANES: ClassVar = {name: f"#pane-timeline-{name}" for name in ("tree", "changes", "difference")}
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("timeline")
    AUTO_FOCUS = "SessionTree"
    CSS_PATH = "../styles/timeline.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._against = Against.BEFORE
        self._marked: SnapshotRecord | None = None
        self._origin = Origin()
        self._pair: tuple[str, str] | None = None
        """Ids of the snapshots whose comparison is shown or under way."""
        self._comparisons = Comparisons(lambda: self.engine)

    def compose_area(self) -> Iterable[Widget]:
        """Lay the panes out."""
        with Horizontal(id="timeline-panes"):
            with Pane("Session", id="pane-timeline-tree"):
                yield SessionTree(id="tree")
                yield MomentDetails(id="timeline-details")
            with Vertical(id="timeline-right"):
                with Pane("Changes", id="pane-timeline-changes"):
                    yield ChangeList(id="changes")
                with Pane("Lines", id="pane-timeline-difference"):
                    yield DiffView(id="difference")

    def on_mount(self) -> None:
        """Start the clocks."""
        self._timer = self.set_interval(_SETTLE_S, self._look, pause=True)
        self._file_timer = self.set_interval(_FILE_SETTLE_S, self._look_at_file, pause=True)
        self.set_interval(_AGES_S, self.query_one(SessionTree).refresh)
        self.query_one(ChangeList).say("Nothing has run in this session yet.")

    # --- panes -----------------------------------------------------------------------------------------------------

    def show_pane(self, name: str) -> None:
        """Focus a pane; where there is no room for both lists and lines, show it."""
        self.set_class(name == "difference", "-lines")
        self.query_one(f"#{name}").focus()

    def action_back(self) -> None:
        """From the lines to the changes, then to the snapshots."""
        self.action_pane("changes" if self.query_one(DiffView).has_focus else "tree")

    # --- the session -----------------------------------------------------------------------------------------------

    def session_loaded(self, state: SessionState, *, switched: bool = False) -> None:
        """Show the session."""
        tree = self.query_one(SessionTree)
        if switched:
            self._marked = tree.marked = None
        tree.show(state.snapshots, state.runs, state.head_id)
        pane = self.query_one("#pane-timeline-tree", Pane)
        pane.title([f"Session · {clean_line(self.workspace.session, 24)}"], 0)
        count = len(state.snapshots)
        key = self.rollcage.key_of("session.undo")
        undo = f" · {key} {undo_words(state, state.undo)}" if key and state.undo else ""
        pane.say(f"{count} snapshot{'s' * (count != 1)}{undo}")

    @on(SessionTree.Highlighted)
    def _row_highlighted(self) -> None:
        self.query_one(MomentDetails).show(self.query_one(SessionTree).row)
        self._settle()

    @on(SessionTree.OutputAsked)
    def _output_asked(self, event: SessionTree.OutputAsked) -> None:
        self.rollcage.show_output(event.row)

    def on_screen_resume(self) -> None:
        """Compare what was chosen while another area was in sight."""
        self._settle()

    # --- what is compared ------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        self._timer.reset()
        self._timer.resume()

    def _chosen_pair(self) -> tuple[SnapshotRecord, SnapshotRecord] | str:
        """Return from which snapshot to which to compare, or why there are none."""
        row = self.query_one(SessionTree).row
        here = row.snapshot if row is not None else None
        if row is None:
            return "Nothing has run in this session yet."
        if here is None:
            state = row.run.state if row.run is not None else RunState.ERROR
            return _NOTHING_TO_COMPARE.get(state, "This run left no snapshot.")
        match self._against:
            case Against.BEFORE:
                other = self._snapshot(here.parent_id) or self._origin.look_for(here, self.engine.store)
                missing = "This is the first snapshot of the session."
                if here.reason is SnapshotReason.BRANCH:
                    missing = "The snapshot of another session at which this one began was deleted."
            case Against.HEAD:
                other, missing = self._snapshot(self.workspace.state.head_id), "The machine stands at no snapshot."
            case Against.MARKED:
                marks = with_keys(self.app, ": {} marks the selected one", "timeline.mark")
                other, missing = self._marked, f"No snapshot is marked{marks}."
        if other is None:
            return missing
        if other.id == here.id:
            key = with_keys(self.app, " ({})", "timeline.against")
            return f"This is the same moment: choose another snapshot, or compare with another one{key}."
        # By what was chosen, not by age: after a rollback the machine stands at a snapshot older than others.
        return (here, other) if self._against is Against.HEAD else (other, here)

    def _snapshot(self, snapshot_id: str | None) -> SnapshotRecord | None:
        known = (*self.workspace.state.snapshots, self._origin.snapshot)
        return next((each for each in known if each is not None and each.id == snapshot_id), None)

    def _label(self, snapshot: SnapshotRecord) -> str:
        """Return how a person recognises one of the two that are compared."""
        if snapshot is self._origin.snapshot:
            return self._origin.label
        return self.workspace.state.label_of(snapshot, _LONGEST_LABEL)

    def _look(self) -> None:
        self._timer.pause()
        if not self.is_current or self.workspace.opened is None:
            return
        pair = self._chosen_pair()
        if isinstance(pair, str):
            self._pair = None
            self._title()
            self.query_one(ChangeList).say(pair)
            return
        older, newer = pair
        if self._pair != (older.id, newer.id):
            self._pair = older.id, newer.id
            self._title()
            self._compare(older, newer)

    def _title(self) -> None:
        self._name_pair()
        self.query_one("#pane-timeline-changes", Pane).say(self._against.value)
        self.query_one(DiffView).say("")
        self.query_one("#pane-timeline-difference", Pane).title(["Lines"], 0)

    def _name_pair(self) -> None:
        """Name both snapshots in the title, as far as there is room."""
        pane = self.query_one("#pane-timeline-changes", Pane)
        older, newer = map(self._snapshot, self._pair or (None, None))
        title = "Changes"
        if older is not None and newer is not None:
            labels = abreast(self._label(older), self._label(newer), pane.outer_size.width - _AROUND_PAIR)
            title = f"Changes · {' → '.join(labels)}"
        pane.title([title], 0)

    def on_resize(self, event: Resize) -> None:
        """Use the room there is now; what the base does comes besides."""
        self.call_after_refresh(self._name_pair)

    @work(exclusive=True, group="compare", exit_on_error=False)
    async def _compare(self, older: SnapshotRecord, newer: SnapshotRecord) -> None:
        changes = self.query_one(ChangeList)
        pane = self.query_one("#pane-timeline-changes", Pane)
        if not self._comparisons.has(older.id, newer.id):
            changes.say("comparing files, processes and memory …")
        try:
            comparison = await self._comparisons.get(older.id, newer.id)
        except RollcageError as error:
            changes.say("\n".join(filter(None, [f"✗ {clean(error.message)}", clean(error.hint)])))
            return
        except Exception:
            changes.say("✗ These snapshots could not be compared.")
            raise
        changes.show(comparison)
        pane.say(f"{self._against.value} · {summary(comparison)}")

    def action_against(self) -> None:
        """Compare with something else."""
        kinds = list(Against)
        following = kinds[(kinds.index(self._against) + 1) % len(kinds)]
        if following is Against.MARKED and self._marked is None:
            following = Against.BEFORE
        self._compare_with(following)

    def action_mark(self) -> None:
        """Mark the selected snapshot, or no longer."""
        tree = self.query_one(SessionTree)
        here = tree.row.snapshot if tree.row is not None else None
        if here is None:
            self.notify("This run left no snapshot to mark.", severity="warning")
            return
        self._marked = None if self._marked is not None and self._marked.id == here.id else here
        tree.marked = self._marked.id if self._marked else None
        self._compare_with(Against.MARKED if self._marked else Against.BEFORE)

    def _compare_with(self, against: Against) -> None:
        self._against = against
        self._pair = None
        self._look()

    # --- the lines of a file ---------------------------------------------------------------------------------------

    @on(ChangeList.Highlighted)
    def _change_highlighted(self) -> None:
        self._file_timer.reset()
        self._file_timer.resume()

    @on(ChangeList.Opened)
    def _change_opened(self) -> None:
        self._look_at_file()
        self.action_pane("difference")

    def _look_at_file(self) -> None:
        self._file_timer.pause()
        change = self.query_one(ChangeList).change
        if self._pair is not None and change is not None and isinstance(change, FileChange):
            self._show_file(self._pair, change)
        else:
            self.query_one(DiffView).say("")

    @work(exclusive=True, group="difference", exit_on_error=False)
    async def _show_file(self, pair: tuple[str, str], change: FileChange) -> None:
        pane, view = self.query_one("#pane-timeline-difference", Pane), self.query_one(DiffView)
        pane.title([f"Lines · {change.shown}"], 0)
        try:
            view.show(await self._comparisons.file(*pair, change.path))
        except RollcageError as error:
            view.say("\n".join(filter(None, [f"✗ {clean(error.message)}", clean(error.hint)])))

    # --- moving ----------------------------------------------------------------------------------------------------

    @work(group="dialog", exit_on_error=False)
    async def action_last_success(self) -> None:
        """Put the machine back to where the last run succeeded; ask first, unless it stands there."""
        if not self.why_not("rollback"):
            plan = await self.engine.plan_rollback(self.workspace.session, _LAST_SUCCESS)
            if plan.head is not None and plan.head.id == plan.target.id:
                where = self.workspace.state.title_of(plan.target)
                self.notify(f"The machine stands at the last success already: {where}.", markup=False)
                return
        await self.ask_rollback(_LAST_SUCCESS)
