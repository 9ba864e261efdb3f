"""Functions and classes of a JavaScript text: read with the arguments they are called with."""

from __future__ import annotations

from typing import Final

from tree_sitter import Node

from tui.risk.code.budget import MAX_CALLS
from tui.risk.code.javascript_expressions import Expressions
from tui.risk.code.javascript_lookup import Closure
from tui.risk.code.scope import Scope
from tui.risk.code.values import (
    NOTHING,
    UNKNOWN,
    Items,
    Labels,
    Routine,
    Value,
    labels_of,
    with_labels,
)
from tui.risk.model import Span

_MAX_RUNS: Final = 8


def labels_among(args: tuple[Value, ...]) -> Labels:
    """Return the labels of all arguments of a call."""
    return NOTHING.union(*(labels_of(value) for value in args)) if args else NOTHING


class Routines(Expressions):
    """Reads bodies of functions."""

    runs: dict[int, int]
    stack: list[int]
    here: Span

    def run_routine(self, routine: Routine, args: tuple[Value, ...]) -> Value:
        """Read the body of a function with these arguments."""
        body = routine.body
        if not isinstance(body, Closure):
            return Value(labels=labels_among(args))
        node = body.node
        if node.type in {"class_declaration", "class"}:
            return self.instantiate(routine, node, args)
        key = node.id
        if len(self.stack) >= MAX_CALLS or key in self.stack or self.runs.get(key, 0) >= _MAX_RUNS:
            return Value(labels=labels_among(args))
        self.runs[key] = self.runs.get(key, 0) + 1
        before, self.scope = self.scope, Scope(body.scope)
        if routine.owner is not None:
            self.scope.names["this"] = routine.owner
        self.scope.names["arguments"] = Items(args)
        self.stack.append(key)
        try:
            self._bind_parameters(node, args)
            inner = node.child_by_field_name("body")
            if inner is not None and inner.type != "statement_block":
                return self.evaluate(inner)
            if inner is not None:
                self.block(inner)
            if self.scope.yielded:
                return Items(tuple(self.scope.yielded))
            returned = self.scope.returned
            if not returned:
                return UNKNOWN
            best = next((value for value in returned if type(value) is not Value), returned[0])
            return with_labels(best, NOTHING.union(*(labels_of(value) for value in returned)))
        finally:
            self.stack.pop()
            self.scope = before

    def is_setter(self, routine: Routine) -> bool:
        """Whether a function is called where its property is assigned to."""
        node = routine.body.node if isinstance(routine.body, Closure) else None
        return node is not None and node.type == "method_definition" and any(c.type == "set" for c in node.children)

    def _bind_parameters(self, node: Node, args: tuple[Value, ...]) -> None:
        single = node.child_by_field_name("parameter")
        parameters = node.child_by_field_name("parameters")
        names = (
            [single]
            if single is not None
            else [c for c in parameters.named_children if c.type != "comment"]
            if parameters is not None
            else []
        )
        for position, name in enumerate(names):
            if name.type == "rest_pattern":
                self.bind(name, Items(args[position:]), declare=True)
            else:
                self.bind(name, args[position] if position < len(args) else UNKNOWN, declare=True)

    def instantiate(self, routine: Routine, node: Node, args: tuple[Value, ...]) -> Value:
        """Make an object of a class of the text."""
        raise NotImplementedError

    def block(self, node: Node) -> None:
        """Read the statements below `node`."""
        raise NotImplementedError
