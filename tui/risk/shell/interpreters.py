"""Programs that execute code they are given: shells, languages, `eval`, `source`, `trap`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tui.risk.model import Span
from tui.risk.shell import options
from tui.risk.shell.known import INTERPRETERS
from tui.risk.shell.model import Code, Stdin
from tui.risk.shell.source import Source
from tui.risk.shell.values import Context, Disguise, Field, Output, Scope, code_source

if TYPE_CHECKING:
    from tui.risk.shell.walk import Draft, Walker


@dataclass(frozen=True, slots=True)
class Language:
    """How an interpreter of some language is given code."""

    name: str
    code: frozenset[str]
    """Options whose value is code."""
    valued: frozenset[str] = frozenset()
    """Further options with a value."""
    reads_stdin: bool = True
    """Whether it executes standard input when it is given nothing else."""
    first_operand: bool = False
    """Whether the first operand is code rather than a file: awk."""
    subcommands: frozenset[str] = frozenset()
    """Words before code or file: `deno eval`, `deno run`."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PYTHON: Final = Language("python", _words("-c"), _words("-W -X -m --check-hash-based-pycs"))
_NODE: Final = Language(
    "javascript",
    _words("-e -p --eval --print -pe"),
    _words("-r --require --import --loader -C --input-type --env-file"),
)
_AWK: Final = Language(
    "awk", _words("-e --source"), _words("-F -v -f --field-separator --assign --file -i --include -l"), False, True
)
_SQL: Final = Language("sql", _words("-c -e --command --execute"), _words("-h -U -d -p -P -u -D -f -o -v -F -T -t"))
LANGUAGES: Final = {
    "python": _PYTHON, "python2": _PYTHON, "python3": _PYTHON, "pypy": _PYTHON, "pypy3": _PYTHON, "ipython": _PYTHON,
    "node": _NODE, "nodejs": _NODE, "bun": replace(_NODE, subcommands=_words("run")),
    "deno": replace(_NODE, subcommands=_words("run eval")),
    "perl": Language("perl", _words("-e -E"), _words("-I -M -m -i -C -F")),
    "ruby": Language("ruby", _words("-e"), _words("-I -r -C")),
    "php": Language("php", _words("-r -R -B -E"), _words("-d -c -S -t")),
    "lua": Language("lua", _words("-e"), _words("-l")),
    "luajit": Language("lua", _words("-e"), _words("-l")),
    "Rscript": Language("r", _words("-e")), "R": Language("r", _words("-e")),
    "osascript": Language("applescript", _words("-e"), _words("-l")),
    "pwsh": Language("powershell", _words("-c -Command -EncodedCommand -e -enc"), _words("-File -ExecutionPolicy")),
    "powershell": Language("powershell", _words("-c -Command -EncodedCommand -e -enc"), _words("-File -ExecutionPolicy")),
    "tclsh": Language("tcl", frozenset()), "expect": Language("tcl", _words("-c")),
    "elixir": Language("elixir", _words("-e --eval")), "julia": Language("julia", _words("-e -E --eval --print")),
    "groovy": Language("groovy", _words("-e")), "scala": Language("scala", _words("-e")),
    "ghc": Language("haskell", _words("-e"), reads_stdin=False), "guile": Language("scheme", _words("-c")),
    "awk": _AWK, "gawk": _AWK, "mawk": _AWK, "nawk": _AWK,
    "psql": _SQL, "mysql": _SQL, "mariadb": _SQL, "sqlcmd": replace(_SQL, code=_words("-Q -q")),
    "clickhouse-client": replace(_SQL, code=_words("-q --query")), "cockroach": _SQL,
    "sqlite3": Language("sql", _words("-cmd")), "duckdb": Language("sql", _words("-c")),
    "mongosh": Language("javascript", _words("--eval")), "mongo": Language("javascript", _words("--eval")),
    "jrunscript": Language("javascript", _words("-e")), "jjs": Language("javascript", frozenset()),
}  # fmt: skip
_SUFFIXES: Final = {
    ".py": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".pl": "perl", ".rb": "ruby",
    ".php": "php", ".sh": "bash", ".bash": "bash", ".zsh": "bash", ".lua": "lua",
}  # fmt: skip
_SHELL_VALUED: Final = _words("-o -O +o +O --rcfile --init-file")
_BUSYBOX: Final = _words("busybox toybox")


