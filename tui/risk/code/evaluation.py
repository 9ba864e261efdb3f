"""What it means to run text or data as code."""

from __future__ import annotations

import pickletools
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge, key_of
from tui.risk.code.operations import Action, Call, Operation
from tui.risk.code.paths import Place, place_of
from tui.risk.code.values import UNKNOWN, Constant, Instance, Label, Reference, Value, labels_of, shown, text_of
from tui.risk.model import Category, Effect, Span

_HIGH: Final = RiskLevel.HIGH
OWN_FILE: Final = frozenset({"./script.py", "./script.js"})
"""What the readers take the text's own file to be called."""
_HARMLESS_BUILTINS: Final = frozenset(
    {"builtins", "__builtin__", "collections", "copyreg", "copy_reg", "numpy", "datetime", "decimal"}
)


def evaluate(judge: Judge, call: Call, operation: Operation) -> Value:
    """Run text as code of the same language."""
    code = call.argument(operation.arguments[0]) if operation.arguments else (call.args[-1] if call.args else None)
    if code is None:
        return UNKNOWN
    labels, span = labels_of(code), call.span
    judge.effects.add(Effect.EXECUTE)
    text = text_of(code)
    if Label.NETWORK in labels:
        judge.report(
            RiskLevel.CRITICAL,
            Category.REMOTE_CODE,
            "exec-downloaded",
            "runs code that it fetches from the network",
            span,
            Effect.NETWORK_IN,
        )
    elif Label.REQUEST in labels:
        judge.report(_HIGH, Category.REMOTE_CODE, "exec-request", "runs code that a client of this server sends", span)
    elif Label.PICTURE in labels:
        judge.report(_HIGH, Category.OBFUSCATED, "exec-hidden", "runs code that is hidden in a picture", span)
    elif Label.DECODED in labels or Label.ASSEMBLED in labels:
        judge.folded = True
        if text is None:
            judge.report(
                RiskLevel.CRITICAL,
                Category.OBFUSCATED,
                "exec-decoded",
                "runs code that is encoded, so that nobody can read it before",
                span,
            )
        elif not _is_expression(text):
            judge.report(
                _HIGH,
                Category.OBFUSCATED,
                "exec-encoded",
                f"runs code that is encoded in the text: {text.strip()[:80]}",
                span,
            )
    elif text is None:
        if Label.ENCRYPTED in labels:
            judge.report(_HIGH, Category.OBFUSCATED, "exec-decrypted", "runs code that is encrypted in the text", span)
        elif call.disguised:
            judge.report(_HIGH, Category.OBFUSCATED, "exec-disguised", "hides that it runs text as code", span)
        else:
            judge.report(
                RiskLevel.MEDIUM,
                Category.UNKNOWN,
                "exec-unknown",
                f"runs text as code that is only known when it runs: {shown(code)}",
                span,
            )
    if text is not None:
        judge.run_code(text, span)
    return Value(labels=labels - {Label.DECODED, Label.ASSEMBLED})


def _is_expression(text: str) -> bool:
    """Whether a decoded text is a plain word or number, which does nothing when it is run."""
    stripped = text.strip()
    return stripped.isalnum() or not stripped


def run_script(judge: Judge, call: Call, operation: Operation) -> Value:
    """Run a file as code of the same language."""
    path = call.argument(operation.arguments[0]) if operation.arguments else None
    key = key_of(path)
    judge.effects.add(Effect.EXECUTE)
    if judge.looping and text_of(path) in OWN_FILE:
        judge.report(
            _HIGH, Category.DOS, "fork-bomb", "starts itself again and again without end", call.span, Effect.EXHAUST
        )
    if key and key in judge.fetched:
        judge.report(
            RiskLevel.CRITICAL,
            Category.REMOTE_CODE,
            "run-downloaded",
            f"runs {shown(path)}, which it has just downloaded",
            call.span,
            Effect.NETWORK_IN,
        )
    elif key and key in judge.written:
        judge.run_code(judge.written.pop(key), call.span)
    elif Label.NETWORK in labels_of(path):
        judge.report(
            RiskLevel.CRITICAL,
            Category.REMOTE_CODE,
            "exec-downloaded",
            "runs code that it fetches from the network",
            call.span,
        )
    return UNKNOWN


