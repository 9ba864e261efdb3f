"""Things of Python that are called later: functions handed over, bound in advance, looked up by name."""

from __future__ import annotations

import ast
import re
from typing import Final

from tui.risk.code.budget import MAX_DECODED
from tui.risk.code.conventions import elements
from tui.risk.code.operations import DOES
from tui.risk.code.python_builtins import Builtins
from tui.risk.code.python_classes import class_of
from tui.risk.code.python_library import OPERATIONS
from tui.risk.code.python_lookup import Lambda
from tui.risk.code.python_parsers import PARSERS, parsed
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
    Routine,
    Value,
    joined,
    labels_of,
    pieces_of,
    text_of,
)

_MAPS: Final = frozenset({"map", "imap", "imap_unordered", "map_async", "starmap", "starmap_async"})
_REGISTERS: Final = frozenset(
    {"register_function", "add_url_rule", "add_route", "add_api_route", "add_get", "add_post", "add_handler"}
)
"""Methods of servers that are handed what answers their clients."""
_MOST_MAPPED: Final = 16
_FIELD: Final = re.compile(r"\$(?:\$|\{?([A-Za-z_]\w*)\}?)")
_RECORDS: Final = frozenset({"types.SimpleNamespace", "argparse.Namespace", "box.Box", "munch.Munch"})


