"""What the gate decides by: rules of risk, the policy and the hooks, as they are in the files now."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypedDict

from tui.errors import InvalidInput
from tui.hooks.chain import HookChain
from tui.hooks.install import open_chain
from tui.hooks.services import Services
from tui.paths import Paths
from tui.policy.policy import Policy
from tui.proposal import Proposal, ProposedStep
from tui.risk.assessing import assess, assess_argv, combine
from tui.risk.knowledge import Knowledge, knowledge_of
from tui.risk.model import (
    UNKNOWN_INPUT,
    Assessment,
    Category,
    Reason,
    RiskLevel,
    Span,
    UnknownInput,
)
from tui.runs.doubts import doubted
from tui.runs.interactive import typed_by_a_person
from tui.store.uses import Uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tui.hooks.chain import Assess


class Around(TypedDict):
    """What the judge of risk is told besides a text."""

    env: Mapping[str, str]
    cwd: str | None
    stdin: str | UnknownInput | None
    knowledge: Knowledge | None


class OpenChain(Protocol):
    """Makes the chain of hooks."""

    def __call__(self, services: Services, *, assess: Assess) -> HookChain:
        """Raises InvalidInput where the settings are wrong."""
        ...


class Rulebook:
    """The rules, read when they are first needed and again when their files have changed.

    Whoever decides by it calls `refresh` first, which raises where the files are wrong: with rules that cannot be read
    nothing runs.
    """

    def __init__(
        self, paths: Paths, uses: Uses, project: Path, services: Services, *,
        clock: Callable[[], datetime] = lambda: datetime.now().astimezone(), chain: OpenChain = open_chain,
    ) -> None:  # fmt: skip
        """Read nothing yet. `clock` returns the time with its zone; `chain` makes the hooks of a user's settings."""
        self.paths = paths
        self._clock = clock
        self._open_chain = chain
        self._uses = uses
        self._project = project
        self._services = services
        self._policy: Policy | None = None
        self._chain: HookChain | None = None
        self._knowledge: Knowledge | None = None
        self._seen: tuple[tuple[str, int, int], ...] = ()

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        assert self._policy is not None
        return self._policy

    @property
    def chain(self) -> HookChain:
        """The hooks that are heard."""
        assert self._chain is not None
        return self._chain

    async def refresh(self) -> None:
        """Read what has changed.

        Raises:
            InvalidInput: with every mistake in a file, and its line.
        """
        seen = tuple(_states((self.paths.user_rules, self.paths.user_hooks, self.paths.hooks_file)))
        if self._chain is None or seen != self._seen:
            self._knowledge = await asyncio.to_thread(knowledge_of, self.paths)
            self._chain = self._open_chain(self._services, assess=self.assessed)
            self._seen = seen
        if self._policy is None:
            self._policy = Policy.load(self.paths, self._project, self._uses, self._clock)
        else:
            self._policy.refresh()
        if not self._policy.is_valid:
            wrong = "\n".join(map(str, self._policy.problems))
            raise InvalidInput(wrong, hint="nothing runs until the policy is correct")

    async def assessed(self, proposal: Proposal) -> Proposal:
        """Return a proposal with its steps, and itself, assessed."""
        return await asyncio.to_thread(self._assess, proposal)

    def _assess(self, proposal: Proposal) -> Proposal:
        steps = tuple(
            replace(step, assessment=self._assess_step(step, proposal, reads=not number))
            for number, step in enumerate(proposal.steps)
        )
        together = combine(step.assessment for step in steps if step.assessment is not None)
        if proposal.keep_interpreter:
            together = _in_kept_interpreter(together)
        return replace(proposal, steps=steps, assessment=together)

    def _assess_step(self, step: ProposedStep, proposal: Proposal, *, reads: bool) -> Assessment:
        stdin: str | UnknownInput | None = None
        if reads and not proposal.interactive:  # only the first step is given input
            known = proposal.stdin.decode(errors="replace") or None
            stdin = UNKNOWN_INPUT if proposal.stdin_follows else known
        around = Around(env=proposal.env, cwd=proposal.cwd, stdin=stdin, knowledge=self._knowledge)
        found = assess_argv(step.argv, **around) if step.argv else assess(step.text, step.language, **around)
        return typed_by_a_person(found, step.text) if proposal.interactive else found

    async def close(self) -> None:
        """Close connections to knowledge servers."""
        if self._policy is not None:
            await self._policy.close()


def _in_kept_interpreter(assessment: Assessment) -> Assessment:
    """Return what is left to say where earlier code may have changed what every name means."""
    unknown = "what earlier code of the session's interpreter has changed"
    reason = Reason(
        RiskLevel.MEDIUM, Category.UNKNOWN, "runs where earlier code may have changed what names mean", Span(0, 0),
        "run.kept-interpreter",
    )  # fmt: skip
    return doubted(assessment, reason, unknown)


def _states(places: Iterable[Path]) -> Iterable[tuple[str, int, int]]:
    """Yield what shows a change of files and of what is directly in directories."""
    for place in places:
        for path in (place, *(sorted(place.iterdir()) if place.is_dir() else ())):
            try:
                status = path.stat()
            except OSError:
                continue
            yield str(path), status.st_mtime_ns, status.st_size
