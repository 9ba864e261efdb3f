"""Reading the `parameters` of a definition's frontmatter."""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from tui.definitions.fields import Fields, NotRepresentable, Problems, describe, json_value
from tui.definitions.frontmatter import Node
from tui.definitions.kinds import ParameterType
from tui.definitions.model import PARAMETER_NAME, Json, Parameter, Validation
from tui.definitions.parameters import canonical, checked
from tui.definitions.patterns import BadPattern, compile_pattern
from tui.definitions.problems import Severity
from tui.definitions.templating import environment_name

MAX_PARAMETERS: Final = 100
_PARAMETER: Final = (
    "name", "type", "required", "description", "default_value", "validation", "allowed_values", "secret",
)  # fmt: skip
_VALIDATION: Final = ("min", "max", "allowed_values", "pattern")


def read_parameters(fields: Fields, problems: Problems) -> tuple[Parameter, ...]:
    """Return every parameter that could be read; what is wrong with the others is among the problems."""
    node = fields.get("parameters")
    if node is None:
        return ()
    if node.kind != "seq":
        problems.error(node, f"'parameters' must be a list, not {describe(node)}", "begin each with `- name: …`")
        return ()
    if len(node.items) > MAX_PARAMETERS:
        problems.error(node.items[MAX_PARAMETERS], f"more than {MAX_PARAMETERS} parameters")
        return ()
    read = [_read(item, problems) for item in node.items]
    seen: dict[str, Parameter] = {}
    for item, parameter in zip(node.items, read, strict=True):
        if parameter is None:
            continue
        # Names that differ only in case would share an environment variable.
        variable = environment_name(parameter.name)
        if variable in seen:
            first = seen[variable]
            twice = "is declared twice" if first.name == parameter.name else f"differs from {first.name!r} only in case"
            problems.error(item, f"parameter {parameter.name!r} {twice}", f"first on line {first.line}")
        seen.setdefault(variable, parameter)
    return tuple(seen.values())


def _read(node: Node, problems: Problems) -> Parameter | None:
    if node.kind != "map":
        problems.error(node, f"a parameter must be a mapping, not {describe(node)}", "begin it with `- name: …`")
        return None
    key = next((value.text for key, value in node.pairs if key.text == "name"), "")
    where = f"parameter {key!r}" if key else "a parameter"
    fields = Fields(node, where, _PARAMETER, problems)
    name = fields.text("name", required=True)
    if name is not None and PARAMETER_NAME.fullmatch(name) is None:
        hint = "a letter, then letters, digits and _"
        problems.error(fields.get("name") or node, f"{where}: {name!r} is not a valid name", hint)
        name = None
    fields.text("type", required=True)
    kind = fields.optional_enum("type", ParameterType, {})
    parameter = Parameter(
        name=name or "",
        type=kind or ParameterType.STRING,
        required=fields.boolean("required"),
        description=fields.text("description") or "",
        secret=fields.boolean("secret"),
        line=node.line,
    )
    if kind is not None:
        parameter = dataclasses.replace(parameter, validation=_validation(fields, parameter, problems))
        parameter = dataclasses.replace(parameter, default=_default(fields, parameter, problems))
    # A parameter of unknown type still counts as known in templates, so that one mistake gives one message.
    return parameter if name is not None else None


def _default(fields: Fields, parameter: Parameter, problems: Problems) -> Json:
    node = fields.get("default_value")
    if node is None:
        return None
    if parameter.required:
        hint = "remove `required` or the default"
        problems.error(node, f"{fields.where}: a required parameter cannot have a default_value", hint)
        return None
    try:
        return checked(parameter, _value(node, parameter.type))
    except ValueError as error:
        problems.error(node, f"{fields.where}: default_value {error}")
        return None


def _validation(fields: Fields, parameter: Parameter, problems: Problems) -> Validation:
    where = f"{fields.where}: validation"
    rules = fields.mapping("validation", _VALIDATION, where)
    minimum = maximum = None
    pattern: re.Pattern[str] | None = None
    direct = _allowed(fields, parameter, problems)
    nested: tuple[Json, ...] = ()
    if rules is not None:
        minimum, maximum = rules.number("min"), rules.number("max")
        for name in ("min", "max"):
            _only_for(rules, name, parameter, ParameterType.NUMBER, problems)
        if minimum is not None and maximum is not None and minimum > maximum:
            problems.error(rules.node, f"{where}: min {minimum:g} is above max {maximum:g}")
        _only_for(rules, "pattern", parameter, ParameterType.STRING, problems)
        pattern = _pattern(rules, problems)
        nested = _allowed(rules, parameter, problems)
        both = fields.get("allowed_values")
        if both is not None and nested and direct != nested:
            message = f"{fields.where}: 'allowed_values' is given twice; the one in 'validation' holds"
            problems.at(both.line, both.column, message, severity=Severity.WARNING)
    return Validation(minimum, maximum, nested or direct, pattern)


def _pattern(rules: Fields, problems: Problems) -> re.Pattern[str] | None:
    node = rules.get("pattern")
    # Not `rules.text`: white space at the ends of a pattern means something.
    if node is None or problems.text(node, f"{rules.where}: 'pattern'", required=True) is None:
        return None
    try:
        return compile_pattern(node.text)
    except BadPattern as error:
        problems.error(node, f"{rules.where}: bad pattern {node.text[:60]!r}: {error}")
        return None


def _allowed(fields: Fields, parameter: Parameter, problems: Problems) -> tuple[Json, ...]:
    node = fields.get("allowed_values")
    if node is None:
        return ()
    label = f"{fields.where}: 'allowed_values'"
    if node.kind != "seq" or not node.items:
        problems.error(node, f"{label} must be a list with at least one value", "write [one, two]")
        return ()
    # Those of an array hold for its items, which may be anything.
    kind = None if parameter.type is ParameterType.ARRAY else parameter.type
    found: dict[str, Json] = {}
    for item in node.items:
        try:
            value = json_value(item) if kind is None else checked(Parameter("", kind), _choice(item, kind))
        except ValueError as error:
            problems.error(item, f"{label}: a value {error}")
            continue
        found.setdefault(canonical(value), value)
    return tuple(found.values())


def _choice(node: Node, kind: ParameterType) -> object:
    """Return an allowed value; one of a number or boolean may be written as text."""
    return node.text if node.kind not in {"seq", "map", "null"} else _value(node, kind)


def _value(node: Node, kind: ParameterType) -> object:
    """Return a value as typed YAML; for a string, the author's very characters (`1.10`, `yes`, `2024-01-01`)."""
    if kind is ParameterType.STRING and node.kind not in {"seq", "map", "null"}:
        return node.text
    value = json_value(node)
    if isinstance(value, str):
        # Only a command line or form gives numbers and lists as text; in YAML that is a slip.
        raise NotRepresentable(f"must be of type {kind}, not the text {value[:40]!r}")
    return value


def _only_for(rules: Fields, name: str, parameter: Parameter, kind: ParameterType, problems: Problems) -> None:
    node = rules.get(name)
    if node is not None and parameter.type is not kind:
        problems.error(node, f"{rules.where}: {name!r} is for {kind}s, not for {parameter.type} parameters")
