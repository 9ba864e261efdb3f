"""What a definition says: frozen values, already checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from tui.definitions.kinds import ExecutionMode, ParameterType, Profile, Scope
from tui.definitions.problems import Problem
from tui.definitions.restrictions import AllowedTimes, RateLimit
from tui.languages import Language
from tui.levels import RiskLevel

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""A typed parameter value: what JSON can say, without NaN and infinities."""

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
PARAMETER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Validation:
    """What a value must satisfy beyond its type.

    `minimum` and `maximum` are inclusive and for numbers. `pattern` is for strings and describes the whole value.
    `allowed_values` are compared through their JSON text; those of an array hold for each of its items.
    """

    minimum: float | None = None
    maximum: float | None = None
    allowed_values: tuple[Json, ...] = ()
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value a definition takes. `default` is None when there is no default."""

    name: str
    type: ParameterType
    required: bool = False
    description: str = ""
    default: Json = None
    validation: Validation = Validation()
    secret: bool = False
    """Whether its value is kept out of records, logs and screens, for an array or object also each text and number of
    three characters or more in it. A machine's memory holds it, and so do the machine's snapshots."""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """A fenced code block that is run.

    `template` is its text, in which `{{ name }}` stands for a parameter unless `raw`; `line` is the line of the file
    (from 1) on which the text begins.
    """

    language: Language
    template: str
    line: int
    raw: bool = False


@dataclass(frozen=True, slots=True)
class ResourceLimits:
    """What a run may use. None means the machine's own limit."""

    max_memory_mb: int | None = None
    max_cpu_time: int | None = None
    """Seconds of CPU time."""
    max_disk_mb: int | None = None
    network_access: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """A markdown command: its frontmatter, its steps and the prose around them.

    `timeout` is in seconds. `problems` holds the warnings; a file with errors yields no definition.
    `content_hash` is the SHA-256 of the file's bytes in hexadecimal.
    """

    name: str
    description: str
    steps: tuple[Step, ...]
    usage: str | None = None
    parameters: tuple[Parameter, ...] = ()
    execution_mode: ExecutionMode = ExecutionMode.LOCAL
    permissions: tuple[str, ...] = ()
    knowledge_graph_required: tuple[str, ...] = ()
    category: str | None = None
    version: str = "1.0.0"
    namespace: str | None = None
    aliases: tuple[str, ...] = ()
    risk_level: RiskLevel = RiskLevel.LOW
    timeout: int | None = None
    resource_limits: ResourceLimits | None = None
    profile: Profile | None = None
    rate_limit: RateLimit | None = None
    allowed_times: AllowedTimes | None = None
    roles: tuple[str, ...] = ()
    """Who may run it; empty: every role whose permissions suffice."""
    documentation: str = ""
    path: Path | None = None
    scope: Scope = Scope.PROJECT
    content_hash: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def usage_line(self) -> str:
        """The author's `usage`, or one made of the parameters: `name required=TYPE [optional=TYPE]`."""
        if self.usage:
            return self.usage
        words = (f"{p.name}={p.type.upper()}" for p in sorted(self.parameters, key=lambda p: not p.required))
        required = {p.name for p in self.parameters if p.required}
        shown = (word if word.split("=")[0] in required else f"[{word}]" for word in words)
        return " ".join((self.name, *shown))

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of that name, or None."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)
