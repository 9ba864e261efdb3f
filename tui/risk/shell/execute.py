"""What happens when a simple command runs: which program it is, what it runs in turn, what it writes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui.risk.shell import builtins, carriers_code, fold, interpreters, peel
from tui.risk.shell.known import PROGRAMS, program_for
from tui.risk.shell.model import Code, Unknown
from tui.risk.shell.source import Source
from tui.risk.shell.spelling import encodes_printable
from tui.risk.shell.values import Context, Disguise, Field, Output, Scope

if TYPE_CHECKING:
    from tui.risk.shell.walk import Draft, Walker

_SYSTEM: Final = ("/bin/", "/sbin/", "/usr/", "/opt/", "/snap/", "/nix/", "/dev/")


def run(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output:
    """Work out what a command with these arguments does; its invocation is filled in."""
    fields = [_named(walker, fields[0], draft, scope), *fields[1:]]
    draft.argv = tuple(field.word for field in fields)
    draft.inputs = tuple(dict.fromkeys((*draft.inputs, *(index for field in fields for index in field.inputs))))
    draft.stdin = context.stdin
    draft.cwd = context.cwd or scope.cwd
    if any(field.split or field.disguise is Disguise.DECODED or encodes_printable(field.raw) for field in fields):
        draft.obfuscated = True
    name = fields[0].literal
    if name is None and fields[0].word.parts and isinstance(fields[0].word.parts[-1], str):
        name = fields[0].word.parts[-1] if "/" in fields[0].word.parts[-1] else None
    if name is None:
        return _unclear(walker, fields, draft, scope, context)
    program = name.rpartition("/")[2]
    if program in scope.functions and "/" not in name:
        return _call(walker, program, fields, draft, scope, context)
    if program in scope.aliases and not fields[0].raw.startswith("\\") and program not in context.calls:
        return _alias(walker, program, fields, draft, scope, context)
    output = builtins.run(walker, program, fields, draft, scope, context)
    if output is None:
        output = interpreters.run(walker, program, fields, draft, scope, context)
        if output is not None and program in carriers_code.PROGRAMS:
            carriers_code.run(walker, program, fields, draft, scope, context)
    if output is None:
        output = peel.run(walker, program, fields, draft, scope, context)
    if output is None:
        output = _script_file(walker, name, fields, draft, scope, context)
    if output is None:
        output = _guess(walker, program, fields, draft, scope, context)
    if output is None:
        output = fold.run(walker, program, fields, draft, scope, context)
    producers = tuple(dict.fromkeys((*output.producers, draft.index, *context.stdin.producers)))[:64]
    return replace(output, producers=producers)


def _named(walker: Walker, field: Field, draft: Draft, scope: Scope) -> Field:
    """Return the program's name with globs and unknown fragments resolved, noting whether it was hidden."""
    literal = field.literal
    if field.name_split or field.split:
        draft.obfuscated = True
    if literal is None:
        return _without_fragments(field, draft)
    if field.word.globs:
        found = program_for(literal)
        if found is not None:
            draft.obfuscated = True
            return replace(field, word=replace(field.word, parts=(found,), globs=False, folded=True))
    if field.disguise is not Disguise.NONE:
        draft.obfuscated = True
    if field.assembled and "/" not in literal and field.raw.count("$") + field.raw.count("`") > 0:
        draft.obfuscated |= _hides(field, literal)
    lowered = literal.lower()
    if literal != lowered and lowered in PROGRAMS and literal not in PROGRAMS and literal.swapcase() != lowered:
        draft.obfuscated = draft.obfuscated or not literal[:1].isupper()
    return field


def _hides(field: Field, literal: str) -> bool:
    """Return whether a name put together from variables and text is a program's own name: `${x}m` but not `gcc$v`."""
    return literal in PROGRAMS


def _without_fragments(field: Field, draft: Draft) -> Field:
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
        draft.obfuscated = draft.obfuscated or bool(inside)
        return replace(field, word=replace(field.word, parts=(known,), folded=True))
    return field


