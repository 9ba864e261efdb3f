"""Reading the options of a hook out of YAML: the fields of a dataclass say what there is and of which type."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from tui.definitions.fields import Fields, NotRepresentable, Problems, describe, json_value
from tui.definitions.frontmatter import Node
from tui.definitions.model import Json

_Options = TypeVar("_Options")


def option_names(options: object) -> tuple[str, ...]:
    """Return the names of the options a dataclass has."""
    assert is_dataclass(options)
    return tuple(field.name for field in fields(options))


def read_options(given: Fields, defaults: _Options, problems: Problems) -> _Options:
    """Return `defaults` with what the fields say; mistakes go to `problems`."""
    hints = get_type_hints(type(defaults))
    changes = {
        name: value
        for name in option_names(defaults)
        if (node := given.get(name)) is not None
        and (value := _value(given, name, node, hints[name], problems)) is not None
    }
    assert is_dataclass(defaults)
    assert not isinstance(defaults, type)
    return replace(defaults, **changes)


def _value(given: Fields, name: str, node: Node, kind: Any, problems: Problems) -> Any:
    """Return the value of an option, or None after noting why it will not do."""
    kind = _without_none(kind)
    label = f"{given.where}: {name!r}"
    if kind is bool:
        return given.boolean(name)
    if kind is int:
        return given.whole(name)
    if kind is float:
        number = given.number(name)
        if number is not None and number < 0:
            problems.error(node, f"{label} must not be below zero")
            return None
        return None if number is None else float(number)
    if kind is str:
        return given.text(name, required=True)
    if kind is Path:
        text = given.text(name, required=True)
        return None if text is None else _path(text, node, label, problems)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return given.optional_enum(name, kind, {})
    if get_origin(kind) is tuple:
        return _tuple(given, name, get_args(kind)[0], label, problems)
    if get_origin(kind) is Mapping:
        return _mapping(node, label, problems)
    raise TypeError(f"no option can be a {kind}")


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in {Union, types.UnionType}:
        return next(one for one in get_args(kind) if one is not type(None))
    return kind


def _path(text: str, node: Node, label: str, problems: Problems) -> Path | None:
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:  # no such home directory
        problems.error(node, f"{label}: {error}")
        return None
    if not path.is_absolute():
        problems.error(node, f"{label} must be an absolute path, or begin with ~")
        return None
    return path


def _tuple(given: Fields, name: str, kind: Any, label: str, problems: Problems) -> tuple[Any, ...] | None:
    found: list[Any] = []
    for text, node in given.texts(name):
        if kind is str:
            found.append(text)
        elif kind is Path:
            if (path := _path(text, node, label, problems)) is not None:
                found.append(path)
        else:
            choices = {str(member).lower(): member for member in kind}
            if text.lower() in choices:
                found.append(choices[text.lower()])
            else:
                problems.error(node, f"{label}: {text!r} is none of {', '.join(map(str, kind))}")
    return tuple(found)


def _mapping(node: Node, label: str, problems: Problems) -> Mapping[str, str] | None:
    if node.kind != "map":
        problems.error(node, f"{label} must be a mapping, not {describe(node)}", "write `NAME: value` lines")
        return None
    found: dict[str, str] = {}
    for key, value in node.pairs:
        if key.kind in {"seq", "map"} or value.kind in {"seq", "map", "null"}:
            problems.error(value, f"{label}: {key.text!r} must be one text")
        elif key.text in found:
            problems.error(key, f"{label}: {key.text!r} is given twice")
        else:
            found[key.text] = value.text
    return found


def free_options(node: Node, label: str, problems: Problems) -> Mapping[str, Json]:
    """Return a mapping whose meaning only its reader knows, as JSON values."""
    if node.kind != "map":
        problems.error(node, f"{label} must be a mapping, not {describe(node)}")
        return {}
    try:
        value = json_value(node)
    except NotRepresentable as error:
        problems.error(node, f"{label}: {error}")
        return {}
    assert isinstance(value, dict)
    return value
