"""Reading typed fields out of frontmatter, collecting every problem with its place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from tui.definitions.frontmatter import Node
from tui.definitions.problems import Problem, Severity
from tui.definitions.spelling import did_you_mean

if TYPE_CHECKING:
    from tui.definitions.model import Json

_Enum = TypeVar("_Enum", bound=StrEnum)
MAX_PROBLEMS: Final = 200
_MAX_DIGITS: Final = 300
_LARGEST: Final = 2**64 - 1
_TRUE: Final = frozenset({"true", "yes", "on", "y"})
_KINDS: Final = {
    "str": "text", "int": "a number", "float": "a number", "bool": "true or false", "null": "nothing",
    "seq": "a list", "map": "a mapping", "timestamp": "a date",
}  # fmt: skip


class NotRepresentable(ValueError):
    """A YAML value that JSON cannot say."""


class Fields:
    """The keys of one mapping. `where` names it in messages, for example `parameter 'path'`."""

    def __init__(self, node: Node, where: str, known: Iterable[str], problems: Problems) -> None:
        self.node = node
        self.where = where
        self._problems = problems
        self._values: dict[str, Node] = {}
        self._keys: dict[str, Node] = {}
        known = tuple(known)
        for key, value in node.pairs:
            if key.kind in {"seq", "map"}:
                problems.error(key, f"{where}: a key must be a word")
            elif key.text in self._keys:
                first = self._keys[key.text].line
                problems.error(key, f"{where}: {key.text!r} is given twice", f"first on line {first}")
            else:
                self._keys[key.text] = key
                self._values[key.text] = value
                if key.text not in known and not problems.full:
                    problems.error(key, f"{where}: unknown field {key.text!r}", did_you_mean(key.text, known))

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def get(self, name: str) -> Node | None:
        """Return the node of a field, or None if it is absent or null."""
        node = self._values.get(name)
        return None if node is None or node.kind == "null" else node

    def text(self, name: str, *, required: bool = False) -> str | None:
        """Return a field as the author wrote it: `1.10` is not turned into a number first."""
        node = self.get(name)
        if node is None:
            if required:
                # An empty `name:` is where the author must look; an absent one belongs to the mapping.
                place = self._keys.get(name, self.node)
                self._problems.error(place, f"{self.where}: {name!r} is required")
            return None
        return self._problems.text(node, f"{self.where}: {name!r}", required=required)

    def texts(self, name: str) -> list[tuple[str, Node]]:
        """Return a list of texts, each with its node."""
        node = self.get(name)
        if node is None:
            return []
        label = f"{self.where}: {name!r}"
        if node.kind != "seq":
            self._problems.error(node, f"{label} must be a list, not {describe(node)}", "write [one, two]")
            return []
        return [
            (text, item)
            for item in node.items
            if (text := self._problems.text(item, f"{label}: an item", required=True)) is not None
        ]

    def whole(self, name: str) -> int | None:
        """Return a whole number from 1 to 2^64-1."""
        node = self.get(name)
        if node is None:
            return None
        value = _number(node) if node.kind == "int" else None
        if not isinstance(value, int) or not 0 < value <= _LARGEST:
            hint = "at least 1; leave it out for no limit" if node.kind == "int" else "digits only, without a unit"
            self._problems.error(node, f"{self.where}: {name!r} must be a whole number above zero", hint)
            return None
        return value

    def number(self, name: str) -> float | None:
        """Return a number."""
        node = self.get(name)
        if node is None:
            return None
        value = _number(node) if node.kind in {"int", "float"} else None
        if value is None:
            self._problems.error(node, f"{self.where}: {name!r} must be a number, not {describe(node)}")
        return value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """Return true or false."""
        node = self.get(name)
        if node is None:
            return default
        if node.kind != "bool":
            self._problems.error(node, f"{self.where}: {name!r} must be true or false, not {describe(node)}")
            return default
        return node.text.lower() in _TRUE

    def enum(self, name: str, kind: type[_Enum], default: _Enum, synonyms: dict[str, _Enum]) -> _Enum:
        """Return one of an enumeration's values, read in any letter case."""
        return self.optional_enum(name, kind, synonyms) or default

    def optional_enum(self, name: str, kind: type[_Enum], synonyms: dict[str, _Enum]) -> _Enum | None:
        """Return one of an enumeration's values, read in any letter case, or None if the field is absent."""
        node = self.get(name)
        if node is None or (text := self._problems.text(node, f"{self.where}: {name!r}")) is None:
            return None
        choices = {member.value: member for member in kind} | synonyms
        choice = choices.get(text.strip().lower())
        if choice is None:
            allowed = ", ".join(member.value for member in kind)
            self._problems.error(node, f"{self.where}: {name!r} cannot be {text!r}", f"one of {allowed}")
        return choice

    def mapping(self, name: str, known: Iterable[str], where: str) -> Fields | None:
        """Return the fields of a nested mapping."""
        node = self.get(name)
        if node is None:
            return None
        if node.kind != "map":
            self._problems.error(node, f"{self.where}: {name!r} must be a mapping, not {describe(node)}")
            return None
        return Fields(node, where, known, self._problems)


