"""What a scenario says: its steps, what is expected of each, frozen and already checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from tui.definitions.kinds import Profile, Scope
from tui.definitions.model import Json, ResourceLimits
from tui.definitions.problems import Problem
from tui.languages import Language
from tui.levels import RiskLevel
from tui.store.states import RunState

EVENTS: Final = (
    "RunStarted", "RiskAssessed", "PolicyChecked", "HookDecided", "ModeDecided", "ApprovalRequested",
    "ApprovalDecided", "MachineLeased", "SnapshotTaken", "StepStarted", "OutputReceived", "StepExited",
    "AttemptFailed", "RunExited", "RolledBack", "RunFinished",
)  # fmt: skip
"""Names of `tui.runs.events`, which lies above this package; a test compares the two."""


def session_name(scenario: str) -> str:
    """Return how the sessions of a scenario are called, or begin where each start has one of its own."""
    return f"scenario-{scenario}"


class SessionKind(StrEnum):
    """Which session a scenario runs in."""

    FRESH = "fresh"
    """One of its own, which is deleted afterwards."""
    NAMED = "named"
    """`scenario-NAME`, which stays: the next time the scenario goes on where it ended."""


class ScriptedAnswer(StrEnum):
    """What is answered when a person is asked."""

    DENY = "deny"
    ONCE = "once"
    """Yes, by choosing it; where something must be typed that is no answer."""
    TYPE = "type"
    """Yes, and what must be typed is typed."""


class Deed(StrEnum):
    """What may be done to a session while a run executes in it."""

    KILL_MACHINE = "kill-machine"
    CANCEL = "cancel"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Something done once, while a step runs: as soon as it has printed a text, or an event has happened."""

    deed: Deed
    after_output: str = ""
    after_event: str = ""
    snapshot: str = ""
    """Name of the snapshot, if that is the deed."""

    def __str__(self) -> str:
        when = f"it has printed {self.after_output!r}" if self.after_output else self.after_event
        what = {Deed.KILL_MACHINE: "the machine is killed", Deed.CANCEL: "the run is cancelled"}
        return f"{what.get(self.deed, f'snapshot {self.snapshot!r} is taken')} after {when}"


@dataclass(frozen=True, slots=True)
class RunCode:
    """Run the code of a block."""

    text: str
    language: Language
    line: int
    """Of the file, on which the code begins."""

    def __str__(self) -> str:
        first = next((line.strip() for line in self.text.splitlines() if line.strip()), "")
        return f"{self.language}: {first}"


@dataclass(frozen=True, slots=True)
class RunDefinition:
    """Run a definition."""

    name: str
    values: Mapping[str, Json] = field(default_factory=dict)

    def __str__(self) -> str:
        plain = {name: value if isinstance(value, str) else json.dumps(value) for name, value in self.values.items()}
        return " ".join((f"run {self.name}", *(f"{name}={value}" for name, value in plain.items())))


@dataclass(frozen=True, slots=True)
class RollBack:
    """Put the session back to a snapshot: its name, its id, or `last-success`."""

    target: str

    def __str__(self) -> str:
        return f"roll back to {self.target}"


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """Keep the session as it is now under a name."""

    name: str

    def __str__(self) -> str:
        return f"take snapshot {self.name!r}"


@dataclass(frozen=True, slots=True)
class Undo:
    """Take the last change of the session's head back."""

    def __str__(self) -> str:
        return "undo"


@dataclass(frozen=True, slots=True)
class Redo:
    """Repeat what was last undone."""

    def __str__(self) -> str:
        return "redo"


Action: TypeAlias = RunCode | RunDefinition | RollBack | TakeSnapshot | Undo | Redo


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come of a step. None and empty: nothing is expected in that respect."""

    state: RunState | None = None
    """Of what is no run (a rollback, a snapshot, …): `succeeded`, or `failed` where it could not be done."""
    exit_code: int | None = None
    output_equals: str | None = None
    """Line ends at the end do not count."""
    output_contains: tuple[str, ...] = ()
    output_lacks: tuple[str, ...] = ()
    output_matches: tuple[re.Pattern[str], ...] = ()
    """Each must describe some part of the output."""
    rolled_back: bool | None = None
    level_at_least: RiskLevel | None = None
    level_at_most: RiskLevel | None = None
    asked: bool | None = None
    """Whether a person is asked."""
    reason_contains: tuple[str, ...] = ()
    """Texts of the reason given where something was refused or failed."""
    events: tuple[str, ...] = ()
    """These happen in this order; others may happen between them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and what must come of it."""

    action: Action
    expected: Expectation
    line: int
    """Of the file, on which the step begins."""
    title: str = ""
    """The last heading before it."""
    prose: str = ""
    """What stands between the step before and this one, without headings and comments."""
    answer: ScriptedAnswer | None = None
    """None: nobody is there to answer."""
    timeout_s: float | None = None
    keep_interpreter: bool = False
    meanwhile: Meanwhile | None = None

    @property
    def shown(self) -> str:
        """What is done, in a line. May hold untrusted text."""
        return f"{self.action}; {self.meanwhile}" if self.meanwhile is not None else str(self.action)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A markdown scenario. `problems` holds the warnings; a file with errors yields no scenario."""

    name: str
    title: str
    description: str
    steps: tuple[Step, ...]
    category: str | None = None
    session: SessionKind = SessionKind.FRESH
    profile: Profile | None = None
    limits: ResourceLimits | None = None
    """Of each step that runs code; definitions have their own."""
    goes_on: bool = False
    """The field `continue`: the steps after one that did not do as expected are carried out too."""
    documentation: str = ""
    path: Path | None = None
    scope: Scope = Scope.PROJECT
    content_hash: str = ""
    trusted: bool = False
    """Whether its answers count for everything: it is the user's, or one that is shipped, to the letter.

    One that a checkout brings with it answers neither what is critical nor what policy or a hook asks.
    """
    problems: tuple[Problem, ...] = ()