def run(
    walker: Walker, program: str, fields: list[Field], draft: Draft, scope: Scope, context: Context
) -> Output | None:
    """Follow an interpreter; None where the program is none."""
    if program in INTERPRETERS:
        return shell(walker, program, fields, draft, scope, context)
    handler = _BUILTINS.get(program)
    if handler is not None:
        return handler(walker, fields, draft, scope, context)
    language = LANGUAGES.get(program)
    if language is None and program.startswith(
        ("python3.", "python2.", "pypy3.", "perl5", "ruby2", "ruby3", "php7", "php8", "lua5")
    ):
        language = LANGUAGES[
            program[:4]
            if program.startswith(("perl", "ruby"))
            else program[:3]
            if program[:3] in ("php", "lua")
            else "python"
        ]
    if language is None:
        return None
    return _language(walker, language, program, fields, draft, scope, context)


def execute(
    walker: Walker, source: Source, label: str, draft: Draft, scope: Scope, context: Context, *,
    disguise: Disguise = Disguise.NONE, reads_input: bool = True,
) -> Output:  # fmt: skip
    """Walk shell code that the invocation `draft` executes."""
    inside = replace(
        context, chain=(*context.chain, label) if label else context.chain, found_by=draft.index,
        depth=context.depth + 1, obfuscated=context.obfuscated or disguise is not Disguise.NONE,
    )  # fmt: skip
    if not reads_input:
        inside = replace(inside, stdin=Stdin(), source=None, disguise=Disguise.NONE, steps=())
    return walker.text(source, scope, inside)


def unknown_code(
    walker: Walker, language: str, draft: Draft, span: Span, producers: tuple[int, ...], origin: str
) -> None:
    """Note code that is only known when the text runs."""
    draft.code = (*draft.code, Code(language, None, span, producers, None, origin))
    walker.unclear = True
    walker.budget.problem(f"the {language} code that is run is only known then")


def shell_code(
    walker: Walker, code: Field, label: str, draft: Draft, scope: Scope, context: Context, *, origin: str = "argument"
) -> Output:
    """Walk one argument as shell code, or note that it is not known."""
    parts = code.word.parts
    if not any(isinstance(part, str) and part.strip() for part in parts):
        if code.literal is not None:
            return Output("")
        unknown_code(walker, "bash", draft, code.word.span, code.inputs, "substitution" if code.inputs else origin)
        return Output(None)
    if code.inputs and code.literal is None:
        draft.code = (*draft.code, Code("bash", None, code.word.span, code.inputs, None, "substitution"))
    disguise = code.disguise
    return execute(walker, code_source(code, scope), label, draft, scope, context, disguise=disguise)


def stdin_code(walker: Walker, language: str, label: str, draft: Draft, scope: Scope, context: Context) -> Output:
    """Follow code that comes from standard input."""
    stdin = context.stdin
    source = context.source
    literal = stdin.literal
    if source is None and literal is not None:
        source = Source(literal, base=_hull(walker, draft, stdin.producers))
    if source is None:
        if stdin.producers:
            unknown_code(walker, language, draft, draft.span, stdin.producers, "stdin")
        return Output(None)
    text = literal if literal is not None else source.text
    label = " | ".join([*context.steps[-4:], label])
    if language == "bash":
        if stdin.producers and literal is None:
            draft.code = (*draft.code, Code("bash", None, draft.span, stdin.producers, None, "stdin"))
        return execute(
            walker, replace(source, text=source.text), label, draft, scope.child(), context, disguise=context.disguise,
            reads_input=False,
        )  # fmt: skip
    span = source.span(0, len(source.text))
    draft.code = (*draft.code, Code(language, text, span, stdin.producers, None, "stdin"))
    if context.disguise is not Disguise.NONE:
        draft.obfuscated = True
    return Output(None)