class Problems:
    """The problems of one file, as they are found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Problem] = []

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    @property
    def full(self) -> bool:
        """Whether enough was found; a file with more problems is not one somebody repairs line by line."""
        return len(self._found) >= MAX_PROBLEMS

    def error(self, node: Node, message: str, hint: str = "") -> None:
        """Note an error at a node."""
        self.at(node.line, node.column, message, hint)

    def at(
        self, line: int, column: int | None, message: str, hint: str = "", severity: Severity = Severity.ERROR
    ) -> None:
        """Note a problem at a line."""
        if not self.full:
            self._found.append(Problem(self.file, line, column, severity, message, hint))

    def text(self, node: Node, label: str, *, required: bool = False) -> str | None:
        """Return a scalar as written, without white space around it; nothing for an empty one."""
        if node.kind in {"seq", "map", "null"}:
            self.error(node, f"{label} must be text, not {describe(node)}")
            return None
        text = node.text.strip()
        if not text and required:
            self.error(node, f"{label} must not be empty")
        return text or None


def describe(node: Node) -> str:
    """Name what a node is, for a message."""
    return _KINDS.get(node.kind, repr(node.kind))


def json_value(node: Node) -> Json:
    """Return a node as a JSON value.

    Raises:
        NotRepresentable: it is not one (a date, a NaN, a number of hundreds of digits, a key that is no text).
    """
    if node.kind == "str":
        return node.text
    if node.kind in {"int", "float"}:
        number = _number(node)
        if number is None:
            raise NotRepresentable(f"{node.text[:40]!r} is not a usable number")
        return number
    if node.kind == "bool":
        return node.text.lower() in _TRUE
    if node.kind == "null":
        return None
    if node.kind == "seq":
        return [json_value(item) for item in node.items]
    if node.kind == "map":
        if any(key.kind in {"seq", "map"} for key, _ in node.pairs):
            raise NotRepresentable("a key must be text")
        return {key.text: json_value(value) for key, value in node.pairs}
    raise NotRepresentable(f"put {node.text[:40]!r} in quotes")


def _number(node: Node) -> int | float | None:
    """Return a YAML 1.1 number, or None if it is not finite or too long."""
    import yaml

    if len(node.text) > _MAX_DIGITS:
        return None
    constructor = yaml.constructor.SafeConstructor()
    scalar = yaml.ScalarNode(f"tag:yaml.org,2002:{node.kind}", node.text)
    try:
        value: int | float = (
            constructor.construct_yaml_int(scalar) if node.kind == "int" else constructor.construct_yaml_float(scalar)
        )
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None
