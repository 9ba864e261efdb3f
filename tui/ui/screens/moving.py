"""Moving the session's machine: back to a snapshot, undo, redo; and keeping, naming and pinning moments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType

from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.screens.area import Area
from tui.ui.session_state import delete_question, plan_words, rollback_question
from tui.ui.widgets.session_tree import SessionTree
from tui.units import duration, size

if TYPE_CHECKING:
    from tui.runs.engine import RollbackPlan
    from tui.runs.events import RolledBack


class Moving(Area):
    """An area that changes where the head of the session is, or what is kept."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("session")

    @on(SessionTree.RollbackAsked)
    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def _roll_back(self, event: SessionTree.RollbackAsked) -> None:
        if event.row.target is None:
            self.notify("This run left no snapshot to go to.", severity="warning")
        else:
            await self.ask_rollback(event.row.target)

    async def ask_rollback(self, target: str) -> None:
        """Ask, naming the target and what is lost; then do it. `target` is what `Engine.rollback` takes."""
        from tui.ui.screens.confirm import Confirm

        if reason := self.why_not("rollback"):
            self.notify(reason, severity="warning", markup=False)
            return
        session = self.workspace.session
        plan = await self.engine.plan_rollback(session, target)
        dialog = Confirm(
            f"Roll back session {clean_line(session, 30)}?",
            rollback_question(self.workspace.state, plan, self.rollcage.key_of("session.undo")),
            act="Roll back",
            keep="Keep as it is",
        )
        if await self.app.push_screen_wait(dialog):
            await self._move(lambda: self.engine.rollback(session, plan.target.id), "Rolled back", plan)

    async def _move(self, move: Callable[[], Awaitable[RolledBack]], what: str, plan: RollbackPlan) -> None:
        words = plan_words(self.workspace.state, plan)
        moved = await move()
        self.notify(f"{what}: {words} in {duration(moved.took_ms / 1000)}.", markup=False)
        self.rollcage.reload_session()

    @work(exclusive=True, group="move", exit_on_error=False)
    async def action_undo(self) -> None:
        """Undo the last change of the session."""
        if (plan := self.workspace.state.undo) is not None:
            await self._move(lambda: self.engine.undo(self.workspace.session), "Undone", plan)

    @work(exclusive=True, group="move", exit_on_error=False)
    async def action_redo(self) -> None:
        """Repeat what was undone."""
        if (plan := self.workspace.state.redo) is not None:
            await self._move(lambda: self.engine.redo(self.workspace.session), "Redone", plan)

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_snapshot(self) -> None:
        """Keep this moment."""
        from tui.ui.screens.ask_name import AskName

        name = await self.app.push_screen_wait(
            AskName("Snapshot", "Keep this moment of the whole machine: memory, processes and files.", act="Keep")
        )
        if name is not None:
            snapshot = await self.engine.snapshot(self.workspace.session, name)
            self.notify(f"Snapshot kept; the machine stood still for {duration(snapshot.pause_ms / 1000)}.")
            self.rollcage.reload_session()

    @on(SessionTree.NameAsked)
    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def _give_name(self, event: SessionTree.NameAsked) -> None:
        from tui.ui.screens.ask_name import AskName

        snapshot = event.row.snapshot
        if snapshot is None:
            self.notify("This run left no snapshot to name.", severity="warning")
            return
        name = await self.app.push_screen_wait(
            AskName("Name", "A name to find this snapshot by.", act="Name it", value=clean_line(snapshot.name))
        )
        if name is not None:
            await self.engine.set_snapshot(snapshot.id, name=name)
            self.rollcage.reload_session()

    @on(SessionTree.PinAsked)
    @work(exclusive=True, group="move", exit_on_error=False)
    async def _keep(self, event: SessionTree.PinAsked) -> None:
        snapshot = event.row.snapshot
        if snapshot is not None:
            await self.engine.set_snapshot(snapshot.id, pinned=not snapshot.pinned)
            self.notify("No longer kept from collection." if snapshot.pinned else "Kept from collection.")
            self.rollcage.reload_session()

    @on(SessionTree.BranchAsked)
    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def _branch(self, event: SessionTree.BranchAsked) -> None:
        from tui.ui.screens.ask_name import AskName
        from tui.ui.screens.sessions import SessionChoice

        if event.row.target is None:
            self.notify("This run left no snapshot to begin from.", severity="warning")
            return
        explanation = "The name of a new session. Its machine begins at this snapshot; this session stays as it is."
        name = await self.app.push_screen_wait(AskName("Branch", explanation, act="Begin it"))
        if name:
            session = await self.engine.branch(event.row.target, name)
            self.notify(f"Session {clean_line(session.name, 40)} begins here.", markup=False)
            self.rollcage.switch_session(SessionChoice(session.name))

    @on(SessionTree.DeleteAsked)
    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def _delete(self, event: SessionTree.DeleteAsked) -> None:
        """Ask, naming what is lost for good; then do it."""
        from tui.ui.screens.confirm import Confirm

        snapshot = event.row.snapshot
        if snapshot is None:
            self.notify("This run left no snapshot to delete.", severity="warning")
            return
        question = delete_question(self.workspace.state, snapshot)
        if await self.app.push_screen_wait(Confirm("Delete a snapshot?", question, act="Delete it", keep="Keep it")):
            freed = await self.engine.delete_snapshots([snapshot.id])
            self.notify(f"Deleted; {size(freed)} are free again.", markup=False)
            self.rollcage.reload_session()

    @work(exclusive=True, group="dialog", exit_on_error=False)
    async def action_sessions(self) -> None:
        """Switch to another session."""
        from tui.ui.screens.sessions import Sessions

        sessions = self.engine.store.sessions()
        dialog = Sessions(sessions, self.workspace.session, self.rollcage.settings.profile)
        if (choice := await self.app.push_screen_wait(dialog)) is not None:
            self.rollcage.switch_session(choice)
