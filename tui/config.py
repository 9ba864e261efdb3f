"""Settings: one YAML file, every key with a default, every mistake reported with its place."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from tui.errors import InvalidInput
from tui.terminal.detach import parse_key

if TYPE_CHECKING:
    from pathlib import Path

    from tui.paths import Paths

PROFILE_NAMES: Final = ("minimal", "standard", "development")
"""What `profile` may be; `tui.machines.model.PROFILES` says what each is made of."""
_LARGEST_FILE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """When the machine is captured and when it is rolled back."""

    before: bool = True
    """Make sure a run starts from a snapshot. One is only taken when the machine does not stand at one already."""
    after: bool = True
    """Capture the machine after every successful run. Otherwise it is captured when the next run starts, when it makes
    room for another session's machine, or when the application closes."""
    on_failure: bool = True
    auto_rollback: bool = True
    """Needs `before`; a failed run puts the machine back to where it started."""
    anticipate: bool = True
    """While a run executes, prepare the machine that a rollback would need. Costs the memory of one machine."""
    keep_per_session: int = 100
    """Unpinned snapshots of one session that garbage collection leaves."""
    keep_total_mb: int = 20_480
    """Bytes on disk, MiB, above which the oldest unpinned snapshots of all sessions go."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many machines wait."""

    low: int = 1
    """Refill when fewer than this many wait."""
    high: int = 2
    """Refill up to this many."""
    memory_mb: int = 2048
    """Guest RAM of waiting machines, MiB, at most."""
    sessions: int = 4
    """Sessions whose machine stands by between runs; the machines of others are restored when they are needed."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How runs are carried out."""

    timeout_s: float = 600.0
    """For a run that names none."""
    kill_grace_s: float = 2.0
    """Between SIGTERM and SIGKILL when a run is cancelled or times out."""
    retries: int = 2
    """Further attempts after the machine, never the command, failed."""
    retry_base_s: float = 0.2
    retry_cap_s: float = 5.0
    max_output_mb: int = 4096
    """Output of one run, MiB, after which it is ended so that it does not fill the disk."""
    allow_unconfined_local: bool = False
    """Let what may run on the host do so where bubblewrap does not work: with all the rights of this user."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What stands between a request and its run. Policy and hooks have files of their own."""

    role: str = "engineer"
    """The role of this user; `policy.yaml` says what it may do."""
    ask_from: str = "high"
    """A person is asked from this risk level on, or `never`. What is critical must always be typed."""
    redact: bool = True
    """Take secrets out of what runs print, before it is shown or kept."""


@dataclass(frozen=True, slots=True)
class ShellSettings:
    """How a person's terminal is attached to a machine."""

    detach_key: str = "ctrl+]"
    """Leaves the shell: ctrl+ and a letter or one of `]`, `\\`, `^`, `_`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings."""

    profile: str = "minimal"
    """Profile of sessions that name none."""
    theme: str = "auto"
    """A theme's name; `auto` is the one last chosen in the application, `rollcage-dark` at first."""
    mouse: bool = True
    """Whether the application takes clicks and the wheel; without it the terminal selects text as it does elsewhere."""
    backend: str = "auto"
    """`auto` (probe KVM, else TCG), `kvm` or `tcg`."""
    snapshots: SnapshotSettings = field(default_factory=SnapshotSettings)
    pool: PoolSettings = field(default_factory=PoolSettings)
    runs: RunSettings = field(default_factory=RunSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    shell: ShellSettings = field(default_factory=ShellSettings)


_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "snapshots.keep_per_session": (2, 1_000_000),
    "snapshots.keep_total_mb": (64, 1_000_000_000),
    "pool.low": (0, 64),
    "pool.high": (0, 64),
    "pool.memory_mb": (0, 1_048_576),
    "pool.sessions": (0, 256),
    "runs.timeout_s": (0.1, 31_536_000),
    "runs.kill_grace_s": (0, 600),
    "runs.retries": (0, 20),
    "runs.retry_base_s": (0, 60),
    "runs.retry_cap_s": (0, 3600),
    "runs.max_output_mb": (1, 1_000_000),
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "profile": PROFILE_NAMES,
    "backend": ("auto", "kvm", "tcg"),
    "gate.ask_from": ("low", "medium", "high", "critical", "never"),
}


