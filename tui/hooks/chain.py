"""Hearing the hooks of a point and deciding by the strictest of them.

Every hook is heard; a change never hides a later Block. After a change the new text is assessed and all hooks are heard
again, until a round passes in which every hook saw exactly what would run and changed nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from tui.hooks.containment import ask_hook
from tui.hooks.model import (
    Allow,
    Ask,
    Block,
    ChainResult,
    Decision,
    Hook,
    HookContext,
    HookError,
    HookRecord,
    Limits,
    Modify,
    Point,
)
from tui.proposal import Proposal, ProposedStep

Assess: TypeAlias = Callable[[Proposal], Awaitable[Proposal]]
"""Returns the proposal with its steps, and itself, assessed."""

MAX_ROUNDS: Final = 8
"""How often a chain is heard from the start before hooks that keep changing the text are stopped."""
DEFAULT_TIMEOUT_S: Final = 10.0
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class HookChain:
    """Hooks in the order they are heard: the higher priority first, names decide between equals.

    `clock` returns seconds and is only for `took_ms`. `recorder` gets every record at once; if it raises, nothing goes
    on, because what cannot be recorded must not run. `timeouts` holds seconds for single hooks, by name.
    """

    def __init__(
        self,
        hooks: Iterable[Hook],
        *,
        assess: Assess,
        recorder: Callable[[HookRecord], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        timeouts: Mapping[str, float] | None = None,
    ) -> None:
        self.hooks = tuple(sorted(hooks, key=lambda hook: (-hook.priority, hook.name)))
        names = [hook.name for hook in self.hooks]
        if len(set(names)) < len(names):
            raise ValueError(f"two hooks of one name among {', '.join(names)}")
        self._assess = assess
        self._recorder = recorder
        self._clock = clock
        self._timeout_s = timeout_s
        self._timeouts = timeouts or {}

    def at(self, point: Point) -> tuple[Hook, ...]:
        """Return the hooks that are heard at a point, in order."""
        return tuple(hook for hook in self.hooks if point in hook.points)

    async def run(self, context: HookContext) -> ChainResult:
        """Hear all hooks of the context's point.

        Raises:
            ValueError: the context lacks what its point is about.
        """
        _check_context(context)
        tally = _Tally()
        start = context
        seen = [context]
        for number in range(1, MAX_ROUNDS + 1):
            tally.new_round()
            before = context
            for hook in self.at(context.point):
                record, context = await self._hear(hook, context, number)
                tally.add(record)
                self._recorder(record)
            # What has run has run, and is told about once: a second round would only notify and log twice.
            if context == before or tally.blocks or context.point.has_outcome:
                break
            if context in seen:
                tally.blocks.append(f"{_changers(tally.records)} keep changing the text back and forth")
                break
            seen.append(context)
        else:
            tally.blocks.append(f"{_changers(tally.records)} still changed the text after {MAX_ROUNDS} rounds")
        return tally.result(context, changed=context != start)

    async def _hear(self, hook: Hook, context: HookContext, number: int) -> tuple[HookRecord, HookContext]:
        began = self._clock()
        error: str | None = None
        decision: Decision
        try:
            answer = await ask_hook(hook, context, self._timeouts.get(hook.name, self._timeout_s))
            decision, context = await self._applied(answer, context)
        except (TimeoutError, HookError) as failure:
            error = str(failure)
            decision = _after_failure(error, context.point)
        took_ms = (self._clock() - began) * 1000
        return HookRecord(hook.name, context.point, hook.priority, decision, took_ms, error, number), context

    async def _applied(self, decision: object, context: HookContext) -> tuple[Decision, HookContext]:
        """Check a decision and return it with the context after it."""
        match decision:
            case Allow():
                _check_environment(decision)
                return decision, context
            case Modify():
                changed = _changed(context, decision)
                # Before the first assessment there is none to renew.
                if changed.proposal != context.proposal and context.point is not Point.BEFORE_ASSESSMENT:
                    changed = replace(changed, proposal=await self._assess(changed.proposal))
                return decision, changed
            case Block() | Ask():
                return decision, context
            case _:
                raise HookError(f"answered with a {type(decision).__name__}, which is no decision")


@dataclass(slots=True)
class _Tally:
    """What was decided. All but the records and blocks are of the last round: it alone saw what would run."""

    records: list[HookRecord] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def new_round(self) -> None:
        self.prompts, self.env, self.limits, self.notes, self.warnings = [], {}, Limits(), [], []

    def add(self, record: HookRecord) -> None:
        self.records.append(record)
        match record.decision:
            case Block(reason) if record.point.can_stop:
                self.blocks.append(f"{record.name}: {reason}")
            case Ask(prompt) if record.point.can_stop:
                self.prompts.append(f"{record.name}: {prompt}")
            case Block(text) | Ask(text):
                self.warnings.append(f"{record.name}: {text} (said after the run, when nothing can be stopped)")
            case Allow() as allow:
                self.env = {**allow.env, **self.env}
                self.limits = self.limits.strictest(allow.limits)
                self.notes += [f"{record.name}: {note}" for note in allow.notes]
                self.warnings += [f"{record.name}: {warning}" for warning in allow.warnings]
            case Modify():
                pass  # already in the context

    def result(self, context: HookContext, *, changed: bool) -> ChainResult:
        return ChainResult(
            self._decision(context, changed=changed),
            tuple(self.records),
            context,
            changed,
            self.env,
            self.limits,
            tuple(self.warnings),
        )

    def _decision(self, context: HookContext, *, changed: bool) -> Decision:
        if self.blocks:
            return Block("\n".join(dict.fromkeys(self.blocks)))
        if self.prompts:
            return Ask("\n".join(self.prompts))
        if changed:
            reasons = [f"{r.name}: {made.reason}" for r in self.records if isinstance(made := r.decision, Modify)]
            reason = "\n".join(dict.fromkeys(reasons))
            if context.point.has_outcome:
                assert context.outcome is not None
                return Modify(reason, output=context.outcome.output)
            if context.point.has_model_text:
                return Modify(reason, model_text=context.model_text)
            return Modify(reason, steps=context.proposal.steps)
        return Allow(self.env, self.limits, tuple(self.notes), tuple(self.warnings))


def _check_context(context: HookContext) -> None:
    point = context.point
    if point.has_outcome != (context.outcome is not None):
        raise ValueError(f"an outcome belongs to {Point.AFTER_EXECUTION}, and only to it")
    if point.has_model_text != (context.model_text is not None):
        raise ValueError("a model's text belongs to the points around a model, and only to them")


def _changed(context: HookContext, modify: Modify) -> HookContext:
    """Return the context with the change in it.

    Raises:
        HookError: the change is not one that can be made at this point.
    """
    given = {name for name in ("steps", "output", "model_text") if getattr(modify, name) is not None}
    allowed = "output" if context.point.has_outcome else "model_text" if context.point.has_model_text else "steps"
    if given != {allowed}:
        raise HookError(f"at {context.point} a change is of {allowed}, not of {', '.join(sorted(given)) or 'nothing'}")
    if modify.output is not None:
        assert context.outcome is not None
        return replace(context, outcome=replace(context.outcome, output=modify.output))
    if modify.model_text is not None:
        return replace(context, model_text=modify.model_text)
    assert modify.steps is not None
    if not modify.steps:
        raise HookError("a change left no step; answer with a Block to stop a run")
    old = context.proposal.steps
    for index, step in enumerate(modify.steps):
        # A program's argv is what runs; its text is only shown. A change of the one without the other would lie.
        if index < len(old) and step.argv and step.argv == old[index].argv and step.text != old[index].text:
            raise HookError(f"changed the text of step {index + 1}, which runs a program; its argv is what runs")
    if [_essence(step) for step in modify.steps] == [_essence(step) for step in old]:
        return context
    steps = tuple(replace(step, assessment=None) for step in modify.steps)
    return replace(context, proposal=replace(context.proposal, steps=steps, assessment=None))


def _essence(step: ProposedStep) -> tuple[str, str, tuple[str, ...]]:
    return step.text, step.language, step.argv


def _check_environment(allow: Allow) -> None:
    for name, value in allow.env.items():
        if not isinstance(value, str) or _VARIABLE.fullmatch(name) is None or "\0" in value:
            raise HookError(f"{name!r} cannot be given to a process as a variable")


def _after_failure(error: str, point: Point) -> Decision:
    if point.fails_closed:
        return Block(f"the hook failed, so nothing goes on: {error}")
    return Allow(warnings=(f"the hook failed: {error}",))


def _changers(records: Iterable[HookRecord]) -> str:
    return ", ".join(dict.fromkeys(record.name for record in records if isinstance(record.decision, Modify)))
