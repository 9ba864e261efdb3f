"""Files that programs write by name, so that what a later command executes is known: `curl -o x; sh x`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tui.risk.shell import options, redirections
from tui.risk.shell.call import Call
from tui.risk.shell.known import DIRECTORIES, PROGRAMS
from tui.risk.shell.values import Field, Output

_CURL_OPTIONS: Final = "-o --output -H -d -X -u -A -e -b -c -F -T -w -x -m -r --data --header --user --max-time"
_CURL_VALUED: Final = frozenset(_CURL_OPTIONS.split())
_WGET_OPTIONS: Final = "-O --output-document -P --directory-prefix -o -a -U -T -t --header --timeout --tries"
_WGET_VALUED: Final = frozenset(_WGET_OPTIONS.split())


def note(call: Call) -> None:
    """Remember which file the call writes, and from where what is in it comes."""
    handler = _WRITERS.get(call.program)
    if handler is not None:
        handler(call)


def _store(call: Call, target: Field | str | None, output: Output) -> None:
    name = target if isinstance(target, str) else target.literal if target is not None else None
    if name and name not in ("-", "/dev/null", "/dev/stdout"):
        redirections.store(name, output, call.scope)


def _curl(call: Call) -> None:
    parsed = options.parse(call.arguments, _CURL_VALUED, permute=True)
    fetched = Output(None, (call.draft.index,))
    for target in parsed.values("-o", "--output"):
        _store(call, target, fetched)
    if parsed.has("-O", "--remote-name"):
        for operand in parsed.operands:
            _store(call, _last_part(operand), fetched)


def _wget(call: Call) -> None:
    parsed = options.parse(call.arguments, _WGET_VALUED, permute=True)
    fetched = Output(None, (call.draft.index,))
    targets = parsed.values("-O", "--output-document")
    for target in targets:
        _store(call, target, fetched)
    if targets:
        return
    folders = [folder.text.rstrip("/") + "/" for folder in parsed.values("-P", "--directory-prefix")] or [""]
    for operand in parsed.operands:
        _store(call, folders[-1] + _last_part(operand), fetched)


def _last_part(url: Field) -> str:
    return url.text.partition("?")[0].rstrip("/").rpartition("/")[2]


def _copy(call: Call) -> None:
    operands = [field for field in call.arguments if not field.text.startswith("-")]
    if len(operands) != 2:
        return
    content = call.scope.files.get(operands[0].text)
    if content is not None:
        _store(call, operands[1], content)
    folder, slash, program = operands[0].text.rpartition("/")
    target = operands[1].literal
    looked_up = not slash and operands[0].word.folded  # `$(which rm)`
    if target and program in PROGRAMS and (looked_up or folder + slash in DIRECTORIES) and len(call.scope.renamed) < 64:
        call.scope.renamed[f"{target.rstrip('/')}/{program}" if target.endswith("/") else target] = program


def _dd(call: Call) -> None:
    for field in call.arguments:
        if field.text.startswith("of=") and isinstance(field.word.parts[0], str):
            context = call.context
            stdin = context.stdin
            _store(
                call,
                field.text[3:],
                Output(stdin.literal, stdin.producers, context.disguise, context.steps, context.source),
            )


_WRITERS: Final[dict[str, Callable[[Call], None]]] = {
    "curl": _curl, "wget": _wget, "cp": _copy, "mv": _copy, "ln": _copy, "install": _copy, "dd": _dd,
}  # fmt: skip
