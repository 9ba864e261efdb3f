"""From text that may be a notebook's, Python 2 or broken to a syntax tree."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass
from typing import Final

_MAX_ATTEMPTS: Final = 24
_MAGIC: Final = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?P<target>[\w., ]+)=\s*)?(?P<mark>!!?|%%?)(?P<command>(?![=\s]).*)$", re.MULTILINE
)
_SHELL_MAGICS: Final = (
    "pip ",
    "conda ",
    "mamba ",
    "sx ",
    "system ",
    "sc ",
    "rm ",
    "mv ",
    "cp ",
    "cat ",
    "ls ",
    "mkdir ",
    "rmdir ",
)
_CELL_MAGICS: Final = ("bash", "sh", "script bash", "script sh", "system", "sx")
_PYTHON_2: Final = (
    (re.compile(r"^(?P<i>[ \t]*(?:[^#'\"\n]*[:;][ \t]*)?)print[ \t]+(?:>>[ \t]*\S+,[ \t]*)?(?P<v>[^=(\s][^\n;]*)",
    re.MULTILINE), r"\g<i>print(\g<v>)"),
    (re.compile(r"^(?P<i>[ \t]*)print[ \t]*$", re.MULTILINE), r"\g<i>print()"),
    (re.compile(r"^(?P<i>[ \t]*(?:[^#'\"\n]*[:;][ \t]*)?)exec[ \t]+(?P<v>[^=(\s][^\n;]*)", re.MULTILINE),
    r"\g<i>exec(\g<v>)"),
    (re.compile(r"except[ \t]+(?P<t>[\w.]+|\([^)]*\))[ \t]*,[ \t]*(?P<n>\w+)[ \t]*:"), r"except \g<t> as \g<n>:"),
    (re.compile(r"raise[ \t]+(?P<t>[\w.]+)[ \t]*,[ \t]*(?P<v>[^\n]+)"), r"raise \g<t>(\g<v>)"),
    (re.compile(r"\b[uU][rR](?=['\"])"), "r"),
    (re.compile(r"(?<![\w.])0(?=[0-7]+\b)(?![0-9]*\.)"), "0o"),
    (re.compile(r"<>"), "!="),
    (re.compile(r"`([^`\n]+)`"), r"repr(\1)"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Magic:
    """A line of a notebook that a shell runs."""

    command: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A syntax tree, and how it was come by."""

    module: ast.Module
    text: str
    """The text that the tree's positions refer to; lines are those of the original."""
    exact: bool
    """Whether columns are those of the original as well."""
    magics: tuple[Magic, ...]
    problem: str = ""


def read_source(text: str) -> Source:
    """Return the tree of `text`, of as much of it as can be parsed."""
    text, magics = _without_magics(text)
    module = _parse(text)
    if module is not None:
        return Source(module, text, True, magics)
    for candidate in _repaired(text):
        module = _parse(candidate)
        if module is not None:
            return Source(module, candidate, False, magics, "is not Python 3, or indented: read after repair")
    return _what_can_be_parsed(text, magics)


def _without_magics(text: str) -> tuple[str, tuple[Magic, ...]]:
    if "!" not in text and "%" not in text:
        return text, ()
    if (cell := re.match(r"\s*%%(?P<name>[^\n]*)\n", text)) and cell["name"].strip().startswith(_CELL_MAGICS):
        return "", (Magic(text[cell.end() :], cell.end(), len(text)),)
    magics: list[Magic] = []

    def blank(match: re.Match[str]) -> str:
        command, mark = match["command"], match["mark"]
        if mark.startswith("%") and not (match["target"] is None and re.match(r"[a-zA-Z]\w*(?:\s|$)", command)):
            return match[0]
        if mark.startswith("!") or command.startswith(_SHELL_MAGICS):
            magics.append(
                Magic(command.removeprefix("sx ").removeprefix("system "), match.start("command"), match.end("command"))
            )
        length = len(match[0]) - len(match["indent"])
        return match["indent"] + ("pass" if length >= 4 else "0").ljust(length)

    if _parse(text) is not None:
        return text, ()
    return _MAGIC.sub(blank, text), tuple(magics)


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


def _repaired(text: str) -> list[str]:
    if len(text) > 64 * 1024:
        return []
    dedented = textwrap.dedent(text)
    found = [dedented] if dedented != text else []
    modern = dedented.expandtabs(8)
    for pattern, replacement in _PYTHON_2:
        modern = pattern.sub(replacement, modern)
    found.append(modern)
    found.append("if 1:\n" + textwrap.indent(text, " ")) if text[:1].isspace() else None
    return found


def _what_can_be_parsed(text: str, magics: tuple[Magic, ...]) -> Source:
    """Blank the lines that the parser stumbles over, one after the other."""
    problem = "could not be parsed as Python"
    if len(text) > 64 * 1024:
        return Source(ast.Module([], []), text, True, magics, problem)
    lines = text.split("\n")
    for _ in range(min(_MAX_ATTEMPTS, len(lines))):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return Source(ast.parse("\n".join(lines)), "\n".join(lines), True, magics, problem)
        except SyntaxError as error:
            number = min(max((error.lineno or 1) - 1, 0), len(lines) - 1)
            while number > 0 and not lines[number].strip():
                number -= 1
            line = lines[number]
            indent = line[: len(line) - len(line.lstrip())]
            # No longer than the line was, so that positions stay those of the text.
            nothing = "pass" if len(line) - len(indent) >= 4 else "0"
            replacement = (indent + nothing).ljust(len(line)) if line.strip() != "pass" else ""
            if lines[number] == replacement:
                break
            lines[number] = replacement
        except (ValueError, RecursionError, MemoryError, OverflowError):
            break
    return Source(ast.Module(_statements_apart(text), []), text, True, magics, problem)


def _statements_apart(text: str) -> list[ast.stmt]:
    """Parse line by line: what stands alone is understood, whatever is around it."""
    found: list[ast.stmt] = []
    for number, line in enumerate(text.split("\n")[:400]):
        module = _parse(line.strip()) if line.strip() and len(line) < 4096 else None
        if module is not None:
            for statement in module.body:
                ast.increment_lineno(statement, number)
                found.append(statement)
    return found
