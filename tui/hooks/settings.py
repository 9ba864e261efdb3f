"""`hooks.yaml`: which hooks are heard and how. Every mistake is reported with its line, all of them at once.

preset: development
timeout_s: 10
hooks:
  notification: {min_duration: 60, webhook: "https://example.org/hook"}
  git: {enabled: false}
  guard: {points: [after-assessment], priority: 90, timeout_s: 2}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tui.definitions.fields import Fields, Problems
from tui.definitions.frontmatter import Node
from tui.definitions.model import Json
from tui.definitions.problems import in_order
from tui.definitions.text_files import read_mapping
from tui.errors import InvalidInput
from tui.hooks.chain import DEFAULT_TIMEOUT_S
from tui.hooks.model import Point
from tui.hooks.options import free_options, option_names, read_options
from tui.hooks.presets import BUILTIN_OPTIONS, PRESETS, Preset
from tui.paths import Paths

_LARGEST_FILE: Final = 256 * 1024
_LARGEST_TIMEOUT_S: Final = 3600.0
_COMMON: Final = ("enabled", "priority", "timeout_s")
_FOREIGN: Final = (*_COMMON, "points", "options")


@dataclass(frozen=True, slots=True)
class HookSettings:
    """What the settings say about one hook; None leaves it to the hook or the preset."""

    enabled: bool = True
    priority: int | None = None
    timeout_s: float | None = None
    """Seconds."""
    points: frozenset[Point] | None = None
    """Only for hooks that Rollcage does not bring along."""
    options: Any = None
    """Of a built-in hook its `Options`; of a package's hook a mapping."""


@dataclass(frozen=True, slots=True)
class HooksSettings:
    """All of `hooks.yaml`, on top of its preset."""

    preset: Preset = Preset.DEFAULT
    timeout_s: float = DEFAULT_TIMEOUT_S
    """Seconds a hook may take that says nothing else."""
    hooks: Mapping[str, HookSettings] = field(default_factory=dict)
    """By name; the built-in hooks are all there."""

    def of(self, name: str) -> HookSettings:
        """Return what is set for a hook."""
        return self.hooks.get(name, HookSettings())

    @classmethod
    def for_preset(cls, preset: Preset) -> HooksSettings:
        """Return a preset with nothing changed."""
        return _read(None, preset, Problems(""), ())


def load_hook_settings(paths: Paths, known: Iterable[str] = ()) -> HooksSettings:
    """Return this user's settings; those of the default preset where there is no file.

    `known` names the hooks that are installed besides the built-in ones, so that misspelt names are found.

    Raises:
        InvalidInput: with every mistake as `file:line: error: …`.
    """
    file = paths.hooks_file
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return HooksSettings.for_preset(Preset.DEFAULT)
    except OSError as error:
        raise InvalidInput(f"cannot read {file}: {error.strerror}") from None
    return parse_hook_settings(data, file, known)


def parse_hook_settings(data: bytes, file: Path, known: Iterable[str] = ()) -> HooksSettings:
    """Return the settings a YAML text holds; `file` is only for messages.

    Raises:
        InvalidInput: as for `load_hook_settings`.
    """
    problems = Problems(str(file))
    settings = HooksSettings.for_preset(Preset.DEFAULT)
    what = "the settings must be a mapping of keys to values"
    if (root := read_mapping(data, _LARGEST_FILE, problems, what=what)) is not None:
        fields = Fields(root, "the settings", ("preset", "timeout_s", "hooks"), problems)
        preset = fields.enum("preset", Preset, Preset.DEFAULT, {})
        settings = _read(fields, preset, problems, tuple(known))
    if found := in_order(problems):
        lines = "\n".join(map(str, found))
        raise InvalidInput(lines, hint=f"correct {file.name}, or move it away to use the default preset")
    return settings


def _read(fields: Fields | None, preset: Preset, problems: Problems, known: tuple[str, ...]) -> HooksSettings:
    enabled = PRESETS[preset]
    hooks = {
        name: HookSettings(name in enabled, options=enabled.get(name, default))
        for name, default in BUILTIN_OPTIONS.items()
    }
    if fields is None:
        return HooksSettings(preset, hooks=hooks)
    timeout_s = _seconds(fields, problems) or DEFAULT_TIMEOUT_S
    given = fields.mapping("hooks", (*hooks, *known), "hooks")
    for key, value in given.node.pairs if given is not None else ():
        name = key.text
        if value.kind == "null" or (name not in hooks and name not in known):
            continue  # an unknown name is a problem already
        if value.kind != "map":
            problems.error(value, f"hook {name!r} must be a mapping", "write {enabled: true}")
        elif name in hooks:
            hooks[name] = _builtin(value, name, hooks[name], problems)
        else:
            hooks[name] = _foreign(value, name, problems)
    return HooksSettings(preset, timeout_s, hooks)


def _builtin(node: Node, name: str, before: HookSettings, problems: Problems) -> HookSettings:
    fields = Fields(node, f"hook {name!r}", (*_COMMON, *option_names(before.options)), problems)
    options = read_options(fields, before.options, problems)
    # Who sets a hook's options wants it, unless they say otherwise.
    return HookSettings(
        fields.boolean("enabled", default=True), _priority(fields, problems), _seconds(fields, problems), None, options
    )


def _foreign(node: Node, name: str, problems: Problems) -> HookSettings:
    fields = Fields(node, f"hook {name!r}", _FOREIGN, problems)
    options: Mapping[str, Json] = {}
    if (given := fields.get("options")) is not None:
        options = free_options(given, f"hook {name!r}: 'options'", problems)
    return HookSettings(
        fields.boolean("enabled", default=True),
        _priority(fields, problems),
        _seconds(fields, problems),
        _points(fields, name, problems),
        options,
    )


def _points(fields: Fields, name: str, problems: Problems) -> frozenset[Point] | None:
    if "points" not in fields:
        return None
    found = set()
    for text, node in fields.texts("points"):
        try:
            found.add(Point(text.lower()))
        except ValueError:
            problems.error(node, f"hook {name!r}: {text!r} is no point", f"one of {', '.join(Point)}")
    return frozenset(found)


def _priority(fields: Fields, problems: Problems) -> int | None:
    number = fields.number("priority")
    if number is None:
        return None
    if number != int(number) or not -1000 <= number <= 1000:
        node = fields.get("priority")
        assert node is not None
        problems.error(node, f"{fields.where}: 'priority' must be a whole number from -1000 to 1000")
        return None
    return int(number)


def _seconds(fields: Fields, problems: Problems) -> float | None:
    number = fields.number("timeout_s")
    if number is not None and not 0 < number <= _LARGEST_TIMEOUT_S:
        node = fields.get("timeout_s")
        assert node is not None
        problems.error(node, f"{fields.where}: 'timeout_s' must be above 0, and at most {_LARGEST_TIMEOUT_S:g}")
        return None
    return None if number is None else float(number)
