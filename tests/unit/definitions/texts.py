"""Definition files for tests."""

from __future__ import annotations

from pathlib import Path

from tui.definitions.model import Definition, Parameter, Step
from tui.definitions.parsing import Parsed, parse
from tui.languages import Language


def definition_text(name: str = "demo", body: str = "```bash\ntrue\n```\n", **fields: str) -> str:
    """Return a valid file; `fields` are further lines of frontmatter."""
    lines = [f"name: {name}", "description: A demonstration", *(f"{key}: {value}" for key, value in fields.items())]
    return "---\n" + "\n".join(lines) + "\n---\n\n" + body


def parsed(text: str) -> Parsed:
    return parse(text.encode(), Path("demo.md"))


def good(text: str) -> Definition:
    """Return the definition of a text that must be without errors."""
    result = parsed(text)
    assert result.definition is not None, [str(problem) for problem in result.problems]
    return result.definition


def complaints(text: str) -> list[tuple[int, str]]:
    """Return line and message of every problem."""
    return [(problem.line, problem.message) for problem in parsed(text).problems]


def step(template: str, language: Language = Language.BASH) -> Step:
    return Step(language, template, 1)


def parameter(name: str, kind: str = "string", **fields: object) -> Parameter:
    from tui.definitions.kinds import ParameterType

    return Parameter(name, ParameterType(kind), **fields)  # type: ignore[arg-type]
