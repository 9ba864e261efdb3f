"""Values for a definition's parameters: typed, defaulted, checked, all problems at once.

Values come as text (command line, form) or already typed (JSON). Text becomes a value by the parameter's type:

| type      | text                                                                          |
|-----------|-------------------------------------------------------------------------------|
| string    | as it is                                                                      |
| number    | decimal, for example `3`, `-0.5`, `1e3`                                        |
| boolean   | true false yes no on off 1 0, in any case                                     |
| array     | JSON if it begins with `[`; else split at commas, white space around removed  |
| object    | JSON                                                                          |

A `pattern` must describe the **whole** value, as in HTML forms: a check that a newline or a suffix slips past is
worse than one that says no. Write `.*` around it to search. `allowed_values` of an array hold for every item.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tui.definitions.kinds import ParameterType
from tui.definitions.model import Definition, Json, Parameter
from tui.definitions.patterns import BadPattern, matches
from tui.definitions.spelling import did_you_mean
from tui.errors import InvalidInput, UsageError
from tui.text import clean_line

MAX_VALUE_BYTES: Final = 64 * 1024
"""Linux refuses a single argument or environment variable above 128 KiB (`MAX_ARG_STRLEN`); quoting can double one."""
MAX_TOTAL_BYTES: Final = 512 * 1024
_MAX_DEPTH: Final = 20
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?\d+", re.ASCII)
_MAX_DIGITS: Final = 300
_BOOLEANS: Final = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """Why a value cannot be used."""

    parameter: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.parameter!r}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class InvalidParameters(InvalidInput):
    """The values given for a definition do not fit; `problems` holds every reason."""

    def __init__(self, name: str, usage: str, problems: Sequence[ValueProblem]) -> None:
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"the parameters of {name} do not fit:{lines}", hint=f"usage: {usage}")
        self.problems = tuple(problems)


def resolve(definition: Definition, given: Mapping[str, object]) -> dict[str, Json]:
    """Return the typed value of every parameter that has one, defaults applied, in the order of the definition.

    Raises:
        InvalidParameters: with every problem there is.
    """
    values, problems = check(definition.parameters, given)
    if problems:
        raise InvalidParameters(definition.name, definition.usage_line, problems)
    return values


def check(parameters: Sequence[Parameter], given: Mapping[str, object]) -> tuple[dict[str, Json], list[ValueProblem]]:
    """Return the typed values, and everything that is wrong. A given None means: not given."""
    names = [parameter.name for parameter in parameters]
    problems = [
        ValueProblem(name, "there is no such parameter", did_you_mean(name, names) or "there are no parameters")
        for name in given
        if name not in names
    ]
    values: dict[str, Json] = {}
    for parameter in parameters:
        value = given.get(parameter.name)
        if value is not None:
            try:
                values[parameter.name] = checked(parameter, value)
            except ValueError as error:
                problems.append(ValueProblem(parameter.name, str(error), parameter.description))
        elif parameter.required:
            problems.append(ValueProblem(parameter.name, "is required", parameter.description))
        elif parameter.default is not None:
            values[parameter.name] = _json(parameter.default, 0)
    if sum(len(as_text(value).encode(errors="replace")) for value in values.values()) > MAX_TOTAL_BYTES:
        problems.append(ValueProblem("*", f"all values together exceed {MAX_TOTAL_BYTES // 1024} KiB"))
    return values, problems


def parse_assignments(words: Iterable[str]) -> dict[str, str]:
    """Turn `name=value` words of a command line into a mapping; the value may hold further `=`.

    Raises:
        UsageError: a word has no `=`, or a name comes twice.
    """
    given: dict[str, str] = {}
    for word in words:
        name, separator, value = word.partition("=")
        if not separator or not name:
            raise UsageError(f"not a parameter: {word!r}", hint="write parameters as name=value")
        if name in given:
            raise UsageError(f"parameter {name!r} is given twice")
        given[name] = value
    return given


def checked(parameter: Parameter, value: object) -> Json:
    """Return `value` typed for the parameter.

    Raises:
        ValueError: with the reason, when it does not fit.
    """
    typed = _typed(parameter.type, value)
    text = as_text(typed)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ValueError("is not valid UTF-8 text") from None
    if size > MAX_VALUE_BYTES:
        raise ValueError(f"is longer than {MAX_VALUE_BYTES // 1024} KiB; pass a file instead")
    if _holds_nul(typed):
        raise ValueError("holds a NUL character, which no command can be given")
    _validate(parameter, typed)
    return typed


def as_text(value: Json) -> str:
    """Return a value as plain text: a string itself, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _typed(kind: ParameterType, value: object) -> Json:
    if kind is ParameterType.STRING:
        if not isinstance(value, str):
            raise ValueError(f"must be a string, not {_name(value)}")
        return value
    if isinstance(value, str):
        value = _from_text(kind, value)
    fits = {
        ParameterType.NUMBER: isinstance(value, int | float) and not isinstance(value, bool),
        ParameterType.BOOLEAN: isinstance(value, bool),
        ParameterType.ARRAY: isinstance(value, list | tuple),
        ParameterType.OBJECT: isinstance(value, dict),
    }
    if not fits[kind]:
        raise ValueError(f"must be {_article(kind)}, not {_name(value)}")
    return _json(value, 0)


