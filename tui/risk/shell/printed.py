"""Programs that print one constant: `python -c 'print("…")'`, `perl -e 'print "…"'`."""

from __future__ import annotations

import ast

from tui.risk.shell.values import Disguise, Field, Output


def printed(language: str, codes: list[Field]) -> Output:
    """What `python -c 'print("…")'` and `perl -e 'print "…"'` write, where it is one constant."""
    text = codes[0].literal
    if len(codes) != 1 or text is None or len(text) > 2000:
        return Output(None)
    if language == "python":
        value = _printed_constant(text)
        return Output(None) if value is None else Output(value + "\n", disguise=Disguise.DECODED)
    if language in ("perl", "ruby", "php") and text.startswith(("print", "puts", "echo")):
        rest = text.partition(" ")[2].strip().rstrip(";")
        if len(rest) > 1 and rest[0] in "'\"" and rest[-1] == rest[0] and rest[0] not in rest[1:-1] and "$" not in rest:
            return Output(rest[1:-1], disguise=Disguise.DECODED)
    return Output(None)


def _printed_constant(text: str) -> str | None:
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr) or not isinstance(tree.body[0].value, ast.Call):
        return None
    call = tree.body[0].value
    if not isinstance(call.func, ast.Name) or call.func.id != "print" or len(call.args) != 1 or call.keywords:
        return None
    return _constant(call.args[0])


def _constant(node: ast.expr) -> str | None:
    """Fold a constant: a string, a sum of strings, `chr(…)`, `'…'[::-1]`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _constant(node.left), _constant(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "chr" and len(node.args) == 1:
        code = node.args[0]
        if isinstance(code, ast.Constant) and isinstance(code.value, int) and 0 <= code.value < 0x110000:
            return chr(code.value)
    if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "::-1":
        inner = _constant(node.value)
        return inner[::-1] if inner is not None else None
    return None
