"""Things of JavaScript that are called later: promises, listeners, bound functions, computed properties."""

from __future__ import annotations

import json
from typing import Final

from tree_sitter import Node

from tui.risk.code.budget import MAX_DECODED, MAX_ITEMS
from tui.risk.code.contents import pack_into
from tui.risk.code.conventions import elements, from_json, pairs_of, path_join
from tui.risk.code.javascript_builtins import Builtins
from tui.risk.code.javascript_library import OPERATIONS
from tui.risk.code.javascript_lookup import Closure
from tui.risk.code.machine import perform
from tui.risk.code.operations import DOES, Action, Call, Operation, options_of
from tui.risk.code.strangers import comes_from_outside
from tui.risk.code.values import (
    UNKNOWN,
    Constant,
    Entries,
    Instance,
    Items,
    Label,
    Labels,
    Reference,
    Routine,
    Text,
    Value,
    labels_of,
    text_of,
    with_labels,
)
from tui.risk.code.writing import write_to

_LISTENS: Final = frozenset({"on", "once", "addListener", "addEventListener"})
_CHAINS: Final = _LISTENS | {"then", "pipe", "finally", "catch", "listen"}
_ROUTES: Final = frozenset({"get", "post", "put", "patch", "delete", "all", "use", "route"})
_RESOLVE: Final = "Promise.resolve()"