def unpickle(judge: Judge, call: Call, operation: Operation) -> Value:
    """Load objects from data that may say which functions to call."""
    data = call.argument(operation.arguments[0]) if operation.arguments else None
    labels = labels_of(data)
    if isinstance(data, Constant) and isinstance(data.value, bytes) and (called := _calls_of_pickle(data.value)):
        judge.report(
            _HIGH,
            Category.OBFUSCATED,
            "unpickle-call",
            f"loads an object that runs {called}",
            call.span,
            Effect.EXECUTE,
        )
    elif Label.NETWORK in labels or Label.REQUEST in labels:
        judge.report(
            _HIGH,
            Category.REMOTE_CODE,
            "unpickle-received",
            "loads objects from the network, which may run any code",
            call.span,
            Effect.EXECUTE,
        )
    elif _only_data(call):
        judge.effects.add(Effect.READ)
    else:
        judge.report(
            RiskLevel.MEDIUM,
            Category.UNKNOWN,
            "unpickle",
            f"loads objects with {call.name}, which run whatever code their data names",
            call.span,
            Effect.READ,
            Effect.EXECUTE,
        )
    return Value(labels=labels | ({Label.DECODED} if operation.what == "code" else frozenset()))


def _only_data(call: Call) -> bool:
    """Whether the call asks for plain data: `yaml.load(…, Loader=SafeLoader)`, `torch.load(…, weights_only=True)`."""
    loader = call.option("Loader") or (call.args[1] if call.name == "yaml.load" and len(call.args) > 1 else None)
    if isinstance(loader, Reference) and loader.name.endswith(("SafeLoader", "BaseLoader")):
        return True
    if call.name in {"numpy.load", "pandas.read_pickle"}:
        return call.name == "numpy.load" and not call.is_true("allow_pickle")
    return call.is_true("weights_only") or call.name == "v8.deserialize"


def unknown_module(judge: Judge, span: Span) -> None:
    """Report that a module is imported whose name is only known when the text runs."""
    what = "loads a module that is only known when it runs"
    judge.report(RiskLevel.MEDIUM, Category.UNKNOWN, "import-unknown", what, span, Effect.EXECUTE)


def _calls_of_pickle(data: bytes) -> str | None:
    """Return the first function outside a few harmless modules that a pickle would call."""
    strings: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if isinstance(argument, str):
                strings.append(argument)
            name = None
            if opcode.name in {"GLOBAL", "INST"} and isinstance(argument, str):
                name = argument.replace(" ", ".")
            elif opcode.name == "STACK_GLOBAL" and len(strings) >= 2:
                name = ".".join(strings[-2:])
            if name and (
                name.partition(".")[0] not in _HARMLESS_BUILTINS
                or name.endswith((".eval", ".exec", ".__import__", ".getattr"))
            ):
                return name
    except (ValueError, IndexError, KeyError, UnicodeError, OverflowError, AttributeError):
        return None
    return None


def load_library(judge: Judge, call: Call, operation: Operation) -> Value:
    """Load a shared library into the process: its code runs at once."""
    path = call.argument(operation.arguments[0]) if operation.arguments else None
    text = text_of(path)
    place = place_of(path, judge.cwd)
    key = key_of(path)
    if text is None or "/" in text or "\\" in text:
        judge.effects.add(Effect.EXECUTE)
    if key and key in judge.fetched:
        judge.report(
            RiskLevel.CRITICAL,
            Category.REMOTE_CODE,
            "load-downloaded",
            f"loads the library {shown(path)}, which it has just downloaded",
            call.span,
        )
    elif text and "/" in text and place is Place.TEMPORARY:
        judge.report(
            _HIGH,
            Category.HIJACK,
            "load-library",
            f"loads the library {text} from a place where anyone can put one",
            call.span,
            Effect.EXECUTE,
        )
    return Instance(operation.kind or call.name)


def executable_memory(judge: Judge, call: Call, operation: Operation) -> Value:
    """Reserve memory that code can be run from, or treat data as a function."""
    del operation
    written = judge.text[call.span.start : call.span.end]
    callable_ = len(call.args) > 1 and any(
        kind in shown(call.args[1]) + written for kind in ("CFUNCTYPE", "WINFUNCTYPE")
    )
    if callable_ or "PROT_EXEC" in written:
        judge.report(
            _HIGH, Category.HIJACK, "machine-code", "runs machine code from memory, which nobody can read before",
            call.span, Effect.EXECUTE, attack=("T1620",),
        )  # fmt: skip
    return Instance(call.name, labels=frozenset().union(*(labels_of(value) for value in call.args)))


def serve(judge: Judge, call: Call, operation: Operation) -> Value:
    """Offer a prompt of this language to whoever is at the other end of a connection."""
    stream = call.argument(operation.arguments[0]) if operation.arguments else None
    if labels_of(stream) & {Label.SOCKET, Label.REQUEST, Label.NETWORK}:
        what = "lets whoever connects run code here"
        judge.report(
            RiskLevel.CRITICAL, Category.SHELL, "socket-prompt", what, call.span, Effect.REMOTE, Effect.EXECUTE
        )
    return Instance(call.name)


HANDLERS: Final = {
    Action.EVALUATE: evaluate, Action.RUN_SCRIPT: run_script, Action.UNPICKLE: unpickle, Action.LOAD: load_library,
    Action.EXECUTABLE_MEMORY: executable_memory, Action.SERVE_CODE: serve,
}  # fmt: skip
