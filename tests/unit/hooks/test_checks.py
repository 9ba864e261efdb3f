"""Hooks that look at the assessment: preflight and dangerous-pattern; and those that hand something to the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.hooks.proposals import assessment, context, outcome, proposal, shell_assessment
from tui.hooks.builtin import dangerous_pattern, environment, preflight, resource_monitor
from tui.hooks.model import Allow, Ask, Block, Decision, Limits, Point
from tui.levels import RiskLevel
from tui.proposal import Proposal, ProposedStep
from tui.risk.model import Category, Confidence


def checked(about: Proposal, **options: object) -> Decision:
    hook = preflight.PreflightHook(preflight.Options(**options))  # type: ignore[arg-type]
    return hook.decide(context(Point.AFTER_ASSESSMENT, about))


def test_without_an_assessment_nothing_passes() -> None:
    assert isinstance(checked(proposal("ls")), Block)


def test_something_critical_never_runs_on_the_host() -> None:
    critical = assessment(("rm", "-rf", "/srv"), level=RiskLevel.CRITICAL)
    decision = checked(proposal(assessed=critical, mode="local"))
    assert isinstance(decision, Block)
    assert "deletes /srv" in decision.reason
    assert checked(proposal(assessed=critical, mode="firecracker")) == Allow()


@pytest.mark.parametrize("text", ["sudo /sbin/mkfs.ext4 /dev/sdz", "bash -c 'mkfs.ext4 x'", "m\\kfs.ext4 x"])
def test_blocked_programs_are_found_however_they_are_written(text: str) -> None:
    decision = checked(proposal(text, assessed=shell_assessment(text), mode="vm"), blocked_programs=("mkfs.ext4",))
    assert isinstance(decision, Block)
    assert "mkfs.ext4" in decision.reason


def test_the_name_of_a_program_as_data_is_not_the_program() -> None:
    text = "echo mkfs.ext4; grep reboot notes"
    assert checked(proposal(text, assessed=shell_assessment(text)), blocked_programs=("mkfs.ext4", "reboot")) == Allow()


def test_a_program_without_a_shell_is_checked_too() -> None:
    step = ProposedStep("reboot", "bash", ("/sbin/reboot",))
    about = proposal(assessed=assessment(), steps=(step,))
    assert isinstance(checked(about, blocked_programs=("reboot",)), Block)


def test_a_program_that_only_the_run_will_know_is_asked_about() -> None:
    about = proposal(assessed=assessment(("$TOOL", "x"), complete=False))
    assert isinstance(checked(about, blocked_programs=("reboot",)), Ask)
    assert checked(about) == Allow(), "nothing is blocked, so nothing is to be found out"


def test_categories_count_from_a_level_on() -> None:
    high = proposal(assessed=assessment(level=RiskLevel.HIGH, category=Category.EVADE))
    medium = proposal(assessed=assessment(level=RiskLevel.MEDIUM, category=Category.EVADE))
    assert isinstance(checked(high, blocked_categories=(Category.EVADE,)), Block)
    assert checked(medium, blocked_categories=(Category.EVADE,)) == Allow()
    assert checked(high, blocked_categories=(Category.SHELL,)) == Allow()


@pytest.mark.parametrize(
    ("cwd", "passes"), [("", True), ("inner", True), ("../other", False), ("-evil", False), ("link", False)]
)
def test_directories_on_the_host_are_what_they_lead_to(tmp_path: Path, cwd: str, passes: bool) -> None:
    allowed = tmp_path / "allowed"
    for directory in (allowed / "inner", tmp_path / "other", tmp_path / "allowed-evil"):
        directory.mkdir(parents=True)
    (allowed / "link").symlink_to(tmp_path / "other")
    place = f"{allowed}{cwd}" if cwd.startswith("-") else str(allowed / cwd)
    decision = checked(proposal(assessed=assessment(), cwd=place), allowed_directories=(allowed,))
    assert isinstance(decision, Allow if passes else Block)


@pytest.mark.parametrize(
    ("cwd", "passes"), [(None, True), ("/work/x", True), ("/work/../etc", False), ("/workshop", False)]
)
def test_directories_in_a_machine_are_judged_by_name(cwd: str | None, passes: bool) -> None:
    about = proposal(assessed=assessment(), cwd=cwd, mode="firecracker")
    assert isinstance(checked(about, allowed_directories=(Path("/work"),)), Allow if passes else Block)


# --- dangerous-pattern ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "level", "expected"),
    [
        (Category.ESCAPE, RiskLevel.HIGH, Block),
        (Category.ESCAPE, RiskLevel.MEDIUM, Allow),
        (Category.EXFIL, RiskLevel.CRITICAL, Ask),
        (Category.DESTROY, RiskLevel.CRITICAL, Allow),
    ],
)
def test_what_no_rollback_takes_back_is_stopped(category: Category, level: RiskLevel, expected: type) -> None:
    hook = dangerous_pattern.DangerousPatternHook(dangerous_pattern.Options())
    about = proposal(assessed=assessment(level=level, category=category))
    assert isinstance(hook.decide(context(Point.AFTER_ASSESSMENT, about)), expected)


def test_dangerous_pattern_needs_an_assessment() -> None:
    hook = dangerous_pattern.DangerousPatternHook(dangerous_pattern.Options())
    assert isinstance(hook.decide(context(Point.AFTER_ASSESSMENT, proposal())), Block)


# --- environment ----------------------------------------------------------------------------------------------------


def test_variables_say_what_is_run_by_whom() -> None:
    hook = environment.EnvironmentHook(environment.Options({"STAGE": "test", "ROLLCAGE_USER": "forged"}))
    decision = hook.decide(context(about=proposal(definition="deploy", cwd="/srv")))
    assert isinstance(decision, Allow)
    assert decision.env == {
        "STAGE": "test", "ROLLCAGE_COMMAND": "deploy", "ROLLCAGE_USER": "ada", "ROLLCAGE_ROLE": "engineer",
        "ROLLCAGE_CWD": "/srv", "ROLLCAGE_SESSION": "default", "ROLLCAGE_RUN_ID": "R1", "ROLLCAGE_MODE": "local",
    }  # fmt: skip


def test_what_the_run_sets_itself_wins() -> None:
    hook = environment.EnvironmentHook(environment.Options({"STAGE": "test", "OTHER": "x"}))
    decision = hook.decide(context(about=proposal(env={"STAGE": "mine"})))
    assert isinstance(decision, Allow)
    assert "STAGE" not in decision.env
    assert decision.env["OTHER"] == "x"


# --- resource-monitor -----------------------------------------------------------------------------------------------

MIB = 1024 * 1024


def test_limits_are_asked_for_before_and_compared_after() -> None:
    hook = resource_monitor.ResourceMonitorHook(
        resource_monitor.Options(max_memory_mb=100, max_cpu_time=10.0, max_disk_mb=10, max_wall_time=60.0)
    )
    before = hook.decide(context(Point.BEFORE_EXECUTION))
    assert before == Allow(limits=Limits(100 * MIB, 10.0, 10 * MIB, 60.0))
    usage = {
        "wall_s": 1.0, "cpu_user_s": 6.0, "cpu_system_s": 2.5, "peak_memory_bytes": 100.0 * MIB,
        "disk_written_bytes": None,
    }  # fmt: skip
    after = hook.decide(context(Point.AFTER_EXECUTION, finished=outcome(usage=usage)))
    assert isinstance(after, Allow)
    assert after.warnings == (
        "memory: 100 MiB used, the limit was 100 MiB",
        "CPU time: 8.5 s used, 85% of the limit of 10.0 s",
        "disk was not measured, so the limit of 10.0 MiB cannot be checked",
    )
    assert after.notes == ("time 1.0 s", "CPU time 8.5 s", "peak memory 100 MiB", "disk written not measured")


def test_without_limits_there_are_no_warnings() -> None:
    hook = resource_monitor.ResourceMonitorHook(resource_monitor.Options())
    assert hook.decide(context(Point.BEFORE_EXECUTION)) == Allow()
    after = hook.decide(context(Point.AFTER_EXECUTION, finished=outcome(usage={"wall_s": 1e6})))
    assert isinstance(after, Allow)
    assert not after.warnings


def test_an_assessment_that_was_not_complete_is_no_reason_to_pass() -> None:
    about = proposal(assessed=assessment(("rm",), confidence=Confidence.PARTIAL, complete=False))
    assert checked(about, blocked_programs=("rm",)) == Block("it runs rm, which is blocked")
