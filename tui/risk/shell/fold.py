"""Folding: what a command writes when its arguments and its input are known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from tui.risk.shell import redirections, textual
from tui.risk.shell.call import Call
from tui.risk.shell.decoders import decode
from tui.risk.shell.escapes import ansi_c
from tui.risk.shell.limits import FIELD_LIMIT, VALUE_LIMIT
from tui.risk.shell.source import Source
from tui.risk.shell.spelling import writes_by_number
from tui.risk.shell.templates import template
from tui.risk.shell.values import Disguise, Field, Output, code_source, joined

_DIRECTIVE: Final = re.compile(r"%(?:(%)|([-+ #0]*)(\d*|\*)(?:\.(\d*|\*))?([bcdioqsuxXeEfgG]))")
_REVERSERS: Final = frozenset({"rev", "tac"})
_FINDERS: Final = frozenset({"which", "command", "type"})


def run(call: Call) -> Output:
    """Return what the command writes, as far as that is known."""
    if call.program == "echo":
        return _echo(call)
    if call.program == "tee":
        return _tee(call)
    if call.program == "cat":
        return _cat(call)
    arguments = [field.literal for field in call.arguments]
    literals = [argument for argument in arguments if argument is not None]
    if len(literals) != len(arguments):
        return Output(None)
    worst = max((field.disguise for field in call.arguments), default=Disguise.NONE)
    if call.program == "printf":
        text = printf(literals)
        if text is None:
            return Output(None)
        disguise = printf_disguise(literals[0]) if literals else Disguise.NONE
        source = call.fields[-1].source if call.fields[-1].literal == text else None
        return Output(text, disguise=max(worst, disguise), source=source)
    stdin, literals = _input(call, literals)
    text, disguise = transformed(call.program, literals, stdin)
    if text is None and stdin is None and (pattern := template(call.program, literals)) is not None:
        return Output(None, source=Source(pattern, base=call.draft.span))
    if text is None or not call.walker.budget.spend(len(text) + len(stdin or "")):
        return Output(None)
    step = " ".join([call.program, *literals])[:60]
    return Output(text, disguise=max(worst, disguise, call.context.disguise), steps=(*call.context.steps, step))


def _input(call: Call, arguments: list[str]) -> tuple[str | None, list[str]]:
    """Return what the command reads: standard input, or a file the text has written."""
    if call.context.stdin.literal is not None or not arguments:
        return call.context.stdin.literal, arguments
    content = call.scope.files.get(arguments[-1])
    if content is not None and content.literal is not None:
        return content.literal, arguments[:-1]
    return None, arguments


def transformed(program: str, arguments: list[str], stdin: str | None) -> tuple[str | None, Disguise]:
    """Return what `program` writes for known input, and how far that hides what was written."""
    if stdin is not None and len(stdin) <= VALUE_LIMIT:
        if program in _REVERSERS and not arguments:
            lines = stdin.splitlines()
            lines = [line[::-1] for line in lines] if program == "rev" else lines[::-1]
            return "".join(line + "\n" for line in lines), Disguise.DECODED
        decoded = decode(program, arguments, stdin)
        if decoded is not None:
            return decoded, Disguise.DECODED
        text = _text_tool(program, arguments, stdin)
        if text is not None:
            return text, Disguise.TRANSFORMED
    if program in ("awk", "gawk", "mawk", "nawk"):
        return textual.awk(arguments, stdin), Disguise.TRANSFORMED
    if program in _FINDERS:
        names = [argument for argument in arguments if not argument.startswith("-")]
        if len(names) == 1 and (program == "which" or arguments[0] in ("-v", "-p", "-P", "-pv")):
            return names[0] + "\n", Disguise.NONE
    if program in ("basename", "dirname") and len(arguments) == 1:
        directory, _, name = arguments[0].rstrip("/").rpartition("/")
        return (
            name if program == "basename" else directory or ("/" if "/" in arguments[0] else ".")
        ) + "\n", Disguise.NONE
    if (
        program in ("realpath", "readlink")
        and arguments
        and arguments[-1].startswith("/")
        and ".." not in arguments[-1]
    ):
        return arguments[-1] + "\n", Disguise.NONE  # the same place, unless a link leads elsewhere
    if program == "seq":
        return _seq(arguments), Disguise.NONE
    return None, Disguise.NONE


def _text_tool(program: str, arguments: list[str], stdin: str) -> str | None:
    if program == "tr":
        return textual.tr(arguments, stdin)
    if program == "cut":
        return textual.cut(arguments, stdin)
    if program in ("head", "tail"):
        return textual.head_or_tail(arguments, stdin, tail=program == "tail")
    if program == "sed":
        return textual.sed(arguments, stdin)
    if program in ("sort", "uniq", "nl", "strings", "dd", "pv", "sponge", "column", "paste") and not arguments:
        return "".join(sorted(stdin.splitlines(keepends=True))) if program == "sort" else stdin
    if program == "fold":
        width = "".join(arguments).removeprefix("-w") or "80"
        return stdin if width.isdigit() and all(len(line) <= int(width) for line in stdin.splitlines()) else None
    if program == "paste" and arguments:
        options = "".join(arguments)
        return options[3:4].join(stdin.splitlines()) + "\n" if re.fullmatch(r"-sd.", options) else None
    if program in ("grep", "egrep", "fgrep") and arguments and re.fullmatch(r"[\w /-]+", arguments[-1]):
        return _with(arguments, stdin)
    if program == "xargs" and (not arguments or arguments == ["echo"]):
        return " ".join(stdin.split()) + "\n"
    return None


def _with(arguments: list[str], stdin: str) -> str | None:
    """Return the lines that hold a plain word; None for options that print something else."""
    if not set(arguments[:-1]) <= {"-e", "-E", "-F", "-a"} or arguments[-1].startswith("-"):
        return None
    return "".join(line for line in stdin.splitlines(keepends=True) if arguments[-1] in line)


def _seq(arguments: list[str]) -> str | None:
    if not 1 <= len(arguments) <= 2 or not all(re.fullmatch(r"-?\d{1,6}", word) for word in arguments):
        return None
    first, last = (1, int(arguments[0])) if len(arguments) == 1 else (int(arguments[0]), int(arguments[1]))
    if last - first > FIELD_LIMIT:
        return None
    return "".join(f"{number}\n" for number in range(first, last + 1))


def _echo(call: Call) -> Output:
    words = call.arguments
    newline, escapes = "\n", False
    while words and words[0].literal and re.fullmatch(r"-[neE]+", words[0].literal):
        flags = words[0].literal
        newline = "" if "n" in flags else newline
        escapes = escapes or "e" in flags
        words = words[1:]
    worst = max((field.disguise for field in words), default=Disguise.NONE)
    literals = [field.literal for field in words]
    if any(literal is None or field.word.globs for literal, field in zip(literals, words, strict=True)):
        if not any(isinstance(part, str) and part.strip() for field in words for part in field.word.parts):
            return Output(None, tuple(index for field in words for index in field.inputs), worst)
        sources = [code_source(field, call.scope) for field in words]
        whole = sources[0] if len(sources) == 1 else None
        if whole is None:
            span = words[0].word.span
            whole = Source(" ".join(source.text for source in sources), base=span)
        inputs = tuple(index for field in words for index in field.inputs)
        return Output(None, inputs, worst, source=whole)
    text = " ".join(literal for literal in literals if literal is not None)
    disguise = Disguise.NONE
    if escapes and "\\" in text:
        disguise = Disguise.DECODED if writes_by_number(text) else Disguise.NONE
        text = ansi_c(re.sub(r"\\0([0-7]{1,3})", r"\\\1", text))
    if any(field.word.folded for field in words) and len(words) > 1 and worst is not Disguise.NONE:
        disguise = max(disguise, worst)
    source = words[0].source if len(words) == 1 and words[0].source.text == text else None
    if source is None and len(words) > 1 and not escapes:
        source = _run_of(words, text)
    return Output(text[:VALUE_LIMIT] + newline, disguise=max(worst, disguise), source=source)


def _run_of(words: list[Field], text: str) -> Source | None:
    """Return the words of `echo rm -rf /` as one source, where they stand in the text exactly so."""
    first, last = words[0], words[-1]
    if any(word.source.base is not None for word in words):
        return None
    exact = last.word.span.end - first.word.span.start == len(text)
    return Source(text, shift=first.source.shift) if exact else None


def _cat(call: Call) -> Output:
    operands = [field for field in call.arguments if field.text == "-" or not field.text.startswith("-")]
    if not operands:
        return Output(call.context.stdin.literal, (), call.context.disguise, call.context.steps, call.context.source)
    outputs = []
    for field in operands:
        if field.text in ("-", "/dev/stdin"):
            outputs.append(
                Output(call.context.stdin.literal, (), call.context.disguise, call.context.steps, call.context.source)
            )
        else:
            outputs.append(call.scope.files.get(field.text, Output(None, field.inputs)))
    return joined(outputs)


def _tee(call: Call) -> Output:
    output = Output(
        call.context.stdin.literal,
        call.context.stdin.producers,
        call.context.disguise,
        call.context.steps,
        call.context.source,
    )
    for field in call.arguments:
        if field.literal and not field.literal.startswith("-"):
            redirections.store(field.literal, output, call.scope)
    return replace(output, producers=())


def printf_disguise(form: str) -> Disguise:
    """Return whether a format writes characters by number."""
    return Disguise.DECODED if writes_by_number(form) else Disguise.NONE


def printf(arguments: list[str]) -> str | None:
    """Return what `printf` writes; None for what is not followed."""
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if not arguments:
        return ""
    form, values = arguments[0], arguments[1:]
    if form.startswith("-") and len(form) > 1:
        return None
    result: list[str] = []
    size = 0
    while True:
        before = len(values)
        try:
            text = _DIRECTIVE.sub(lambda match: _directive(match, values), _escaped(form))
        except ValueError:
            return None
        result.append(text)
        size += len(text)
        if not values or len(values) == before or size > VALUE_LIMIT:
            break
    return "".join(result).replace("\ue000", "%")[:VALUE_LIMIT]


def _escaped(form: str) -> str:
    """Decode the escapes of a format; a percent sign that an escape stands for is no directive."""
    return ansi_c(re.sub(r"\\(?:x25|0?45)", "\ue000", form)) if "\\" in form else form


def _directive(match: re.Match[str], values: list[str]) -> str:
    percent, flags, width, precision, kind = match.groups()
    if percent:
        return "%"
    if width == "*" or precision == "*":
        raise ValueError
    value = values.pop(0) if values else ""
    if kind in "sqb":
        text = ansi_c(re.sub(r"\\0([0-7]{1,3})", r"\\\1", value)) if kind == "b" else value
        text = text[: int(precision)] if precision else text
    elif kind == "c":
        text = value[:1]
    elif kind in "diouxX":
        number = ord(value[1]) if value[:1] in ("'", '"') and len(value) > 1 else int(value or "0", 0)
        text = format(number, {"d": "d", "i": "d", "u": "d"}.get(kind, kind))
        if "0" in flags and "-" not in flags:
            text = text.zfill(min(int(width or 0), 1000))
    else:
        raise ValueError
    size = min(int(width or 0), 1000)
    return text.ljust(size) if "-" in flags else text.rjust(size)
