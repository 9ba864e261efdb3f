"""What an expression may evaluate to, as far as reading alone can tell."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import Final

from tui.risk.code.budget import MAX_DECODED

Plain = str | bytes | int | float | bool | None
"""A value that both languages have."""


class Label(enum.Enum):
    """Where a value comes from, or what was done to it."""

    NETWORK = "content from the network"
    CREDENTIAL = "credentials"
    ENVIRONMENT = "all environment variables"
    SERIALIZED = "all environment variables as one text"
    SETTING = "an environment variable"
    HOST = "the names of this machine and its user"
    PLATFORM = "facts about this machine"
    FILE = "the content of a file"
    PRIVATE_FILE = "the content of a file outside the workspace"
    CLIPBOARD = "the clipboard"
    SCREEN = "pictures of the screen"
    KEYS = "what is typed"
    OUTPUT = "the output of a command"
    WALK = "every file found"
    DECODED = "decoded content"
    ASSEMBLED = "text put together from codes"
    PICTURE = "data hidden in a picture"
    ENCRYPTED = "encrypted content"
    REQUEST = "what a client of this server sends"
    TYPED = "what a person enters"
    SOCKET = "a network connection"
    TEMPORARY = "a temporary path"


Labels = frozenset[Label]
NOTHING: Final[Labels] = frozenset()


@dataclass(frozen=True, slots=True)
class Value:
    """A value of which nothing is known but its labels."""

    labels: Labels = field(default=NOTHING, kw_only=True)
    shown: str = field(default="", kw_only=True)
    """How it is written in the program: a name, for people."""


@dataclass(frozen=True, slots=True)
class Constant(Value):
    """A known value."""

    value: Plain = None
    others: tuple[Value, ...] = field(default=(), kw_only=True)
    """What it may be as well, because a branch decides."""


@dataclass(frozen=True, slots=True)
class Text(Value):
    """A string of known and unknown pieces."""

    parts: tuple[str | Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Items(Value):
    """A list, tuple, set or array whose length is known."""

    items: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Entries(Value):
    """A dictionary or plain object. It changes as the program assigns to it."""

    entries: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference(Value):
    """Something of a library, a builtin, or an undefined name: `os.system`."""

    name: str = ""
    disguised: bool = False
    """Whether it was looked up in a way that hides its name."""


@dataclass(frozen=True, slots=True, eq=False)
class Instance(Value):
    """An object that a library or a class of the program made. It changes as the program assigns to it."""

    kind: str = ""
    """The dotted name of what made it: `socket.socket`."""
    content: Value | None = None
    """What it stands for: the path of a path object or of an open file."""
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Routine(Value):
    """A function or class of the program itself; `body` belongs to the reader of its language."""

    name: str = ""
    body: object = None
    owner: Value | None = None
    """The object it is a method of."""


UNKNOWN: Final = Value()
_MOST_LOOKED_AT: Final = 300


def with_labels(value: Value, labels: Labels) -> Value:
    """Return `value` with `labels` added."""
    if not labels or labels <= value.labels:
        return value
    return replace(value, labels=value.labels | labels)


def inner_values(values: list[Value]) -> list[Value]:
    """Return `values` and everything in them, as far as a few hundred tell."""
    seen: dict[int, Value] = {id(value): value for value in values}
    open_ = list(values)
    while open_ and len(seen) < _MOST_LOOKED_AT:
        for inner in _inside(open_.pop()):
            if id(inner) not in seen:
                seen[id(inner)] = inner
                open_.append(inner)
    return list(seen.values())


def labels_of(value: Value | None) -> Labels:
    """Return the labels of `value` and of everything in it, as far as a few hundred values tell."""
    if value is None:
        return NOTHING
    if isinstance(value, Constant | Reference | Routine) or type(value) is Value:
        return value.labels
    found = set(value.labels)
    seen: set[int] = {id(value)}
    open_: list[Value] = [value]
    while open_ and len(seen) < _MOST_LOOKED_AT:
        each = open_.pop()
        found |= each.labels
        for inner in _inside(each):
            if id(inner) not in seen:
                seen.add(id(inner))
                open_.append(inner)
    return frozenset(found)


def _inside(value: Value) -> list[Value]:
    if isinstance(value, Items):
        return list(value.items[:_MOST_LOOKED_AT])
    if isinstance(value, Entries):
        return list(value.entries.values())[:_MOST_LOOKED_AT]
    if isinstance(value, Text):
        return [part for part in value.parts if isinstance(part, Value)]
    if isinstance(value, Instance):
        inside = list(value.attributes.values())[:64]
        return inside if value.content is None else [value.content, *inside]
    return []


def text_of(value: Value | None) -> str | None:
    """Return the string that `value` is known to be, or None."""
    if isinstance(value, Constant):
        if isinstance(value.value, str):
            return value.value
        if isinstance(value.value, bytes):
            return value.value.decode("utf-8", "replace")
    if isinstance(value, Instance) and value.content is not None:
        return text_of(value.content)
    return None


def pieces_of(value: Value | None) -> tuple[str | Value, ...]:
    """Return `value` as pieces of a string."""
    if value is None:
        return (UNKNOWN,)
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, Constant):
        if isinstance(value.value, bytes):
            return (value.value.decode("utf-8", "replace"),)
        return (str(value.value),)
    if isinstance(value, Instance) and value.content is not None:
        return pieces_of(value.content)
    return (value,)


def joined(pieces: list[str | Value], labels: Labels = NOTHING) -> Value:
    """Return a string made of `pieces`: a constant where all are known, nothing known where it is too long."""
    merged: list[str | Value] = []
    if sum(len(piece) for piece in pieces if isinstance(piece, str)) > MAX_DECODED:
        return Value(labels=labels.union(*(piece.labels for piece in pieces if isinstance(piece, Value))))
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    if all(isinstance(piece, str) for piece in merged):
        return Constant("".join(map(str, merged)), labels=labels)
    return Text(tuple(merged[:512]), labels=labels)


def shown(value: Value | None) -> str:
    """Return `value` for people: known text as it is, unknown pieces as `…` or their name."""
    if isinstance(value, Reference):
        return value.name
    return "".join(piece if isinstance(piece, str) else (piece.shown or "…") for piece in pieces_of(value))


_MOST_OTHERS: Final = 4


def or_else(value: Value, other: Value | None) -> Value:
    """Return `value`, which may be `other` as well: nobody knows which branch is taken."""
    if not isinstance(value, Constant) or not isinstance(other, Constant) or value.value == other.value:
        return value
    if not isinstance(value.value, str) or not isinstance(other.value, str):
        return value
    others = (*value.others, replace(other, others=()), *other.others)
    return replace(value, others=others[:_MOST_OTHERS])


def alternatives(value: Value) -> list[Value]:
    """Return what else `value`, or an element of it, may be."""
    if isinstance(value, Constant):
        return list(value.others)
    if isinstance(value, Items):
        for position, item in enumerate(value.items[:16]):
            if isinstance(item, Constant) and item.others:
                rest = value.items[:position], value.items[position + 1 :]
                return [replace(value, items=(*rest[0], each, *rest[1])) for each in item.others]
    return []