def _unclear(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output:
    """A command whose program is only known when the text runs."""
    walker.unclear = True
    shown = fields[0].text[:60]
    walker.budget.problem(f"which program `{shown}` is, is only known when it runs")
    if len(fields) > 1:
        guessed = _guess(walker, "", fields, draft, scope, context)
        if guessed is not None:
            return Output(None, (*guessed.producers, draft.index, *context.stdin.producers))
    elif fields[0].inputs:
        draft.code = (Code("bash", None, fields[0].word.span, fields[0].inputs, None, "substitution"),)
    return Output(None, (draft.index, *context.stdin.producers))


def _call(walker: Walker, name: str, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output:
    """A call of a function the text defines: its body runs with these arguments."""
    if name in context.calls:
        walker.recursive[name] = None
        return Output(None, (draft.index, *context.stdin.producers))
    if walker.budget.calls <= 0:
        walker.budget.problem("there are more function calls than are followed")
        return Output(None, (draft.index,))
    walker.budget.calls -= 1
    body = scope.functions[name]
    saved = scope.positional
    scope.positional = [field.value for field in fields[1:]]
    output = walker.command(body.command, body.script.source, scope, replace(context, calls=(*context.calls, name)))
    scope.positional = saved
    return replace(output, producers=(*output.producers, draft.index, *context.stdin.producers)[:64])


def _alias(walker: Walker, name: str, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output:
    words = " ".join([scope.aliases[name], *(field.raw for field in fields[1:])])
    inside = replace(
        context, chain=(*context.chain, f"alias {name}"), found_by=draft.index, depth=context.depth + 1,
        calls=(*context.calls, name),
    )  # fmt: skip
    output = walker.text(Source(words, base=fields[0].word.span), scope, inside)
    return replace(output, producers=(*output.producers, draft.index))


def _script_file(
    walker: Walker, name: str, fields: list[Field], draft: Draft, scope: Scope, context: Context
) -> Output | None:
    """A program given by path that is no system directory's: a script or a binary from somewhere."""
    if "/" not in name or name.startswith(_SYSTEM):
        return None
    return interpreters.script_file(walker, "", fields[0], fields[1:], draft, scope, context)


def _guess(
    walker: Walker, program: str, fields: list[Field], draft: Draft, scope: Scope, context: Context
) -> Output | None:
    """Behind a program nobody knows: a later argument that is a well-known program with arguments may be run."""
    if program in PROGRAMS or context.guessed:
        return None
    for position, field in enumerate(fields[1:], 1):
        literal = field.literal
        if literal is None or field.word.globs:
            continue
        name = literal.rpartition("/")[2]
        if name in PROGRAMS and name not in _WORDS and position + 1 < len(fields):
            inside = replace(
                context, chain=(*context.chain, program or fields[0].text[:40]), found_by=draft.index, guessed=True,
                depth=context.depth + 1,
            )  # fmt: skip
            return walker.invoke(fields[position:], scope, inside)
    return None


_WORDS: Final = frozenset(
    ["alias", "ar", "as", "at", "date", "dir", "dig", "env", "eval", "ex", "exec", "export", "expand", "factor", "file", "find", "fold", "free", "groups", "head", "help", "history", "host", "id", "init", "install", "join", "jobs", "last", "link", "login", "look", "mail", "make", "more", "mount", "nice", "node", "patch", "read", "reset", "script", "seq", "service", "set", "shutdown", "snap", "sort", "source", "split", "start", "stat", "strings", "sync", "tail", "test", "time", "top", "touch", "tree", "type", "umount", "uptime", "users", "w", "wall", "watch", "which", "who", "write", "yes", "reboot", "halt", "kill", "less", "logger", "df", "du", "ed", "cal", "info"]
)  # fmt: skip
"""Programs whose names are everyday words, subcommands above all: `npm install x` runs no `install`."""
