"""What happens when a simple command runs: which program it is, what it runs in turn, what it writes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tui.risk.shell import builtins, carriers_code, environment, files, fold, interpreters, peel
from tui.risk.shell.call import Call
from tui.risk.shell.code import script_file
from tui.risk.shell.known import EVERYDAY_WORDS, PROGRAMS, program_for
from tui.risk.shell.model import Code, Unknown
from tui.risk.shell.source import Source
from tui.risk.shell.spelling import writes_by_number
from tui.risk.shell.values import Disguise, Field, Output
from tui.risk.shell.wrappers import wrappers

_SYSTEM: Final = ("/bin/", "/sbin/", "/usr/", "/opt/", "/snap/", "/nix/", "/dev/")
_SHELL_VARIABLES: Final = frozenset({"SHELL", "BASH", "0"})
"""Variables that hold a shell wherever a shell runs."""
_CONSTANT: Final = re.compile(r"\{[^}]*,|\"?(?:\$\(|`)\s*(?:echo|printf)\b")
"""A program's name that is worked out from a constant right where it is used."""
_VARIABLES: Final = re.compile(r"\"?(?:\$\w+|\$\{\w+\}){2,}\"?")
"""A name that is nothing but variables side by side."""


def run(call: Call) -> Output:
    """Work out what a command with these arguments does; its invocation is filled in."""
    call = replace(call, fields=[_named(call, call.fields[0]), *call.arguments])
    call.draft.argv = tuple(field.word for field in call.fields)
    call.draft.inputs = tuple(
        dict.fromkeys((*call.draft.inputs, *(index for field in call.fields for index in field.inputs)))
    )
    call.draft.stdin = call.context.stdin
    call.draft.cwd = call.context.cwd or call.scope.cwd
    if any(
        field.split or field.disguise is Disguise.DECODED or ("$'" in field.raw and writes_by_number(field.raw))
        for field in call.fields
    ):
        call.draft.obfuscated = True
    environment.follow(call)
    name = _path(call.fields[0])
    if name is None:
        return _unclear(call)
    call = replace(call, program=name.rpartition("/")[2])
    output = _followed(call, name)
    producers = tuple(dict.fromkeys((*output.producers, call.draft.index, *call.context.stdin.producers)))[:64]
    return replace(output, producers=producers)


def _path(field: Field) -> str | None:
    """Return the program as given; of a path of which only the directory is unknown, what is known."""
    last = field.word.parts[-1] if field.word.parts else ""
    if field.literal is None and isinstance(last, str) and "/" in last:
        return last
    return field.literal


def _followed(call: Call, name: str) -> Output:
    """Find who knows what the program does."""
    program, scope = call.program, call.scope
    if "/" not in name:
        if program in scope.functions:
            return _call(call)
        if program in scope.aliases and not call.fields[0].raw.startswith("\\") and program not in call.context.calls:
            return _alias(call)
    output = interpreters.run(call)
    files.note(call)
    if output is not None:
        if program in carriers_code.PROGRAMS:
            carriers_code.run(call)
        return output
    for follow in (builtins.run, peel.run):
        output = follow(call)
        if output is not None:
            return output
    output = _script_file(call, name)
    if output is None:
        output = _guess(call)
    return fold.run(call) if output is None else output


def _named(call: Call, field: Field) -> Field:
    """Return the program's name with globs and unknown fragments resolved, noting whether it was hidden."""
    literal = field.literal
    if field.name_split or field.split:
        call.draft.obfuscated = True
    if field.raw.strip('"{}$') in _SHELL_VARIABLES and literal is None:
        return replace(field, word=replace(field.word, parts=("bash",), folded=True))
    if literal is None:
        return _without_fragments(call, field)
    if (real := call.scope.renamed.get(literal)) is not None and "/" in literal:
        return replace(field, word=replace(field.word, parts=(real,), folded=True))
    if field.word.globs:
        found = program_for(literal)
        if found is not None:
            call.draft.obfuscated = True
            return replace(field, word=replace(field.word, parts=(found,), globs=False, folded=True))
    if _CONSTANT.match(field.raw):
        call.draft.obfuscated = True
    pieced = field.assembled and literal.isalpha() and bool(_VARIABLES.fullmatch(field.raw))
    if pieced or ((field.assembled or field.disguise is not Disguise.NONE) and literal in PROGRAMS):
        call.draft.obfuscated = True
    return field


