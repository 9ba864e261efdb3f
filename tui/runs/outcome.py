"""How the commands of a run ended, in words for a person."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from tui.machines.model import ExitReport, MachineSpec, ResourceUsage
from tui.machines.protocol import Machine
from tui.store.model import RunState
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


def outcome_of(report: ExitReport, step: int, steps: int, spec: MachineSpec) -> Outcome:
    """Return what the end of step number `step`, from 0, means for a run of `steps` steps."""
    code = report.shell_code
    if code == 0:
        return Outcome(RunState.SUCCEEDED, 0)
    where = f"step {step + 1} of {steps} " if steps > 1 else ""
    if report.signal is not None:
        error = f"{where}ended by signal {report.signal} ({_signal_name(report.signal)})"
    else:
        error = f"{where}ended with exit code {code}" if where else f"exit code {code}"
    if report.interpreter_lost:
        error += "; the kept interpreter died, so its variables are gone"
    if report.out_of_memory:
        return Outcome(RunState.OUT_OF_MEMORY, code, f"out of memory: the machine has {spec.memory_mb} MiB; {error}")
    return Outcome(RunState.FAILED, code, error)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


async def with_log(message: str, machine: Machine | None) -> str:
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

    peak, written = both("peak_memory_bytes"), added("disk_written_bytes")
    return ResourceUsage(
        wall_s=one.wall_s + other.wall_s,
        cpu_user_s=added("cpu_user_s"),
        cpu_system_s=added("cpu_system_s"),
        peak_memory_bytes=None if peak is None else int(max(peak)),
        disk_written_bytes=None if written is None else int(written),
    )
