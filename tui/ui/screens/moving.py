"""Moving the session's machine: back to a snapshot, undo, redo; and keeping, naming and pinning moments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from textual import on, work
from textual.binding import BindingType

from tui.text import clean_line
from tui.ui.bindings import bindings_of
from tui.ui.screens.area import Area
from tui.ui.session_state import SessionState, delete_question, deleted_words, moved_words, rollback_question
from tui.ui.widgets.session_tree import SessionTree
from tui.units import duration

if TYPE_CHECKING:
    from tui.runs.events import RolledBack

Result = TypeVar("Result")
_DONE: Final = {"rollback": "Rolled back", "undo": "Undone", "redo": "Redone"}


class Moving(Area):
    """An area that changes where the head of the session is, or what is kept."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("session")

    @on(SessionTree.RollbackAsked)
    @work(group="dialog", exit_on_error=False)
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
        engine, session = self.engine, self.workspace.session
        plan = await engine.plan_rollback(session, target)
        dialog = Confirm(
            f"Roll back session {clean_line(session, 30)}?",
            rollback_question(self.workspace.state, plan, self.rollcage.key_of("session.undo")),
            act="Roll back",
            keep="Keep as it is",
        )
        if not await self.ask(dialog):
            return
        if reason := self.workspace.why_not("rollback", session):
            self.notify(f"Not rolled back: {reason}", severity="warning", markup=False)  # begun since it was asked
            return
        await self._move(session, "rollback", lambda: engine.rollback(session, plan.target.id))

    async def _move(self, session: str, what: str, move: Callable[[], Awaitable[RolledBack]]) -> None:
        """Move, after what is under way, and tell what came of it."""
        engine = self.engine

        async def act() -> tuple[RolledBack, SessionState]:
            moved = await move()
            state = await SessionState.load(engine, session)
            self.workspace.take(state)  # keys that follow are about this one
            return moved, state

        moved, state = await self.workspace.acts.carry_out(session, what, act)
        words = moved_words(state, moved)
        self.notify(f"{_DONE[what]}: {words} in {duration(moved.took_ms / 1000)}.", markup=False)
        self.rollcage.reload_session()

    async def _act(self, session: str, what: str, act: Callable[[], Awaitable[Result]]) -> Result:
        """Do something else with the session, after what is under way."""
        result = await self.workspace.acts.carry_out(session, what, act)
        self.rollcage.reload_session()
        return result

    @work(group="move", exit_on_error=False)
    async def action_undo(self) -> None:
        """Undo the last change of the session; while something else is under way, the one that is the last then."""
        engine, session = self.engine, self.workspace.session
        if reason := self.why_not("undo"):
            self.notify(reason, severity="warning", markup=False)
        else:
            await self._move(session, "undo", lambda: engine.undo(session))

    @work(group="move", exit_on_error=False)
    async def action_redo(self) -> None:
        """Repeat what was undone."""
        engine, session = self.engine, self.workspace.session
        if reason := self.why_not("redo"):
            self.notify(reason, severity="warning", markup=False)
        else:
            await self._move(session, "redo", lambda: engine.redo(session))

    @work(group="dialog", exit_on_error=False)
    async def action_snapshot(self) -> None:
        """Keep this moment."""
        from tui.ui.screens.ask_name import AskName

        engine, session = self.engine, self.workspace.session
        explanation = "Keep this moment of the whole machine: memory, processes and files."

        async def keep(name: str) -> None:
            snapshot = await self._act(session, "snapshot", lambda: engine.snapshot(session, name))
            self.notify(f"Snapshot kept; the machine stood still for {duration(snapshot.pause_ms / 1000)}.")

        await self.ask(AskName("Snapshot", explanation, keep, act="Keep"))

    @on(SessionTree.NameAsked)
    @work(group="dialog", exit_on_error=False)
    async def _give_name(self, event: SessionTree.NameAsked) -> None:
        from tui.ui.screens.ask_name import AskName

        snapshot = event.row.snapshot
        if snapshot is None:
            self.notify("This run left no snapshot to name.", severity="warning")
            return

        async def give(name: str) -> None:
            await self.engine.set_snapshot(snapshot.id, name=name)
            self.notify(f"Named “{clean_line(name, 40)}”." if name else "The name was taken away.", markup=False)
            self.rollcage.reload_session()

        explanation = "A name to find this snapshot by."
        await self.ask(AskName("Name", explanation, give, act="Name it", value=clean_line(snapshot.name)))

    @on(SessionTree.PinAsked)
    @work(group="move", exit_on_error=False)
    async def _keep(self, event: SessionTree.PinAsked) -> None:
        snapshot = event.row.snapshot
        if snapshot is not None:
            await self.engine.set_snapshot(snapshot.id, pinned=not snapshot.pinned)
            self.notify("No longer kept from collection." if snapshot.pinned else "Kept from collection.")
            self.rollcage.reload_session()

    @on(SessionTree.BranchAsked)
    @work(group="dialog", exit_on_error=False)
    async def _branch(self, event: SessionTree.BranchAsked) -> None:
        from tui.ui.screens.ask_name import AskName
        from tui.ui.screens.sessions import SessionChoice

        if event.row.target is None:
            self.notify("This run left no snapshot to begin from.", severity="warning")
            return
        explanation = "The name of a new session. Its machine begins at this snapshot; this session stays as it is."
        engine, target = self.engine, event.row.target

        async def begin(name: str) -> None:
            session = await self._act(self.workspace.session, "branch", lambda: engine.branch(target, name))
            self.notify(f"Session {clean_line(session.name, 40)} begins here.", markup=False)

        if name := await self.ask(AskName("Branch", explanation, begin, act="Begin it", needed=True)):
            self.rollcage.switch_session(SessionChoice(name))

    @on(SessionTree.DeleteAsked)
    @work(group="dialog", exit_on_error=False)
    async def _delete(self, event: SessionTree.DeleteAsked) -> None:
        """Ask, naming what is lost for good; then do it."""
        from tui.ui.screens.confirm import Confirm

        snapshot = event.row.snapshot
        if snapshot is None:
            self.notify("This run left no snapshot to delete.", severity="warning")
            return
        if reason := self.why_not("delete") or self.workspace.state.why_kept(snapshot):
            self.notify(reason, severity="warning", markup=False)
            return
        engine, session = self.engine, self.workspace.session
        question = delete_question(self.workspace.state, snapshot)
        if await self.ask(Confirm("Delete a snapshot?", question, act="Delete it", keep="Keep it")):
            freed = await self._act(session, "deletion", lambda: engine.delete_snapshots([snapshot.id]))
            self.notify(deleted_words(snapshot, freed), markup=False)

    @work(group="dialog", exit_on_error=False)
    async def action_sessions(self) -> None:
        """Switch to another session."""
        from tui.ui.screens.sessions import Sessions

        sessions = self.engine.store.sessions()
        dialog = Sessions(sessions, self.workspace.session, self.rollcage.settings.profile)
        if (choice := await self.ask(dialog)) is not None:
            self.rollcage.switch_session(choice)