class Callables(Builtins):
    """Calls what is not a plain function, and what is handed over."""

    def object_made(
        self, name: str, args: tuple[Value, ...], keywords: dict[str, Value], owner: Value | None
    ) -> Value | None:
        """Return what functions return that make callable objects, records and patterns of text."""
        first = args[0] if args else None
        if name == "super":
            return self.made_super()
        if name in {"operator.methodcaller", "operator.attrgetter", "operator.itemgetter"} and args:
            return Instance(name, None, {"args": Items(args)})
        if name == "setattr" and len(args) == 3 and isinstance(first, Reference) and (key := text_of(args[1])):
            self.scope.assign(f"{first.name}.{key}", args[2])
            return UNKNOWN
        if name == "dataclasses.field" and (factory := keywords.get("default_factory")) is not None:
            return self.apply(factory, (), {}, ast.Call(ast.Name("field", ast.Load()), [], []))
        if name == "dataclasses.field":
            return keywords.get("default", UNKNOWN)
        if name == "setattr" and len(args) == 3 and isinstance(first, Instance) and (key := text_of(args[1])):
            first.attributes[key] = args[2]
            return UNKNOWN
        if name in _RECORDS:
            return Instance(name, None, dict(keywords), labels=NOTHING)
        if name == "collections.namedtuple" and len(args) > 1:
            names = args[1].items if isinstance(args[1], Items) else ()
            listed = [text_of(each) or "" for each in names] or (text_of(args[1]) or "").replace(",", " ").split()
            return Instance(name, None, {"fields": Items(tuple(map(Constant, listed)))})
        if name in PARSERS and isinstance(first, Constant) and (text := text_of(first)) is not None:
            return parsed(name, text, first.labels)
        if name == "string.Template" and first is not None:
            return Instance(name, first)
        if name in {"string.Template().substitute", "string.Template().safe_substitute"} and isinstance(
            owner, Instance
        ):
            given = {**(first.entries if isinstance(first, Entries) else {}), **keywords}
            return _substituted(text_of(owner.content) or "", given)
        if name == "str.maketrans" and len(args) >= 2:
            old, new = text_of(args[0]) or "", text_of(args[1]) or ""
            table: dict[str, Value] = {a: Constant(b) for a, b in zip(old, new, strict=False)}
            table.update({each: Constant("") for each in text_of(args[2]) or ""} if len(args) > 2 else {})
            return Entries(table)
        return None

    def call_object(
        self, target: Instance, args: tuple[Value, ...], keywords: dict[str, Value], node: ast.Call
    ) -> Value | None:
        """Return what calling an object returns, or None where nothing is known of that."""
        held = target.attributes.get("args")
        bound = held.items if isinstance(held, Items) else ()
        if target.kind == "functools.partial" and (function := target.attributes.get("func")) is not None:
            options = target.attributes.get("keywords")
            given = {**(options.entries if isinstance(options, Entries) else {}), **keywords}
            return self.apply(function, (*bound, *args), given, node)
        if target.kind == "operator.methodcaller" and args and bound and (name := text_of(bound[0])):
            return self.apply(self.method_of(args[0], name), bound[1:], keywords, node, args[0])
        if target.kind == "operator.attrgetter" and args and bound and (name := text_of(bound[0])):
            return self.attribute(args[0], name, disguised=True)
        if target.kind == "operator.itemgetter" and args and bound:
            return self.item(args[0], bound[0])
        if target.kind == "collections.namedtuple" and isinstance(fields := target.attributes.get("fields"), Items):
            names = [text_of(each) or "" for each in fields.items]
            return Instance("record", None, {**dict(zip(names, args, strict=False)), **keywords})
        of = class_of(target)
        method = self.member(of, "__call__", target) if of is not None else None
        return self.run_routine(method, args, keywords) if isinstance(method, Routine) else None

    def bound_in_advance(self, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
        """Return what `functools.partial` makes."""
        return Instance(
            "functools.partial", None, {"func": args[0], "args": Items(args[1:]), "keywords": Entries(dict(keywords))}
        )

    def callbacks(
        self, args: tuple[Value, ...], keywords: dict[str, Value], labels: Labels, node: ast.Call, method: str = ""
    ) -> None:
        """Read functions that are handed over: somebody will call them, with what is handed over after them."""
        if method in _MAPS and len(args) >= 2:
            for item in elements(args[1])[:_MOST_MAPPED]:
                spread = item.items if method.startswith("starmap") and isinstance(item, Items) else (item,)
                self._called_later(args[0], spread, labels, node)
            return
        if method in _REGISTERS:
            labels |= {Label.REQUEST}
        listed = keywords.get("args")
        received = bool(labels & {Label.REQUEST, Label.NETWORK})  # what they get comes from outside, not from here
        for position, value in enumerate((*args, *keywords.values())):
            rest = () if received else listed.items if isinstance(listed, Items) else args[position + 1 :]
            if method.startswith("apply") and len(rest) == 1 and isinstance(rest[0], Items):
                rest = rest[0].items
            if isinstance(value, Reference) and len(rest) == 1 and isinstance(only := rest[0], Items):
                rest = only.items if only.items and isinstance(only.items[0], Items) else rest  # (["a", "b"],)
            self._called_later(value, rest, labels, node)

    def _called_later(self, value: Value, rest: tuple[Value, ...], labels: Labels, node: ast.Call) -> None:
        if isinstance(value, Routine):
            if isinstance(value.body, Lambda) and not isinstance(value.body.node, ast.ClassDef):
                count = len(value.body.node.args.args)
                unknown = tuple(Value(labels=labels) for _ in range(count - len(rest)))
                self.run_routine(value, (*rest[:count], *unknown), {})
        elif isinstance(value, Reference) and rest:
            row = OPERATIONS.get(value.name)
            if row is not None and row.action in DOES:
                self.apply(value, rest, {}, node)
        elif isinstance(value, Instance) and value.kind == "functools.partial":
            self.call_object(value, rest, {}, node)


def _substituted(pattern: str, given: dict[str, Value]) -> Value:
    pieces: list[str | Value] = []
    labels: Labels = NOTHING
    end = 0
    for match in _FIELD.finditer(pattern[:MAX_DECODED]):
        pieces.append(pattern[end : match.start()])
        end = match.end()
        if match[1] is None:
            pieces.append("$")
        else:
            value = given.get(match[1], UNKNOWN)
            labels |= labels_of(value)
            pieces.extend(pieces_of(value) if isinstance(value, Constant) else (value,))
    pieces.append(pattern[end:])
    return joined(pieces, labels)
