"""What a run may use, and how it is said that it used more."""

from __future__ import annotations

import pytest

from tests.support.runs import request
from tui.definitions.model import ResourceLimits
from tui.machines.kinds import Limit
from tui.machines.model import ExitReport, Limits, MachineSpec, ResourceUsage
from tui.runs.engine import Engine
from tui.runs.execution import command_for
from tui.runs.limits import exceeded, lacking, limits_left
from tui.runs.outcome import Outcome, outcome_of, total
from tui.store.states import RunState

MIB = 1 << 20
USED = ResourceUsage(
    9.0, cpu_user_s=4.5, cpu_system_s=0.52, peak_memory_bytes=70 * MIB, disk_written_bytes=9 * MIB,
    disk_grown_bytes=3 * MIB,
)  # fmt: skip
ALL = ResourceLimits(max_memory_mb=64, max_cpu_time=6, max_disk_mb=10)


@pytest.mark.parametrize(
    ("limits", "used", "left"),
    [
        (None, None, None),
        (ResourceLimits(), None, None),
        (ResourceLimits(network_access=True), USED, None),
        (ALL, None, Limits(64 * MIB, 6, 10 * MIB)),
        (ALL, USED, Limits(64 * MIB, pytest.approx(0.98), 7 * MIB)),
        (ResourceLimits(max_cpu_time=5), USED, Limits(cpu_time_s=0.001)),
        (ResourceLimits(max_disk_mb=2), USED, Limits(disk_bytes=1)),
        (ResourceLimits(max_disk_mb=2), ResourceUsage(1.0, disk_grown_bytes=-MIB), Limits(disk_bytes=3 * MIB)),
        (ALL, ResourceUsage(1.0), Limits(64 * MIB, 6, 10 * MIB)),
    ],
)
def test_what_earlier_steps_used_is_taken_from_what_later_ones_may(
    limits: ResourceLimits | None, used: ResourceUsage | None, left: Limits | None
):
    assert limits_left(limits, used) == left


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (Limit.CPU_TIME, "exceeded its CPU time limit of 6 s (used 5.02 s)"),
        (Limit.MEMORY, "exceeded its memory limit of 64 MiB (used 70.0 MiB)"),
        (Limit.DISK, "exceeded its disk limit of 10 MiB (used 3.0 MiB)"),
    ],
)
def test_the_limit_and_the_amount_are_named(limit: Limit, text: str):
    assert exceeded(limit, ALL, USED) == text
    assert "used" not in exceeded(limit, ALL, ResourceUsage(1.0))


@pytest.mark.parametrize("code", [0, 3, None])
def test_an_exceeded_limit_is_the_outcome_whatever_the_exit_code(code: int | None):
    report = ExitReport(code, 9 if code is None else None, USED, out_of_memory=True, limit=Limit.MEMORY)
    outcome = outcome_of(report, 0, 2, MachineSpec(256), ALL, USED)
    assert outcome == Outcome(
        RunState.LIMIT_EXCEEDED, 137 if code is None else code,
        "step 1 of 2 exceeded its memory limit of 64 MiB (used 70.0 MiB)",
    )  # fmt: skip


def test_growth_of_the_disk_is_added_up_also_where_it_shrinks():
    assert total(USED, ResourceUsage(1.0, disk_grown_bytes=-4 * MIB)).disk_grown_bytes == -MIB
    assert total(USED, ResourceUsage(1.0)).disk_grown_bytes is None


@pytest.mark.parametrize(
    ("limits", "network"),
    [(None, True), (ResourceLimits(), False), (ResourceLimits(network_access=True), True)],
)
def test_only_what_is_granted_the_network_gets_it(limits: ResourceLimits | None, network: bool):
    asked = request("true", limits=limits)
    assert command_for(asked.steps[0], asked).network is network


def test_a_machine_without_a_network_lacks_what_was_granted():
    granted = ResourceLimits(network_access=True)
    assert "needs the network" in lacking(granted, MachineSpec(256))
    for limits, spec in (
        (granted, MachineSpec(256, network=True)),
        (ResourceLimits(), MachineSpec(256, network=True)),
        (None, MachineSpec(256)),
    ):
        assert lacking(limits, spec) == ""


async def test_a_run_that_needs_the_network_is_not_started_without_one(engine: Engine):
    run = engine.run(request("echo started", limits=ResourceLimits(network_access=True)))
    record = await run.result()
    assert (record.state, record.exit_code, record.output_bytes) == (RunState.ERROR, None, 0)
    assert record.error.startswith("not started: it needs the network, and the machine of this session has none")
