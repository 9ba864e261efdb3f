"""Expectation against outcome."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.levels import RiskLevel
from tui.scenarios.model import Expectation
from tui.scenarios.outcome import Outcome, compare, describe
from tui.store.states import RunState

DONE = Outcome(
    RunState.FAILED, exit_code=3, output=b"one\ntwo\n", output_bytes=8, rolled_back=True, level=RiskLevel.HIGH,
    asked=True, reason="Denied by policy", events=("RunStarted", "SnapshotTaken", "RolledBack", "RunFinished"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("met", "unmet"),
    [
        (Expectation(state=RunState.FAILED), Expectation(state=RunState.SUCCEEDED)),
        (Expectation(exit_code=3), Expectation(exit_code=0)),
        (Expectation(output_equals="one\ntwo"), Expectation(output_equals="one")),
        (Expectation(output_contains=("one", "two")), Expectation(output_contains=("one", "three"))),
        (Expectation(output_lacks=("three",)), Expectation(output_lacks=("two",))),
        (Expectation(output_matches=(re.compile("o.e"),)), Expectation(output_matches=(re.compile("^two"),))),
        (Expectation(rolled_back=True), Expectation(rolled_back=False)),
        (Expectation(level_at_least=RiskLevel.HIGH), Expectation(level_at_least=RiskLevel.CRITICAL)),
        (Expectation(level_at_most=RiskLevel.HIGH), Expectation(level_at_most=RiskLevel.MEDIUM)),
        (Expectation(asked=True), Expectation(asked=False)),
        (Expectation(reason_contains=("denied", "policy")), Expectation(reason_contains=("limit",))),
        (Expectation(events=("RunStarted", "RolledBack")), Expectation(events=("RolledBack", "RunStarted"))),
    ],
)
def test_each_expectation_can_be_met_and_not_be_met(met: Expectation, unmet: Expectation) -> None:
    assert all(check.passed for check in compare(met, DONE))
    assert not all(check.passed for check in compare(unmet, DONE))
    assert len(describe(met)) == len(compare(met, DONE)) > 0


def test_what_is_unknown_meets_no_expectation() -> None:
    unknown = Outcome(RunState.MACHINE_LOST)
    wanted = Expectation(exit_code=0, level_at_least=RiskLevel.LOW, level_at_most=RiskLevel.CRITICAL)
    assert [(check.found, check.passed) for check in compare(wanted, unknown)] == [
        ("unknown", False), ("not assessed", False), ("not assessed", False),
    ]  # fmt: skip


def test_output_that_was_not_seen_meets_no_expectation_about_all_of_it() -> None:
    cut = replace(DONE, output_bytes=9)
    wanted = Expectation(output_equals="one\ntwo", output_lacks=("three",), output_contains=("one",))
    assert [check.passed for check in compare(wanted, cut)] == [False, True, False]


def test_a_pattern_that_takes_too_long_is_not_met() -> None:
    slow = Expectation(output_matches=(re.compile("(a+)+$"),))
    (check,) = compare(slow, replace(DONE, output=b"a" * 40 + b"!", output_bytes=41))
    assert not check.passed
    assert "given up" in check.found


def test_the_word_that_decides_is_in_view() -> None:
    long = replace(DONE, output=b"x\n" * 100 + b"needle\n" + b"y\n" * 100, output_bytes=407)
    (check,) = compare(Expectation(output_contains=("needle",)), long)
    assert check.found.endswith("needle…")
    (check,) = compare(Expectation(output_equals="z"), long)
    assert check.found.endswith("y")


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_events_are_met_in_order_with_others_between(wanted: list[str], happened: list[str]) -> None:
    pattern = ".*".join(wanted)
    passed = all(
        check.passed for check in compare(Expectation(events=tuple(wanted)), replace(DONE, events=tuple(happened)))
    )
    assert passed is (re.search(pattern, "".join(happened)) is not None)
