"""Rate limits by command, role and user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.policy.proposals import NOON, Clock, assessment, proposal, real_command
from tui.definitions.restrictions import CountedBy, RateLimit
from tui.paths import Paths
from tui.policy.limits import DEFAULT_LIMITS, Limit, check_rate_limits, take_use
from tui.policy.verdict import Result
from tui.proposal import ProposedStep
from tui.store.store import Store
from tui.store.uses import Uses


@pytest.fixture
def uses(paths: Paths) -> Iterator[Uses]:
    store = Store.open(paths)
    yield store.uses
    store.close()


def runs(uses: Uses, limits: list[Limit], count: int, **changes: Any) -> int:
    """Try to run something so often, and return how often it was allowed."""
    return sum(take_use(limits, uses, proposal(**changes), NOON).result is Result.ALLOWED for _ in range(count))


def test_the_default_limits_are_those_of_the_reference(uses: Uses) -> None:
    assert runs(uses, list(DEFAULT_LIMITS), 120, definition="search") == 100
    assert runs(uses, list(DEFAULT_LIMITS), 9, definition="deploy") == 5
    assert runs(uses, list(DEFAULT_LIMITS), 9, definition="backup") == 9


def test_the_reason_says_when_the_next_is_allowed(uses: Uses) -> None:
    clock = Clock()
    limits = [Limit(RateLimit(2, 3600), command="deploy")]
    for _ in range(2):
        take_use(limits, uses, proposal(definition="deploy"), clock())
        clock.advance(600)
    check = check_rate_limits(limits, uses, proposal(definition="deploy"), clock())
    assert check.result is Result.DENIED
    assert "2 per hour (command deploy)" in check.reason
    assert "(in 40m 00s)" in check.reason
    assert check.details["next_allowed_at"] == "2026-03-04T13:00:00+00:00"
    clock.advance(2400)
    assert check_rate_limits(limits, uses, proposal(definition="deploy"), clock()).result is Result.ALLOWED


def test_looking_takes_nothing(uses: Uses) -> None:
    limits = [Limit(RateLimit(1, 60))]
    assert all(check_rate_limits(limits, uses, proposal(), NOON).result is Result.ALLOWED for _ in range(3))


def test_each_user_has_a_limit_of_their_own(uses: Uses) -> None:
    limits = [Limit(RateLimit(2, 60, (CountedBy.USER,)))]
    assert runs(uses, limits, 5, user="ann") == 2
    assert runs(uses, limits, 5, user="bob") == 2


def test_without_each_they_share_it(uses: Uses) -> None:
    limits = [Limit(RateLimit(2, 60))]
    assert runs(uses, limits, 5, user="ann") == 2
    assert runs(uses, limits, 5, user="bob") == 0


def test_a_limit_of_one_role_does_not_concern_another(uses: Uses) -> None:
    limits = [Limit(RateLimit(1, 60), role="default")]
    assert runs(uses, limits, 3, role="Engineer") == 3
    assert runs(uses, limits, 3, role="Default") == 1


def test_a_limit_of_one_user(uses: Uses) -> None:
    limits = [Limit(RateLimit(1, 60), user="ann")]
    assert (runs(uses, limits, 3, user="bob"), runs(uses, limits, 3, user="ann")) == (3, 1)


def test_each_command_has_a_limit_of_its_own(uses: Uses) -> None:
    limits = [Limit(RateLimit(1, 60, (CountedBy.COMMAND,)))]
    assert runs(uses, limits, 2, text="ls -l") == 1
    assert runs(uses, limits, 2, text="/bin/ls") == 0
    assert runs(uses, limits, 2, text="cat x") == 1


def test_a_definitions_own_limit_holds_besides_the_policys(uses: Uses) -> None:
    own = RateLimit(1, 60)
    assert runs(uses, list(DEFAULT_LIMITS), 3, definition="deploy", rate_limit=own) == 1
    check = check_rate_limits(DEFAULT_LIMITS, uses, proposal(definition="deploy", rate_limit=own), NOON)
    assert [limit["place"] for limit in check.details["limits"]] == ["default", "the definition"]


def test_runs_count_for_limits_that_are_set_later(uses: Uses) -> None:
    assert runs(uses, [], 3, definition="deploy") == 3
    assert runs(uses, [Limit(RateLimit(3, 60), command="deploy")], 1, definition="deploy") == 0


def test_a_program_counts_wherever_it_stands(uses: Uses) -> None:
    limits = [Limit(RateLimit(4, 60), command="deploy")]
    after = assessment("true", "/opt/bin/deploy --now")
    under = assessment(real_command("deploy", "sudo"))
    steps = tuple(ProposedStep(text, "bash", assessment=assessment(text)) for text in ("ls", "deploy"))
    assert runs(uses, limits, 1, judged=after, text="true; /opt/bin/deploy --now") == 1
    assert runs(uses, limits, 1, judged=under) == 1
    assert runs(uses, limits, 1, steps=steps) == 1
    assert runs(uses, limits, 1, definition="release", judged=assessment("deploy")) == 1
    denied = check_rate_limits(limits, uses, proposal(judged=after), NOON)
    assert denied.result is Result.DENIED
    assert denied.reason.startswith("'deploy' has reached its rate limit of 4 per minute (command deploy)")
    assert runs(uses, limits, 1, text="ls") == 1


def test_a_run_counts_once_however_often_the_program_stands_in_it(uses: Uses) -> None:
    limits = [Limit(RateLimit(2, 60), command="ls"), Limit(RateLimit(2, 60))]
    assert runs(uses, limits, 5, judged=assessment("ls a", "ls b", "cat c")) == 2


def test_wrappers_and_languages_are_programs_too(uses: Uses) -> None:
    assert runs(uses, [Limit(RateLimit(1, 60), command="sudo")], 3, judged=assessment(real_command("ls", "sudo"))) == 1
    python = (ProposedStep("pass", "python", assessment=assessment(language="python")),)
    assert runs(uses, [Limit(RateLimit(1, 60), command="python")], 3, steps=python) == 1


def test_each_command_of_a_text_is_counted_for_itself(uses: Uses) -> None:
    limits = [Limit(RateLimit(1, 60, (CountedBy.COMMAND,)))]
    assert runs(uses, limits, 2, judged=assessment("true", "deploy")) == 1
    assert runs(uses, limits, 1, text="deploy") == 0
    assert runs(uses, limits, 1, judged=assessment("ls", "deploy")) == 0
    assert runs(uses, limits, 1, text="ls") == 1


def test_what_a_definition_consists_of_does_not_hold_up_another(uses: Uses) -> None:
    limits = [Limit(RateLimit(1, 60, (CountedBy.COMMAND,)))]
    assert runs(uses, limits, 2, definition="one", text="echo") == 1
    assert runs(uses, limits, 2, definition="two", text="echo") == 1
