"""Assignments to variables, arrays and their elements: POSIX 2.9.1, bash manual 6.7."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tui.risk.shell.draft import Draft
from tui.risk.shell.expand import Expander
from tui.risk.shell.known import PROGRAMS
from tui.risk.shell.limits import LOOP_LIMIT
from tui.risk.shell.model import Word
from tui.risk.shell.syntax import Assignment
from tui.risk.shell.values import Disguise, Field, Scope, Value, appended, known, unknown

_KEYED: Final = re.compile(r"\[([^\]]{1,64})\]=")
_QUOTES: Final = "\"'"


def assign(node: Assignment, expander: Expander, scope: Scope, draft: Draft) -> tuple[str, Word]:
    """Carry out an assignment and return it for the record."""
    span = expander.source.span(node.start, node.end)
    if node.items is not None:
        fields = expander.fields(node.items)
        before = scope.variables.get(node.name) if node.append else None
        values = [_item_of(field).value for field in fields]
        scope.variables[node.name] = [*before, *values] if isinstance(before, list) else values
        _keys(node.name, fields, scope)
        draft.inputs += tuple(index for field in fields for index in field.inputs)
        return node.name, Word((" ".join(field.text for field in fields),), span)
    assert node.value is not None
    field = expander.single(node.value)
    value = field.value
    draft.inputs += field.inputs
    current = scope.variables.get(node.name)
    if node.index is not None:
        _item(node, value, scope)
    elif node.append and isinstance(current, Value):
        scope.variables[node.name] = appended(current, value) or unknown(f"${node.name}")
    else:
        hides = field.assembled and field.literal in PROGRAMS
        disguise = max(value.disguise, Disguise.TRANSFORMED if hides else Disguise.NONE)
        scope.variables[node.name] = replace(value, disguise=disguise)
    return node.name, replace(field.word, span=span if not field.word.text else field.word.span)


def _item_of(field: Field) -> Field:
    """Return what an element of `name=([key]=value …)` is without its key."""
    first = field.word.parts[0] if field.word.parts else ""
    match = _KEYED.match(first) if isinstance(first, str) else None
    return field if match is None else field.tail(match.end())


def _keys(name: str, fields: list[Field], scope: Scope) -> None:
    """`name=([key]=value …)`."""
    for field in fields[:LOOP_LIMIT]:
        first = field.word.parts[0] if field.word.parts else ""
        match = _KEYED.match(first) if isinstance(first, str) else None
        if match is not None:
            scope.variables[f"{name}[{match[1]}]"] = field.tail(match.end()).value


def _item(node: Assignment, value: Value, scope: Scope) -> None:
    if node.index is not None and not node.index.isdigit():
        scope.variables[f"{node.name}[{node.index.strip(_QUOTES)}]"] = value
    current = scope.variables.get(node.name)
    items = list(current) if isinstance(current, list) else []
    if node.index is not None and node.index.isdigit() and int(node.index) < LOOP_LIMIT * 32:
        position = int(node.index)
        items += [known("")] * (position + 1 - len(items))
        items[position] = value
        scope.variables[node.name] = items
