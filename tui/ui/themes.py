"""Themes from YAML files: those Rollcage ships, and those in the user's directory, which win by name.

A bad colour that reaches Textual takes the application down at the moment the theme is drawn, so every value is
checked here, and a file with mistakes is reported and left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import yaml
from textual.color import Color, ColorParseError
from textual.theme import Theme

from tui.paths import Paths, shipped

_COLOURS: Final = (
    "primary", "secondary", "accent", "success", "warning", "error", "foreground", "background", "surface", "panel",
    "boost",
)  # fmt: skip
_KEYS: Final = frozenset((*_COLOURS, "name", "dark", "ansi", "variables"))
_MAX_BYTES: Final = 64 * 1024


@dataclass(slots=True)
class Themes:
    """What was found."""

    loaded: dict[str, Theme] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """Each with the file, the key and what is wrong."""


def load_themes(paths: Paths) -> Themes:
    """Return the shipped themes and the user's."""
    themes = Themes()
    for directory in (shipped("themes"), paths.user_themes):
        for file in sorted(directory.glob("*.yaml")) if directory.is_dir() else ():
            theme, problems = read_theme(file)
            themes.problems += [f"{file}: {problem}" for problem in problems]
            if theme is not None:
                themes.loaded[theme.name] = theme
    return themes


def read_theme(file: Path) -> tuple[Theme | None, list[str]]:
    """Return the theme of a file, or None and everything that is wrong with it."""
    try:
        with file.open("rb") as stream:
            text = stream.read(_MAX_BYTES + 1)
        if len(text) > _MAX_BYTES:
            return None, [f"larger than {_MAX_BYTES // 1024} KiB"]
        data = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        return None, [f"cannot be read: {error}"]
    if not isinstance(data, dict):
        return None, ["must be a mapping of keys to values"]
    problems = list(_problems(data))
    if problems:
        return None, problems
    colours = {key: str(data[key]) for key in _COLOURS if key in data}
    variables = {str(key): str(value) for key, value in data.get("variables", {}).items()}
    name = str(data.get("name", file.stem))
    theme = Theme(name, colours.pop("primary"), dark=data.get("dark", True), ansi=data.get("ansi", False))
    return replace(theme, variables=variables, **colours), []  # type: ignore[arg-type]


def _problems(data: dict[Any, Any]) -> Iterable[str]:
    for key in data:
        if key not in _KEYS:
            yield f"{key}: there is no such key; there are {', '.join(sorted(_KEYS))}"
    if "primary" not in data:
        yield "primary: is required"
    for key in _COLOURS:
        if key in data and (problem := _colour_problem(data[key])):
            yield f"{key}: {problem}"
    for key in ("dark", "ansi"):
        if not isinstance(data.get(key, True), bool):
            yield f"{key}: must be true or false"
    if not isinstance(data.get("name", ""), str) or not data.get("name", "x").isprintable():
        yield "name: must be a printable text"
    variables = data.get("variables", {})
    if not isinstance(variables, dict):
        yield "variables: must be a mapping"
        return
    for key, value in variables.items():
        if not isinstance(value, str):
            yield f"variables.{key}: must be a text"
        elif not str(key).endswith("-style") and (problem := _colour_problem(value)):
            yield f"variables.{key}: {problem}"


def _colour_problem(value: object) -> str:
    if not isinstance(value, str):
        return f"{value!r} is not a colour; write it in quotes, such as '#5fb3b3'"
    colour, _, opacity = value.partition(" ")
    try:
        Color.parse(colour)
    except ColorParseError:
        return f"{value!r} is not a colour"
    if opacity and not (opacity.endswith("%") and opacity[:-1].isdigit()):
        return f"{value!r} is not a colour with an opacity such as '40%'"
    return ""
