"""Programs that execute code they are given: shells, languages, `eval`, `source`, `trap`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tui.risk.model import Span
from tui.risk.shell import options
from tui.risk.shell.call import Call
from tui.risk.shell.code import execute, foreign_code, script_file, shell_code, stdin_code, unknown_code
from tui.risk.shell.fold import transformed
from tui.risk.shell.known import INTERPRETERS
from tui.risk.shell.languages import Language, language_of
from tui.risk.shell.printed import printed
from tui.risk.shell.source import Source
from tui.risk.shell.templates import template
from tui.risk.shell.values import Output, code_source

_AWKS: Final = frozenset({"awk", "gawk", "mawk", "nawk"})
_RUNS_LINES: Final = re.compile(r"\bsystem\s*\(\s*\$0\s*\)|\bprint\s*(?:\$0\s*)?\|\s*\"(?:/bin/)?(?:ba|da)?sh\"")
"""Each line of the input is a command: `{system($0)}`, `{print | "sh"}`."""
_SHELL_VALUED: Final = frozenset({"-o", "-O", "+o", "+O", "--rcfile", "--init-file"})


def run(call: Call) -> Output | None:
    """Follow an interpreter; None where the program is none."""
    if call.program in INTERPRETERS:
        return shell(call)
    handler = _BUILTINS.get(call.program)
    if handler is not None:
        return handler(call)
    language = language_of(call.program)
    if language is None:
        return None
    return _language(call, language)


def shell(call: Call) -> Output:
    """`sh`, `bash -c`, `bash -s`, `bash script`."""
    parsed = options.parse(call.arguments, _SHELL_VALUED)
    for value in parsed.values("--rcfile", "--init-file"):
        script_file(call, "bash", value, [])
    if parsed.has("--help", "--version"):
        return Output(None)
    operands = parsed.operands
    if parsed.has("-c"):
        if not operands:
            return Output(None)
        inside = call.scope.child()
        inside.positional = [field.value for field in operands[2:]]
        if len(operands) > 1:
            inside.variables["0"] = operands[1].value
        if call.context.appended and len(operands) < 3:
            inside.positional = None
        return shell_code(replace(call, scope=inside), operands[0], f"{call.program} -c")
    if operands and not parsed.has("-s"):
        return script_file(call, "bash", operands[0], operands[1:])
    inside = call.scope.child()
    if parsed.has("-s"):
        inside.positional = [field.value for field in operands]
    return stdin_code(replace(call, scope=inside), "bash", call.program)


def _language(call: Call, language: Language) -> Output:
    arguments = call.arguments
    if arguments and arguments[0].literal in language.subcommands:
        if arguments[0].literal == "eval" and len(arguments) > 1:
            foreign_code(call, language.name, arguments[1])
            return Output(None)
        arguments = arguments[1:]
    parsed = options.parse(arguments, language.code | language.valued)
    codes = parsed.values(*language.code)
    for code in codes:
        foreign_code(call, language.name, code)
    if codes:
        return printed(language.name, codes)
    operands = parsed.operands
    if language.name == "sql":
        if call.program in ("sqlite3", "duckdb"):
            for code in operands[1:]:
                foreign_code(call, "sql", code)
        if len(operands) < 2 and (call.context.stdin.literal is not None or call.context.stdin.producers):
            stdin_code(call, "sql")
        return Output(None)
    if language.first_operand:
        files = parsed.values("-f", "--file")
        for file in files:
            script_file(call, language.name, file, [])
        if operands and not files:
            foreign_code(call, language.name, operands[0])
            if call.program in _AWKS and _RUNS_LINES.search(operands[0].text):
                return stdin_code(call.elsewhere(), "bash", call.program)
            return Output(None) if operands[0].literal is None else _awk(call)
        return Output(None)
    if parsed.has("-m", "--version", "-V", "--help", "-h", "-v") and not operands:
        return Output(None)
    if parsed.has("-m"):
        return Output(None)
    if operands:
        return script_file(call, language.name, operands[0], operands[1:])
    if language.reads_stdin:
        return stdin_code(call, language.name)
    return Output(None)


def _awk(call: Call) -> Output:
    arguments = [field.literal for field in call.arguments]
    if any(argument is None for argument in arguments):
        return Output(None)
    text, disguise = transformed(
        call.program, [word for word in arguments if word is not None], call.context.stdin.literal
    )
    if text is None and (pattern := template(call.program, [word for word in arguments if word is not None])):
        return Output(None, source=Source(pattern, base=call.draft.span))
    return Output(text, disguise=max(disguise, call.context.disguise), steps=(*call.context.steps, call.program))


def _eval(call: Call) -> Output | None:
    arguments = call.fields[2:] if len(call.fields) > 1 and call.fields[1].literal == "--" else call.arguments
    if not arguments:
        return Output("")
    if len(arguments) == 1:
        return shell_code(call, arguments[0], "eval", origin="eval")
    if not any(isinstance(part, str) and part.strip() for field in arguments for part in field.word.parts):
        inputs = tuple(index for field in arguments for index in field.inputs)
        unknown_code(call, "bash", call.draft.span, inputs, "substitution" if inputs else "eval")
        return Output(None)
    sources = [code_source(field, call.scope) for field in arguments]
    span = Span(arguments[0].word.span.start, arguments[-1].word.span.end)
    text = " ".join(source.text for source in sources)
    whole = Source(text, base=span)
    if all(source.base is None for source in sources) and span.end - span.start == len(text):
        whole = Source(text, shift=sources[0].shift)
    worst = max(field.disguise for field in arguments)
    return execute(call, whole, "eval", disguise=worst)


def _source(call: Call) -> Output | None:
    if len(call.fields) < 2:
        return None
    return script_file(call, "bash", call.fields[1], call.fields[2:])


def _trap(call: Call) -> Output | None:
    arguments = [field for field in call.arguments if field.literal not in ("--", "-p", "-l")]
    if len(arguments) < 2 or arguments[0].literal in ("", "-"):
        return Output("")
    signals = {field.text.upper() for field in arguments[1:]}
    if signals & _AT_THE_END and call.walker.later.trapped(lambda: shell_code(call, arguments[0], "trap")):
        return Output("")  # what its variables hold and its functions do is decided by then
    return shell_code(call, arguments[0], "trap")


def _bind(call: Call) -> Output | None:
    """`bind -x '"\\C-l": command'`: run when somebody presses the key."""
    for before, field in itertools.pairwise(call.fields):
        if before.literal == "-x":
            key = re.match(r"\s*\"[^\"]*\"\s*:?\s*", field.text)
            shell_code(call.elsewhere(), field.tail(key.end()) if key is not None else field, "bind -x")
    return None


def _complete(call: Call) -> Output | None:
    """`complete -C command name`: run when somebody asks for a completion."""
    for before, field in itertools.pairwise(call.fields):
        if before.literal == "-C":
            shell_code(call.elsewhere(), field, "complete -C")
    return None


_AT_THE_END: Final = frozenset({"EXIT", "0"})
_Handler = Callable[[Call], Output | None]
_BUILTINS: Final[dict[str, _Handler]] = {
    "eval": _eval, "source": _source, ".": _source, "trap": _trap, "bind": _bind, "complete": _complete,
}  # fmt: skip
