"""The policy as a whole: files, order of checks, approval, retries, use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.policy.proposals import Clock, assessment, proposal, reason
from tests.unit.policy.terraphim import Terraphim
from tui.definitions.reload import watch
from tui.errors import InvalidInput
from tui.levels import RiskLevel
from tui.paths import Paths
from tui.policy.policy import Policy
from tui.policy.verdict import Action, Check, Outcome, Result, Verdict
from tui.proposal import Proposal, ProposedStep
from tui.risk.model import Confidence
from tui.store.store import Store

DEPLOY = proposal("./roll.sh", definition="deploy", concepts_required=("deployment",), title="x")
MENTIONS_NOTHING = proposal("ls", definition="quiet", concepts_required=("security",), title="x")


class Desk:
    """A policy with its files, store and clock."""

    def __init__(self, paths: Paths, project: Path) -> None:
        self.paths = paths
        self.project = project
        self.clock = Clock()
        self.store = Store.open(paths)

    def write(self, user: str = "", project: str = "") -> None:
        for file, text in ((self.paths.config / "policy.yaml", user), (self.project / "rollcage-policy.yaml", project)):
            if text:
                file.write_text(text)

    def load(self) -> Policy:
        return Policy.load(self.paths, self.project, self.store.uses, self.clock)


@pytest.fixture
def desk(paths: Paths, tmp_path: Path) -> Iterator[Desk]:
    project = tmp_path / "project"
    project.mkdir()
    found = Desk(paths, project)
    yield found
    found.store.close()


def check(verdict: Verdict, action: Action) -> Check:
    return next(each for each in verdict.checks if each.action is action)


async def test_everything_is_checked_in_the_order_of_the_reference(desk: Desk) -> None:
    verdict = await desk.load().review(proposal())
    assert [each.action for each in verdict.checks] == [
        Action.COMMAND_VALIDATION, Action.DENY_LIST, Action.RATE_LIMIT, Action.TIME_RESTRICTION, Action.PERMISSION,
        Action.KNOWLEDGE_GRAPH,
    ]  # fmt: skip
    assert verdict.outcome is Outcome.ALLOW
    assert verdict.reasons == ()
    assert verdict.to_json()["checks"][0] == {
        "action": "command-validation", "result": "allowed", "reason": "its risk is low",
        "details": {"level": "low", "confidence": "parsed"}, "asks": False,
    }  # fmt: skip


async def test_all_that_is_in_the_way_is_said_at_once(desk: Desk) -> None:
    desk.write("deny: [{program: rm}]\nallowed_times: {windows: [sat], time_zone: UTC}")
    verdict = await desk.load().review(proposal("rm x", role="nobody"))
    assert verdict.outcome is Outcome.DENY
    assert [each.action for each in verdict.checks if each.result is Result.DENIED] == [
        Action.DENY_LIST, Action.TIME_RESTRICTION, Action.PERMISSION,
    ]  # fmt: skip
    assert len(verdict.reasons) == 3


async def test_no_approval_overrules_a_denial(desk: Desk) -> None:
    desk.write("refuse: critical")
    judged = assessment("x", level=RiskLevel.CRITICAL, reasons=(reason(),))
    assert (await desk.load().review(proposal(judged=judged), approved=True)).outcome is Outcome.DENY


@pytest.mark.parametrize(
    "asked",
    [
        Proposal("x", (), "s", "ann", "engineer", assessment=assessment("x")),
        Proposal("x", (ProposedStep("x", "bash"),), "s", "ann", "engineer", assessment=assessment("x")),
        Proposal("x", (ProposedStep("x", "bash", assessment=assessment("x")),), "s", "ann", "engineer"),
    ],
)
async def test_what_was_not_assessed_does_not_run(desk: Desk, asked: Proposal) -> None:
    verdict = await desk.load().review(asked, approved=True)
    assert verdict.outcome is Outcome.DENY
    assert check(verdict, Action.COMMAND_VALIDATION).result is Result.DENIED


async def test_what_was_understood_in_part_is_warned_about(desk: Desk) -> None:
    judged = assessment("x", confidence=Confidence.PARTIAL, not_understood=("eval of $X",))
    verdict = await desk.load().review(proposal(judged=judged))
    assert verdict.outcome is Outcome.ALLOW
    assert verdict.warnings == ("could not be analysed completely: eval of $X",)


async def test_that_nobody_knows_what_a_person_will_type_is_no_warning(desk: Desk) -> None:
    typed = "what a person types while it runs"
    judged = assessment("bash -l", confidence=Confidence.PARTIAL, not_understood=(typed,))
    verdict = await desk.load().review(replace(proposal(judged=judged), interactive=True))
    assert not verdict.warnings
    assert typed in check(verdict, Action.COMMAND_VALIDATION).reason


async def test_what_else_is_not_understood_of_what_a_person_types_into_is(desk: Desk) -> None:
    judged = assessment("x", confidence=Confidence.PARTIAL, not_understood=("what is typed", "eval of $X"))
    verdict = await desk.load().review(replace(proposal(judged=judged), interactive=True))
    assert verdict.warnings == ("could not be analysed completely: what is typed; eval of $X",)


async def test_required_concepts_are_really_checked(desk: Desk) -> None:
    policy = desk.load()
    assert (await policy.review(DEPLOY)).outcome is Outcome.ALLOW
    verdict = await policy.review(MENTIONS_NOTHING)
    assert verdict.outcome is Outcome.DENY
    assert "speaks of what it requires: security" in verdict.reasons[0]
    assert check(verdict, Action.KNOWLEDGE_GRAPH).details["suggestions"][0]["kind"] == "exact"


async def test_after_three_failures_a_person_is_asked_and_decides(desk: Desk) -> None:
    policy = desk.load()
    outcomes = [(await policy.review(MENTIONS_NOTHING)).outcome for _ in range(3)]
    assert outcomes == [Outcome.DENY, Outcome.DENY, Outcome.ASK]
    verdict = await policy.review(MENTIONS_NOTHING, approved=True)
    assert verdict.outcome is Outcome.ALLOW
    assert check(verdict, Action.KNOWLEDGE_GRAPH).details["retry_count"] == 3


async def test_failures_survive_a_restart(desk: Desk) -> None:
    outcomes = [(await desk.load().review(MENTIONS_NOTHING)).outcome for _ in range(3)]
    assert outcomes == [Outcome.DENY, Outcome.DENY, Outcome.ASK]
    desk.clock.advance(86_400)
    assert (await desk.load().review(MENTIONS_NOTHING)).outcome is Outcome.DENY


async def test_an_approval_before_that_changes_nothing(desk: Desk) -> None:
    policy = desk.load()
    for _ in range(5):
        assert (await policy.review(MENTIONS_NOTHING, approved=True)).outcome is Outcome.DENY


async def test_failures_are_counted_by_command_and_user(desk: Desk) -> None:
    from dataclasses import replace

    policy = desk.load()
    for _ in range(3):
        await policy.review(MENTIONS_NOTHING)
    assert (await policy.review(replace(MENTIONS_NOTHING, user="bob"))).outcome is Outcome.DENY
    assert (await policy.review(replace(MENTIONS_NOTHING, documentation="for security"))).outcome is Outcome.ALLOW
    assert (await policy.review(MENTIONS_NOTHING)).outcome is Outcome.DENY  # counted anew


async def test_a_preview_counts_no_failure(desk: Desk) -> None:
    policy = desk.load()
    for _ in range(5):
        await policy.preview(MENTIONS_NOTHING)
    result = check(await policy.review(MENTIONS_NOTHING), Action.KNOWLEDGE_GRAPH)
    assert result.details["retry_count"] == 1


async def test_a_run_that_something_else_denies_counts_no_failure(desk: Desk) -> None:
    desk.write("deny: [{program: ls}]")
    policy = desk.load()
    result = check(await policy.review(MENTIONS_NOTHING), Action.KNOWLEDGE_GRAPH)
    assert result.details["retry_count"] == 0


async def test_reviewing_takes_no_use_and_recording_takes_one(desk: Desk) -> None:
    policy = desk.load()
    for _ in range(9):
        await policy.review(DEPLOY)
    results = [policy.record_use(DEPLOY).result for _ in range(6)]
    assert results == [Result.ALLOWED] * 5 + [Result.DENIED]
    assert (await policy.review(DEPLOY)).outcome is Outcome.DENY
    desk.clock.advance(3600)
    assert (await policy.review(DEPLOY)).outcome is Outcome.ALLOW


async def test_limits_survive_a_restart(desk: Desk) -> None:
    for _ in range(5):
        desk.load().record_use(DEPLOY)
    desk.store.close()
    desk.store = Store.open(desk.paths)
    assert desk.load().record_use(DEPLOY).result is Result.DENIED


def test_mistakes_of_both_files_are_reported_at_once(desk: Desk) -> None:
    desk.write("refuse: huge\ndeny: [{program: a, rule: b}]", "\nknowledge: {server: http://x}")
    with pytest.raises(InvalidInput) as caught:
        desk.load()
    lines = caught.value.message.splitlines()
    assert [line.split(": ")[0].rpartition("/")[2] for line in lines] == [
        "policy.yaml:1", "policy.yaml:2", "rollcage-policy.yaml:2",
    ]  # fmt: skip


def test_a_policy_that_cannot_be_read_is_a_mistake(desk: Desk) -> None:
    (desk.paths.config / "policy.yaml").symlink_to("nowhere")
    with pytest.raises(InvalidInput, match="is a link to nothing"):
        desk.load()


async def test_a_project_may_be_kept_from_adding_concepts(desk: Desk) -> None:
    (desk.project / "knowledge").mkdir()
    (desk.project / "knowledge" / "a.md").write_text("# Anything\nsynonyms:: ls\n")
    asked = proposal("ls", concepts_required=("anything",))
    assert (await desk.load().review(asked)).outcome is Outcome.ALLOW
    desk.write("knowledge: {project: false}")
    assert (await desk.load().review(asked)).outcome is Outcome.DENY


@pytest.fixture
def terraphim() -> Iterator[Terraphim]:
    server = Terraphim()
    yield server
    server.close()


async def test_a_server_is_a_source_and_its_absence_an_error(desk: Desk, terraphim: Terraphim) -> None:
    desk.write(f"knowledge: {{server: '{terraphim.url}', role: Ops, timeout_s: 20}}")
    policy = desk.load()
    lonely = proposal("lonely thing", definition="d", concepts_required=("lonely",))
    assert (await policy.review(lonely)).outcome is Outcome.ALLOW
    assert (await policy.review(proposal())).outcome is Outcome.ALLOW
    assert len(terraphim.asked) == 2  # not asked where nothing is required
    terraphim.say("thesaurus", {}, 503)
    verdict = await policy.review(lonely)
    assert verdict.outcome is Outcome.DENY
    assert "503" in verdict.reasons[0]
    details = check(verdict, Action.KNOWLEDGE_GRAPH).details
    assert details["error"]
    assert details["retry_count"] == 0  # it is not the command that failed
    # Not even what the files alone would pass.
    assert (await policy.review(DEPLOY, approved=True)).outcome is Outcome.DENY
    await policy.close()


class Following:
    """A policy that follows its files."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.stream = watch(policy)

    async def until(self, reached: Callable[[Policy], bool]) -> None:
        while not reached(self.policy):
            await asyncio.wait_for(anext(self.stream), 20)


