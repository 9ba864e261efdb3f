"""Code that a command hands to an interpreter: walked where it is shell, handed on where it is not."""

from __future__ import annotations

from dataclasses import replace

from tui.risk.model import Span
from tui.risk.shell.call import Call
from tui.risk.shell.known import INTERPRETERS
from tui.risk.shell.languages import SUFFIXES, language_of
from tui.risk.shell.model import Code, Stdin
from tui.risk.shell.source import Source
from tui.risk.shell.values import Disguise, Field, Output, code_source


def execute(
    call: Call, source: Source, label: str, *, disguise: Disguise = Disguise.NONE, reads_input: bool = True
) -> Output:
    """Walk shell code that the invocation `draft` executes."""
    inside = call.under(label)
    if disguise is not Disguise.NONE:
        inside = replace(inside, obfuscated=True)
    if not reads_input:
        inside = replace(inside, stdin=Stdin(), source=None, disguise=Disguise.NONE, steps=())
    return call.walker.text(source, call.scope, inside)


def unknown_code(call: Call, language: str, span: Span, producers: tuple[int, ...], origin: str) -> None:
    """Note code that is only known when the text runs."""
    call.draft.code = (*call.draft.code, Code(language, None, span, producers, None, origin))
    call.unclear(f"the {language} code that is run is only known then")


def shell_code(call: Call, code: Field, label: str, *, origin: str = "argument") -> Output:
    """Walk one argument as shell code, or note that it is not known."""
    parts = code.word.parts
    if not any(isinstance(part, str) and part.strip() for part in parts):
        if code.literal is not None:
            return Output("")
        unknown_code(call, "bash", code.word.span, code.inputs, "substitution" if code.inputs else origin)
        return Output(None)
    if code.inputs and code.literal is None:
        call.draft.code = (*call.draft.code, Code("bash", None, code.word.span, code.inputs, None, "substitution"))
    edited_whole = code.raw.strip('"').startswith(("$", "`"))
    disguise = code.disguise if code.disguise is Disguise.DECODED or edited_whole else Disguise.NONE
    return execute(call, code_source(code, call.scope), label, disguise=disguise)


def stdin_code(call: Call, language: str, label: str = "") -> Output:
    """Follow code that comes from standard input."""
    stdin = call.context.stdin
    source = call.context.source
    literal = stdin.literal
    if source is None and literal is not None:
        source = Source(literal, base=_hull(call, stdin.producers))
    if source is None:
        if stdin.producers:
            unknown_code(call, language, call.draft.span, stdin.producers, "stdin")
        else:
            _redirected_file(call, language)
        return Output(None)
    text = literal if literal is not None else source.text
    label = " | ".join([*call.context.steps[-4:], label or call.program])
    if language == "bash":
        if stdin.producers and literal is None:
            call.draft.code = (*call.draft.code, Code("bash", None, call.draft.span, stdin.producers, None, "stdin"))
        disguise = call.context.disguise
        return execute(call.elsewhere(), source, label, disguise=disguise, reads_input=False)
    span = source.span(0, len(source.text))
    call.draft.code = (*call.draft.code, Code(language, text, span, stdin.producers, None, "stdin"))
    if call.context.disguise is not Disguise.NONE:
        call.draft.obfuscated = True
    return Output(None)


def _redirected_file(call: Call, language: str) -> None:
    """`sh < file`: a script by another way."""
    for redirect in call.draft.redirects:
        if redirect.operator == "<" and redirect.descriptor in (None, 0):
            target = redirect.target
            call.draft.code = (*call.draft.code, Code(language, None, target.span, (), target, "file"))


def _hull(call: Call, producers: tuple[int, ...]) -> Span:
    spans = [
        call.draft.span,
        *(call.walker.drafts[index].span for index in producers if index < len(call.walker.drafts)),
    ]
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def script_file(call: Call, language: str, script: Field, arguments: list[Field]) -> Output:
    """Follow a script that is executed from a file: its text where this very text has written it."""
    name = script.literal
    if name in ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"):
        return stdin_code(call, language, f"{language} {name}")
    content = call.scope.files.get(script.text)
    suffix = name[name.rfind(".") :] if name and "." in name.rpartition("/")[2] else ""
    source = content.source if content is not None else None
    if content is not None and source is None and content.literal is not None:
        source = Source(content.literal, base=_hull(call, content.producers))
    if source is not None and not language:
        language = _shebang(source.text) or SUFFIXES.get(suffix, "bash")
    language = language or SUFFIXES.get(suffix, "")
    if script.inputs and name is None and source is None:
        call.draft.code = (
            *call.draft.code,
            Code(language, None, script.word.span, script.inputs, script.word, "substitution"),
        )
        call.unclear(f"the {language or 'script'} code that is run is only known then")
        return Output(None)
    if source is not None and content is not None and content.literal is not None and language == "bash":
        inside = call.scope.child()
        inside.positional = [field.value for field in arguments]
        label = script.text[:40]
        if label in call.context.calls:
            call.walker.recursive[label] = None
            return Output(None)
        within = replace(call.context, calls=(*call.context.calls, label))
        return execute(replace(call, scope=inside, context=within), source, label, disguise=content.disguise)
    text = content.literal if content is not None else None
    producers = content.producers if content is not None else script.inputs
    call.draft.code = (*call.draft.code, Code(language, text, script.word.span, producers, script.word, "file"))
    return Output(None)


def _shebang(text: str) -> str:
    line = text.partition("\n")[0]
    if not line.startswith("#!"):
        return ""
    words = line[2:].split()
    program = next((word.rpartition("/")[2] for word in words if not word.endswith("/env") and word[0] != "-"), "")
    if program in INTERPRETERS:
        return "bash"
    language = language_of(program)
    return language.name if language else program


def foreign_code(call: Call, language: str, code: Field) -> None:
    """Hand on an argument that is code of another language."""
    if code.literal is None and not any(isinstance(part, str) and part.strip() for part in code.word.parts):
        unknown_code(call, language, code.word.span, code.inputs, "substitution" if code.inputs else "argument")
        return
    span = code.source.span(0, len(code.source.text))
    call.draft.code = (*call.draft.code, Code(language, code.text, span, code.inputs, None, "argument"))
    if code.disguise is not Disguise.NONE:
        call.draft.obfuscated = True