def _hull(walker: Walker, draft: Draft, producers: tuple[int, ...]) -> Span:
    spans = [draft.span, *(walker.drafts[index].span for index in producers if index < len(walker.drafts))]
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def script_file(
    walker: Walker, language: str, script: Field, arguments: list[Field], draft: Draft, scope: Scope, context: Context
) -> Output:
    """Follow a script that is executed from a file: its text where this very text has written it."""
    name = script.literal
    if name in ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"):
        return stdin_code(walker, language, f"{language} {name}", draft, scope, context)
    content = scope.files.get(script.text)
    suffix = name[name.rfind(".") :] if name and "." in name.rpartition("/")[2] else ""
    source = content.source if content is not None else None
    if content is not None and source is None and content.literal is not None:
        source = Source(content.literal, base=_hull(walker, draft, content.producers))
    if source is not None and not language:
        language = _shebang(source.text) or _SUFFIXES.get(suffix, "bash")
    language = language or _SUFFIXES.get(suffix, "")
    if script.inputs and name is None and source is None:
        draft.code = (*draft.code, Code(language, None, script.word.span, script.inputs, script.word, "substitution"))
        walker.unclear = True
        return Output(None)
    if source is not None and content is not None and content.literal is not None and language == "bash":
        inside = scope.child()
        inside.positional = [field.value for field in arguments]
        label = script.text[:40]
        if label in context.calls:
            walker.recursive[label] = None
            return Output(None)
        within = replace(context, calls=(*context.calls, label))
        return execute(walker, source, label, draft, inside, within, disguise=content.disguise)
    text = content.literal if content is not None else None
    producers = content.producers if content is not None else script.inputs
    draft.code = (*draft.code, Code(language, text, script.word.span, producers, script.word, "file"))
    return Output(None)


def _shebang(text: str) -> str:
    line = text.partition("\n")[0]
    if not line.startswith("#!"):
        return ""
    words = line[2:].split()
    program = next((word.rpartition("/")[2] for word in words if not word.endswith("/env") and word[0] != "-"), "")
    if program in INTERPRETERS:
        return "bash"
    language = LANGUAGES.get(program)
    return language.name if language else program


def shell(walker: Walker, program: str, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output:
    """`sh`, `bash -c`, `bash -s`, `bash script`."""
    parsed = options.parse(fields[1:], _SHELL_VALUED)
    for value in parsed.values("--rcfile", "--init-file"):
        script_file(walker, "bash", value, [], draft, scope, context)
    if parsed.has("--help", "--version"):
        return Output(None)
    operands = parsed.operands
    if parsed.has("-c"):
        if not operands:
            return Output(None)
        inside = scope.child()
        inside.positional = [field.value for field in operands[2:]]
        if context.appended:
            inside.positional = None
        return shell_code(walker, operands[0], f"{program} -c", draft, inside, context)
    if operands and not parsed.has("-s"):
        return script_file(walker, "bash", operands[0], operands[1:], draft, scope, context)
    inside = scope.child()
    if parsed.has("-s"):
        inside.positional = [field.value for field in operands]
    return stdin_code(walker, "bash", program, draft, inside, context)


def _language(
    walker: Walker, language: Language, program: str, fields: list[Field], draft: Draft, scope: Scope, context: Context
) -> Output:
    arguments = fields[1:]
    if arguments and arguments[0].literal in language.subcommands:
        if arguments[0].literal == "eval" and len(arguments) > 1:
            _code(walker, language.name, arguments[1], draft, context)
            return Output(None)
        arguments = arguments[1:]
    parsed = options.parse(arguments, language.code | language.valued)
    codes = parsed.values(*language.code)
    for code in codes:
        _code(walker, language.name, code, draft, context)
    if codes:
        return _printed(language.name, codes)
    operands = parsed.operands
    if language.name == "sql":
        if program in ("sqlite3", "duckdb"):
            for code in operands[1:]:
                _code(walker, "sql", code, draft, context)
        if len(operands) < 2 and (context.stdin.literal is not None or context.stdin.producers):
            stdin_code(walker, "sql", program, draft, scope, context)
        return Output(None)
    if language.first_operand:
        files = parsed.values("-f", "--file")
        for file in files:
            script_file(walker, language.name, file, [], draft, scope, context)
        if operands and not files:
            _code(walker, language.name, operands[0], draft, context)
            return Output(None) if operands[0].literal is None else _awk(program, fields, scope, context)
        return Output(None)
    if parsed.has("-m", "--version", "-V", "--help", "-h", "-v") and not operands:
        return Output(None)
    if parsed.has("-m"):
        return Output(None)
    if operands:
        return script_file(walker, language.name, operands[0], operands[1:], draft, scope, context)
    if language.reads_stdin:
        return stdin_code(walker, language.name, program, draft, scope, context)
    return Output(None)


def _awk(program: str, fields: list[Field], scope: Scope, context: Context) -> Output:
    from tui.risk.shell.fold import transformed

    arguments = [field.literal for field in fields[1:]]
    if any(argument is None for argument in arguments):
        return Output(None)
    text, disguise = transformed(program, [word for word in arguments if word is not None], context.stdin.literal)
    return Output(text, disguise=max(disguise, context.disguise), steps=(*context.steps, program))


def _code(walker: Walker, language: str, code: Field, draft: Draft, context: Context) -> None:
    if code.literal is None and not any(isinstance(part, str) and part.strip() for part in code.word.parts):
        unknown_code(
            walker, language, draft, code.word.span, code.inputs, "substitution" if code.inputs else "argument"
        )
        return
    span = code.source.span(0, len(code.source.text))
    draft.code = (*draft.code, Code(language, code.text, span, code.inputs, None, "argument"))
    if code.disguise is not Disguise.NONE:
        draft.obfuscated = True


def _printed(language: str, codes: list[Field]) -> Output:
    """What `python -c 'print("…")'` and `perl -e 'print "…"'` write, where it is one constant."""
    text = codes[0].literal
    if len(codes) != 1 or text is None or len(text) > 2000:
        return Output(None)
    if language == "python":
        value = _printed_constant(text)
        return Output(None) if value is None else Output(value + "\n", disguise=Disguise.DECODED)
    if language in ("perl", "ruby", "php") and text.startswith(("print", "puts", "echo")):
        rest = text.partition(" ")[2].strip().rstrip(";")
        if len(rest) > 1 and rest[0] in "'\"" and rest[-1] == rest[0] and rest[0] not in rest[1:-1] and "$" not in rest:
            return Output(rest[1:-1], disguise=Disguise.DECODED)
    return Output(None)


def _printed_constant(text: str) -> str | None:
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr) or not isinstance(tree.body[0].value, ast.Call):
        return None
    call = tree.body[0].value
    if not isinstance(call.func, ast.Name) or call.func.id != "print" or len(call.args) != 1 or call.keywords:
        return None
    return _constant(call.args[0])


