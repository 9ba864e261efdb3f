"""What is asked before a session's machine goes, and why a machine cannot go at all."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from tui.runs.fleet import MachineInfo, MachineState
from tui.text import clean_line
from tui.ui.describe import short_id

_OF_SESSIONS: Final = (MachineState.LEASED, MachineState.RUNNING)
NETWORK_LOST: Final = "Lost: connections that are open over its network."


def is_of_session(machine: MachineInfo) -> bool:
    """Say whether a session's state is in a machine, so that one is asked before it goes."""
    return bool(machine.session) and (machine.state in _OF_SESSIONS or machine.state is MachineState.LOST)


def why_not(machine: MachineInfo | None) -> str:
    """Return why a machine can be neither restarted nor discarded now, or nothing if it can."""
    if machine is None:
        return "There is no machine."
    match machine.state:
        case MachineState.RUNNING:
            return f"A run executes in session {clean_line(machine.session, 30)}; cancel it or wait for its end."
        case MachineState.WARMING:
            return "It is still being made."
        case MachineState.ELSEWHERE:
            return f"It belongs to another Rollcage, process {machine.owner_pid}: act on it there."
        case MachineState.DRAINING:
            return "It is being discarded already."
        case _:
            return ""


def restart_question(machine: MachineInfo) -> Content:
    """Return what restarting a session's machine does, and what is lost."""
    lines = [Content(f"Machine {short_id(machine.id)} holds session {clean_line(machine.session, 40)}.")]
    if machine.state is MachineState.LOST:
        lines += [_died(machine), Content("A new machine is restored there.")]
    else:
        lines += _kept(machine)
        lines.append(Content("A new machine is restored from there; only then does this one go."))
        lines.append(_lost(machine))
    return Content("\n").join(lines)


def discard_question(machine: MachineInfo) -> Content:
    """Return what discarding a session's machine does, and what is lost."""
    lines = [Content(f"Machine {short_id(machine.id)} holds session {clean_line(machine.session, 40)}.")]
    if machine.state is MachineState.LOST:
        lines.append(_died(machine))
    else:
        lines += _kept(machine)
        lines.append(_lost(machine))
    lines.append(Content("The next run in the session begins by restoring it, which takes a moment."))
    return Content("\n").join(lines)


def _kept(machine: MachineInfo) -> list[Content]:
    if machine.unsaved or machine.snapshot_id is None:
        return [Content("What it holds (memory, processes, files) is captured first, as a snapshot.")]
    return [Content(f"All it holds (memory, processes, files) is in snapshot {short_id(machine.snapshot_id)}.")]


def _died(machine: MachineInfo) -> Content:
    if machine.snapshot_id is None:
        return Content.styled("It has died, and nothing of it was kept.", "$text-warning")
    lost = "; what came after it is lost already" if machine.unsaved else ""
    return Content.styled(f"It has died. Snapshot {short_id(machine.snapshot_id)} is kept{lost}.", "$text-warning")


def _lost(machine: MachineInfo) -> Content:
    if machine.spec is not None and machine.spec.network:
        return Content.styled(NETWORK_LOST, "$text-warning")
    return Content.styled("Nothing is lost.", "$text-success")
