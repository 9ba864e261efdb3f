"""Scenario files for tests."""

from __future__ import annotations

from pathlib import Path

from tui.scenarios.model import Scenario, Step
from tui.scenarios.parsing import Parsed, parse

BODY = "```bash\necho hello\n```\n\n```step\nexpect:\n  state: succeeded\n```\n"


def scenario_text(name: str = "demo", body: str = BODY, **fields: str) -> str:
    """Return a valid file; `fields` are further lines of frontmatter. The body begins on line 6 without any."""
    lines = [f"name: {name}", "description: A demonstration", *(f"{key}: {value}" for key, value in fields.items())]
    return "---\n" + "\n".join(lines) + "\n---\n\n" + body


def parsed(text: str) -> Parsed:
    return parse(text.encode(), Path("demo.md"))


def good(text: str) -> Scenario:
    """Return the scenario of a text that must be without problems."""
    result = parsed(text)
    assert result.scenario is not None, [str(problem) for problem in result.problems]
    assert result.problems == ()
    return result.scenario


def scenario(body: str, name: str = "demo", **fields: str) -> Scenario:
    return good(scenario_text(name, body, **fields))


def step(*lines: str, code: str = "echo hello", language: str = "bash") -> str:
    """A step: code, and the lines of its step block."""
    block = f"```{language}\n{code}\n```\n\n" if code else ""
    return f"{block}```step\n" + "\n".join(lines) + "\n```\n\n"


def only_step(*lines: str, code: str = "echo hello", language: str = "bash") -> Step:
    (found,) = scenario(step(*lines, code=code, language=language)).steps
    return found


def complaints(text: str) -> list[tuple[int, str]]:
    """Return line and message of every problem."""
    return [(problem.line, problem.message) for problem in parsed(text).problems]


def complaints_of(*lines: str, code: str = "echo hello", language: str = "bash") -> list[str]:
    """Return the messages of every problem of a step."""
    return [message for _, message in complaints(scenario_text(body=step(*lines, code=code, language=language)))]
