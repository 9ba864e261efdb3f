"""What an expression of JavaScript evaluates to."""

from __future__ import annotations

from tree_sitter import Node

from tui.risk.code import javascript_folding as folding
from tui.risk.code.budget import MAX_DEPTH, MAX_ITEMS
from tui.risk.code.conventions import elements, pairs_of, part_of, preload, set_variable
from tui.risk.code.javascript_lookup import Lookups
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
    or_else,
    pieces_of,
    text_of,
    with_labels,
)


class Expressions(Lookups):
    """Evaluates expressions; calls are handed on."""

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

    def _regex(self, node: Node) -> Value:
        source, flags = (self.text(node.child_by_field_name(name)) for name in ("pattern", "flags"))
        return Instance("RegExp", None, {"source": Constant(source), "flags": Constant(flags)})

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

    _shorthand_property_identifier = Lookups._identifier

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

    def _array(self, node: Node) -> Value:
        items: list[Value] = []
        for child in node.named_children[:MAX_ITEMS]:
            if child.type == "spread_element":
                inner = self.evaluate(child.named_children[0] if child.named_children else None)
                known = isinstance(inner, Items) or (isinstance(inner, Constant) and isinstance(inner.value, str))
                if isinstance(inner, Entries):  # a map: objects cannot be spread into a list
                    inner, known = pairs_of(inner), True
                items.extend(elements(inner) if known else (inner,))
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
                name = self.key(child.child_by_field_name("name"))
                if not (name in entries and any(each.type == "set" for each in child.children)):
                    entries[name] = self.make_routine(child)
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

    def _arrow_function(self, node: Node) -> Value:
        return self.make_routine(node)

    _function_expression = _arrow_function
    _generator_function = _arrow_function

    def _class(self, node: Node) -> Value:
        return self.define_class(self.make_routine(node))

    def define_class(self, routine: Routine) -> Routine:
        """Read what a class has without any object of it."""
        raise NotImplementedError

    def _yield_expression(self, node: Node) -> Value:
        value = self.evaluate(node.named_children[0]) if node.named_children else UNKNOWN
        several = any(child.type == "*" for child in node.children)
        if len(self.scope.yielded) < MAX_ITEMS:
            self.scope.yielded.extend(elements(value) if several else (value,))
        return Value(labels=labels_of(value))

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
            known = type(right) is not Value and not (isinstance(right, Constant) and not right.value)
            best = right if operator == "&&" or empty or (type(left) is Value and known) else left
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
        return with_labels(or_else(first, second), second.labels)

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
                if child.type == "rest_pattern" and isinstance(value, Items):
                    self.bind(child, Items(items[position:]), declare=declare)
                    continue
                self.bind(child, items[position] if position < len(items) else part_of(value), declare=declare)
        elif kind in {"assignment_pattern", "object_assignment_pattern"}:
            default = target.child_by_field_name("right")
            given = value.labels - {Label.TYPED, Label.SETTING}
            unknown = type(value) is Value and not given
            taken = with_labels(self.evaluate(default), value.labels) if unknown else value
            self.bind(target.child_by_field_name("left"), taken, declare=declare)
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
            set_variable(self.judge, name, value)
        held = owner.entries if isinstance(owner, Entries) else owner.attributes if isinstance(owner, Instance) else {}
        if isinstance(setter := held.get(name or "*"), Routine) and self.is_setter(setter):
            self.run_routine(Routine(setter.name, setter.body, owner), (value,))
        elif isinstance(owner, Entries) and len(owner.entries) < MAX_ITEMS:
            owner.entries[name or "*"] = value
        elif isinstance(owner, Instance):
            owner.attributes[name or "*"] = value
        elif isinstance(owner, Reference) and name and owner.name != "process.env":
            scope = self.scope
            while scope.parent is not None:
                scope = scope.parent
            scope.names[f"{owner.name}.{name}"] = value

    def is_setter(self, routine: Routine) -> bool:
        """Whether a function is called where its property is assigned to."""
        raise NotImplementedError

    def run_routine(self, routine: Routine, args: tuple[Value, ...]) -> Value:
        """Read the body of a function with these arguments."""
        raise NotImplementedError

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
    if isinstance(value, Instance) and value.kind == "URL":
        return (*pieces_of(value.content), Value(labels=labels_of(value), shown="query"))
    return (Value(labels=labels_of(value), shown=value.shown),)
