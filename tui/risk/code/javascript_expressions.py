"""What an expression of JavaScript evaluates to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tree_sitter import Node

from tui.risk.code import javascript_folding as folding
from tui.risk.code.budget import MAX_DEPTH, MAX_ITEMS
from tui.risk.code.javascript_library import BARE, OPERATIONS, canonical, module_name
from tui.risk.code.judge import Judge
from tui.risk.code.python_expressions import path_join, preload, setting
from tui.risk.code.scope import Scope
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
    Text,
    Value,
    joined,
    labels_of,
    pieces_of,
    text_of,
    with_labels,
)  # fmt: skip
from tui.risk.model import Span

_ENVIRONMENT: Final[Labels] = frozenset({Label.ENVIRONMENT})
_CLASS: Final = "(class)"
"""What made an unknown object; what made that is `Function`, which runs text as code."""
_KNOWN: Final[dict[str, Value]] = {
    "undefined": Constant(None), "__dirname": Constant("."), "__filename": Constant("./script.js"),
    "path.sep": Constant("/"), "os.EOL": Constant("\n"), "process.platform": Constant("linux"),
    "os.devNull": Constant("/dev/null"), "NaN": UNKNOWN, "import.meta.dirname": Constant("."),
    "import.meta.url": Constant("./script.js"), "process.argv0": Constant("node"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """What a routine of JavaScript is made of."""

    node: Node
    scope: Scope


class Expressions:
    """Evaluates expressions; calls are handed on."""

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

    def evaluate(self, node: Node | None) -> Value:
        """Return what `node` evaluates to."""
        if node is None:
            return UNKNOWN
        self.judge.budget.spend()
        if self.depth > MAX_DEPTH:
            self.judge.puzzled("expressions nested too deeply")
            return UNKNOWN
        self.depth += 1
        try:
            method = getattr(self, "_" + node.type, None)
            return method(node) if method is not None else self._children(node)
        finally:
            self.depth -= 1

    def _children(self, node: Node) -> Value:
        labels: Labels = NOTHING
        for child in node.named_children:
            labels |= labels_of(self.evaluate(child))
        return Value(labels=labels)

    def _comment(self, node: Node) -> Value:
        del node
        return UNKNOWN

    _regex = _comment

    def _string(self, node: Node) -> Value:
        return Constant(folding.unescape(self.text(node)[1:-1]))

    def _template_string(self, node: Node) -> Value:
        pieces: list[str | Value] = []
        labels: Labels = NOTHING
        start = node.start_byte + 1
        for child in node.named_children:
            if child.type == "template_substitution":
                pieces.append(folding.unescape(self.source[start : child.start_byte].decode("utf-8", "replace")))
                value = self.evaluate(child.named_children[0]) if child.named_children else UNKNOWN
                labels |= value.labels if isinstance(value, Constant | Text) else NOTHING
                pieces.extend(in_string(value))
                start = child.end_byte
        pieces.append(folding.unescape(self.source[start : max(node.end_byte - 1, start)].decode("utf-8", "replace")))
        return joined(pieces, labels)

    def _number(self, node: Node) -> Value:
        text = self.text(node).replace("_", "").rstrip("n")
        try:
            return Constant(
                int(text, 0) if not text.startswith("0") or len(text) == 1 or text[1] in "xXbBoO" else int(text, 8)
            )
        except ValueError:
            try:
                return Constant(float(text))
            except ValueError:
                return UNKNOWN

    def _true(self, node: Node) -> Value:
        return Constant(node.type == "true")

    _false = _true

    def _null(self, node: Node) -> Value:
        del node
        return Constant(None)

    _undefined = _null

    def _identifier(self, node: Node) -> Value:
        name = self.text(node)
        found = self.scope.find(name)
        if found is not None:
            return Value(labels=found.labels, shown=name) if type(found) is Value and not found.shown else found
        if name in _KNOWN:
            return _KNOWN[name]
        return Reference(canonical(BARE.get(name, module_name(name))), shown=name)

    _shorthand_property_identifier = _identifier

    def _this(self, node: Node) -> Value:
        del node
        return self.scope.find("this") or Reference("globalThis")

    def _import(self, node: Node) -> Value:
        del node
        return Reference("import")

    def _member_expression(self, node: Node) -> Value:
        return self.attribute(
            self.evaluate(node.child_by_field_name("object")), self.text(node.child_by_field_name("property"))
        )

    def _subscript_expression(self, node: Node) -> Value:
        owner, index = (
            self.evaluate(node.child_by_field_name("object")),
            self.evaluate(node.child_by_field_name("index")),
        )
        return self.item(owner, index)

    def attribute(self, owner: Value, name: str, *, disguised: bool = False) -> Value:
        """Return a property of a value."""
        if name == "constructor" and isinstance(owner, Reference) and owner.name.endswith(("mainModule", "module")):
            return Reference(f"{owner.name}.constructor", disguised=True)
        if name == "constructor" and isinstance(owner, Routine):
            return Reference("Function", disguised=True)
        if name == "constructor" and not isinstance(owner, Entries | Instance):
            of_class = isinstance(owner, Reference) and owner.name == _CLASS
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
                return Reference("process.env.get") if name in {"get", "toObject"} else setting(name)
            if full in _KNOWN:
                return _KNOWN[full]
            if full == "process.argv":
                return Value(labels=frozenset({Label.TYPED}), shown="argv")
            return Reference(full, disguised or owner.disguised, labels=owner.labels, shown=name)
        if isinstance(owner, Instance):
            if name in owner.attributes:
                return owner.attributes[name]
            return Reference(canonical(f"{owner.kind}().{name}"), disguised, labels=labels_of(owner), shown=name)
        if isinstance(owner, Entries):
            if name in owner.entries:
                return owner.entries[name]
            return Value(labels=owner.labels, shown=name)
        if name == "length":
            if isinstance(owner, Items):
                return Constant(len(owner.items))
            return (
                Constant(len(owner.value)) if isinstance(owner, Constant) and isinstance(owner.value, str) else UNKNOWN
            )
        if isinstance(owner, Routine):
            return Reference(f"{owner.name}.{name}")
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
                if isinstance(owner, Reference | Instance | Routine | Entries) or name == "constructor":
                    return self.attribute(owner, name, disguised=True)
                return Value(labels=labels_of(owner), shown=name)
        if isinstance(owner, Reference) and owner.name == "process.env":
            return with_labels(setting(None), labels_of(key))
        return Value(labels=labels_of(owner), shown=owner.shown)

    def _array(self, node: Node) -> Value:
        items: list[Value] = []
        for child in node.named_children[:MAX_ITEMS]:
            if child.type == "spread_element":
                inner = self.evaluate(child.named_children[0] if child.named_children else None)
                items.extend(inner.items if isinstance(inner, Items) else (inner,))
            elif child.type != "comment":
                items.append(self.evaluate(child))
        return Items(tuple(items))

    def _object(self, node: Node) -> Value:
        entries: dict[str, Value] = {}
        labels: Labels = NOTHING
        for child in node.named_children[:MAX_ITEMS]:
            if child.type == "pair":
                entries[self.key(child.child_by_field_name("key"))] = self.evaluate(child.child_by_field_name("value"))
            elif child.type == "method_definition":
                entries[self.key(child.child_by_field_name("name"))] = self.make_routine(child)
            elif child.type == "shorthand_property_identifier":
                entries[self.text(child)] = self._identifier(child)
            elif child.type == "spread_element" and child.named_children:
                inner = self.evaluate(child.named_children[0])
                entries.update(inner.entries if isinstance(inner, Entries) else {})
                labels |= inner.labels
        return Entries(entries, labels=labels)

    def key(self, node: Node | None) -> str:
        """Return the name of a property."""
        if node is None:
            return ""
        if node.type == "string":
            return folding.unescape(self.text(node)[1:-1])
        if node.type == "computed_property_name":
            return text_of(self.evaluate(node.named_children[0] if node.named_children else None)) or "*"
        return self.text(node)

    def make_routine(self, node: Node) -> Routine:
        """Return the function that `node` defines."""
        return Routine(self.text(node.child_by_field_name("name")) or "function", Closure(node, self.scope))

    def _arrow_function(self, node: Node) -> Value:
        return self.make_routine(node)

    _function_expression = _arrow_function
    _generator_function = _arrow_function
    _class = _arrow_function

    def _parenthesized_expression(self, node: Node) -> Value:
        return self.evaluate(node.named_children[-1]) if node.named_children else UNKNOWN

    def _sequence_expression(self, node: Node) -> Value:
        value: Value = UNKNOWN
        for child in node.named_children:
            value = self.evaluate(child)
        return value

    def _await_expression(self, node: Node) -> Value:
        return self.evaluate(node.named_children[0]) if node.named_children else UNKNOWN

    _spread_element = _await_expression

    def _unary_expression(self, node: Node) -> Value:
        value = self.evaluate(node.child_by_field_name("argument"))
        operator = self.text(node.child_by_field_name("operator"))
        if isinstance(value, Constant) and isinstance(value.value, int | float):
            return (
                Constant(-value.value)
                if operator == "-"
                else Constant(~int(value.value))
                if operator == "~"
                else value
                if operator == "+"
                else UNKNOWN
            )
        return UNKNOWN if operator in {"!", "typeof", "delete", "void"} else Value(labels=labels_of(value))

    def _binary_expression(self, node: Node) -> Value:
        chain: list[Node] = []
        left: Node | None = node
        while left is not None and left.type == "binary_expression":
            chain.append(left)
            left = left.child_by_field_name("left")
        value = self.evaluate(left)
        for each in reversed(chain):
            self.judge.budget.spend()
            operator = self.text(each.child_by_field_name("operator"))
            value = self._combined(operator, value, self.evaluate(each.child_by_field_name("right")))
        return value

    def _combined(self, operator: str, left: Value, right: Value) -> Value:
        folded = folding.binary(operator, left, right)
        if folded is not None:
            return folded
        if operator == "+":
            if isinstance(left, Text | Constant) or isinstance(right, Text | Constant):
                return joined([*in_string(left), *in_string(right)], left.labels | right.labels)
            return Value(labels=labels_of(left) | labels_of(right), shown=left.shown)
        if operator in {"||", "??", "&&"}:
            empty = isinstance(left, Constant) and not left.value
            best = right if operator == "&&" or empty or (type(left) is Value and type(right) is not Value) else left
            return with_labels(best, labels_of(left) | labels_of(right))
        return UNKNOWN

    def _ternary_expression(self, node: Node) -> Value:
        self.evaluate(node.child_by_field_name("condition"))
        first, second = (
            self.evaluate(node.child_by_field_name("consequence")),
            self.evaluate(node.child_by_field_name("alternative")),
        )
        if isinstance(first, Constant) and not first.value:
            first, second = second, first
        return with_labels(first, second.labels)

    def _assignment_expression(self, node: Node) -> Value:
        value = self.evaluate(node.child_by_field_name("right"))
        self.bind(node.child_by_field_name("left"), value)
        return value

    def _augmented_assignment_expression(self, node: Node) -> Value:
        left = node.child_by_field_name("left")
        operator = self.text(node.child_by_field_name("operator")).removesuffix("=")
        value = self._combined(operator, self.evaluate(left), self.evaluate(node.child_by_field_name("right")))
        self.bind(left, value)
        return value

    def _call_expression(self, node: Node) -> Value:
        return self.call(node)

    _new_expression = _call_expression

    def bind(self, target: Node | None, value: Value, *, declare: bool = False) -> None:
        """Assign `value` to a target or pattern."""
        if target is None:
            return
        kind = target.type
        if kind in {"identifier", "shorthand_property_identifier_pattern"}:
            (self.scope.assign if declare else self.scope.assign_where_it_is)(self.text(target), value)
        elif kind == "object_pattern":
            for child in target.named_children:
                self._bind_property(child, value, declare)
        elif kind == "array_pattern":
            items = value.items if isinstance(value, Items) else ()
            for position, child in enumerate(target.named_children):
                self.bind(
                    child, items[position] if position < len(items) else Value(labels=labels_of(value)), declare=declare
                )
        elif kind in {"assignment_pattern", "object_assignment_pattern"}:
            default = target.child_by_field_name("right")
            unknown = type(value) is Value and not value.labels
            self.bind(target.child_by_field_name("left"), self.evaluate(default) if unknown else value, declare=declare)
        elif kind in {"rest_pattern", "parenthesized_expression"} and target.named_children:
            self.bind(target.named_children[0], value, declare=declare)
        elif kind in {"member_expression", "subscript_expression"}:
            self._bind_member(target, value)

    def _bind_property(self, child: Node, value: Value, declare: bool) -> None:
        if child.type == "pair_pattern":
            name = self.key(child.child_by_field_name("key"))
            self.bind(child.child_by_field_name("value"), self.attribute(value, name), declare=declare)
        elif child.type == "rest_pattern":
            self.bind(child, value, declare=declare)
        else:
            inner = child.child_by_field_name("left") if child.type == "object_assignment_pattern" else child
            self.bind(child, self.attribute(value, self.text(inner)), declare=declare)

    def _bind_member(self, target: Node, value: Value) -> None:
        owner = self.evaluate(target.child_by_field_name("object"))
        if target.type == "member_expression":
            name: str | None = self.text(target.child_by_field_name("property"))
        else:
            name = text_of(self.evaluate(target.child_by_field_name("index")))
        self.assigned(owner, name or "*", value, target)
        if isinstance(owner, Reference) and owner.name == "process.env":
            preload(self.judge, name, self.span_of(target))
        if isinstance(owner, Entries) and len(owner.entries) < MAX_ITEMS:
            owner.entries[name or "*"] = value
        elif isinstance(owner, Instance):
            owner.attributes[name or "*"] = value
        elif isinstance(owner, Reference) and name and owner.name != "process.env":
            scope = self.scope
            while scope.parent is not None:
                scope = scope.parent
            scope.names[f"{owner.name}.{name}"] = value

    def assigned(self, owner: Value, name: str, value: Value, node: Node) -> None:
        """Look at an assignment to a property: functions of others may be replaced."""


def in_string(value: Value) -> tuple[str | Value, ...]:
    """Return `value` as it stands in a string."""
    if isinstance(value, Constant):
        return (folding.text(value.value),)
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, Reference) and value.name == "process.execPath":
        return ("node",)
    return (Value(labels=labels_of(value), shown=value.shown),)


__all__ = ["OPERATIONS", "Closure", "Expressions", "in_string", "path_join", "pieces_of"]
