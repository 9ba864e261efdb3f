"""What both languages share: paths put together, settings of the environment, what a loop meets."""

from __future__ import annotations

import re

from tui.levels import RiskLevel
from tui.risk.code.budget import MAX_DEPTH, MAX_ITEMS
from tui.risk.code.judge import Judge
from tui.risk.code.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Entries,
    Instance,
    Items,
    Label,
    Labels,
    Reference,
    Text,
    Value,
    joined,
    labels_of,
    pieces_of,
)
from tui.risk.model import Category, Effect, Span

CALLED_FOR_CLIENTS = frozenset({
    "lambda_handler", "handler", "fetch", "GET", "POST", "PUT", "PATCH", "DELETE", "onRequest", "onRequestGet",
    "onRequestPost", "getServerSideProps",
})  # fmt: skip
"""Names by which platforms know the function that they call for each client."""
HOME_VARIABLES = frozenset({"HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"})


TEMPORARY_VARIABLES = frozenset({"TMPDIR", "TEMP", "TMP"})


def path_join(*parts: Value) -> Value:
    """Return paths joined, as far as they are known."""
    pieces: list[str | Value] = []
    for part in parts:
        new = list(pieces_of(part))
        if new and isinstance(new[0], str) and (new[0].startswith(("/", "~")) or new[0][1:2] == ":"):
            pieces = new
            continue
        if pieces and not (isinstance(pieces[-1], str) and pieces[-1].endswith(("/", "\\"))):
            pieces.append("/")
        pieces.extend(new)
    return joined(pieces, NOTHING.union(*(part.labels for part in parts)) if parts else NOTHING)


def preload(judge: Judge, name: str | None, span: Span) -> None:
    """Report that the environment is set so that programs started from here load other code."""
    if name in {"LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "PYTHONSTARTUP"}:
        judge.report(
            RiskLevel.HIGH,
            Category.HIJACK,
            "preload",
            f"sets {name}, so that programs load other code",
            span,
            Effect.CONFIG,
        )


def set_variable(judge: Judge, name: str | None, value: Value) -> None:
    """Remember a variable of the environment that the text sets."""
    if name is not None and len(judge.environment) < MAX_ITEMS:
        judge.environment[name] = value


def setting(name: str | None) -> Value:
    """Return what an environment variable holds."""
    if name in HOME_VARIABLES:
        return Constant("~")
    if name in TEMPORARY_VARIABLES:
        return Constant("/tmp")  # noqa: S108 - read, not used
    if name in {"USER", "USERNAME", "LOGNAME", "HOSTNAME", "COMPUTERNAME"}:
        return Value(labels=frozenset({Label.HOST}), shown=name or "")
    return Value(labels=frozenset({Label.SETTING}), shown=name or "setting")


def from_json(found: object, labels: Labels = NOTHING, depth: int = 0) -> Value:
    """Return what a parsed JSON text stands for."""
    if isinstance(found, dict) and depth < MAX_DEPTH:
        return Entries({str(k): from_json(v, labels, depth + 1) for k, v in list(found.items())[:MAX_ITEMS]})
    if isinstance(found, list) and depth < MAX_DEPTH:
        return Items(tuple(from_json(each, labels, depth + 1) for each in found[:MAX_ITEMS]))
    return Constant(found, labels=labels) if isinstance(found, str | int | float | bool) or found is None else UNKNOWN


def pairs_of(owner: Entries) -> Items:
    """Return the names and values of an object, two by two."""
    return Items(tuple(Items((Constant(key), value)) for key, value in owner.entries.items()), labels=owner.labels)


def elements(value: Value) -> tuple[Value, ...]:
    """Return what a loop over `value` meets: everything where that is known, else one that stands for all."""
    if isinstance(value, Items):
        return value.items
    if isinstance(value, Constant) and isinstance(value.value, str):
        return tuple(Constant(character, labels=value.labels) for character in value.value[:MAX_ITEMS])
    if isinstance(value, Constant) and isinstance(value.value, bytes):
        return tuple(Constant(number, labels=value.labels) for number in value.value[:MAX_ITEMS])
    if isinstance(value, Entries):
        return tuple(Constant(key) for key in list(value.entries)[:64])
    if isinstance(value, Text) and Label.WALK in value.labels:
        return (value,)
    if isinstance(value, Instance) and value.kind == "walk":
        return (value.content or UNKNOWN,)
    return (part_of(value),)


def part_of(value: Value) -> Value:
    """Return an element of a value of which nothing is known but what made it: one of a cloud's buckets is a bucket."""
    if isinstance(value, Instance) and value.kind != "open":
        return Instance(value.kind, None, {}, labels=labels_of(value))
    if isinstance(value, Reference) and "()" in value.name:
        return Instance(value.name, None, {}, labels=value.labels)
    return Value(labels=labels_of(value), shown="")


def words_of(text: Value, separator: str | None = None) -> Items | None:
    """Return the words of a text whose pieces are not all known, or None where it is no such text."""
    if not isinstance(text, Text):
        return None
    words: list[list[str | Value]] = [[]]
    for part in text.parts[:MAX_ITEMS]:
        if isinstance(part, Value):
            words[-1].append(part)
            continue
        for position, piece in enumerate(re.split(r"\s+", part) if separator is None else part.split(separator)):
            if position:
                words.append([])
            if piece:
                words[-1].append(piece.strip("'\""))
    return Items(tuple(joined(word) for word in words if word), labels=text.labels)