def _without_fragments(call: Call, field: Field) -> Field:
    """Resolve `r$x'm'` and `c${u}at`: what is not set expands to nothing, and what remains is a program's name."""
    pieces = field.word.parts
    known = "".join(piece for piece in pieces if isinstance(piece, str))
    fragments = [piece for piece in pieces if isinstance(piece, Unknown)]
    if not known or any(piece.source.startswith(("$(", "`")) for piece in fragments):
        return field
    name = known.rpartition("/")[2]
    first = pieces[0]
    if name in PROGRAMS and isinstance(first, str) and first and not first.endswith("/"):
        inside = isinstance(pieces[-1], str) and pieces[-1]
        call.draft.obfuscated = call.draft.obfuscated or bool(inside)
        return replace(field, word=replace(field.word, parts=(known,), folded=True))
    return field


def _unclear(call: Call) -> Output:
    """A command whose program is only known when the text runs."""
    call.unclear(f"which program `{call.fields[0].text[:60]}` is, is only known when it runs")
    if len(call.fields) > 1:
        guessed = _guess(call)
        if guessed is not None:
            return Output(None, (*guessed.producers, call.draft.index, *call.context.stdin.producers))
    elif call.fields[0].inputs:
        call.draft.code = (Code("bash", None, call.fields[0].word.span, call.fields[0].inputs, None, "substitution"),)
    return Output(None, (call.draft.index, *call.context.stdin.producers))


def _call(call: Call) -> Output:
    """A call of a function the text defines: its body runs with these arguments."""
    name = call.program
    if name in call.context.calls:
        call.walker.recursive[name] = None
        return Output(None, (call.draft.index, *call.context.stdin.producers))
    if call.walker.budget.calls <= 0:
        call.walker.budget.problem("there are more function calls than are followed")
        return Output(None, (call.draft.index,))
    call.walker.budget.calls -= 1
    body = call.scope.functions[name]
    call.walker.later.called(body)
    saved = call.scope.positional
    call.scope.positional = [field.value for field in call.arguments]
    output = call.walker.command(
        body.command, body.script.source, call.scope, replace(call.context, calls=(*call.context.calls, name))
    )
    call.scope.positional = saved
    return replace(output, producers=(*output.producers, call.draft.index, *call.context.stdin.producers)[:64])


def _alias(call: Call) -> Output:
    """A name the text has given another meaning."""
    name = call.program
    words = " ".join([call.scope.aliases[name], *(field.raw for field in call.arguments)])
    inside = replace(call.under(f"alias {name}"), calls=(*call.context.calls, name))
    output = call.walker.text(Source(words, base=call.fields[0].word.span), call.scope, inside)
    return replace(output, producers=(*output.producers, call.draft.index))


def _script_file(call: Call, name: str) -> Output | None:
    """A program given by path that is no system directory's: a script or a binary from somewhere."""
    if "/" not in name or name.startswith(_SYSTEM):
        return None
    return script_file(call, "", call.fields[0], call.arguments)


def _guess(call: Call) -> Output | None:
    """Behind a program nobody knows: a later argument that is a well-known program with arguments may be run."""
    if call.program in PROGRAMS or call.program in wrappers() or call.context.guessed:
        return None
    for position, field in enumerate(call.arguments, 1):
        literal = field.literal
        if literal is None or field.word.globs:
            continue
        name = literal.rpartition("/")[2]
        if name in PROGRAMS and name not in EVERYDAY_WORDS and position + 1 < len(call.fields):
            inside = replace(call.under(call.program or call.fields[0].text[:40]), guessed=True)
            return call.walker.invoke(call.fields[position:], call.scope, inside)
    return None