def _from_text(kind: ParameterType, text: str) -> object:
    stripped = text.strip()
    if kind is ParameterType.BOOLEAN:
        if stripped.lower() not in _BOOLEANS:
            raise ValueError(f"must be true or false, not {text!r}")
        return _BOOLEANS[stripped.lower()]
    if kind is ParameterType.NUMBER:
        if not _NUMBER.fullmatch(stripped) or len(stripped) > _MAX_DIGITS:
            raise ValueError(f"must be a number, not {text[:60]!r}")
        return int(stripped) if _INTEGER.fullmatch(stripped) else float(stripped)
    if kind is ParameterType.ARRAY and not stripped.startswith("["):
        return [item.strip() for item in text.split(",")] if stripped else []
    try:
        return json.loads(stripped, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not valid JSON: {error}") from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _json(value: object, depth: int) -> Json:
    """Return a copy of a JSON value, refusing anything else."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"is nested more than {_MAX_DEPTH} levels deep")
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if abs(value) >= 10**_MAX_DIGITS:
            raise ValueError(f"has a number of more than {_MAX_DIGITS} digits")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("has a number that is not finite")
        return value
    if isinstance(value, list | tuple):
        return [_json(item, depth + 1) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {str(key): _json(item, depth + 1) for key, item in value.items()}
    raise ValueError(f"holds {_name(value)}, which JSON cannot say")


def _validate(parameter: Parameter, value: Json) -> None:
    rules = parameter.validation
    if isinstance(value, int | float) and not isinstance(value, bool):
        if rules.minimum is not None and value < rules.minimum:
            raise ValueError(f"must be at least {rules.minimum:g}, not {value}")
        if rules.maximum is not None and value > rules.maximum:
            raise ValueError(f"must be at most {rules.maximum:g}, not {value}")
    if rules.allowed_values:
        allowed = [canonical(choice) for choice in rules.allowed_values]
        for item in value if isinstance(value, list) else [value]:
            if canonical(item) not in allowed:
                choices = ", ".join(clean_line(as_text(choice)) for choice in rules.allowed_values)
                raise ValueError(f"must be one of {choices}; not {as_text(item)[:60]!r}")
    if rules.pattern is not None and isinstance(value, str):
        try:
            fits = matches(rules.pattern, value)
        except BadPattern as error:
            raise ValueError(f"cannot be checked against {rules.pattern.pattern!r}: {error}") from None
        if not fits:
            raise ValueError(f"{value[:60]!r} does not match {rules.pattern.pattern!r} as a whole")


def canonical(value: Json) -> str:
    """Return the text by which values are compared: a string itself, else its JSON; 2 and 2.0 are the same."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _holds_nul(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, dict) and any("\0" in key or _holds_nul(item) for key, item in value.items())


def _article(kind: ParameterType) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _name(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", dict: "an object"}
    names |= {list: "an array", tuple: "an array", type(None): "nothing"}
    return names.get(type(value), type(value).__name__)
