"""Functions and classes of a Python text: read with the arguments they are called with."""

from __future__ import annotations

import ast
from typing import Final

from tui.risk.code.budget import MAX_CALLS
from tui.risk.code.python_expressions import Expressions
from tui.risk.code.python_lookup import Lambda
from tui.risk.code.scope import Scope
from tui.risk.code.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Entries,
    Items,
    Labels,
    Routine,
    Value,
    labels_of,
    with_labels,
)

_MAX_RUNS: Final = 8
"""How often one function is read with other arguments."""


def _together(values: list[Value]) -> Value:
    if not values:
        return UNKNOWN
    known = [
        value for value in values if not (isinstance(value, Constant) and value.value in (None, False, True, "", 0))
    ]
    best = next((value for value in known if type(value) is not Value), known[0] if known else values[0])
    return with_labels(best, NOTHING.union(*(labels_of(value) for value in values)))


def all_labels(args: tuple[Value, ...], keywords: dict[str, Value]) -> Labels:
    """Return the labels of all arguments of a call."""
    values = (*args, *keywords.values())
    return NOTHING.union(*(labels_of(value) for value in values)) if values else NOTHING


class Routines(Expressions):
    """Reads bodies of functions."""

    runs: dict[int, int]
    stack: list[object]

    def run_routine(self, routine: Routine, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
        """Read the body of a function with these arguments."""
        body = routine.body
        if not isinstance(body, Lambda):
            return Value(labels=all_labels(args, keywords))
        if isinstance(body.node, ast.ClassDef):
            return self.instantiate(routine, body.node, args, keywords)
        key = id(body.node)
        if len(self.stack) >= MAX_CALLS or body.node in self.stack or self.runs.get(key, 0) >= _MAX_RUNS:
            return Value(labels=all_labels(args, keywords))
        self.runs[key] = self.runs.get(key, 0) + 1
        before, self.scope = self.scope, Scope(body.scope)
        self.stack.append(body.node)
        if routine.owner is not None:
            self.scope.names["__self__"] = routine.owner
        try:
            self._bind_parameters(body.node.args, args if routine.owner is None else (routine.owner, *args), keywords)
            if isinstance(body.node, ast.Lambda):
                return self.evaluate(body.node.body)
            self.block(body.node.body)
            if self.scope.yielded:
                return Items(tuple(self.scope.yielded))
            return _together(self.scope.returned)
        finally:
            self.stack.pop()
            self.scope = before

    def _bind_parameters(self, parameters: ast.arguments, args: tuple[Value, ...], keywords: dict[str, Value]) -> None:
        names = [*parameters.posonlyargs, *parameters.args]
        defaults: list[ast.expr | None] = [None] * (len(names) - len(parameters.defaults)) + list(parameters.defaults)
        for index, (parameter, default) in enumerate(zip(names, defaults, strict=True)):
            if index < len(args):
                value = args[index]
            elif parameter.arg in keywords:
                value = keywords[parameter.arg]
            else:
                value = self.evaluate(default) if default is not None else UNKNOWN
            self.scope.names[parameter.arg] = (
                value if value.shown or type(value) is not Value else Value(labels=value.labels, shown=parameter.arg)
            )
        for parameter, keyword_default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
            value = keywords.get(parameter.arg) or (
                self.evaluate(keyword_default) if keyword_default is not None else UNKNOWN
            )
            self.scope.names[parameter.arg] = value
        if parameters.vararg is not None:
            self.scope.names[parameters.vararg.arg] = (
                Items(args[len(names) :]) if len(args) > len(names) else Value(shown=parameters.vararg.arg)
            )
        if parameters.kwarg is not None:
            self.scope.names[parameters.kwarg.arg] = Entries(dict(keywords))

    def instantiate(
        self, routine: Routine, node: ast.ClassDef, args: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Make an object of a class of the text."""
        raise NotImplementedError

    def block(self, statements: list[ast.stmt]) -> None:
        """Read statements in their order."""
        raise NotImplementedError
