"""`syntax-validation`: code that cannot even be parsed is refused before anything is started for it."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tui.hooks.model import Allow, Ask, Block, Decision, HookContext, Point

_BASH_TIMEOUT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """How much text there may be."""

    max_characters: int = 100_000
    """Of one step."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text does not parse."""

    message: str
    line: int | None = None
    certain: bool = True
    """Whether the parser is the language's own; another one may be wrong about a text."""


class SyntaxNotChecked(Exception):
    """There is nothing here to check this language with."""


@dataclass(frozen=True, slots=True)
class SyntaxValidationHook:
    """Parses every step: bash with `bash -n`, Python with CPython's compiler, JavaScript with tree-sitter.

    tree-sitter's grammar is not the language's own, so what it does not understand is put to a person. Other languages
    are not checked, and the record says so.
    """

    options: Options
    name: str = "syntax-validation"
    priority: int = 95
    points: frozenset[Point] = frozenset({Point.BEFORE_ASSESSMENT})

    def decide(self, context: HookContext) -> Decision:
        """Parse every step; all faults are named."""
        faults: list[Fault] = []
        notes: list[str] = []
        for number, step in enumerate(context.proposal.steps, 1):
            where = f"step {number}" if len(context.proposal.steps) > 1 else step.language
            if step.argv:
                notes.append(f"{where}: a program and its arguments have no syntax")
                continue
            try:
                fault = self._fault(step.text, step.language)
            except SyntaxNotChecked as error:
                notes.append(f"{where}: not checked: {error}")
                continue
            if fault is not None:
                line = "" if fault.line is None else f", line {fault.line}"
                faults.append(Fault(f"{where}{line}: {fault.message}", certain=fault.certain))
        message = "; ".join(fault.message for fault in faults)
        if any(fault.certain for fault in faults):
            return Block(message)
        return Ask(f"{message}. Run it nevertheless?") if faults else Allow(notes=tuple(notes))

    def _fault(self, text: str, language: str) -> Fault | None:
        if not text.strip():
            return Fault("there is no code")
        if len(text) > self.options.max_characters:
            return Fault(f"{len(text)} characters are more than the {self.options.max_characters} allowed")
        check = CHECKS.get(language)
        if check is None:
            raise SyntaxNotChecked(f"there is no parser for {language} here")
        return check(text)


def check_bash(text: str) -> Fault | None:
    """Return what bash objects to. It reads the text without executing anything (`-n`).

    Raises:
        SyntaxNotChecked: there is no bash here, or it gave no answer.
    """
    if (bash := shutil.which("bash")) is None:
        raise SyntaxNotChecked("there is no bash on this host")
    fault = _bash(bash, text)
    # A text may switch extended patterns on itself, which a shell that executes nothing does not notice.
    return None if fault is None or _bash(bash, text, "-O", "extglob") is None else fault


def _bash(bash: str, text: str, *options: str) -> Fault | None:
    try:
        done = subprocess.run(
            [bash, "--noprofile", "--norc", *options, "-n"],
            input=text.encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=_BASH_TIMEOUT_S,
            # Nothing of the caller's: BASH_ENV names a file that bash would execute.
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SyntaxNotChecked(f"bash gave no answer: {error}") from None
    if done.returncode == 0:
        return None
    lines = done.stderr.decode("utf-8", "replace").splitlines() or ["bash does not accept it"]
    # `bash: line 3: syntax error near unexpected token `)'`
    parts = lines[0].split(": ", 2)
    number = parts[1].removeprefix("line ") if len(parts) == 3 else ""
    return Fault(parts[2], int(number)) if number.isdigit() else Fault(lines[0])


def check_python(text: str) -> Fault | None:
    """Return what this Python's compiler objects to."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<step>", "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return Fault(error.msg, error.lineno)
    except ValueError as error:  # a NUL
        return Fault(str(error))
    except (RecursionError, MemoryError):
        return Fault("it is nested too deeply for Python to parse")
    return None


def check_javascript(text: str) -> Fault | None:
    """Return the first place that tree-sitter's grammar of JavaScript does not understand."""
    import tree_sitter_javascript
    from tree_sitter import Language, Node, Parser

    tree = Parser(Language(tree_sitter_javascript.language())).parse(text.encode("utf-8", "surrogatepass"))
    node: Node | None = tree.root_node if tree.root_node.has_error else None
    if node is None:
        return None
    while True:
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None:
            break
        node = inner
    line = node.start_point.row + 1
    if node.is_missing:
        return Fault(f"{node.type!r} is missing", line, certain=False)
    excerpt = (node.text or b"").decode("utf-8", "replace").strip()[:40]
    return Fault(f"does not parse near {excerpt!r}", line, certain=False)


CHECKS: Final[Mapping[str, Callable[[str], Fault | None]]] = {
    "bash": check_bash, "sh": check_bash, "python": check_python, "javascript": check_javascript,
}  # fmt: skip
