"""Blocks of code that run one after another, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tui.runs.events import Event, RunStarted, StepStarted
from tui.store.states import RunState

if TYPE_CHECKING:
    from tui.definitions.reply import CodeBlock
    from tui.runs.request import Request
    from tui.runs.run import Run
    from tui.ui.workspace import Workspace


class Stage(StrEnum):
    """How far a block is."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    """In a run of several blocks: this one has ended well, the run has not."""
    ENDED = "ended"
    SKIPPED = "skipped"
    TAKEN_BACK = "taken back"
    """It ended well, but in the same run a later one failed."""


@dataclass(slots=True)
class Turn:
    """What is known of one block of a series."""

    block: CodeBlock
    stage: Stage = Stage.PENDING
    run_id: str = ""
    state: RunState = RunState.RUNNING
    exit_code: int | None = None


class Series:
    """Runs requests in order and notes what became of the blocks they are made of."""

    def __init__(
        self, blocks: Sequence[CodeBlock], requests: Sequence[Request], *, stop_on_failure: bool = True
    ) -> None:
        """Prepare; `requests` are one a block, or one for all of them."""
        self.turns = [Turn(block) for block in blocks]
        self.changed: Callable[[], None] = lambda: None
        """Called when something became of a block."""
        self._stop_on_failure = stop_on_failure
        self._requests = [(request, self.turns if len(requests) == 1 else [turn])
                          for request, turn in zip(requests, self.turns, strict=False)]  # fmt: skip
        self.is_over = False

    @property
    def running(self) -> Turn | None:
        """The block that runs now."""
        return next((turn for turn in self.turns if turn.stage is Stage.RUNNING), None)

    def turn_of(self, block: CodeBlock) -> Turn | None:
        """Return what became of a block, if it is still the one that ran."""
        turn = next((turn for turn in self.turns if turn.block.number == block.number), None)
        return turn if turn is not None and turn.block.identity == block.identity else None

    async def go(self, workspace: Workspace) -> None:
        """Run all, until one fails or is cancelled.

        Raises:
            RollcageError: the engine takes no more runs.
        """
        try:
            for request, turns in self._requests:
                run = workspace.start(request)
                self._began(turns, run)
                await workspace.result(run)
                record = await run.result()
                live = workspace.live.run(run.id)
                _ended(turns, record.state, record.exit_code, live.step if live is not None else len(turns))
                self.changed()
                if record.state is not RunState.SUCCEEDED and (
                    self._stop_on_failure or record.state is RunState.CANCELLED
                ):
                    break
        finally:
            for turn in self.turns:
                if turn.stage in (Stage.PENDING, Stage.RUNNING):
                    turn.stage = Stage.SKIPPED
            self.is_over = True
            self.changed()

    def _began(self, turns: Sequence[Turn], run: Run) -> None:
        for turn in turns:
            turn.run_id = run.id
        turns[0].stage = Stage.RUNNING
        self.changed()

    def heard(self, event: Event) -> None:
        """Take an event of any run in: one of this series has begun, or in it one of several blocks has."""
        turns = [turn for turn in self.turns if event.run_id and turn.run_id == event.run_id]
        if not turns or not isinstance(event, RunStarted | StepStarted):
            return
        for at, turn in enumerate(turns):
            if isinstance(event, StepStarted) and turn.stage in (Stage.PENDING, Stage.RUNNING):
                turn.stage = Stage.DONE if at < event.index else Stage.RUNNING if at == event.index else Stage.PENDING
        self.changed()


def _ended(turns: Sequence[Turn], state: RunState, exit_code: int | None, steps: int) -> None:
    """Note the end of a run that began `steps` of its blocks."""
    for at, turn in enumerate(turns, 1):
        turn.state, turn.exit_code = state, exit_code
        if state is RunState.SUCCEEDED or at == max(steps, 1):
            turn.stage = Stage.ENDED
        else:
            turn.stage = Stage.TAKEN_BACK if at < steps else Stage.SKIPPED
