"""What names, properties and elements of JavaScript stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tree_sitter import Node

from tui.risk.code.conventions import setting
from tui.risk.code.javascript_library import BARE, canonical, module_name
from tui.risk.code.judge import Judge
from tui.risk.code.scope import Scope
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
from tui.risk.model import Span

_ENVIRONMENT: Final[Labels] = frozenset({Label.ENVIRONMENT})


_CLASS: Final = "(class)"
"""What made an unknown object; what made that is `Function`, which runs text as code."""


_METHOD: Final = "(method)"
"""A method of a list or a text, looked up and not called; what made that is `Function` too."""
_LIST_METHODS: Final = frozenset({
    "filter", "map", "find", "at", "flat", "concat", "join", "slice", "push", "pop", "fill", "sort", "some",
    "every", "sub", "big", "link", "bold", "trim", "entries", "includes", "reduce", "splice",
    "forEach",
})  # fmt: skip


_KNOWN: Final[dict[str, Value]] = {
    "undefined": Constant(None), "__dirname": Constant("."), "__filename": Constant("./script.js"),
    "path.sep": Constant("/"), "os.EOL": Constant("\n"), "process.platform": Constant("linux"),
    "os.devNull": Constant("/dev/null"), "NaN": UNKNOWN, "import.meta.dirname": Constant("."),
    "document.cookie": Value(labels=frozenset({Label.CREDENTIAL}), shown="document.cookie"),
    **{name: Reference(name, labels=frozenset({Label.CREDENTIAL}), shown=name)
    for name in ("localStorage", "sessionStorage")},
    **{f"fs.constants.{name}": Constant(number) for name, number in {"O_RDONLY": 0, "O_WRONLY": 1, "O_RDWR": 2,
    "O_CREAT": 0o100, "O_EXCL": 0o200, "O_TRUNC": 0o1000, "O_APPEND": 0o2000}.items()},
    "import.meta.url": Constant("./script.js"), "process.argv0": Constant("node"),
}  # fmt: skip


_PARTS_OF_URL: Final = frozenset({"href", "searchParams", "search", "origin"})


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """What a routine of JavaScript is made of."""

    node: Node
    scope: Scope
    statics: dict[str, Value] = field(default_factory=dict)
    """What a class has without any object of it."""


class Lookups:
    """Looks names up; expressions are evaluated by the classes that build on it."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.scope = Scope()
        self.span_of: Callable[[Node], Span] = lambda _node: Span(0, 0)
        self.source = b""
        self.depth = 0

    def call(self, node: Node) -> Value:
        """Return what a call returns."""
        raise NotImplementedError

    def text(self, node: Node | None) -> str:
        """Return a node as it is written."""
        return "" if node is None else self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _identifier(self, node: Node) -> Value:
        name = self.text(node)
        found = self.scope.find(name)
        if found is not None:
            return Value(labels=found.labels, shown=name) if type(found) is Value and not found.shown else found
        if name in _KNOWN:
            return _KNOWN[name]
        return Reference(canonical(BARE.get(name, module_name(name))), shown=name)

    def _this(self, node: Node) -> Value:
        del node
        return self.scope.find("this") or Reference("globalThis")

    def attribute(self, owner: Value, name: str, *, disguised: bool = False) -> Value:
        """Return a property of a value."""
        if name == "constructor" and isinstance(owner, Reference) and owner.name.endswith(("mainModule", "module")):
            return Reference(f"{owner.name}.constructor", disguised=True)
        if name == "constructor" and (
            isinstance(owner, Routine) or (isinstance(owner, Reference) and owner.name == _METHOD)
        ):
            return Reference("Function", disguised=True)
        if name == "constructor" and not isinstance(owner, Entries | Instance):
            of_class = isinstance(owner, Reference) and owner.name in {_CLASS, "Function"}
            return Reference("Function" if of_class else _CLASS, disguised=of_class)
        if isinstance(owner, Reference):
            replaced = self.scope.find(f"{owner.name}.{name}")
            if replaced is not None:
                return replaced
            if owner.name in {"globalThis", "global", "window", "self"}:
                return Reference(canonical(BARE.get(name, module_name(name))), disguised, shown=name)
            full = canonical(f"{owner.name}.{name}")
            if full in {"process.env", "Deno.env", "Bun.env"} or full.endswith("import.meta.env"):
                return Reference("process.env", labels=_ENVIRONMENT, shown="process.env")
            if owner.name == "process.env":
                if name in {"get", "toObject"}:
                    return Reference("process.env.get")
                return self.judge.environment.get(name, setting(name))
            if full in _KNOWN:
                return _KNOWN[full]
            if full == "process.argv":
                return Value(labels=frozenset({Label.TYPED}), shown="argv")
            return Reference(full, disguised or owner.disguised, labels=owner.labels, shown=name)
        if isinstance(owner, Instance):
            if name in owner.attributes:
                return owner.attributes[name]
            if owner.kind == "URL" and name in _PARTS_OF_URL:
                return owner
            return Reference(canonical(f"{owner.kind}().{name}"), disguised, labels=labels_of(owner), shown=name)
        if isinstance(owner, Entries):
            if name in owner.entries:
                return owner.entries[name]
            if Label.ENVIRONMENT in owner.labels:
                return setting(name)  # a copy of the environment
            return Value(labels=owner.labels, shown=name)
        if name in _LIST_METHODS and isinstance(owner, Items | Constant):
            return Reference(_METHOD, labels=labels_of(owner), shown=name)
        if name == "length":
            if isinstance(owner, Items):
                return Constant(len(owner.items))
            if isinstance(owner, Constant) and isinstance(owner.value, str):
                return Constant(len(owner.value))
            return Value(labels=labels_of(owner))
        if isinstance(owner, Routine):
            return Reference(f"{owner.name}.{name}")
        if isinstance(owner, Text) and Label.WALK in owner.labels and name in {"path", "fullpath"}:
            return owner  # an entry of a directory
        return Value(labels=labels_of(owner), shown=f"{owner.shown}.{name}" if owner.shown else name)

    def item(self, owner: Value, key: Value) -> Value:
        """Return an element, or a property by a computed name."""
        if isinstance(key, Constant):
            if isinstance(owner, Items) and isinstance(key.value, int | float) and 0 <= key.value < len(owner.items):
                return owner.items[int(key.value)]
            if (
                isinstance(owner, Constant)
                and isinstance(owner.value, str)
                and isinstance(key.value, int)
                and 0 <= key.value < len(owner.value)
            ):
                return Constant(owner.value[key.value], labels=owner.labels)
            name = text_of(key)
            if name is not None:
                known = isinstance(owner, Reference | Instance | Routine | Entries) or name in _LIST_METHODS
                if known or name == "constructor":
                    return self.attribute(owner, name, disguised=True)
                return Value(labels=labels_of(owner), shown=name)
        if isinstance(owner, Reference) and owner.name == "child_process":
            return Reference("child_process.exec", True)  # whichever it is, its name is hidden
        if isinstance(owner, Reference) and owner.name == "process.env":
            return with_labels(setting(None), labels_of(key))
        return Value(labels=labels_of(owner), shown=owner.shown)

    def make_routine(self, node: Node) -> Routine:
        """Return the function that `node` defines."""
        return Routine(self.text(node.child_by_field_name("name")) or "function", Closure(node, self.scope))

    def evaluate(self, node: Node | None) -> Value:
        """Return what `node` evaluates to."""
        raise NotImplementedError
