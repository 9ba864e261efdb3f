"""Builtins that change the state of the shell: variables, directory, functions, aliases."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tui.risk.shell import fold, options
from tui.risk.shell.arithmetic import names
from tui.risk.shell.call import Call
from tui.risk.shell.code import shell_code
from tui.risk.shell.limits import FIELD_LIMIT
from tui.risk.shell.model import Word
from tui.risk.shell.values import NO_INPUT, NOTHING, Disguise, Output, Value, code_source, known, unknown

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def run(call: Call) -> Output | None:
    """Carry out a builtin; None where it is not one of these."""
    handler = _BUILTINS.get(call.program)
    return None if handler is None else handler(call)


_Handler = Callable[[Call], Output | None]


def _cd(call: Call) -> Output | None:
    operands = [field for field in call.arguments if field.text == "-" or not field.text.startswith("-")]
    if not operands:
        call.scope.cwd = Word(("~",), call.fields[0].word.span)
        return NOTHING
    target = operands[0].word
    literal, before = target.literal, call.scope.cwd
    if literal == "-":
        call.scope.cwd = None
    elif literal is not None and not literal.startswith(("/", "~")):
        if before is not None and before.literal is not None:
            call.scope.cwd = Word((_joined(before.literal, literal),), target.span, folded=True)
        elif (before is None and not literal.startswith("..")) or before is None:
            call.scope.cwd = target
        else:
            call.scope.cwd = None
    else:
        call.scope.cwd = target
    return NOTHING


def _popd(call: Call) -> Output | None:
    call.scope.cwd = None
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


def _read(call: Call) -> Output | None:
    names: list[str] = []
    array = False
    skip = False
    for field in call.arguments:
        if skip:
            skip = False
            continue
        text = field.text
        if text.startswith("-") and len(text) > 1:
            array |= "a" in text
            skip = text[-1] in "dinNptu"
        else:
            names.append(text)
    literal = call.context.stdin.literal
    inputs = call.context.stdin.producers
    names = [name for name in names if _NAME.fullmatch(name)] or ["REPLY"]
    if literal is None:
        for name in names:
            call.scope.variables[name] = unknown(f"${name}", inputs)
        return NOTHING
    line = literal.partition("\n")[0]
    separator = _separator(call)
    if separator is None:
        words = line.split(None, len(names) - 1) if not array else line.split()
    else:
        words = re.split(f"[{re.escape(separator)}]", line, maxsplit=0 if array else len(names) - 1)
    if array:
        call.scope.variables[names[0]] = [known(word, call.context.disguise) for word in words]
        return NOTHING
    for position, name in enumerate(names):
        call.scope.variables[name] = known(
            words[position].strip() if position < len(words) else "", call.context.disguise
        )
    return NOTHING


def _separator(call: Call) -> str | None:
    """Return what `IFS=, read …` divides a line at, or None for blanks."""
    value = call.scope.variables.get("IFS")
    literal = value.literal if isinstance(value, Value) else None
    return literal if literal and literal.strip() else None


def _mapfile(call: Call) -> Output | None:
    parsed = options.parse(call.arguments, frozenset({"-C", "-c", "-d", "-n", "-O", "-s", "-u"}))
    for callback in parsed.values("-C"):
        shell_code(call.elsewhere(), callback, f"{call.program} -C")
    named = [field.text for field in parsed.operands if _NAME.fullmatch(field.text)]
    name = named[-1] if named else "MAPFILE"
    if call.context.stdin.literal is not None:
        lines = call.context.stdin.literal.splitlines()[:FIELD_LIMIT]
        call.scope.variables[name] = [known(line, call.context.disguise) for line in lines]
    else:
        call.scope.variables[name] = unknown(f"${name}", call.context.stdin.producers)
    return NOTHING


def _test(call: Call) -> Output | None:
    """`test -v 'a[$i]'`: what stands in the brackets is evaluated, and may run commands."""
    for before, field in itertools.pairwise(call.fields):
        if before.literal == "-v" and not _NAME.fullmatch(field.literal or "") and not call.context.defining:
            call.walker.unclear = True
    return None


def _let(call: Call) -> Output | None:
    """`let x=y`: arguments are evaluated."""
    for field in call.arguments:
        numbers = [call.scope.variables.get(name) for name in names(field.text)]
        known_all = all(isinstance(value, Value) and (value.literal or "").isdigit() for value in numbers)
        if (field.literal is None or not known_all) and not call.context.defining:
            call.walker.unclear = True
    return None


def _printf(call: Call) -> Output | None:
    """`printf -v name format …`."""
    if len(call.fields) < 4 or call.fields[1].literal != "-v":
        return None
    name = call.fields[2].text
    literals = [field.literal for field in call.fields[3:]]
    if not _NAME.fullmatch(name):
        return NOTHING
    text = None
    if all(literal is not None for literal in literals):
        text = fold.printf([literal for literal in literals if literal is not None])
    assembled = Disguise.TRANSFORMED if len(literals) > 2 else Disguise.NONE
    disguise = max(fold.printf_disguise(literals[0] or ""), assembled)
    call.scope.variables[name] = unknown(f"${name}") if text is None else known(text, disguise)
    return NOTHING


def _set(call: Call) -> Output | None:
    for position, field in enumerate(call.arguments, 1):
        if field.literal == "--" or not field.text.startswith(("-", "+")):
            start = position + 1 if field.literal == "--" else position
            call.scope.positional = [item.value for item in call.fields[start:]]
            break
    return NOTHING


def _shift(call: Call) -> Output | None:
    if call.scope.positional:
        count = call.fields[1].literal if len(call.fields) > 1 else "1"
        call.scope.positional = call.scope.positional[
            int(count) if count and count.isdigit() and len(count) < 5 else 1 :
        ]
    return NOTHING


def _unset(call: Call) -> Output | None:
    for field in call.arguments:
        call.scope.variables.pop(field.text, None)
        call.scope.functions.pop(field.text, None)
    return NOTHING


def _declare(call: Call) -> Output | None:
    """`export "x=$y"`: assignments that are quoted as a whole; plain ones have been carried out already."""
    declared = {name for name, _ in call.draft.assignments}
    if any(re.fullmatch(r"-\w*n\w*", field.literal or "") for field in call.arguments) and call.program != "export":
        for name, word in call.draft.assignments:  # a reference: its value is that of another variable
            call.scope.variables[name] = call.scope.variables.get(word.text) or unknown(f"${word.text}")
    for field in call.arguments:
        first = field.word.parts[0] if field.word.parts else ""
        if not isinstance(first, str):
            continue
        name, equals, rest = first.partition("=")
        if equals and name not in declared and _NAME.fullmatch(name):
            pieces = (rest, *field.word.parts[1:]) if rest else field.word.parts[1:] or ("",)
            call.scope.variables[name] = Value(pieces, field.inputs, field.disguise)
    return NOTHING


def _alias(call: Call) -> Output | None:
    """`alias x='…'`: the text is code, run when somebody types the name."""
    for field in call.arguments:
        first = field.word.parts[0] if field.word.parts else ""
        if not isinstance(first, str):
            continue
        name, equals, _ = first.partition("=")
        if equals and name and not name.startswith("-"):
            body = field.tail(len(name) + 1)
            if len(call.scope.aliases) < 64:
                call.scope.aliases[name] = body.text
            inside = replace(
                call.under(f"alias {name}"),
                stdin=NO_INPUT,
                source=None,
                calls=(*call.context.calls, name),
                guessed=True,
            )
            call.walker.text(code_source(body, call.scope), call.scope.child(), inside)
    return NOTHING


def _hash(call: Call) -> Output | None:
    """`hash -p path name`: the name stands for that program from then on."""
    literals = [field.literal for field in call.arguments]
    if len(literals) == 3 and literals[0] == "-p" and literals[1] and literals[2] and len(call.scope.aliases) < 64:
        call.scope.aliases[literals[2]] = literals[1]
    return None


_BUILTINS: Final[dict[str, _Handler]] = {
    "hash": _hash,
    "cd": _cd,
    "popd": _popd,
    "pushd": _cd,
    "read": _read,
    "mapfile": _mapfile,
    "readarray": _mapfile,
    "printf": _printf,
    "set": _set,
    "shift": _shift,
    "unset": _unset,
    "export": _declare,
    "declare": _declare,
    "typeset": _declare,
    "local": _declare,
    "readonly": _declare,
    "alias": _alias,
    "test": _test,
    "[": _test,
    "let": _let,
    ":": lambda _: NOTHING,
    "true": lambda _: NOTHING,
}