def _constant(node: ast.expr) -> str | None:
    """Fold a constant: a string, a sum of strings, `chr(…)`, `'…'[::-1]`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _constant(node.left), _constant(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "chr" and len(node.args) == 1:
        code = node.args[0]
        if isinstance(code, ast.Constant) and isinstance(code.value, int) and 0 <= code.value < 0x110000:
            return chr(code.value)
    if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "::-1":
        inner = _constant(node.value)
        return inner[::-1] if inner is not None else None
    return None


def _eval(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    arguments = fields[2:] if len(fields) > 1 and fields[1].literal == "--" else fields[1:]
    if not arguments:
        return Output("")
    if len(arguments) == 1:
        return shell_code(walker, arguments[0], "eval", draft, scope, context, origin="eval")
    if not any(isinstance(part, str) and part.strip() for field in arguments for part in field.word.parts):
        inputs = tuple(index for field in arguments for index in field.inputs)
        unknown_code(walker, "bash", draft, draft.span, inputs, "substitution" if inputs else "eval")
        return Output(None)
    sources = [code_source(field, scope) for field in arguments]
    span = Span(arguments[0].word.span.start, arguments[-1].word.span.end)
    text = " ".join(source.text for source in sources)
    whole = Source(text, base=span)
    if all(source.base is None for source in sources) and span.end - span.start == len(text):
        whole = Source(text, shift=sources[0].shift)
    worst = max(field.disguise for field in arguments)
    return execute(walker, whole, "eval", draft, scope, context, disguise=worst)


def _source(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    if len(fields) < 2:
        return None
    return script_file(walker, "bash", fields[1], fields[2:], draft, scope, context)


def _trap(walker: Walker, fields: list[Field], draft: Draft, scope: Scope, context: Context) -> Output | None:
    arguments = [field for field in fields[1:] if field.literal not in ("--", "-p", "-l")]
    if len(arguments) < 2 or arguments[0].literal in ("", "-"):
        return Output("")
    return shell_code(walker, arguments[0], "trap", draft, scope, context)


_Handler = Callable[["Walker", list[Field], "Draft", Scope, Context], Output | None]
_BUILTINS: Final[dict[str, _Handler]] = {"eval": _eval, "source": _source, ".": _source, "trap": _trap}
