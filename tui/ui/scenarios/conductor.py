"""Carrying scenarios out one after the other, held between two steps where a person wants that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from tui.runs.scenario_events import ScenarioEvent, StepEnded, StepOutput
from tui.scenarios.model import Scenario
from tui.ui.scenarios.progress import Phase, Progress

Run = Callable[[Scenario], AsyncGenerator[ScenarioEvent]]
"""Carries a scenario out; closing the generator stops it and cleans up."""


class Conductor:
    """At most one scenario goes on at a time. What it does outlives every screen, and is closed with `close`."""

    def __init__(
        self, run: Callable[[], Run], told: Callable[[Progress, ScenarioEvent | None], None],
        over: Callable[[Sequence[Progress]], None], failed: Callable[[Exception], None],
    ) -> None:  # fmt: skip
        """Prepare.

        Args:
            run: Returns what carries scenarios out; may raise RollcageError where nothing can now.
            told: Called after each event that is no output, and with None when something else changed.
            over: Called when nothing goes on any more, with all that was begun since `start`.
            failed: Called with an error that ended everything, before that.
        """
        self._make_run = run
        self._told = told
        self._over = over
        self._failed = failed
        self._last: dict[str, Progress] = {}
        self._task: asyncio.Task[None] | None = None
        self._stepwise = False
        self._is_stopped = False
        self._go = asyncio.Event()
        self.current: Progress | None = None
        """The scenario that is carried out now."""
        self.waiting: list[str] = []
        """Names of the scenarios that come after it."""

    def last(self, scenario: Scenario) -> Progress | None:
        """Return what came of a scenario the last time, if that was this version of its file."""
        progress = self._last.get(scenario.name)
        if progress is None or progress.is_going_on:
            return progress
        return progress if progress.scenario.content_hash == scenario.content_hash else None

    @property
    def is_held(self) -> bool:
        """Whether the scenario waits for a person before its next step."""
        return self.current is not None and self.current.phase is Phase.HELD

    def start(self, scenarios: Sequence[Scenario], *, stepwise: bool = False) -> None:
        """Begin to carry scenarios out.

        Raises:
            RollcageError: nothing can be carried out now.
        """
        assert self._task is None
        self._stepwise, self._is_stopped = stepwise, False
        run = self._make_run()
        self._task = asyncio.create_task(self._all(run, scenarios), name="scenarios")

    def go_on(self, *, stepwise: bool) -> None:
        """Carry out the next step, or all that follow."""
        self._stepwise = stepwise
        self._go.set()

    async def stop(self) -> None:
        """Kill what runs, delete its session, and return when that is done."""
        task = self._task
        if task is None:
            return
        self._is_stopped = True
        is_cleaning_up = task.cancelling() or (self.current is not None and self.current.is_ending)
        if not is_cleaning_up:
            task.cancel()
        await asyncio.wait([task])

    close = stop

    async def _all(self, run: Run, scenarios: Sequence[Scenario]) -> None:
        begun: list[Progress] = []
        try:
            for number, scenario in enumerate(scenarios):
                if self._is_stopped:
                    break
                self.waiting = [each.name for each in scenarios[number + 1 :]]
                self.current = progress = self._last[scenario.name] = Progress.of(scenario)
                begun.append(progress)
                await self._one(run, progress)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task and would hear of it
            self._failed(error)
        finally:
            self.current, self.waiting, self._task = None, [], None
            self._over(begun)

    async def _one(self, run: Run, progress: Progress) -> None:
        try:
            async with aclosing(run(progress.scenario)) as events:
                async for event in events:
                    progress.apply(event)
                    if not isinstance(event, StepOutput):
                        self._told(progress, event)
                    if isinstance(event, StepEnded) and self._stepwise and progress.has_more:
                        await self._hold(progress)
        except asyncio.CancelledError:
            progress.stop()
            raise
        except Exception as error:
            progress.break_off(str(error))
            raise

    async def _hold(self, progress: Progress) -> None:
        self._go.clear()
        progress.phase = Phase.HELD
        self._told(progress, None)
        await self._go.wait()
        progress.phase = Phase.RUNNING
        self._told(progress, None)
