"""Carrying out scenarios on an engine, as a stream of events."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import replace
from typing import Final

from tui.config import Settings
from tui.definitions.kinds import ExecutionMode
from tui.definitions.model import Definition
from tui.errors import NotFound, RollcageError
from tui.ids import new_id
from tui.machines.model import PROFILES
from tui.runs.engine import Engine
from tui.runs.events import OutputReceived
from tui.runs.interference import Interference
from tui.runs.observation import Observation
from tui.runs.prepare import request_for, spec_for
from tui.runs.request import Request, StepRequest
from tui.runs.run import Run
from tui.runs.scenario_events import (
    ScenarioBegun,
    ScenarioEnded,
    ScenarioEvent,
    StepBegun,
    StepEnded,
    StepHappened,
    StepOutput,
)
from tui.runs.scripted import ScriptedApprover
from tui.scenarios.model import (
    Redo,
    RollBack,
    RunCode,
    RunDefinition,
    Scenario,
    ScriptedAnswer,
    SessionKind,
    Step,
    TakeSnapshot,
    Undo,
    session_name,
)
from tui.scenarios.outcome import Check, Outcome, compare, describe
from tui.store.states import RunState

_SHORT: Final = 6
_YES: Final = (ScriptedAnswer.ONCE, ScriptedAnswer.TYPE)


def short_id() -> str:
    """Return what tells the sessions of one scenario apart: the random end of an id."""
    return new_id()[-_SHORT:].lower()


class ScenarioRunner:
    """Carries out scenarios as a person at the keyboard would: through the engine, with all that guards it."""

    def __init__(
        self, engine: Engine, approver: ScriptedApprover, settings: Settings, find: Callable[[str], Definition],
        *, keep: bool = False, trusts: bool = False, suffix: Callable[[], str] = short_id,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        """Prepare to run.

        Args:
            engine: Runs the steps. It was opened with `approver`.
            approver: Answers as the scenarios say, except that no scenario agrees to what has the network.
            settings: For the default profile.
            find: Returns the definition of a name, or raises NotFound or InvalidInput.
            keep: Leave the sessions there, for a look at them.
            trusts: Let the answers of every scenario count for everything, as a person has decided.
            suffix: What the name of a fresh session ends with.
            clock: Seconds.
        """
        self._engine = engine
        self._approver = approver
        self._settings = settings
        self._find = find
        self._keep = keep
        self._trusts = trusts
        self._suffix = suffix
        self._clock = clock

    async def run(self, scenario: Scenario) -> AsyncGenerator[ScenarioEvent]:
        """Carry out a scenario and yield what happens; the last event is `ScenarioEnded`.

        The steps after one that did not do as expected are not carried out, unless the scenario goes on. Closing the
        generator kills the run in progress. A fresh session is deleted in every case, unless it is to be kept; of a
        process that is killed meanwhile, by a later one.
        """
        name, session = scenario.name, self._session_of(scenario)
        kept = self._keep or scenario.session is SessionKind.NAMED
        begun, passed, failed = self._clock(), 0, 0
        yield ScenarioBegun(scenario=name, title=scenario.title, session=session, steps=len(scenario.steps))
        async with AsyncExitStack() as end:
            if not kept:
                end.enter_context(self._engine.passing_session(session))
                end.push_async_callback(self._delete, session)
            for index, step in enumerate(scenario.steps):
                async with aclosing(self._step(scenario, step, index, session)) as events:
                    async for event in events:
                        yield event
                        if isinstance(event, StepEnded):
                            passed, failed = passed + event.passed, failed + (not event.passed)
                if failed and not scenario.goes_on:
                    break
        yield ScenarioEnded(
            scenario=name, session=session, kept=kept, steps=len(scenario.steps), steps_passed=passed,
            steps_failed=failed, took_ms=self._since(begun),
        )  # fmt: skip

    async def _delete(self, session: str) -> None:
        with suppress(NotFound):  # nothing of it ran
            await self._engine.delete_session(session)

    def _session_of(self, scenario: Scenario) -> str:
        name = session_name(scenario.name)
        return name if scenario.session is SessionKind.NAMED else f"{name}-{self._suffix()}"

    def _since(self, begun: float) -> float:
        return (self._clock() - begun) * 1000

    async def _step(self, scenario: Scenario, step: Step, index: int, session: str) -> AsyncGenerator[ScenarioEvent]:
        name, begun = scenario.name, self._clock()
        yield StepBegun(
            scenario=name, index=index, title=step.title, action=step.shown, expected=describe(step.expected)
        )
        run: Run | None = None
        further: tuple[Check, ...] = ()
        try:
            if not isinstance(step.action, RunCode | RunDefinition):
                outcome = await self._act(step.action, session)
            else:
                request = self._request(scenario, step, step.action, session)
                seen = Observation()
                async with AsyncExitStack() as stack:
                    if not (step.answer in _YES and self._reaches_network(request)):
                        trusted = scenario.trusted or self._trusts
                        stack.enter_context(self._approver.answering(session, step.answer, trusted=trusted))
                    run = self._engine.run(request)
                    stack.push_async_callback(run.cancel, at_once=True)
                    interference = step.meanwhile and Interference(self._engine, run, step.meanwhile)
                    if interference:
                        await stack.enter_async_context(interference)
                    async for event in run.events():
                        seen.see(event)
                        if isinstance(event, OutputReceived):
                            yield StepOutput(scenario=name, index=index, stream=event.stream, data=event.data)
                        else:
                            yield StepHappened(scenario=name, index=index, fact=event)
                outcome = seen.outcome()
                further = (interference.check,) if interference else ()
        except RollcageError as error:
            outcome = Outcome(RunState.ERROR, reason=str(error))
        outcome = replace(outcome, took_ms=self._since(begun))
        checks = (*compare(step.expected, outcome), *further)
        yield StepEnded(
            scenario=name, index=index, run_id=run.id if run is not None else None, outcome=outcome, checks=checks
        )

    def _request(self, scenario: Scenario, step: Step, action: RunCode | RunDefinition, session: str) -> Request:
        """Return the request of a step. It always runs in a machine: what is shown is what a machine makes possible.

        Raises:
            RollcageError: there is no such definition, or its values are wrong.
        """
        profile = str(scenario.profile) if scenario.profile is not None else None
        if isinstance(action, RunDefinition):
            request = request_for(
                self._find(action.name), action.values, session=session, settings=self._settings, profile=profile,
                timeout_s=step.timeout_s,
            )  # fmt: skip
            return replace(request, mode=ExecutionMode.FIRECRACKER)
        return Request(
            title=f"{scenario.name}: {step.title}" if step.title else scenario.name,
            steps=(StepRequest(action.text, str(action.language), action.line),),
            session=session,
            spec=spec_for(PROFILES[profile or self._settings.profile], scenario.limits),
            limits=scenario.limits,
            timeout_s=step.timeout_s,
            mode=ExecutionMode.FIRECRACKER,
            keep_interpreter=step.keep_interpreter,
        )

    def _reaches_network(self, request: Request) -> bool:
        """Say whether what runs could do something that no rollback takes back: that is for a person to agree to."""
        known = next((each for each in self._engine.store.sessions() if each.name == request.session), None)
        granted = request.limits is not None and request.limits.network_access
        asked = request.spec is not None and request.spec.network
        return granted or asked or (known is not None and known.spec.network)

    async def _act(self, action: RollBack | TakeSnapshot | Undo | Redo, session: str) -> Outcome:
        """Do what is no run."""
        try:
            match action:
                case RollBack():
                    await self._engine.rollback(session, action.target)
                case TakeSnapshot():
                    await self._engine.snapshot(session, action.name)
                case Undo():
                    await self._engine.undo(session)
                case Redo():
                    await self._engine.redo(session)
        except RollcageError as error:
            return Outcome(RunState.FAILED, reason=str(error))
        return Outcome(RunState.SUCCEEDED)
