"""Putting imports into code so that every line keeps its number: tracebacks then point where the author looks.

What must stay first stays first: a `#!` line, the encoding of the file, the docstring, `from __future__`, "use strict".
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable
from typing import Final

_SIMPLE: Final = (
    ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Pass, ast.Delete, ast.Assert,
    ast.Raise, ast.Global, ast.Nonlocal, ast.Return,
)  # fmt: skip
"""Statements that may follow another one on its line."""
_MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_NODE_MODULE: Final = re.compile(r"[a-z_$][a-z0-9_$]*", re.IGNORECASE)
_ENCODING: Final = re.compile(r"coding[:=]\s*[-\w.]+")
_DIRECTIVE: Final = re.compile(
    r"""(?:\#![^\n]*\n)? (?:\s | //[^\n]*\n | /\*.*?\*/)* (?:"use\ strict"|'use\ strict') (?:[ \t]*;)?""",
    re.DOTALL | re.VERBOSE,
)
"""A directive with the comments that may stand before it."""


class CannotInject(Exception):
    """The imports have no place, in words."""


def with_python_imports(text: str, modules: Iterable[str]) -> str:
    """Return Python code that imports the modules it did not import at its top already.

    Raises:
        CannotInject: it does not parse, or no line has room for a statement at its beginning.
    """
    tree = _parse(text)
    present = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    }  # fmt: skip
    missing = [module for module in modules if module not in present]
    for module in missing:
        if _MODULE.fullmatch(module) is None:
            raise CannotInject(f"{module!r} is not the name of a module")
    if not missing:
        return text
    statement = f"import {', '.join(missing)}"
    changed = _insert(text, tree, statement)
    expected = [ast.dump(node, include_attributes=False) for node in tree.body]
    expected.insert(len(_prologue(tree)), ast.dump(ast.parse(statement).body[0], include_attributes=False))
    found = [ast.dump(node, include_attributes=False) for node in _parse(changed).body]
    if found != expected or changed.count("\n") != text.count("\n"):
        raise CannotInject("the code has no place for it")
    return changed


def _parse(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise CannotInject("it does not parse") from None


def _prologue(tree: ast.Module) -> list[ast.stmt]:
    """Return the statements that must come before any other: docstring and `from __future__`."""
    found: list[ast.stmt] = []
    for node in tree.body:
        if not (_is_future(node) or (not found and _is_text(node))):
            break
        found.append(node)
    return found


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _insert(text: str, tree: ast.Module, statement: str) -> str:
    lines = text.split("\n")
    prologue = _prologue(tree)
    rest = tree.body[len(prologue) :]
    if rest and isinstance(rest[0], _SIMPLE):
        return _spliced(lines, rest[0].lineno, rest[0].col_offset, f"{statement}; ")
    if prologue:
        last = prologue[-1]
        assert last.end_lineno is not None
        assert last.end_col_offset is not None
        return _spliced(lines, last.end_lineno, last.end_col_offset, f"; {statement}")
    end = _first_line(rest[0]) if rest else len(lines) + 1
    for number in range(1, end):
        line = lines[number - 1]
        blank = not line.strip()
        if number <= 2 and (line.startswith("#!") or _ENCODING.search(line)):
            continue
        if blank or line.lstrip().startswith("#"):
            lines[number - 1] = statement if blank else f"{statement}  {line.lstrip()}"
            return "\n".join(lines)
    raise CannotInject("it begins with a block; put an empty line above it")


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _spliced(lines: list[str], number: int, column: int, addition: str) -> str:
    # The compiler counts columns in bytes of UTF-8.
    line = lines[number - 1].encode()
    lines[number - 1] = (line[:column] + addition.encode() + line[column:]).decode()
    return "\n".join(lines)


def with_javascript_modules(text: str, modules: Iterable[str]) -> str:
    """Return JavaScript that requires the modules it does not name in a `require` or `import` already.

    Raises:
        CannotInject: a name is no identifier, or the code is an ES module, where `require` does not exist.
    """
    lines = text.split("\n")
    if any(re.match(r"\s*(import\s*[\w{*\"']|export\s)", line) for line in lines):
        raise CannotInject("it is an ES module, which imports for itself")
    missing: list[str] = []
    for module in modules:
        if _NODE_MODULE.fullmatch(module) is None:
            raise CannotInject(f"{module!r} cannot be the name of a variable")
        if re.search(rf"require\(\s*[\"'](node:)?{re.escape(module)}[\"']\s*\)", text) is None:
            missing.append(module)
    if not missing:
        return text
    # `var` may be declared again by the code itself.
    statement = " ".join(f'var {module} = require("{module}");' for module in missing)
    if found := _DIRECTIVE.match(text):
        joint = "" if text[found.end() - 1] == ";" else ";"
        return f"{text[: found.end()]}{joint} {statement}{text[found.end() :]}"
    at = text.find("\n") + 1 if text.startswith("#!") else 0
    if text.startswith("#!") and at == 0:
        raise CannotInject("it is only a `#!` line")
    return f"{text[:at]}{statement} {text[at:]}"