def load_settings(paths: Paths) -> Settings:
    """Return the settings of this user; the defaults where there is no file.

    Raises:
        InvalidInput: the file cannot be read or holds mistakes; the message names all of them as `file:line: …`.
    """
    file = paths.settings_file
    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise InvalidInput(f"cannot read the settings {file}: {error.strerror}") from None
    return parse_settings(data, file)


def parse_settings(data: bytes, file: Path) -> Settings:
    """Return the settings that a YAML text holds. `file` is only for messages.

    Raises:
        InvalidInput: with every mistake and its line.
    """
    import yaml

    if len(data) > _LARGEST_FILE:
        raise InvalidInput(f"{file}: settings are at most {_LARGEST_FILE // 1024} KiB long")
    problems: list[tuple[int, str]] = []
    settings = Settings()
    try:
        loader = yaml.SafeLoader(data)
        node = loader.get_single_node()
        if node is not None and node.tag != "tag:yaml.org,2002:null":
            settings = _Reader(loader, problems).read(settings, node, "")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.append((mark.line + 1 if mark else 1, f"not valid YAML: {error.problem or error.context}"))
    except (yaml.YAMLError, RecursionError) as error:
        problems.append((1, f"not valid YAML: {str(error).splitlines()[0]}"))
    if not problems:
        return settings
    lines = [f"{file}:{line}: {message}" for line, message in sorted(problems)]
    raise InvalidInput("\n".join(lines), hint="correct the settings, or move the file away to use the defaults")


class _Reader:
    """Walks YAML nodes, because only nodes know their lines."""

    def __init__(self, loader: Any, problems: list[tuple[int, str]]) -> None:
        self._construct: Callable[[Any], object] = lambda node: loader.construct_object(node, deep=True)
        self._problems = problems

    def _problem(self, node: Any, message: str) -> None:
        self._problems.append((node.start_mark.line + 1, message))

    def read(self, section: Any, node: Any, prefix: str) -> Any:
        """Return `section` with what the mapping `node` says; `prefix` is its key with a dot, or nothing."""
        if node.id != "mapping":
            self._problem(node, f"{prefix.rstrip('.') or 'the settings'} must be a mapping of keys to values")
            return section
        known = get_type_hints(type(section))
        lines: dict[str, Any] = {}
        changes: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if key_node.id == "scalar" else "?"
            if key not in known:
                self._problem(key_node, f"unknown key {prefix + key!r}{_suggestion(key, known)}")
            elif key in lines:
                self._problem(key_node, f"{prefix + key!r} is given twice")
            else:
                lines[key] = key_node
                old = getattr(section, key)
                if is_dataclass(old):
                    changes[key] = self.read(old, value_node, f"{prefix}{key}.")
                else:
                    value = self._value(prefix + key, known[key], value_node)
                    changes[key] = old if value is None else value
        result = replace(section, **changes)
        if contradiction := _contradiction(result):
            self._problem(lines.get(contradiction[0], node), contradiction[1])
        return result

    def _value(self, key: str, kind: type, node: Any) -> object:
        """Return the value of a key, or None after noting why it will not do."""
        value = self._construct(node)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not kind:
            self._problem(node, f"{key} must be {_KINDS[kind]}, not {str(node.value)[:60]!r}")
            return None
        if isinstance(value, int | float) and key in _RANGES:
            low, high = _RANGES[key]
            if not low <= value <= high or not math.isfinite(value):
                self._problem(node, f"{key} must be between {low:g} and {high:g}, not {value:g}")
                return None
        if key in _CHOICES and value not in _CHOICES[key]:
            choices = _CHOICES[key]
            self._problem(
                node, f"{key} must be one of {', '.join(choices)}, not {value!r}{_suggestion(value, choices)}"
            )
            return None
        return value


_KINDS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _suggestion(word: object, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(str(word), known, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"


def _contradiction(section: object) -> tuple[str, str] | None:
    """Return the key to blame and what is wrong where the values of a section do not go together."""
    match section:
        case SnapshotSettings(before=False, auto_rollback=True):
            return "before", "snapshots.before: false leaves nothing to roll back to; set auto_rollback: false as well"
        case PoolSettings() if section.low > section.high:
            return "low", f"pool.low ({section.low}) must not be above pool.high ({section.high})"
        case RunSettings() if section.retry_base_s > section.retry_cap_s:
            return "retry_base_s", "runs.retry_base_s must not be above runs.retry_cap_s"
        case ShellSettings():
            try:
                parse_key(section.detach_key)
            except InvalidInput as error:
                return "detach_key", f"shell.detach_key: {error.message}"
    return None
