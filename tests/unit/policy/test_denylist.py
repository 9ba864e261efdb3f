"""The deny list: what never runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.policy.proposals import assessment, proposal, real_command, reason
from tui.levels import RiskLevel
from tui.policy.denylist import Denied, DeniedBy, check_deny_list
from tui.policy.verdict import Check, Result
from tui.proposal import Proposal, ProposedStep
from tui.risk.model import Category

MKFS = Denied(DeniedBy.PROGRAM, "mkfs*", "disks are made by the platform team", "policy.yaml:3")


def checked(entry: Denied, asked: Proposal) -> Check:
    return check_deny_list([entry], None, asked)


@pytest.mark.parametrize(
    "command",
    [
        real_command("mkfs /dev/sda"), real_command("/sbin/mkfs.ext4 x"), real_command("mkfs.xfs x", "sudo", "bash -c"),
    ],
)  # fmt: skip
def test_a_program_is_denied_however_it_is_reached(command: Any) -> None:
    check = checked(MKFS, proposal("something else", assessment("ls", command)))
    assert check.result is Result.DENIED
    assert "mkfs" in check.reason
    assert "disks are made by the platform team" in check.reason
    assert check.details["entries"][0]["place"] == "policy.yaml:3"


@pytest.mark.parametrize("text", ["echo mkfs", "umkfs x", "catastrophe"])
def test_a_name_inside_other_words_is_not_a_program(text: str) -> None:
    assert checked(MKFS, proposal(text)).result is Result.ALLOWED


def test_a_wrapper_can_be_denied_too() -> None:
    judged = assessment(real_command("ls", "sudo -u root", "bash -c"))
    assert checked(Denied(DeniedBy.PROGRAM, "sudo"), proposal(judged=judged)).result is Result.DENIED
    assert checked(Denied(DeniedBy.PROGRAM, "doas"), proposal(judged=judged)).result is Result.ALLOWED


def test_a_program_without_a_shell() -> None:
    step = ProposedStep("mkfs /dev/sda", "bash", argv=("/usr/sbin/mkfs", "/dev/sda"))
    asked = Proposal("x", (step,), "default", "ann", "engineer")
    assert checked(MKFS, asked).result is Result.DENIED


@pytest.mark.parametrize(
    ("by", "what", "denied"),
    [
        (DeniedBy.RULE, "fs.delete-system", True), (DeniedBy.RULE, "fs.*", True), (DeniedBy.RULE, "fs", False),
        (DeniedBy.CATEGORY, "DESTROY", True), (DeniedBy.CATEGORY, "EXFIL", False),
    ],
)  # fmt: skip
def test_a_rule_or_category_of_the_assessment(by: DeniedBy, what: str, denied: bool) -> None:
    judged = assessment("rm -rf /etc", reasons=(reason(),))
    check = checked(Denied(by, what), proposal(judged=judged))
    assert (check.result is Result.DENIED) is denied
    assert ("deletes /etc" in check.reason) is denied


def test_every_step_is_looked_at() -> None:
    harmless, destructive = assessment("ls"), assessment("x", reasons=(reason(category=Category.EXFIL),))
    steps = (ProposedStep("ls", "bash", assessment=harmless), ProposedStep("x", "python", assessment=destructive))
    asked = Proposal("two", steps, "default", "ann", "engineer", assessment=harmless)
    assert checked(Denied(DeniedBy.CATEGORY, "EXFIL"), asked).result is Result.DENIED


def test_a_definition_by_name() -> None:
    entry = Denied(DeniedBy.DEFINITION, "old-deploy")
    assert checked(entry, proposal(definition="old-deploy")).result is Result.DENIED
    assert checked(entry, proposal("old-deploy", definition="deploy")).result is Result.ALLOWED


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("git push --force origin main", True), ("/usr/bin/git  push   origin --force", True),
        ("git push origin main", False), ("git commit -m 'push --force'", False),
    ],
)  # fmt: skip
def test_a_pattern_is_found_in_the_words_that_run(text: str, denied: bool) -> None:
    entry = Denied(DeniedBy.PATTERN, r"^git push .*--force\b")
    assert (checked(entry, proposal(text)).result is Result.DENIED) is denied


def test_a_pattern_that_takes_too_long_denies() -> None:
    entry = Denied(DeniedBy.PATTERN, "(a+)+$")
    assert checked(entry, proposal("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")).result is Result.DENIED


def test_a_program_that_is_not_known_before_it_runs_is_asked_about() -> None:
    judged = assessment(real_command("'$PROGRAM' /dev/sda", complete=False))
    check = checked(MKFS, proposal(judged=judged))
    assert (check.result, check.asks) == (Result.WARNING, True)
    assert "$PROGRAM" in check.reason


def test_unknown_arguments_of_a_known_program_are_not() -> None:
    judged = assessment(real_command("rm '$FILE'", complete=False))
    assert checked(MKFS, proposal(judged=judged)).result is Result.ALLOWED


def test_what_could_not_be_analysed_is_said() -> None:
    judged = assessment("ls", not_understood=("eval of $X",))
    check = checked(MKFS, proposal(judged=judged))
    assert (check.result, check.asks) == (Result.WARNING, True)


@pytest.mark.parametrize(("level", "denied"), [("medium", False), ("high", True), ("critical", True)])
def test_a_level_from_which_everything_is_refused(level: str, denied: bool) -> None:
    judged = assessment("x", level=RiskLevel(level))
    check = check_deny_list([], RiskLevel.HIGH, proposal(judged=judged))
    assert (check.result is Result.DENIED) is denied


def test_nothing_is_denied_by_default() -> None:
    judged = assessment("rm -rf /", level=RiskLevel.CRITICAL, reasons=(reason(),))
    assert check_deny_list([], None, proposal(judged=judged)).result is Result.ALLOWED
