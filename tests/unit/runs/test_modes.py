"""Where a run is carried out: the whole table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.runs import request
from tui.config import RunSettings, Settings
from tui.definitions.kinds import ExecutionMode
from tui.definitions.model import ResourceLimits
from tui.errors import InvalidInput
from tui.levels import RiskLevel
from tui.machines.local.confinement import Confinement
from tui.risk.model import Assessment, Category, Confidence, Effect, RealCommand, Reason, Reversibility, Span
from tui.runs.modes import ModeDecision, decide, host_obstacles, mode_named
from tui.runs.request import Request, StepRequest

LOCAL, MACHINE, HYBRID = ExecutionMode.LOCAL, ExecutionMode.FIRECRACKER, ExecutionMode.HYBRID
WORKSPACE = Path("/home/ada/project")
CONFINED = Confinement(WORKSPACE, "/usr/bin/bwrap")
BROKEN = Confinement(WORKSPACE, "/usr/bin/bwrap", reason="no permission to make namespaces")
UNFIT = Confinement(Path("/etc"), unfit="/etc belongs to the system")
ALLOWING = Settings(runs=RunSettings(allow_unconfined_local=True))
CPU = ResourceLimits(max_cpu_time=5)


def assessed(
    level: RiskLevel = RiskLevel.LOW,
    *effects: Effect,
    confidence: Confidence = Confidence.PARSED,
    not_understood: tuple[str, ...] = (),
) -> Assessment:
    reasons = ()
    if level > RiskLevel.LOW:
        reasons = (Reason(level, Category.DESTROY, "deletes /etc and everything below it", Span(0, 1), "fs.delete"),)
    return Assessment(
        level, confidence, Reversibility.UNKNOWN, "bash", reasons, effects=frozenset(effects),
        not_understood=not_understood,
    )  # fmt: skip


READS = assessed(RiskLevel.LOW, Effect.READ)
WRITES = assessed(RiskLevel.LOW, Effect.READ, Effect.WRITE)


def decided(
    assessment: Assessment = READS,
    *,
    asked: ExecutionMode | None = LOCAL,
    limits: ResourceLimits | None = None,
    confinement: Confinement = CONFINED,
    backend_works: bool | None = True,
    settings: Settings | None = None,
    obstacles: tuple[str, ...] = (),
) -> ModeDecision:
    return decide(
        assessment, asked=asked, limits=limits, confinement=confinement, backend_works=backend_works,
        settings=settings or Settings(), obstacles=obstacles,
    )  # fmt: skip


@pytest.mark.parametrize("asked", [LOCAL, HYBRID])
@pytest.mark.parametrize(
    ("assessment", "limits"),
    [
        (READS, None),
        (WRITES, None),
        (assessed(), ResourceLimits()),
        (assessed(RiskLevel.LOW, Effect.READ, confidence=Confidence.FOLDED), None),
        (READS, CPU),
    ],
)
def test_the_harmless_runs_on_the_host_with_a_mark(
    asked: ExecutionMode, assessment: Assessment, limits: ResourceLimits | None
):
    decision = decided(assessment, asked=asked, limits=limits)
    assert decision == ModeDecision(
        LOCAL, "runs on the host, confined by bubblewrap: low risk, and fully understood; no rollback here",
        no_rollback=True, confinement=CONFINED,
    )  # fmt: skip


@pytest.mark.parametrize("asked", [LOCAL, HYBRID])
@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"assessment": assessed(RiskLevel.MEDIUM)}, "its risk is medium (deletes /etc and everything below it)"),
        ({"assessment": assessed(RiskLevel.HIGH)}, "its risk is high (deletes /etc and everything below it)"),
        ({"assessment": assessed(RiskLevel.CRITICAL)}, "its risk is critical (deletes /etc and everything below it)"),
        (
            {"assessment": assessed(confidence=Confidence.PARTIAL, not_understood=("the value of $X",))},
            "it could not be understood completely (the value of $X)",
        ),
        ({"assessment": assessed(RiskLevel.LOW, Effect.NETWORK_IN)}, "it fetches from the network"),
        (
            {"assessment": assessed(RiskLevel.LOW, Effect.READ, Effect.EXECUTE, Effect.DELETE)},
            "it deletes and it runs code that is not in view",
        ),
        ({"limits": ResourceLimits(max_memory_mb=64)}, "its memory limit can only be enforced there"),
        ({"limits": ResourceLimits(max_disk_mb=64)}, "its disk limit can only be enforced there"),
        (
            {"limits": ResourceLimits(network_access=True)},
            "it was granted the network, which nothing gets on the host",
        ),
        ({"obstacles": ("the host has no node",)}, "the host has no node"),
        ({"confinement": BROKEN}, "it could not be confined on the host: no permission to make namespaces"),
        ({"confinement": UNFIT}, "/etc belongs to the system"),
        ({"confinement": UNFIT, "settings": ALLOWING}, "/etc belongs to the system"),
    ],
)
def test_everything_else_runs_in_a_machine_and_says_why(asked: ExecutionMode, change: dict[str, object], because: str):
    decision = decided(asked=asked, **change)  # type: ignore[arg-type]
    assert decision.mode is MACHINE
    assert decision.reason == f"asked for {asked}; runs in a machine because {because}"
    assert not decision.refused
    assert not decision.no_rollback


def test_all_reasons_are_named_but_the_place_only_where_it_is_the_last():
    decision = decided(
        assessed(RiskLevel.HIGH, Effect.KERNEL), limits=CPU, obstacles=("it is big",), confinement=BROKEN
    )  # fmt: skip
    assert decision.reason.endswith(
        "because its risk is high (deletes /etc and everything below it) and it changes the kernel and it is big"
    )


@pytest.mark.parametrize("assessment", [READS, assessed(RiskLevel.HIGH)])
def test_who_asks_for_a_machine_or_for_nothing_gets_one(assessment: Assessment):
    assert decided(assessment, asked=MACHINE).reason == "runs in a machine, as asked"
    assert decided(assessment, asked=None).reason == "runs in a machine: nothing asks for the host"
    assert {decided(assessment, asked=asked).mode for asked in (MACHINE, None)} == {MACHINE}


def test_unconfined_only_where_the_settings_allow_it():
    decision = decided(confinement=BROKEN, settings=ALLOWING)
    assert (decision.mode, decision.no_rollback) == (LOCAL, True)
    assert "unconfined, as the settings allow" in decision.reason
    assert decided(assessed(RiskLevel.MEDIUM), confinement=BROKEN, settings=ALLOWING).mode is MACHINE


@pytest.mark.parametrize("asked", [LOCAL, HYBRID, MACHINE, None])
def test_without_machines_what_needs_one_is_refused_with_what_to_do(asked: ExecutionMode | None):
    decision = decided(assessed(RiskLevel.MEDIUM), asked=asked, backend_works=False)
    assert (decision.mode, decision.refused) == (MACHINE, True)
    assert "no machine can be made on this host" in decision.reason
    assert "rollcage doctor" in decision.reason
    assert not decided(assessed(RiskLevel.MEDIUM), asked=asked, backend_works=None).refused


def test_without_machines_the_harmless_still_runs_on_the_host_if_asked():
    assert decided(asked=LOCAL, backend_works=False).mode is LOCAL
    assert decided(asked=None, backend_works=False).refused


def test_what_is_critical_is_confirmed_even_in_a_machine_and_says_why():
    decision = decided(assessed(RiskLevel.CRITICAL), asked=MACHINE)
    assert decision.needs_typed_confirmation
    assert decision.confirmation.startswith("critical: deletes /etc and everything below it. A rollback takes back")
    assert not decided(assessed(RiskLevel.HIGH), asked=MACHINE).needs_typed_confirmation
    assert not decided(assessed(RiskLevel.CRITICAL), asked=MACHINE, backend_works=False).needs_typed_confirmation


@given(
    level=st.sampled_from(RiskLevel),
    confidence=st.sampled_from(Confidence),
    effects=st.frozensets(st.sampled_from(Effect)),
    asked=st.sampled_from([LOCAL, HYBRID, MACHINE, None]),
    limits=st.none()
    | st.builds(
        ResourceLimits, st.none() | st.just(64), st.none() | st.just(5), st.none() | st.just(10), st.booleans()
    ),
    confinement=st.sampled_from([CONFINED, BROKEN, UNFIT]),
    backend_works=st.sampled_from([True, False, None]),
    settings=st.sampled_from([Settings(), ALLOWING]),
)
def test_nothing_but_the_harmless_is_ever_on_the_host(
    level: RiskLevel, confidence: Confidence, effects: frozenset[Effect], asked: ExecutionMode | None,
    limits: ResourceLimits | None, confinement: Confinement, backend_works: bool | None, settings: Settings,
):  # fmt: skip
    decision = decided(
        assessed(level, *effects, confidence=confidence), asked=asked, limits=limits, confinement=confinement,
        backend_works=backend_works, settings=settings,
    )  # fmt: skip
    assert decision.mode is not HYBRID
    assert decision.reason
    assert decision.no_rollback is (decision.mode is LOCAL)
    if decision.mode is LOCAL:
        assert level is RiskLevel.LOW
        assert confidence is not Confidence.PARTIAL
        assert effects <= {Effect.READ, Effect.WRITE}
        assert asked in (LOCAL, HYBRID)
        assert confinement is CONFINED or (confinement is BROKEN and settings is ALLOWING)
        assert limits is None or (limits.max_memory_mb, limits.max_disk_mb, limits.network_access) == (
            None, None, False,
        )  # fmt: skip
        assert not decision.refused
    else:
        assert decision.refused is (backend_works is False)
        assert decision.needs_typed_confirmation is (level is RiskLevel.CRITICAL and not decision.refused)


@pytest.mark.parametrize(
    ("text", "mode"), [("local", LOCAL), (" VM ", MACHINE), ("Firecracker", MACHINE), ("hybrid", HYBRID)]
)
def test_modes_have_names(text: str, mode: ExecutionMode):
    assert mode_named(text) is mode


def test_an_unknown_mode_is_no_mode():
    with pytest.raises(InvalidInput, match="there is no mode 'docker'"):
        mode_named("docker")


def test_what_of_a_request_the_host_cannot_do(tmp_path: Path):
    assert host_obstacles(request("true"), tmp_path) == ()
    assert host_obstacles(request("true", cwd="sub"), tmp_path) == ()
    program = Request("t", (StepRequest("for people", argv=("ls",)),))
    assert host_obstacles(program, tmp_path) == ()
    (obstacle,) = host_obstacles(request("true", cwd="/work"), tmp_path)
    assert obstacle == f"it works in /work, which is not below {tmp_path}"
    assert host_obstacles(request("true", keep_interpreter=True), tmp_path) == ("only a machine keeps an interpreter",)


@pytest.mark.parametrize("language", ["python", "javascript", "rust"])
def test_only_the_shell_and_programs_run_on_the_host(language: str, tmp_path: Path):
    because = f"{language} code never runs on the host"
    assert host_obstacles(request("1", "2", language=language), tmp_path) == (because,)
    decision = decided(replace(READS, language=f"bash+{language}"))
    assert (decision.mode, decision.reason) == (MACHINE, f"asked for local; runs in a machine because {because}")


def test_a_program_that_is_not_listed_is_refused_wherever_the_judge_found_it():
    inner = replace(READS, commands=(RealCommand(("ls",), Span(0, 2)), RealCommand(("/opt/tool",), Span(0, 2))))
    assert decided(inner).reason.endswith("because /opt/tool is not among the programs for the host")
    assert decided(replace(READS, commands=(RealCommand(("ls",), Span(0, 2)),))).mode is LOCAL


def test_a_host_without_a_shell_is_an_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert host_obstacles(request("true"), tmp_path) == ("the host has no bash",)


@pytest.mark.parametrize(
    "name",
    [
        "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "PATH", "IFS", "PYTHONPATH", "NODE_OPTIONS", "GIT_DIR",
        "GIT_CONFIG_COUNT", "LESSOPEN", "PAGER", "MANPAGER", "EDITOR", "BASH_FUNC_ls%%", "SHELLOPTS", "PS4",
        "GCONV_PATH",
        "LOCPATH", "GLIBC_TUNABLES", "RIPGREP_CONFIG_PATH", "SOMETHING",
    ],
)  # fmt: skip
def test_variables_that_may_be_obeyed_are_obstacles(name: str, tmp_path: Path):
    assert host_obstacles(request("ls", env={name: "x"}), tmp_path) == (
        f"it is given {name}, which may change what runs",
    )


def test_parameters_and_input_are_no_obstacles(tmp_path: Path):
    given = request("cat", env={"PARAM_PATH": "x", "LC_ALL": "C.UTF-8"}, stdin=b"data", stdin_follows=True)
    assert host_obstacles(given, tmp_path) == ()
    assert host_obstacles(request("bash", stdin=b"ls"), tmp_path) == ("bash is not among the programs for the host",)
    assert host_obstacles(request("ls", env={"LC_ALL": "/tmp/x"}), tmp_path)
