"""Machines, pool, templates and backend in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui.runs.fleet import MachineInfo, MachineState
from tui.text import clean_line
from tui.ui.describe import age, short_id, spec_words
from tui.ui.widgets.facts import Fact, labelled
from tui.units import duration, size

if TYPE_CHECKING:
    from tui.machines.inventory import Birth, MemoryUse, TemplateInfo
    from tui.pool.lease import PoolStatus
    from tui.runs.engine import BackendStatus

STATES: Final = {
    MachineState.WARMING: ("◌", "warming", "warning"),
    MachineState.READY: ("●", "ready", "good"),
    MachineState.LEASED: ("◆", "leased", "accent"),
    MachineState.RUNNING: ("▶", "running", "active"),
    MachineState.STANDBY: ("◇", "standby", "muted"),
    MachineState.DRAINING: ("⊘", "leaving", "warning"),
    MachineState.ELSEWHERE: ("○", "other", "muted"),
    MachineState.LOST: ("✗", "lost", "bad"),
}
"""Glyph, word and look of each state."""
_MEANINGS: Final = {
    MachineState.WARMING: "it is being made",
    MachineState.READY: "it waits for a session",
    MachineState.LEASED: "it is a session's, and stands still between runs",
    MachineState.RUNNING: "a run executes in it",
    MachineState.STANDBY: "it stands at a snapshot, should the session go back there",
    MachineState.DRAINING: "it is being discarded",
    MachineState.ELSEWHERE: "of another Rollcage, which alone knows what it does",
    MachineState.LOST: "its hypervisor has ended; the next run gets another machine",
}
_SOURCES: Final = {"pool": "a machine that waited", "clone": "one made for it", "snapshot": "restored at its head"}
UNKNOWN: Final = "–"
_BAR: Final = 10


def state_words(state: MachineState) -> str:
    """Return a state as glyph and word."""
    glyph, word, _ = STATES[state]
    return f"{glyph} {word}"


def milliseconds(ms: float | None) -> str:
    """Return how long something took; a waiting machine is claimed in microseconds, which is not zero."""
    if ms is None:
        return UNKNOWN
    return duration(ms / 1000) if ms >= 0.05 else "<0.1 ms"


def made_words(birth: Birth | None) -> str:
    """Return how a machine came to be and how long that took."""
    return UNKNOWN if birth is None else f"{birth.origin} {milliseconds(birth.took_ms)}"


def memory_words(memory: MemoryUse | None) -> str:
    """Return the memory that would be free without the machine."""
    return UNKNOWN if memory is None else size(memory.pss)


def machine_facts(machine: MachineInfo, now: datetime) -> list[Fact]:
    """Return all that is known of a machine."""
    glyph, word, look = STATES[machine.state]
    facts = [
        ("state", Content.assemble((f"{glyph} {word}", f"$text-{_TOKENS[look]}"), f"  {_MEANINGS[machine.state]}")),
        ("id", Content(machine.id)),
    ]
    if machine.owner_pid is not None:
        facts.append(("belongs", Content(f"to process {machine.owner_pid}")))
    if machine.session:
        facts.append(("session", Content(clean_line(machine.session, 60))))
    if machine.spec is not None:
        facts.append(("profile", Content(f"{machine.profile} {spec_words(machine.spec)}".strip())))
    if machine.created_at is not None:
        facts.append(("age", Content(f"{_age(machine.created_at, now)}, since {_moment(machine.created_at)}")))
    if machine.birth is not None:
        facts.append(("made", Content(_birth(machine.birth))))
    if machine.claim_ms is not None:
        how = _SOURCES.get(machine.source, machine.source)
        facts.append(("claimed", Content(f"in {milliseconds(machine.claim_ms)}: {how}")))
    if machine.session and machine.state is not MachineState.STANDBY:
        facts.append(("uses", Content(f"{machine.uses} run{'s' * (machine.uses != 1)}")))
    facts.append(("memory", Content(_memory(machine.memory))))
    if machine.pid is not None:
        facts.append(("process", Content(str(machine.pid))))
    if machine.snapshot_id is not None:
        unsaved = ", and what came after it, which no snapshot holds yet" if machine.unsaved else ""
        facts.append(("at", Content(f"snapshot {short_id(machine.snapshot_id)}{unsaved}")))
    return [Fact(label, content) for label, content in facts]


_TOKENS: Final = {
    "good": "success", "bad": "error", "warning": "warning", "accent": "accent", "active": "warning", "muted": "muted",
}  # fmt: skip


def _birth(birth: Birth) -> str:
    text = f"{birth.origin} in {milliseconds(birth.took_ms)}"
    if birth.snapshot_id is not None:
        text += f" from snapshot {short_id(birth.snapshot_id)}"
    if birth.rehearsal_ms is not None:
        text += f", warmed in {milliseconds(birth.rehearsal_ms)}"
    return text


def _memory(memory: MemoryUse | None) -> str:
    if memory is None:
        return "not known"
    return f"{size(memory.pss)}, shared pages divided (PSS); {size(memory.rss)} in all (RSS)"


def _moment(at: datetime) -> str:
    return at.astimezone().strftime("%H:%M:%S")


def _age(at: datetime, now: datetime) -> str:
    return age(at, now)


# --- the pool ------------------------------------------------------------------------------------------------------


def count_words(machines: Sequence[MachineInfo]) -> str:
    """Return how many machines there are, those of other Rollcages apart."""
    others = sum(machine.state is MachineState.ELSEWHERE for machine in machines)
    own = len(machines) - others
    return f"{own} machine{'s' * (own != 1)}{f' · {others} of another Rollcage' if others else ''}"


def pool_lines(status: PoolStatus, machines: Sequence[MachineInfo], resume: str = "") -> list[Content]:
    """Return how the pool stands, and how many machines there are beside; `resume` ends what is said where it rests."""
    states = Counter(machine.state for machine in machines)
    leased = states[MachineState.LEASED] + states[MachineState.RUNNING]
    asked = status.hits + status.misses
    times = _told(("asked  ", f"{asked} time{'s' * (asked != 1)}" if asked else "not yet"))
    kept = f"{status.low} to {status.high} are kept" if status.low < status.high else f"{status.low} are kept"
    lines = [
        Content.styled(f"⊘ drained: none is made to wait{resume}", "$text-warning")
        if status.drained
        else _told(("waiting", str(status.ready)), ("", f"({kept})"), ("warming", str(status.warming))),
        _told(
            ("in use ", f"{leased} by sessions"),
            ("memory of those waiting", f"{status.memory_mb} of at most {status.budget_mb} MiB"),
        ),
        Content.assemble(times, *_served(status.hits, asked)) if asked else times,
    ]
    if status.failures or status.error:
        why = f": {clean_line(status.error, 200)}" if status.error else ""
        lines.append(Content.styled(f"✗ {status.failures} could not be made, or died waiting{why}", "$text-error"))
    return lines


def _served(hits: int, asked: int) -> tuple[str | tuple[str, str], ...]:
    """Return how often a session got a machine that waited, rather than one made for it then."""
    share = hits / asked
    return f"  {hits} had one at once  ", (_bar(share), "$text-success"), f" {share:.0%}"


def _told(*facts: tuple[str, str]) -> Content:
    parts = [Content.assemble((f"{name} " if name else "", "$text-muted"), fact) for name, fact in facts]
    return Content("  ").join(parts)


def _bar(share: float) -> str:
    full = round(share * _BAR)
    return "█" * full + "░" * (_BAR - full)


# --- templates and backend -----------------------------------------------------------------------------------------


_STALE: Final = "! of another image, QEMU or accelerator: nothing is cloned from it"


def template_facts(templates: Sequence[TemplateInfo] | None, now: datetime) -> list[Fact]:
    """Return the templates on disk; None is not known yet."""
    if templates is None:
        return [Fact(None, Content.styled("being read", "$text-muted"))]
    if not templates:
        return [Fact(None, Content.styled("none yet: the first machine of a profile makes one", "$text-muted"))]
    facts = []
    for each in templates:
        used = f"{len(each.machines)} machine{'s' * (len(each.machines) != 1)}" if each.machines else "no machine"
        resting = f", {each.snapshots} snapshots" if each.snapshots else ""
        facts += labelled(
            each.id[:8],
            [
                Content.assemble(
                    (f"{spec_words(each.spec)} ", "bold"),
                    f"{each.accelerator} · {size(each.disk_bytes)} · booted in {milliseconds(each.boot_ms)}",
                ),
                Content.styled(f"built {_ago(each.built_at, now)} · in use by {used}{resting}", "$text-muted"),
                *([Content.styled(_STALE, "$text-warning")] if each.fits is False else []),
            ],
        )
    return facts


def _ago(at: datetime, now: datetime) -> str:
    words = age(at, now)
    return "just now" if words == "now" else f"{words} ago"


def backend_facts(backend: BackendStatus | None, problem: str) -> list[Fact]:
    """Return what makes the machines, and what it can do, each with the reason where it cannot."""
    if backend is None:
        return [Fact(None, Content(clean_line(problem, 300) or "not known until a machine is needed"))]
    facts = [
        Fact("backend", Content.assemble((clean_line(backend.name, 40), "bold"))),
        Fact("because", Content(clean_line(backend.why, 300))),
    ]
    for capability, reason in backend.capabilities.items():
        if reason:
            content = Content.assemble((f"✗ {capability}", "$text-error"), f": {clean_line(reason, 200)}")
        else:
            content = Content.assemble(("✓ ", "$text-success"), str(capability))
        facts.append(Fact(None, content))
    return facts
