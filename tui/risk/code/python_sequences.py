"""Functions of Python that put sequences together or take them apart, where what is in them is not all plain."""

from __future__ import annotations

import ast
from typing import Final

from tui.risk.code import python_folding as folding
from tui.risk.code.budget import MAX_ITEMS
from tui.risk.code.conventions import elements
from tui.risk.code.python_classes import Classes
from tui.risk.code.values import (
    UNKNOWN,
    Constant,
    Entries,
    Instance,
    Items,
    Label,
    Reference,
    Routine,
    Text,
    Value,
    labels_of,
    text_of,
)

_SAME: Final = frozenset({
    "list", "tuple", "set", "frozenset", "sorted", "iter", "reversed", "collections.deque", "dict", "copy.copy",
    "copy.deepcopy", "itertools.cycle", "queue.Queue", "tqdm.tqdm", "tqdm", "rich.progress.track", "track",
})  # fmt: skip
"""Functions whose result has what their first argument has; the order says nothing of what is done."""
_TAKES_LAST: Final = frozenset({"pop"})
_TAKES_FIRST: Final = frozenset({"popleft", "get", "get_nowait"})


class Sequences(Classes):
    """Knows what functions over sequences return."""

    def sequence(self, name: str, args: tuple[Value, ...], node: ast.Call) -> Value | None:
        """Return what a function over sequences returns, or None where it is no such function."""
        first = args[0] if args else None
        if name in {"map", "filter"} and len(args) == 2:
            return self._mapped(args[0], args[1], node, keeps=name == "filter")
        if name.startswith(("str.", "bytes.")) and name.count(".") == 1 and isinstance(first, Constant):
            if isinstance(first.value, str | bytes):
                return folding.call_method(first.value, first.labels, name.partition(".")[2], args[1:], {})
            return None
        if name in {"itertools.chain", "itertools.chain.from_iterable"}:
            parts = elements(first) if name.endswith("from_iterable") and first is not None else args
            return Items(tuple(each for part in parts for each in elements(part))[:MAX_ITEMS])
        if name == "functools.reduce" and len(args) > 1:
            items = [*args[2:3], *elements(args[1])[:MAX_ITEMS]]
            found = items[0] if items else UNKNOWN
            for each in items[1:]:
                found = self.apply(args[0], (found, each), {}, node)
            return found
        if name == "next" and first is not None and isinstance(first, Items) and first.items:
            return first.items[0]
        if name in _SAME and (isinstance(first, Text) or (isinstance(first, Instance) and first.kind == "walk")):
            return first if Label.WALK in labels_of(first) else None
        if not isinstance(first, Items) or all(isinstance(each, Constant) for each in first.items):
            return first if name in _SAME and isinstance(first, Items) and name not in folding.FUNCTIONS else None
        if name == "dict":
            return _from_pairs(first)
        if name == "enumerate":
            return Items(tuple(Items((Constant(position), each)) for position, each in enumerate(first.items)))
        if name == "zip" and all(isinstance(each, Items) for each in args):
            columns = [each.items for each in args if isinstance(each, Items)]
            return Items(tuple(map(Items, zip(*columns, strict=False))))
        return first if name in _SAME else None

    def taken(self, owner: Value, name: str, args: tuple[Value, ...]) -> Value | None:
        """Return what is taken out of a list or queue; it may stay in, for a loop takes each of them."""
        if not isinstance(owner, Items) or not owner.items or len(args) > 1:
            return None
        if name in _TAKES_LAST:
            at = args[0].value if args and isinstance(args[0], Constant) else -1
            return owner.items[at] if isinstance(at, int) and -len(owner.items) <= at < len(owner.items) else None
        return owner.items[0] if name in _TAKES_FIRST and not args else None

    def _mapped(self, function: Value, values: Value, node: ast.Call, *, keeps: bool) -> Value:
        if keeps and isinstance(function, Constant):
            if isinstance(values, Items):
                kept = (each for each in values.items if not (isinstance(each, Constant) and not each.value))
                return Items(tuple(kept), labels=values.labels)
            return values
        if isinstance(values, Entries):
            values = Items(tuple(Constant(key) for key in values.entries))
        known = isinstance(values, Items) or (isinstance(values, Constant) and isinstance(values.value, str | bytes))
        if known or isinstance(function, Routine | Reference | Instance):
            given = elements(values)[: MAX_ITEMS if known else 1]
            made = tuple(self.apply(function, (each,), {}, node) for each in given)
            if keeps:
                return values
            if known:
                return Items(made, labels=values.labels)
        return Value(labels=labels_of(values) | function.labels)


def _from_pairs(pairs: Items) -> Value | None:
    if not all(isinstance(each, Items) and len(each.items) == 2 for each in pairs.items):
        return None
    found = [each.items for each in pairs.items if isinstance(each, Items)]
    return Entries({text_of(key) or "*": value for key, value in found}, labels=pairs.labels)
