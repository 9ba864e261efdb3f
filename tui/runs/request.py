"""What is asked for: one thing to run, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tui.definitions.kinds import ExecutionMode
from tui.definitions.model import Definition, ResourceLimits
from tui.errors import UsageError
from tui.machines.model import MachineSpec, TerminalSize


@dataclass(frozen=True, slots=True)
class StepRequest:
    """One piece of code, complete: parameters are already filled in."""

    text: str
    language: str = "bash"
    line: int | None = None
    """Line of the definition file it comes from."""
    argv: tuple[str, ...] = ()
    """A program and its arguments, run as they are; `text` is then only for people."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to run in one session."""

    title: str
    steps: tuple[StepRequest, ...]
    session: str = "default"
    """Name of the session; made if there is none."""
    spec: MachineSpec | None = None
    """Machine for a new session; None takes the default profile. An existing session keeps its own."""
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    stdin: bytes = b""
    """Given to the first step."""
    stdin_follows: bool = False
    """More input comes through `Run.send_stdin`, until `Run.close_stdin`. Otherwise the first step reads end-of-file
    after `stdin`."""
    terminal: TerminalSize | None = None
    """Give its one step a pseudo-terminal of this size, for a person to type into: an interactive run. It runs in a
    machine only, has no timeout unless it names one, and is never rolled back by itself; see `Run.terminal`."""
    timeout_s: float | None = None
    """For all steps together, from the start of the first; None takes the setting."""
    limits: ResourceLimits | None = None
    """What all steps together may use. None limits nothing, and leaves a machine's network as its session was granted
    it."""
    mode: ExecutionMode | None = None
    """Where it asks to run; None leaves that to the settings. `tui.runs.modes` decides."""
    definition: str | None = None
    definition_hash: str | None = None
    source: Definition | None = None
    """The definition itself, for policy and hooks; the record has its name and its hash."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Values, by name, that must not be kept or shown."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    keep_interpreter: bool = False
    """Run Python steps in the session's kept interpreter, so that variables persist."""
    idempotent: bool = False
    """Running it twice does what running it once does: when the machine is lost it may be started over."""

    def __post_init__(self) -> None:
        """Check what belongs together. Raises UsageError."""
        if self.terminal is not None and len(self.steps) != 1:
            raise UsageError("an interactive run has one step: the program a person types into")

    def to_json(self) -> dict[str, Any]:
        """Return the request as plain data, without the bytes of stdin. Secrets are still in it: redact it."""
        plain = replace(self, env=dict(self.env), parameters=dict(self.parameters), source=None, secrets={})
        data = asdict(plain)
        del data["source"], data["secrets"]
        data["stdin"] = len(self.stdin)
        data["steps"] = [{**asdict(step), "argv": list(step.argv)} for step in self.steps]
        return data
