"""What statements of Python show before they are followed: loops without an end, loops that only build, routes."""

from __future__ import annotations

import ast


def is_route(decorator: ast.expr) -> bool:
    """Whether a function is what a server does for an address: `@anything.get("/users")`."""
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in {"route", "get", "post", "put", "patch", "delete", "websocket", "api_route"}
        and bool(decorator.args)
        and isinstance(first := decorator.args[0], ast.Constant)
        and str(first.value).startswith("/")
    )


def counts_far(call: ast.Call) -> bool:
    """Whether a loop counts further than is worth following."""
    last = call.args[-1] if call.args else None
    named = isinstance(call.func, ast.Name) and call.func.id in {"range", "xrange"}
    return named and isinstance(last, ast.Constant) and isinstance(last.value, int) and last.value >= 100


def only_builds(node: ast.For | ast.AsyncFor) -> bool:
    """Whether a loop does nothing but put a value together, as decoders do: such a one is followed to its end."""
    return len(node.body) <= 4 and all(
        isinstance(each,
        ast.Assign | ast.AugAssign) or (isinstance(each, ast.Expr) and isinstance(each.value,
        ast.Call) and isinstance(each.value.func, ast.Attribute)
        and each.value.func.attr == "append") for each in node.body
    )  # fmt: skip


def fills_memory(node: ast.While) -> bool:
    """Whether an endless loop only adds large things to a list or a string."""
    adds = False
    for each in ast.walk(node):
        if isinstance(each, ast.Break | ast.Return | ast.Raise):
            return False
        if (
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and each.func.attr in {"append", "extend"}
        ):
            adds = adds or any(
                isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mult | ast.Pow) for inner in ast.walk(each)
            )
    return adds
