"""Builtins that change the state of the shell: variables, directory, functions, aliases."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.risk.shell import fold
from tui.risk.shell.limits import FIELD_LIMIT
from tui.risk.shell.model import Word
from tui.risk.shell.values import NOTHING, Context, Field, Output, Scope, Value, code_source, known, unknown

if TYPE_CHECKING:
    from tui.risk.shell.walk import Draft, Walker

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def run(
    walker: Walker, program: str, fields: list[Field], draft: Draft, scope: Scope, context: Context
) -> Output | None:
    """Carry out a builtin; None where it is not one of these."""
    handler = _BUILTINS.get(program)
    return None if handler is None else handler(walker, fields, draft, scope, context)


_Handler = Callable[["Walker", list[Field], "Draft", Scope, Context], Output | None]


def _cd(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    operands = [field for field in fields[1:] if field.text == "-" or not field.text.startswith("-")]
    if not operands:
        scope.cwd = Word(("~",), fields[0].word.span)
        return NOTHING
    target = operands[0].word
    literal, before = target.literal, scope.cwd
    if literal == "-":
        scope.cwd = None
    elif literal is not None and not literal.startswith(("/", "~")):
        if before is not None and before.literal is not None:
            scope.cwd = Word((_joined(before.literal, literal),), target.span, folded=True)
        elif (before is None and not literal.startswith("..")) or before is None:
            scope.cwd = target
        else:
            scope.cwd = None
    else:
        scope.cwd = target
    return NOTHING


def _joined(directory: str, path: str) -> str:
    parts = directory.rstrip("/").split("/")
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == ".." and parts and parts[-1] not in ("", "..", "~", "."):
            parts.pop()
        elif part == ".." and parts == [""]:
            continue
        else:
            parts.append(part)
    return "/".join(parts) or "/"


def _read(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    names: list[str] = []
    array = False
    skip = False
    for field in fields[1:]:
        if skip:
            skip = False
            continue
        text = field.text
        if text.startswith("-") and len(text) > 1:
            array |= "a" in text
            skip = text[-1] in "dinNptu"
        else:
            names.append(text)
    literal = context.stdin.literal
    inputs = context.stdin.producers
    names = [name for name in names if _NAME.fullmatch(name)] or ["REPLY"]
    if literal is None:
        for name in names:
            scope.variables[name] = unknown(f"${name}", inputs)
        return NOTHING
    line = literal.partition("\n")[0]
    words = line.split(None, len(names) - 1) if not array else line.split()
    if array:
        scope.variables[names[0]] = [known(word, context.disguise) for word in words]
        return NOTHING
    for position, name in enumerate(names):
        scope.variables[name] = known(words[position].strip() if position < len(words) else "", context.disguise)
    return NOTHING


def _mapfile(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    names = [field.text for field in fields[1:] if _NAME.fullmatch(field.text)]
    name = names[-1] if names else "MAPFILE"
    if context.stdin.literal is not None:
        lines = context.stdin.literal.splitlines()[:FIELD_LIMIT]
        scope.variables[name] = [known(line, context.disguise) for line in lines]
    else:
        scope.variables[name] = unknown(f"${name}", context.stdin.producers)
    return NOTHING


def _printf(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`printf -v name format …`."""
    if len(fields) < 4 or fields[1].literal != "-v":
        return None
    name = fields[2].text
    literals = [field.literal for field in fields[3:]]
    if not _NAME.fullmatch(name):
        return NOTHING
    text = None
    if all(literal is not None for literal in literals):
        text = fold.printf([literal for literal in literals if literal is not None])
    scope.variables[name] = (
        unknown(f"${name}") if text is None else known(text, fold.printf_disguise(literals[0] or ""))
    )
    return NOTHING


def _set(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    for position, field in enumerate(fields[1:], 1):
        if field.literal == "--" or not field.text.startswith(("-", "+")):
            start = position + 1 if field.literal == "--" else position
            scope.positional = [item.value for item in fields[start:]]
            break
    return NOTHING


def _shift(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    if scope.positional:
        count = fields[1].literal if len(fields) > 1 else "1"
        scope.positional = scope.positional[int(count) if count and count.isdigit() and len(count) < 5 else 1 :]
    return NOTHING


def _unset(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    for field in fields[1:]:
        scope.variables.pop(field.text, None)
        scope.functions.pop(field.text, None)
    return NOTHING


def _declare(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`export "x=$y"`: assignments that are quoted as a whole; plain ones have been carried out already."""
    declared = {name for name, _ in draft.assignments}
    for field in fields[1:]:
        first = field.word.parts[0] if field.word.parts else ""
        if not isinstance(first, str):
            continue
        name, equals, rest = first.partition("=")
        if equals and name not in declared and _NAME.fullmatch(name):
            pieces = (rest, *field.word.parts[1:]) if rest else field.word.parts[1:] or ("",)
            scope.variables[name] = Value(pieces, field.inputs, field.disguise)
    return NOTHING


def _alias(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    """`alias x='…'`: the text is code, run when somebody types the name."""
    for field in fields[1:]:
        first = field.word.parts[0] if field.word.parts else ""
        if not isinstance(first, str):
            continue
        name, equals, _ = first.partition("=")
        if equals and name and not name.startswith("-"):
            body = field.tail(len(name) + 1)
            if len(scope.aliases) < 64:
                scope.aliases[name] = body.text
            inside = replace(
                context, chain=(*context.chain, f"alias {name}"), found_by=draft.index, depth=context.depth + 1,
                stdin=type(context.stdin)(), source=None, calls=(*context.calls, name), guessed=True,
            )  # fmt: skip
            walker.text(code_source(body, scope), scope.child(), inside)
    return NOTHING


def _nothing(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    return NOTHING


_BUILTINS: Final[dict[str, _Handler]] = {
    "cd": _cd, "pushd": _cd, "read": _read, "mapfile": _mapfile, "readarray": _mapfile, "printf": _printf, "set": _set,
    "shift": _shift, "unset": _unset, "export": _declare, "declare": _declare, "typeset": _declare, "local": _declare,
    "readonly": _declare, "alias": _alias, ":": _nothing, "true": _nothing,
}  # fmt: skip
