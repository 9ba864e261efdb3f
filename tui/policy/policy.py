"""The policy: every check of a proposal, in one place, against files that may change while it is used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tui.definitions.problems import Problem
from tui.errors import InvalidInput
from tui.paths import Paths
from tui.policy.denylist import check_deny_list
from tui.policy.knowledge.collection import Collected, joined
from tui.policy.knowledge.graph import Graph
from tui.policy.knowledge.model import Concept, KnowledgeResult, Strictness
from tui.policy.knowledge.server import KnowledgeServer, ServerUnavailable
from tui.policy.knowledge.validation import check_knowledge, question_of, validate
from tui.policy.limits import check_rate_limits, take_use
from tui.policy.roles import check_permissions
from tui.policy.rules import KnowledgeRules, Rules
from tui.policy.sources import Loaded, Sources
from tui.policy.times import check_times
from tui.policy.verdict import Action, Check, Result, Verdict, verdict
from tui.proposal import Proposal
from tui.risk.model import Confidence
from tui.store.uses import Uses


@dataclass(frozen=True, slots=True)
class PolicyDelta:
    """What a refresh changed. False if nothing did."""

    rules: bool = False
    knowledge: bool = False
    problems: bool = False

    def __bool__(self) -> bool:
        return self.rules or self.knowledge or self.problems


class Policy:
    """Reviews proposals. All but `refresh` belongs to the thread of the store's `uses`.

    The order is that of Terraphim AI's command system: deny list, rate limit, time, permissions, knowledge graph; but
    every check is made, so that a person sees all that is in the way.
    """

    def __init__(self, sources: Sources, loaded: Loaded, uses: Uses, clock: Callable[[], datetime]) -> None:
        self._sources = sources
        self._loaded = loaded
        self._uses = uses
        self._clock = clock
        self._refreshing = threading.Lock()
        self._servers: dict[KnowledgeRules, KnowledgeServer] = {}
        self._joined: tuple[Collected, tuple[Concept, ...], Graph] | None = None
        self.problems: tuple[Problem, ...] = loaded.problems
        """What is wrong with the files now. Rules with errors are not used: the last good ones stay in force."""

    @classmethod
    def load(cls, paths: Paths, project: Path, uses: Uses, clock: Callable[[], datetime]) -> Policy:
        """Read the policy of a user and a project directory. `clock` returns the time, with its time zone.

        Raises:
            InvalidInput: with every mistake in the rules, as `file:line: …`. Mistakes in concepts are in `problems`.
        """
        sources = Sources(paths, project)
        loaded = sources.read()
        if not loaded.is_valid:
            wrong = (problem for problem in loaded.problems if problem not in loaded.knowledge.problems)
            raise InvalidInput("\n".join(map(str, wrong)), hint="nothing runs until the policy is correct")
        return cls(sources, loaded, uses, clock)

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self._loaded.rules

    @property
    def is_valid(self) -> bool:
        """Whether the rules in the files are without errors now, so that they are the ones in force."""
        return self._loaded.is_valid

    @property
    def graph(self) -> Graph:
        """The concepts of the files, without those of a server."""
        return self._loaded.knowledge.graph

    @property
    def roots(self) -> tuple[tuple[object, Path], ...]:
        """What `tui.definitions.reload.watch` watches, together with `directories`."""
        return self._sources.roots

    @property
    def directories(self) -> tuple[Path, ...]:
        """The directories whose changes matter, as of the last refresh."""
        return self._sources.directories(self._loaded)

    def refresh(self, changed: Collection[Path] = ()) -> PolicyDelta:  # noqa: ARG002 - all files are read, they are few
        """Read the files again, from any thread. Rules with errors change nothing but `problems`."""
        with self._refreshing:
            before, new = self._loaded, self._sources.read()
            problems, self.problems = self.problems, new.problems
            if not new.is_valid:
                new = Loaded(before.rules, new.knowledge, new.problems, is_valid=False)
            self._loaded = new
            return PolicyDelta(
                rules=new.rules != before.rules,
                knowledge=new.knowledge is not before.knowledge,
                problems=problems != new.problems,
            )

    async def review(self, proposal: Proposal, *, approved: bool = False) -> Verdict:
        """Say whether a proposal may run now; `approved` says that a person has agreed to this very proposal.

        Nothing is taken from rate limits: `record_use` does that when the run starts. A failure to speak of the
        required concepts is counted, unless something else denies the run anyway.
        """
        return await self._review(proposal, approved=approved, counts=not approved)

    async def preview(self, proposal: Proposal) -> Verdict:
        """Say what `review` would, without counting a failure."""
        return await self._review(proposal, approved=False, counts=False)

    def record_use(self, proposal: Proposal) -> Check:
        """Count a run against its rate limits, once it is about to start. Denied: another one was faster; do not run.

        Looking and counting are one transaction of the store, so two processes cannot both take the last use.
        """
        return take_use(self.rules.limits, self._uses, proposal, self._clock())

    async def close(self) -> None:
        """Close connections to knowledge servers."""
        for server in self._servers.values():
            await server.close()
        self._servers.clear()

    async def _review(self, proposal: Proposal, *, approved: bool, counts: bool) -> Verdict:
        loaded, now = self._loaded, self._clock()
        rules = loaded.rules
        checks = [
            _check_command(proposal),
            check_deny_list(rules.deny, rules.refuse, proposal),
            check_rate_limits(rules.limits, self._uses, proposal, now),
            check_times(rules.times, proposal, now),
            check_permissions(rules.roles, proposal),
        ]
        counts = counts and all(check.result is not Result.DENIED for check in checks)
        result = await self._ask(loaded, proposal, now, counts=counts)
        return verdict([*checks, check_knowledge(result)], approved=approved)

    async def _ask(self, loaded: Loaded, proposal: Proposal, now: datetime, *, counts: bool) -> KnowledgeResult:
        """Ask the knowledge graph, and count failures in a row."""
        rules = loaded.rules.knowledge
        question = question_of(proposal)
        graph, error = loaded.knowledge.graph, ""
        if rules.server is not None and (question.required or rules.strictness is Strictness.STRICT):
            try:
                graph = await self._with_server(loaded.knowledge, rules)
            except ServerUnavailable as unavailable:
                error = unavailable.message
        subject = proposal.command, proposal.user
        before = self._uses.failures(*subject, now.timestamp())

        def result(failures: int) -> KnowledgeResult:
            return validate(
                graph, question, rules.strictness, failures=failures, ask_after=rules.ask_after, error=error
            )

        found = result(before)
        if found.passed and before:
            self._uses.forget_failures(*subject)
        elif not found.passed and counts and not error:
            found = result(self._uses.count_failure(*subject, now.timestamp()))
        return found

    async def _with_server(self, files: Collected, rules: KnowledgeRules) -> Graph:
        assert rules.server is not None
        server = self._servers.get(rules)
        if server is None:
            await self.close()  # the rules have changed
            server = self._servers[rules] = KnowledgeServer(rules.server, rules.role, rules.timeout_s)
        concepts = await server.concepts()
        if self._joined is None or self._joined[0] is not files or self._joined[1] is not concepts:
            self._joined = files, concepts, joined(files.graph, concepts)
        return self._joined[2]


def _check_command(proposal: Proposal) -> Check:
    """Check that there is something to run and that all of it was assessed."""
    if not proposal.steps:
        return Check(Action.COMMAND_VALIDATION, Result.DENIED, "there is nothing to run")
    missing = sum(step.assessment is None for step in proposal.steps)
    assessment = proposal.assessment
    if missing or assessment is None:
        details: dict[str, object] = {"steps": len(proposal.steps), "not_assessed": missing}
        return Check(Action.COMMAND_VALIDATION, Result.DENIED, "its risk was not assessed", details)
    details = {"level": str(assessment.level), "confidence": str(assessment.confidence)}
    if proposal.interactive and len(assessment.not_understood) == 1:
        # What is typed is not known of any shell; a warning that always comes warns of nothing.
        reason = f"its risk is {assessment.level}; not known: {assessment.not_understood[0]}"
        return Check(Action.COMMAND_VALIDATION, Result.ALLOWED, reason, details)
    if assessment.confidence is Confidence.PARTIAL:
        parts = "; ".join(assessment.not_understood)
        reason = f"could not be analysed completely{f': {parts}' if parts else ''}"
        return Check(Action.COMMAND_VALIDATION, Result.WARNING, reason, details)
    return Check(Action.COMMAND_VALIDATION, Result.ALLOWED, f"its risk is {assessment.level}", details)
