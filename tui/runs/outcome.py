"""How the commands of a run ended, in words for a person."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from tui.definitions.model import ResourceLimits
from tui.machines.model import ExitReport, MachineSpec, ResourceUsage
from tui.machines.protocol import Executor
from tui.runs.limits import exceeded
from tui.store.states import RunState
from tui.text import clean

_LOG_CHARACTERS: Final = 1500
_PANIC: Final = re.compile(r"Kernel panic - not syncing: (.*)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known when nothing of a run executes any more."""

    state: RunState
    exit_code: int | None = None
    error: str = ""
    lost: bool = False
    """The machine is of no use any more."""


def outcome_of(
    report: ExitReport, step: int, steps: int, spec: MachineSpec | None,
    limits: ResourceLimits | None = None, used: ResourceUsage | None = None,
) -> Outcome:  # fmt: skip
    """Return what the end of a step means for its run.

    Args:
        report: How it ended.
        step: Its number, from 0.
        steps: How many there are.
        spec: The machine; None on the host.
        limits: Those of the run.
        used: What the run has used by now, this step included.
    """
    code = report.shell_code
    where = f"step {step + 1} of {steps} " if steps > 1 else ""
    if report.limit is not None:
        return Outcome(RunState.LIMIT_EXCEEDED, code, where + exceeded(report.limit, limits, used))
    if code == 0:
        return Outcome(RunState.SUCCEEDED, 0)
    if report.signal is not None:
        error = f"{where}ended by signal {report.signal} ({_signal_name(report.signal)})"
    else:
        error = f"{where}ended with exit code {code}" if where else f"exit code {code}"
    if report.interpreter_lost:
        error += "; the kept interpreter died, so its variables are gone"
    if report.out_of_memory and spec is not None:
        return Outcome(RunState.OUT_OF_MEMORY, code, f"out of memory: the machine has {spec.memory_mb} MiB; {error}")
    return Outcome(RunState.FAILED, code, error)


def outcome_at_terminal(
    report: ExitReport, spec: MachineSpec | None, limits: ResourceLimits | None, used: ResourceUsage
) -> Outcome:
    """Return what the end of a program means that a person typed into.

    A shell ends with the status of whatever was typed last, which says nothing of the hour before: with any exit code
    it has done what it was there for. Only what ended it from outside is a failure.
    """
    found = outcome_of(report, 0, 1, spec, limits, used)
    if report.signal is None and report.limit is None:
        return Outcome(RunState.SUCCEEDED, report.shell_code)
    return found


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


async def with_log(message: str, machine: Executor | None) -> str:
    """Return a message about a machine with why its kernel gave up, if it did, and the end of its log, cleaned."""
    log = clean(await machine.log_tail()).strip() if machine is not None else ""
    if panic := _PANIC.search(log):
        message = f"the guest's kernel panicked: {panic[1].strip()}; {message}"
    return f"{message}\n{log[-_LOG_CHARACTERS:]}" if log else message


def total(one: ResourceUsage | None, other: ResourceUsage) -> ResourceUsage:
    """Return what two executions consumed together; unmeasured in one is unmeasured in sum."""
    if one is None:
        return other

    def both(name: str) -> tuple[float, float] | None:
        left, right = attrgetter(name)(one), attrgetter(name)(other)
        return None if left is None or right is None else (left, right)

    def added(name: str) -> float | None:
        pair = both(name)
        return None if pair is None else pair[0] + pair[1]

    def counted(name: str) -> int | None:
        count = added(name)
        return None if count is None else int(count)

    peak = both("peak_memory_bytes")
    return ResourceUsage(
        wall_s=one.wall_s + other.wall_s,
        cpu_user_s=added("cpu_user_s"),
        cpu_system_s=added("cpu_system_s"),
        peak_memory_bytes=None if peak is None else int(max(peak)),
        disk_written_bytes=counted("disk_written_bytes"),
        disk_grown_bytes=counted("disk_grown_bytes"),
        received_bytes=counted("received_bytes"),
        sent_bytes=counted("sent_bytes"),
    )
