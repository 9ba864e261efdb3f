"""Fenced code blocks of a markdown body: which are steps, which are documentation.

A block is a **step** when the first word after its fence names a language Rollcage runs. It is documentation when it
has no language, when the language is one of `DOCUMENTATION_LANGUAGES`, or when the word `example` follows
(```` ```bash example ````). The word `raw` after the language switches off `{{ name }}` in the step. Any other
language is an error: a block the author may think is run would silently not be.

What stands in an HTML comment is not run; `tui.definitions.fences` says what a block is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tui.definitions.fences import Block, segments
from tui.definitions.model import Step
from tui.definitions.spelling import closest
from tui.languages import NAMES, language_named

DOCUMENTATION_LANGUAGES: Final = frozenset({
    "text", "txt", "plain", "plaintext", "output", "console", "shell-session", "terminal", "log", "none",
    "json", "jsonc", "yaml", "yml", "toml", "ini", "conf", "xml", "html", "css", "csv", "sql", "diff", "patch",
    "markdown", "md", "mermaid", "dot", "dockerfile", "makefile", "http",
})  # fmt: skip

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


def read_body(text: str, first_line: int) -> Body:
    """Take a markdown body apart; its first line is line `first_line` of the file."""
    steps: list[Step] = []
    prose: list[str] = []
    problems: list[BlockProblem] = []
    for segment in segments(text, first_line):
        if isinstance(segment, Block):
            if not segment.is_closed:
                message, hint = "this code block is never closed", f"end it with {segment.marks}"
                problems.append(BlockProblem(segment.line, message, hint))
            step, found = read_code(segment)
            problems += found
            if step is not None:
                steps.append(step)
            else:
                prose += segment.source
        else:
            if not segment.is_comment:
                problems += not_run(segment.lines[0], segment.line)
            prose += segment.lines
    return Body(tuple(steps), _tidy(prose), tuple(problems))


def not_run(line: str, number: int) -> list[BlockProblem]:
    """Point out code that its author may think is run."""
    nested = _NESTED_FENCE.match(line)
    if nested is None or language_named(nested[1]) is None:
        return []
    message = f"this {nested[1]!r} block stands in a list, quotation or indentation and is not run"
    return [BlockProblem(number, message, "begin it at the margin to make it a step", is_error=False)]


def read_code(block: Block) -> tuple[Step | None, list[BlockProblem]]:
    """Return the code of a block, or None where it is documentation, and what is wrong with it."""
    number = block.line
    words = block.info.replace(",", " ").split()
    named = words[0].lower() if words else ""
    flags = {word.lower() for word in words[1:]}
    if not named or named in DOCUMENTATION_LANGUAGES or "example" in flags:
        return None, []
    language = language_named(named)
    if language is None:
        guess = closest(named, NAMES)
        hint = f"did you mean {guess!r}? " if guess else ""
        hint += "steps are bash, python, javascript, rust or go; write `text` or add `example` for documentation"
        return None, [BlockProblem(number, f"blocks in {words[0]!r} cannot be run", hint)]
    problems = [
        BlockProblem(number, f"unknown word {word!r} after the language", "known: raw, example", is_error=False)
        for word in words[1:]
        if word.lower() != "raw"
    ]
    template = block.text
    if not template.strip():
        problems.append(BlockProblem(number, "this step is empty", "write what it should run or remove it"))
    return Step(language, template, number + 1, raw="raw" in flags), problems


def _tidy(prose: list[str]) -> str:
    """Join the prose; where a step was taken out, two runs of blank lines become one."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(prose)).strip("\n")
