"""Fenced code blocks of a markdown body: which are steps, which are documentation.

A block is a **step** when the first word after its fence names a language Rollcage runs. It is documentation when it
has no language, when the language is one of `DOCUMENTATION_LANGUAGES`, or when the word `example` follows
(```` ```bash example ````). The word `raw` after the language switches off `{{ name }}` in the step. Any other
language is an error: a block the author may think is run would silently not be.

Fences are read as CommonMark says (https://spec.commonmark.org/0.31.2/#fenced-code-blocks) at the top level of the
document; what stands in an HTML comment is not run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tui.definitions.model import Language, Step
from tui.definitions.spelling import closest

LANGUAGES: Final = {
    "bash": Language.BASH,
    "sh": Language.BASH,
    "shell": Language.BASH,
    "python": Language.PYTHON,
    "python3": Language.PYTHON,
    "py": Language.PYTHON,
    "javascript": Language.JAVASCRIPT,
    "js": Language.JAVASCRIPT,
    "node": Language.JAVASCRIPT,
    "rust": Language.RUST,
    "rs": Language.RUST,
    "go": Language.GO,
    "golang": Language.GO,
}

DOCUMENTATION_LANGUAGES: Final = frozenset({
    "text", "txt", "plain", "plaintext", "output", "console", "shell-session", "terminal", "log", "none",
    "json", "jsonc", "yaml", "yml", "toml", "ini", "conf", "xml", "html", "css", "csv", "sql", "diff", "patch",
    "markdown", "md", "mermaid", "dot", "dockerfile", "makefile", "http",
})  # fmt: skip

_FENCE: Final = re.compile(r"( {0,3})(`{3,}|~{3,})[ \t]*(.*)")
_NESTED_FENCE: Final = re.compile(r"(?:[ \t]{4,}|[ \t]*(?:[-*+>]|\d{1,9}[.)])[ \t>]*)(?:`{3,}|~{3,})[ \t]*(\S+)")


@dataclass(frozen=True, slots=True)
class BlockProblem:
    """Something wrong with a block, on a line of the file."""

    line: int
    message: str
    hint: str
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class Body:
    """A markdown body taken apart."""

    steps: tuple[Step, ...]
    documentation: str
    problems: tuple[BlockProblem, ...]


@dataclass(frozen=True, slots=True)
class _Fence:
    indent: int
    marks: str
    info: str

    def closed_by(self, line: str) -> bool:
        text = line.strip(" \t")
        indent = len(line) - len(line.lstrip(" "))
        return indent <= 3 and len(text) >= len(self.marks) and set(text) == {self.marks[0]}


def read_body(text: str, first_line: int) -> Body:
    """Take a markdown body apart; its first line is line `first_line` of the file."""
    lines = text.split("\n")
    steps: list[Step] = []
    prose: list[str] = []
    problems: list[BlockProblem] = []
    at = 0
    while at < len(lines):
        number = first_line + at
        if (comment_end := _end_of_comment(lines, at)) is not None:
            prose += lines[at:comment_end]
            at = comment_end
        elif (fence := _opening(lines[at])) is not None:
            end = next((i for i in range(at + 1, len(lines)) if fence.closed_by(lines[i])), None)
            if end is None:
                problems.append(BlockProblem(number, "this code block is never closed", f"end it with {fence.marks}"))
            inside = [_unindented(line, fence.indent) for line in lines[at + 1 : end]]
            step, found = _step(fence, inside, number)
            problems += found
            if step is not None:
                steps.append(step)
            else:
                prose += lines[at : len(lines) if end is None else end + 1]
            at = len(lines) if end is None else end + 1
        else:
            if (nested := _NESTED_FENCE.match(lines[at])) and nested[1].lower() in LANGUAGES:
                message = f"this {nested[1]!r} block stands in a list, quotation or indentation and is not run"
                problems.append(
                    BlockProblem(number, message, "begin it at the margin to make it a step", is_error=False)
                )
            prose.append(lines[at])
            at += 1
    return Body(tuple(steps), _tidy(prose), tuple(problems))


def _opening(line: str) -> _Fence | None:
    match = _FENCE.fullmatch(line)
    if match is None or (match[2][0] == "`" and "`" in match[3]):
        return None
    return _Fence(len(match[1]), match[2], match[3].strip())


def _unindented(line: str, indent: int) -> str:
    return line[min(indent, len(line) - len(line.lstrip(" "))) :]


def _end_of_comment(lines: list[str], at: int) -> int | None:
    if not re.match(r" {0,3}<!--", lines[at]):
        return None
    return next((i + 1 for i in range(at, len(lines)) if "-->" in lines[i]), len(lines))


def _step(fence: _Fence, inside: list[str], number: int) -> tuple[Step | None, list[BlockProblem]]:
    words = fence.info.replace(",", " ").split()
    named = words[0].lower() if words else ""
    flags = {word.lower() for word in words[1:]}
    if not named or named in DOCUMENTATION_LANGUAGES or "example" in flags:
        return None, []
    language = LANGUAGES.get(named)
    if language is None:
        guess = closest(named, LANGUAGES)
        hint = f"did you mean {guess!r}? " if guess else ""
        hint += "steps are bash, python, javascript, rust or go; write `text` or add `example` for documentation"
        return None, [BlockProblem(number, f"blocks in {words[0]!r} cannot be run", hint)]
    problems = [
        BlockProblem(number, f"unknown word {word!r} after the language", "known: raw, example", is_error=False)
        for word in words[1:]
        if word.lower() != "raw"
    ]
    template = "".join(f"{line}\n" for line in inside)
    if not template.strip():
        problems.append(BlockProblem(number, "this step is empty", "write what it should run or remove it"))
    return Step(language, template, number + 1, raw="raw" in flags), problems


def _tidy(prose: list[str]) -> str:
    """Join the prose; where a step was taken out, two runs of blank lines become one."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(prose)).strip("\n")
