"""Peeling: finding the command that a wrapper runs, and following it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import Final

from tui.risk.model import Span
from tui.risk.shell import options
from tui.risk.shell.call import Call
from tui.risk.shell.carriers import CARRIERS
from tui.risk.shell.code import execute, shell_code, stdin_code, unknown_code
from tui.risk.shell.known import INTERPRETERS
from tui.risk.shell.model import Stdin
from tui.risk.shell.source import Source
from tui.risk.shell.values import Context, Field, Output, code_source, made
from tui.risk.shell.wrappers import Wrapper, wrappers

_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=")
_NO_COMMAND: Final = 99
"""Operands of wrappers that run nothing but the code in their options."""
_INPUT_WORDS: Final = 32
"""Words of known input that are appended to a command under xargs."""


def run(call: Call) -> Output | None:
    """Follow a program that runs another one; None where it runs none."""
    handler = CARRIERS.get(call.program)
    if handler is not None:
        return handler(call)
    wrapper = wrappers().get(call.program)
    if wrapper is None:
        return None
    return wrapped(call, wrapper)


def wrapped(call: Call, wrapper: Wrapper) -> Output | None:
    """Follow a program as its entry in the table says; None where these arguments run nothing."""
    label, arguments = _subcommand(wrapper, call.program, call.fields)
    if label is None:
        return None
    parsed = options.parse(arguments, wrapper.valued, permute=wrapper.permutes and not wrapper.operands)
    if wrapper.permutes and wrapper.operands:
        parsed = _permuted(arguments, wrapper)
    if parsed.has(*wrapper.silent):
        return None
    inside = replace(
        call.context, chain=(*call.context.chain, label), found_by=call.draft.index, depth=call.context.depth + 1,
        privileged=call.context.privileged or wrapper.privileged, place=wrapper.place or call.context.place,
        appended=call.context.appended or wrapper.appended,
    )  # fmt: skip
    directories = parsed.values(*wrapper.directory)
    if directories:
        inside = replace(inside, cwd=directories[-1].word)
    output: Output | None = None
    for code in parsed.values(*wrapper.code):
        output = shell_code(call.elsewhere(replace(inside, depth=call.context.depth)), code, "")
    if output is not None and call.program != "env":
        return output
    operands = _behind_dashes(arguments) if wrapper.dashes else parsed.operands[wrapper.operands :]
    if call.program == "env" and len(split := _behind_split(arguments)) > 1:
        operands = split
    if wrapper.assignments:
        operands = _assignments(call, operands)
    if operands and operands[0].literal == "--":
        operands = operands[1:]
    if wrapper.command:
        commands = parsed.values(*wrapper.command)
        if not commands:
            return output
        operands = [commands[-1], *operands]
    if not operands:
        if (
            wrapper.shell_by_default and (parsed.operands or call.program not in ("sudo", "nsenter", "unshare"))
        ) or parsed.has("-s", "-i"):
            return stdin_code(call.elsewhere(replace(inside, chain=call.context.chain)), "bash")
        return output
    if wrapper.appended:
        return _appended(replace(call, context=inside), parsed, operands)
    if wrapper.joins:
        return _joined_code(call, operands, inside)
    return call.walker.invoke(operands, call.scope.child() if wrapper.place else call.scope, inside)


def _subcommand(wrapper: Wrapper, program: str, fields: list[Field]) -> tuple[str | None, list[Field]]:
    """Return how a person would name the wrapper, and its arguments behind the subcommand."""
    arguments = fields[1:]
    if not wrapper.subcommands:
        return program, arguments
    parsed = options.parse(arguments, wrapper.valued)
    words = [field.literal for field in parsed.operands[:3]]
    if words[:1] in (["compose"], ["container"]) and program in ("docker", "podman", "nerdctl"):
        rest = options.parse(parsed.operands[1:], wrapper.valued | {"-f", "--file", "-p", "--project-name"}).operands
        if rest and rest[0].literal in wrapper.subcommands:
            return f"{program} {words[0]} {rest[0].literal}", rest[1:]
        return None, []
    for subcommand in wrapper.subcommands:
        expected = subcommand.split()
        if words[: len(expected)] == expected:
            return f"{program} {subcommand}", parsed.operands[len(expected) :]
    return None, []


def _permuted(arguments: list[Field], wrapper: Wrapper) -> options.Parsed:
    """Take apart arguments whose options may also stand between the leading operands and the command."""
    if wrapper.operands >= _NO_COMMAND:
        return options.parse(arguments, wrapper.valued, permute=True)
    first = options.parse(arguments, wrapper.valued)
    if not first.operands or first.ended:
        return first
    leading, rest = first.operands[: wrapper.operands], first.operands[wrapper.operands :]
    second = options.parse(rest, wrapper.valued)
    return options.Parsed(first.options + second.options, leading + second.operands, second.ended)


def _behind_dashes(arguments: list[Field]) -> list[Field]:
    for position, field in enumerate(arguments):
        if field.literal == "--":
            return arguments[position + 1 :]
    for position, field in enumerate(arguments):
        if field.literal in ("-c", "--command") and position + 1 < len(arguments):
            return arguments[position + 1 :]
    return []


def _behind_split(arguments: list[Field]) -> list[Field]:
    """Return what stands behind `env -S`: a program and, where its words are given one by one, its arguments."""
    for position, field in enumerate(arguments):
        if field.literal in ("-S", "--split-string"):
            return arguments[position + 1 :]
    return []


def _assignments(call: Call, operands: list[Field]) -> list[Field]:
    """Take `NAME=value` from the front and note them."""
    position = 0
    for field in operands:
        first = field.word.parts[0] if field.word.parts else ""
        match = _ASSIGNMENT.match(first) if isinstance(first, str) else None
        if match is None:
            break
        value = field.tail(match.end())
        call.draft.assignments = (*call.draft.assignments, (match[0][:-1], value.word))
        position += 1
    return operands[position:]


def _joined_code(call: Call, operands: list[Field], inside: Context) -> Output:
    """Operands that are joined by blanks and given to a shell."""
    within = replace(inside, depth=call.context.depth)
    if len(operands) == 1:
        return shell_code(call.elsewhere(within), operands[0], "")
    sources = [code_source(field, call.scope) for field in operands]
    text = " ".join(source.text for source in sources)
    start = min(field.word.span.start for field in operands)
    end = max(field.word.span.end for field in operands)
    exact = all(source.base is None for source in sources) and end - start == len(text)
    source = Source(text, shift=start) if exact else Source(text, base=Span(start, end))
    return execute(call.elsewhere(within), source, "")


def _appended(call: Call, parsed: options.Parsed, operands: list[Field]) -> Output:
    """`xargs`: known input becomes arguments; unknown input stays appended."""
    literal = call.context.stdin.literal
    producers = call.context.stdin.producers
    replaced = parsed.values("-I", "--replace", "-i")
    token = replaced[-1].literal if replaced else ("{}" if parsed.has("-i", "--replace") else None)
    inside = replace(call.context, stdin=Stdin(), source=None)
    if literal is None or parsed.has("-a", "--arg-file"):
        call.draft.inputs = tuple(dict.fromkeys((*call.draft.inputs, *producers)))
        if _is_code(operands, token):
            unknown_code(call, "bash", operands[-1].word.span, producers, "xargs")
        elif token is None and _runs_script(operands):
            operands = [*operands, made("{}", operands[-1].word.span)]
        return call.walker.invoke(operands, call.scope, inside)
    delimiter = parsed.values("-d", "--delimiter")
    if parsed.has("-0", "--null"):
        words = literal.split("\0")
    elif delimiter:
        words = literal.split(delimiter[-1].literal or "\n")
    else:
        words = literal.splitlines() if token is not None else re.sub(r"[\"'\\]", "", literal).split()
    words = [word for word in words if word.strip()][:_INPUT_WORDS]
    span = call.draft.span
    inside = replace(inside, appended=False)
    if token is None:
        extra = [made(word, span, disguise=call.context.disguise) for word in words]
        return call.walker.invoke([*operands, *extra], call.scope, inside)
    output = Output(None)
    for word in words[:8]:
        output = call.walker.invoke([_filled(call, field, token, word) for field in operands], call.scope, inside)
    return output


def _runs_script(operands: list[Field]) -> bool:
    """Say whether what is read becomes `$1`, `$2`… of code that is given: `xargs sh -c 'rm "$@"' _`."""
    texts = [field.text for field in operands]
    shell = operands[0].literal is not None and posixpath.basename(texts[0]) in INTERPRETERS
    return shell and len(texts) > 3 and texts[-3].startswith("-") and texts[-3].endswith("c")


def _is_code(operands: list[Field], token: str | None) -> bool:
    """Say whether a shell takes what is read as code: `xargs sh -c`, `xargs -I{} sh -c '{}'`."""
    texts = [field.text for field in operands]
    if not texts or operands[0].literal is None or posixpath.basename(texts[0]) not in INTERPRETERS:
        return False
    return texts[-1] == "-c" or (token is not None and texts[-2:-1] == ["-c"] and texts[-1].strip() == token)


def _filled(call: Call, field: Field, token: str, word: str) -> Field:
    literal = field.literal
    if literal is None or token not in literal:
        return field
    return made(literal.replace(token, word), field.word.span, disguise=call.context.disguise)