class Callables(Builtins):
    """Calls what is not a plain function, and what is handed over."""

    calling: Node
    """The call that is being read."""

    def object_made(self, name: str, args: tuple[Value, ...], node: Node) -> Value | None:
        """Return what functions return that make promises, maps, proxies and the like."""
        first = args[0] if args else UNKNOWN
        if name == "Promise" and isinstance(first, Routine):
            settled = Instance(_RESOLVE)
            self.run_routine(first, (settled, UNKNOWN))
            return settled.attributes.get("value", UNKNOWN)
        if name in {"Proxy", "Object.getPrototypeOf", "Object.create"} and isinstance(first, Reference | Routine):
            return first
        if name == "Proxy" and args and isinstance(traps := args[-1], Entries) and "get" in traps.entries:
            return Instance("Proxy", None, {"(get)": traps.entries["get"]})
        if name == "await":
            return first  # how `await (…)` is parsed outside a function
        if name in {"Map", "WeakMap"} and isinstance(first, Items):
            pairs = [each.items for each in first.items if isinstance(each, Items) and len(each.items) == 2]
            return Entries({text_of(key) or "*": value for key, value in pairs})
        if name in {"Map", "WeakMap"} and not args:
            return Entries({})
        if name == "Set" and (isinstance(first, Items) or not args):
            return first if isinstance(first, Items) else Items(())
        if (
            name in {"tar.c", "tar.create"}
            and isinstance(first, Entries)
            and (file := first.entries.get("file")) is not None
        ):
            where = first.entries.get("cwd", Constant("."))
            for each in elements(args[1])[:MAX_ITEMS] if len(args) > 1 else ():
                pack_into(self.judge, file, path_join(where, each), self.span_of(node))
            return Instance(name)
        if name in {"createRequire", "module.createRequire"}:
            return Reference("require")
        if name == "JSON.parse" and isinstance(first, Constant) and (text := text_of(first)) is not None:
            try:
                return from_json(json.loads(text[:MAX_DECODED]), first.labels)
            except (ValueError, RecursionError):
                return None
        if name == "worker_threads.Worker":
            as_text = options_of(args).get("eval")
            if isinstance(as_text, Constant) and as_text.value:
                return perform(self.judge, Call(name, args[:1], self.span_of(node)), OPERATIONS["eval"])
        if name in {"stream.pipeline", "pipeline", "stream.promises.pipeline"} and len(args) > 1:
            targets = [each for each in args[1:] if isinstance(each, Instance)]
            for target in targets[-1:]:
                self._piped(args[0], target, node)
            return UNKNOWN
        return None

    def call_object(self, target: Instance, args: tuple[Value, ...], node: Node) -> Value | None:
        """Return what calling an object returns, or None where nothing is known of that."""
        if target.kind == _RESOLVE:
            target.attributes.setdefault("value", args[0] if args else UNKNOWN)
            return UNKNOWN
        held = target.attributes.get("args")
        if target.kind == "bound function" and isinstance(held, Items):
            return self.apply(target.attributes["func"], (*held.items, *args), node)
        return None

    def bound(self, function: Value, args: tuple[Value, ...]) -> Value:
        """Return what `bind` makes of a function."""
        if isinstance(function, Routine) and function.owner is None and args:
            function = Routine(function.name, function.body, args[0])
        if len(args) < 2:
            return function
        return Instance("bound function", None, {"func": function, "args": Items(args[1:])})

    def on_object(self, owner: Value, name: str, args: tuple[Value, ...], node: Node) -> Value | None:
        """Return what methods return that all objects of a kind have: maps, promises, emitters of events, streams."""
        if isinstance(owner, Entries) and name in {"get", "set"} and args:
            key = text_of(args[0]) or "*"
            if name == "set" and len(args) > 1 and len(owner.entries) < MAX_ITEMS:
                owner.entries[key] = args[1]
                return owner
            return owner.entries.get(key, Value(labels=labels_of(owner), shown=key))
        if isinstance(owner, Entries) and name in {"entries", "keys", "values"}:
            return {"entries": pairs_of(owner), "keys": Items(tuple(map(Constant, owner.entries)))}.get(
                name, Items(tuple(owner.entries.values()))
            )
        if isinstance(owner, Entries) and name == "forEach" and args:
            for key, value in list(owner.entries.items())[:MAX_ITEMS]:
                self.apply(args[0], (value, Constant(key)), node)
            return UNKNOWN
        known = isinstance(owner, Reference | Constant | Text | Items | Entries | Routine)
        if name == "then" and known and args and isinstance(args[0], Routine):
            returned = self.apply(args[0], (owner,), node)
            self.callbacks(args[1:], labels_of(owner))
            return returned
        if name in _ROUTES and isinstance(owner, Instance) and _is_route(args):
            self.callbacks(args[1:], labels_of(owner) | {Label.REQUEST})
            return owner
        if isinstance(owner, Instance) and name in {"on", "once", "addListener"} and len(args) > 1:
            owner.attributes[f"on {text_of(args[0])}"] = args[1]
        if isinstance(owner, Instance) and name == "emit" and args:
            handler = owner.attributes.get(f"on {text_of(args[0])}")
            if isinstance(handler, Routine | Reference):
                self.apply(handler, args[1:], node)
        if isinstance(owner, Instance) and owner.kind.startswith("shelljs.") and name in {"to", "toEnd"} and args:
            content = Value(labels=labels_of(owner))
            write_to(self.judge, self.span_of(node), args[0], content, adding=name == "toEnd")
            return owner
        if name in _CHAINS and (isinstance(owner, Instance) or (name == "pipe" and labels_of(owner))):
            return self._chained(owner, name, args, node)
        return None

    def _chained(self, owner: Value, name: str, args: tuple[Value, ...], node: Node) -> Value:
        kind = owner.kind if isinstance(owner, Instance) else ""
        row = OPERATIONS.get(f"{kind}().{name}")
        if row is not None:
            perform(self.judge, Call(f"{kind}().{name}", args, self.span_of(node), options_of(args), owner), row)
        labels = labels_of(owner)
        if name in _LISTENS and comes_from_outside(kind, text_of(args[0]) if args else None):
            labels |= {Label.REQUEST}
        returned = self.callbacks(args, labels, element=owner if name == "then" else None)
        if name == "pipe" and args:
            self._piped(owner, args[0], node)
            return args[0]
        if name == "then" and returned is not None:
            return with_labels(returned, labels_of(owner) & {Label.NETWORK, Label.CLIPBOARD, Label.SCREEN})
        return owner

    def _piped(self, source: Value, target: Value, node: Node) -> None:
        span = self.span_of(node)
        if isinstance(target, Instance) and target.kind == "open":
            labels = labels_of(source)
            write_to(self.judge, span, target.content, Value(labels=labels), adding=True, known_open=True)
        elif isinstance(target, Instance) and target.kind in {"socket", "request", "net.Socket"}:
            perform(self.judge, Call("pipe", (source,), span, {}, target), Operation(Action.SEND))

    def callbacks(
        self, args: tuple[Value, ...], labels: Labels, result: Value | None = None, element: Value | None = None
    ) -> Value | None:
        """Read functions that are handed over, with arguments of the same origin; `element`: their first argument."""
        returned: Value | None = None
        for position, value in enumerate(args):
            if isinstance(value, Routine) and isinstance(value.body, Closure):
                labels = labels - {Label.ENVIRONMENT, Label.SERIALIZED} if result is not None else labels
                given = tuple(Value(labels=labels) for _ in range(3))
                if isinstance(result, Instance) and result.kind in {"request", "response", "socket", "net.Server"}:
                    kind = "socket" if result.kind == "net.Server" else "response"
                    given = (Instance(kind, None, {}, labels=labels), Value(labels=labels), Value(labels=labels))
                if element is not None:
                    given = (with_labels(element, labels), *given[1:])
                returned = self.run_routine(value, given)
            elif isinstance(value, Instance) and value.kind == "bound function":
                self.call_object(value, (), self.calling)
            elif isinstance(value, Reference) and _is_done(value) and (given := _handed(args, position, element)):
                returned = self.apply(value, given, self.calling)
            elif isinstance(value, Reference) and value.name == "eval" and labels & {Label.NETWORK, Label.DECODED}:
                perform(self.judge, Call("eval", (Value(labels=labels),), self.here), OPERATIONS["eval"])
        return returned


def _is_done(function: Reference) -> bool:
    row = OPERATIONS.get(function.name)
    return row is not None and row.action in DOES


def _handed(args: tuple[Value, ...], position: int, element: Value | None) -> tuple[Value, ...]:
    """Return what a function that is handed over is called with: what a list holds, or what follows a waiting time."""
    if element is not None:
        return (element,)
    after = args[position + 1 :]
    return after[1:] if after and isinstance(after[0], Constant) and isinstance(after[0].value, int | float) else ()


def _is_route(args: tuple[Value, ...]) -> bool:
    """Whether a function is what a server does for an address, whatever the framework: it gets what clients send."""
    address = text_of(args[0]) if args else None
    return address is not None and address.startswith("/") and any(isinstance(each, Routine) for each in args[1:])
