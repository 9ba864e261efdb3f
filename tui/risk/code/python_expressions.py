"""What an expression of Python evaluates to."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from tui.risk.code import python_folding as folding
from tui.risk.code.budget import MAX_DEPTH, MAX_ITEMS
from tui.risk.code.conventions import elements, path_join, preload, set_variable
from tui.risk.code.python_lookup import Lookups
from tui.risk.code.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Entries,
    Instance,
    Items,
    Labels,
    Reference,
    Text,
    Value,
    joined,
    labels_of,
    or_else,
    pieces_of,
    text_of,
    with_labels,
)

_ENOUGH_UNKNOWN = 4
"""Elements of a comprehension without a known value after which the others are taken to be like them."""
_SAFE_TO_NAME = frozenset(
    {"sys.executable", "subprocess.PIPE", "subprocess.DEVNULL", "subprocess.STDOUT", "asyncio.subprocess.PIPE"}
)


class Expressions(Lookups):
    """Evaluates expressions; calls are handed on."""

    def evaluate(self, node: ast.expr | None) -> Value:
        """Return what `node` evaluates to."""
        if node is None:
            return UNKNOWN
        self.judge.budget.spend()
        if self.depth > MAX_DEPTH:
            self.judge.puzzled("expressions nested too deeply")
            return UNKNOWN
        self.depth += 1
        try:
            method = getattr(self, "_" + type(node).__name__.lower(), None)
            return method(node) if method is not None else self._children(node)
        finally:
            self.depth -= 1

    def _children(self, node: ast.expr) -> Value:
        labels: Labels = NOTHING
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                labels |= labels_of(self.evaluate(child))
        return Value(labels=labels)

    def _constant(self, node: ast.Constant) -> Value:
        value = node.value
        return Constant(value) if isinstance(value, str | bytes | int | float | bool) or value is None else UNKNOWN

    def _name(self, node: ast.Name) -> Value:
        found = self.scope.find(node.id)
        if found is not None:
            return found if found.shown else _named(found, node.id)
        return self.global_name(node.id)

    def _attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.evaluate(node.value), node.attr)

    def _subscript(self, node: ast.Subscript) -> Value:
        owner = self.evaluate(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = [
                self.evaluate(each) if each is not None else None
                for each in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return folding.sliced(owner, *bounds) or Value(labels=labels_of(owner), shown=owner.shown)
        return self.item(owner, self.evaluate(node.slice))

    def _joinedstr(self, node: ast.JoinedStr) -> Value:
        pieces: list[str | Value] = []
        labels: Labels = NOTHING
        for part in node.values:
            value = self.evaluate(part.value if isinstance(part, ast.FormattedValue) else part)
            labels |= value.labels if isinstance(value, Constant | Text) else NOTHING
            pieces.extend(_in_string(value))
        return joined(pieces, labels)

    def _binop(self, node: ast.BinOp) -> Value:
        # Long sums lean to the left: they are walked in a loop, so that a thousand pieces need no deep stack.
        chain: list[ast.BinOp] = []
        left_node: ast.expr = node
        while isinstance(left_node, ast.BinOp):
            chain.append(left_node)
            left_node = left_node.left
        value = self.evaluate(left_node)
        for each in reversed(chain):
            self.judge.budget.spend()
            value = self._combined(each.op, value, self.evaluate(each.right))
        return value

    def _combined(self, operator: ast.operator, left: Value, right: Value) -> Value:
        name = type(operator).__name__
        folded = folding.binary(name, left, right)
        if folded is not None:
            return folded
        labels = labels_of(left) | labels_of(right)
        if name == "Div" and isinstance(left, Instance) and left.kind == "pathlib.Path":
            return Instance("pathlib.Path", path_join(left.content or UNKNOWN, right))
        if name == "Add":
            if isinstance(left, Items) and isinstance(right, Items):
                return Items((*left.items, *right.items)[:MAX_ITEMS], labels=left.labels | right.labels)
            if isinstance(left, Items):
                return Items((*left.items, Value(labels=labels_of(right), shown=right.shown)), labels=left.labels)
            if isinstance(left, Text | Constant) or isinstance(right, Text | Constant):
                return joined([*_in_string(left), *_in_string(right)], left.labels | right.labels)
        bits = next((each for each in (left, right) if isinstance(each, Constant)), None)
        if name == "BitOr" and bits is not None and isinstance(bits.value, int):
            return Constant(bits.value, labels=labels)  # these bits are set, whatever the others are
        if name == "Mod" and isinstance(left, Constant) and isinstance(left.value, str):
            return self._percent(left.value, right, labels)
        return Value(labels=labels, shown=left.shown)

    def _percent(self, pattern: str, right: Value, labels: Labels) -> Value:
        values = list(right.items) if isinstance(right, Items) else [right]
        if isinstance(right, Entries):
            named = re.split(r"%\((\w+)\)[sdr]", pattern)
            filled = [part if not at % 2 else right.entries.get(part, UNKNOWN) for at, part in enumerate(named)]
            return joined([p for each in filled for p in ((each,) if isinstance(each, str) else _in_string(each))])
        pieces: list[str | Value] = []
        parts = pattern.split("%")
        pieces.append(parts[0])
        for part in parts[1:]:
            if part[:1] in {"s", "d", "r"} and values:
                pieces.extend(_in_string(values.pop(0)))
                pieces.append(part[1:])
            else:
                pieces.append("%" + part)
        del labels
        return joined(pieces)

    def _tuple(self, node: ast.Tuple | ast.List | ast.Set) -> Value:
        items: list[Value] = []
        for element in node.elts[:MAX_ITEMS]:
            if isinstance(element, ast.Starred):
                inner = self.evaluate(element.value)
                items.extend(inner.items if isinstance(inner, Items) else (inner,))
            else:
                items.append(self.evaluate(element))
        return Items(tuple(items))

    _list = _tuple
    _set = _tuple

    def _dict(self, node: ast.Dict) -> Value:
        entries: dict[str, Value] = {}
        labels: Labels = NOTHING
        for key, value_node in zip(node.keys, node.values, strict=True):
            value = self.evaluate(value_node)
            name = text_of(self.evaluate(key)) if key is not None else None
            if isinstance(value, Entries) and key is None:
                entries.update(value.entries)
            elif name is None:
                labels |= labels_of(value)
            elif len(entries) < MAX_ITEMS:
                entries[name] = value
        return Entries(entries, labels=labels)

    def _namedexpr(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        self.scope.assign(node.target.id, value)
        return value

    def _ifexp(self, node: ast.IfExp) -> Value:
        self.evaluate(node.test)
        first, second = self.evaluate(node.body), self.evaluate(node.orelse)
        if isinstance(first, Constant) and first.value is None:
            first, second = second, first
        return with_labels(or_else(first, second), second.labels)

    def _boolop(self, node: ast.BoolOp) -> Value:
        values = [self.evaluate(each) for each in node.values]
        known = [value for value in values if not (isinstance(value, Constant) and not value.value)]
        best = next((value for value in known if type(value) is not Value), known[0] if known else UNKNOWN)
        return with_labels(best, NOTHING.union(*(labels_of(value) for value in values)))

    def _compare(self, node: ast.Compare) -> Value:
        self._children(node)
        return UNKNOWN

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        value = self.evaluate(node.operand)
        if isinstance(node.op, ast.USub) and isinstance(value, Constant) and isinstance(value.value, int | float):
            return Constant(-value.value)
        if isinstance(node.op, ast.Invert) and isinstance(value, Constant) and isinstance(value.value, int):
            return Constant(~value.value)
        return Value(labels=NOTHING if isinstance(node.op, ast.Not) else labels_of(value))

    def _await(self, node: ast.Await) -> Value:
        return self.evaluate(node.value)

    def _starred(self, node: ast.Starred) -> Value:
        return self.evaluate(node.value)

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.routine(node)

    def _call(self, node: ast.Call) -> Value:
        return self.call(node)

    def _yield(self, node: ast.Yield) -> Value:
        if len(self.scope.yielded) < MAX_ITEMS:
            self.scope.yielded.append(self.evaluate(node.value))
        self.judge.cwd_handed_out = self.judge.cwd
        return UNKNOWN

    def _yieldfrom(self, node: ast.YieldFrom) -> Value:
        self.scope.yielded.extend(elements(self.evaluate(node.value))[: MAX_ITEMS - len(self.scope.yielded)])
        return UNKNOWN

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
        found: list[Value] = []

        def one() -> bool:
            found.append(self.evaluate(node.elt))
            return len(found) < _ENOUGH_UNKNOWN or isinstance(found[-1], Constant | Text | Items)

        self._comprehend(node.generators, 0, one)
        if len(found) > 1 or (found and self._is_known(node.generators)):
            return Items(tuple(found[:MAX_ITEMS]))
        return Value(labels=NOTHING.union(*(labels_of(each) for each in found)))

    _setcomp = _listcomp
    _generatorexp = _listcomp

    def _is_known(self, generators: list[ast.comprehension]) -> bool:
        return len(generators) == 1 and not generators[0].ifs and isinstance(generators[0].iter, ast.List | ast.Tuple)

    def _dictcomp(self, node: ast.DictComp) -> Value:
        labels: list[Labels] = []
        entries: dict[str, Value] = {}
        unknown: list[Value] = []

        def one() -> bool:
            key, value = self.evaluate(node.key), self.evaluate(node.value)
            labels.append(labels_of(key) | labels_of(value))
            if (name := text_of(key)) is not None:
                entries[name] = value
                return len(entries) < MAX_ITEMS
            unknown.append(key)
            return len(unknown) < _ENOUGH_UNKNOWN

        self._comprehend(node.generators, 0, one)
        if entries and not unknown:
            return Entries(entries)
        return Value(labels=NOTHING.union(*labels))

    def _comprehend(self, generators: list[ast.comprehension], index: int, inner: Callable[[], bool]) -> bool:
        """Run `inner` for every element, until it says that more would not tell more."""
        if index == len(generators):
            return inner()
        generator = generators[index]
        for value in elements(self.evaluate(generator.iter))[:MAX_ITEMS]:
            self.bind(generator.target, value)
            for test in generator.ifs:
                self.evaluate(test)
            if not self._comprehend(generators, index + 1, inner):
                return False
        return True

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assign `value` to a target."""
        if isinstance(target, ast.Name):
            self.scope.assign(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            values = list(value.items) if isinstance(value, Items) else []
            for position, each in enumerate(target.elts):
                if isinstance(each, ast.Starred):
                    rest = values[position:]
                    self.bind(each.value, Items(tuple(rest)) if rest else Value(labels=labels_of(value)))
                    values = []
                else:
                    fallback = Value(labels=labels_of(value)) if not isinstance(value, Text | Instance) else value
                    self.bind(each, values[position] if position < len(values) else fallback)
        elif isinstance(target, ast.Attribute):
            self._bind_attribute(target, value)
        elif isinstance(target, ast.Subscript):
            owner, key = (
                self.evaluate(target.value),
                text_of(self.evaluate(target.slice)) if not isinstance(target.slice, ast.Slice) else None,
            )
            if isinstance(owner, Reference) and owner.name == "os.environ":
                preload(self.judge, key, self.span_of(target))
                set_variable(self.judge, key, value)
            if (
                isinstance(owner, Items)
                and isinstance(target.value, ast.Name)
                and not isinstance(target.slice, ast.Slice)
            ):
                self._replace_item(owner, target, value)
            if isinstance(owner, Instance) and owner.kind in {"globals", "locals", "vars"} and key is not None:
                self.scope.assign(key, value)
            if isinstance(owner, Entries) and len(owner.entries) < MAX_ITEMS:
                owner.entries[key if key is not None else "*"] = value
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value)

    def _replace_item(self, owner: Items, target: ast.Subscript, value: Value) -> None:
        at = UNKNOWN if isinstance(target.slice, ast.Slice) else self.evaluate(target.slice)
        position = at.value if isinstance(at, Constant) else None
        if isinstance(position, int) and -len(owner.items) <= position < len(owner.items):
            items = list(owner.items)
            items[position] = value
            self.bind(target.value, Items(tuple(items), labels=owner.labels))

    def _bind_attribute(self, target: ast.Attribute, value: Value) -> None:
        owner = self.evaluate(target.value)
        if isinstance(owner, Instance):
            owner.attributes[target.attr] = value
        elif isinstance(owner, Reference):
            self.scope.assign(f"{owner.name}.{target.attr}", value)


def _in_string(value: Value) -> tuple[str | Value, ...]:
    """Return `value` as it stands in a string: what is neither text nor number is one unknown piece."""
    if isinstance(value, Constant | Text) or (
        isinstance(value, Instance) and value.content is not None and value.kind == "pathlib.Path"
    ):
        return pieces_of(value)
    if isinstance(value, Reference) and value.name in _SAFE_TO_NAME:
        return ("python3",)
    return (Value(labels=labels_of(value), shown=value.shown),)


def _named(value: Value, name: str) -> Value:
    """Return `value` with a name for people, where only its name is known."""
    return Value(labels=value.labels, shown=name) if type(value) is Value else value