@pytest.fixture
async def following(desk: Desk) -> AsyncIterator[Following]:
    found = Following(desk.load())
    await anext(found.stream)
    yield found
    await found.stream.aclose()  # type: ignore[attr-defined]


async def test_rules_are_reloaded_as_they_are_saved(desk: Desk, following: Following) -> None:
    desk.write("refuse: high")
    await following.until(lambda policy: policy.rules.refuse is RiskLevel.HIGH)
    desk.write(project="deny: [{program: curl}]")
    await following.until(lambda policy: len(policy.rules.deny) == 1)
    (desk.paths.config / "policy.yaml").unlink()
    await following.until(lambda policy: policy.rules.refuse is None)


async def test_rules_with_mistakes_leave_the_last_good_ones_in_force(desk: Desk, following: Following) -> None:
    desk.write("refuse: high")
    await following.until(lambda policy: policy.rules.refuse is RiskLevel.HIGH)
    desk.write("refuse: nonsense")
    await following.until(lambda policy: bool(policy.problems))
    assert following.policy.rules.refuse is RiskLevel.HIGH
    assert not following.policy.is_valid
    assert "policy.yaml:1" in str(following.policy.problems[0])
    desk.write("refuse: low")
    await following.until(lambda policy: not policy.problems)
    assert following.policy.rules.refuse is RiskLevel.LOW


async def test_a_policy_behind_a_link_is_followed(desk: Desk, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles" / "rollcage.yaml"
    kept.parent.mkdir()
    kept.write_text("refuse: high")
    (desk.paths.config / "policy.yaml").symlink_to(kept)
    found = Following(desk.load())
    await anext(found.stream)
    kept.write_text("refuse: low")
    await found.until(lambda policy: policy.rules.refuse is RiskLevel.LOW)
    await found.stream.aclose()  # type: ignore[attr-defined]


async def test_concepts_are_reloaded_as_they_are_saved(desk: Desk, following: Following) -> None:
    directory = desk.paths.config / "knowledge"
    directory.mkdir()
    (directory / "a.md").write_text("# Quantum\n")
    await following.until(lambda policy: policy.graph.find("quantum") is not None)
    (directory / "a.md").write_text("# Quantum\nsynonyms:: qubit\n")
    await following.until(lambda policy: policy.graph.find("qubit") is not None)


def test_a_refresh_without_changes_is_false(desk: Desk) -> None:
    policy = desk.load()
    assert not policy.refresh()
    desk.write("refuse: high")
    delta = policy.refresh()
    assert (delta.rules, delta.knowledge, delta.problems) == (True, False, False)
