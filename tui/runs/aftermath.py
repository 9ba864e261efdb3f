"""What happens to the machine once nothing of a run executes any more."""

from __future__ import annotations

from dataclasses import replace

from tui.errors import RollcageError
from tui.runs.context import Context
from tui.runs.driver import Driver
from tui.runs.events import RolledBack
from tui.runs.outcome import Outcome
from tui.store.model import SnapshotRecord
from tui.store.rows import now
from tui.store.states import MoveKind, RunState, SnapshotReason


class Aftermath:
    """Keeps what a successful run left, and takes back what another did.

    The snapshot that becomes the head is recorded together with the end of the run, by the caller: `unrecorded` and
    `move` are for `Store.conclude`.
    """

    def __init__(self, context: Context, driver: Driver, run_id: str, *, takes_back: bool = True) -> None:
        """Prepare; unless it `takes_back`, what a failed run left stays where its machine still lives."""
        self.before_id: str | None = None
        self.after_id: str | None = None
        self.rolled_back = False
        self.unrecorded: SnapshotRecord | None = None
        self.move: MoveKind | None = None
        self._context = context
        self._settings = context.settings.snapshots
        self._takes_back = takes_back and self._settings.auto_rollback
        self._driver = driver
        self._run_id = run_id

    async def settle(self, outcome: Outcome, *, has_resumed: bool, begun: bool) -> Outcome:
        """Bring the machine to where it will stand until the next run; return the outcome with what went wrong in it.

        Args:
            outcome: How the commands ended.
            has_resumed: Whether the machine has run since the snapshot before.
            begun: Whether a command may have started, so that there is a state worth keeping.
        """
        if outcome.state is RunState.SUCCEEDED:
            return await self._keep(outcome)
        if outcome.lost:
            await self._driver.abandon()
            return await self._put_back(outcome, None) if self.before_id else outcome
        if not has_resumed or self._driver.live is None:
            return outcome
        return await self._take_back(outcome, begun=begun)

    async def _keep(self, outcome: Outcome) -> Outcome:
        try:
            await self._driver.pause()
            if self._settings.after:
                self._becomes_head(await self._driver.capture(SnapshotReason.AFTER, run_id=self._run_id))
            else:
                self._driver.is_ahead(self._run_id, SnapshotReason.AFTER)
        except (RollcageError, OSError) as error:
            live = self._driver.live
            if live is not None and live.machine.alive:
                self._driver.is_ahead(self._run_id, SnapshotReason.AFTER)
                message = (
                    f"the command succeeded, but the machine's state could not be stored: {error}\n"
                    "until Rollcage closes the machine holds it, and storing it is tried again before the next run"
                )
                return replace(outcome, state=RunState.ERROR, error=message)
            message = f"the command succeeded, but the machine was lost before its state could be stored: {error}"
            return await self.settle(
                Outcome(RunState.MACHINE_LOST, outcome.exit_code, message, lost=True), has_resumed=True, begun=True
            )
        return outcome

    async def _take_back(self, outcome: Outcome, *, begun: bool) -> Outcome:
        failed: SnapshotRecord | None = None
        try:
            await self._driver.pause()
            if self._settings.on_failure and begun:
                failed = await self._driver.capture(SnapshotReason.FAILED, run_id=self._run_id)
                self.after_id = failed.id
        except (RollcageError, OSError) as error:
            outcome = replace(outcome, error=f"{outcome.error}\nthe failed state could not be kept: {error}")
        live = self._driver.live
        is_lost = live is None or not live.machine.alive
        if self.before_id is not None and (self._takes_back or is_lost):
            if failed is not None:
                self._context.store.add_snapshot(failed)
            return await self._put_back(outcome, failed)
        if failed is not None:
            self._becomes_head(failed)
        elif is_lost:
            await self._driver.abandon()
        else:
            self._driver.is_ahead(self._run_id, SnapshotReason.FAILED)
        return outcome

    async def _put_back(self, outcome: Outcome, failed: SnapshotRecord | None) -> Outcome:
        assert self.before_id is not None
        try:
            took_ms = await self._driver.swap(self.before_id)
        except (RollcageError, OSError) as error:
            # The head is still the snapshot before, so the next run tries that again; the failed state must not be
            # mistaken for it.
            await self._driver.abandon()
            return replace(outcome, error=f"{outcome.error}\nthe rollback to {self.before_id} failed: {error}")
        self.rolled_back = True
        self._context.emit(
            RolledBack(
                at=now(), session_id=self._driver.session_id, run_id=self._run_id, to_id=self.before_id,
                from_id=failed.id if failed else None, kind=None, took_ms=took_ms,
            )
        )  # fmt: skip
        return outcome

    def _becomes_head(self, snapshot: SnapshotRecord) -> None:
        self.unrecorded, self.move = snapshot, MoveKind.RUN
        self.after_id = snapshot.id

    def recorded(self) -> None:
        """The run's end and its snapshot are recorded."""
        if self.unrecorded is not None:
            self._driver.stands_at(self.unrecorded.id)

    def not_recorded(self) -> None:
        """They could not be recorded: the machine stays ahead of the head, and is captured again later."""
        if self.unrecorded is not None and self._driver.live is not None:
            self._driver.is_ahead(self._run_id, self.unrecorded.reason)
