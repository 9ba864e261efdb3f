"""From the bytes of a file to a scenario, with every problem it has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tui.definitions.claims import ParsedFile
from tui.definitions.fields import Fields, Problems
from tui.definitions.frontmatter import BadYaml, split
from tui.definitions.kinds import Profile, Scope
from tui.definitions.model import NAME
from tui.definitions.parsing import LIMITS, MAX_FILE_BYTES, read_limits, read_root
from tui.definitions.problems import has_errors, in_order
from tui.definitions.text_files import decode
from tui.scenarios.model import Scenario, SessionKind
from tui.scenarios.steps import read_steps

FIELDS: Final = ("name", "title", "description", "category", "session", "profile", "limits", "continue")
LONGEST_NAME: Final = 60
"""The name becomes part of a session's, which has at most 100 characters."""


@dataclass(frozen=True, slots=True)
class Parsed(ParsedFile[Scenario]):
    """What a file of a scenario holds."""

    @property
    def scenario(self) -> Scenario | None:
        """The scenario, unless there are errors."""
        return self.content


def parse(data: bytes, path: Path, scope: Scope = Scope.PROJECT) -> Parsed:
    """Read a scenario from the bytes of the file `path`; nothing is read from disk, and nothing is raised.

    The limits of a definition's file hold here too: 1 MiB, of which 64 Ki characters may be frontmatter.
    """
    problems = Problems(str(path))
    text = decode(data, MAX_FILE_BYTES, problems)
    if text is None:
        return Parsed(None, path.stem, tuple(problems))
    try:
        parts = split(text)
    except BadYaml as error:
        problems.at(error.line, error.column, error.message, error.hint)
        return Parsed(None, path.stem, tuple(problems))
    root = read_root(parts, problems)
    steps, documentation = read_steps(parts.body, parts.body_line, problems)
    if root is None:
        return Parsed(None, path.stem, in_order(problems))
    fields = Fields(root, "frontmatter", FIELDS, problems)
    name = _name(fields, problems)
    if not steps and not has_errors(problems):
        problems.at(root.line, None, "there are no steps", "write a code block, and a ```step block behind it")
    scenario = Scenario(
        name=name or path.stem,
        title=fields.text("title") or name or path.stem,
        description=fields.text("description", required=True) or "",
        steps=steps,
        category=fields.text("category"),
        session=fields.enum("session", SessionKind, SessionKind.FRESH, {}),
        profile=fields.optional_enum("profile", Profile, {}),
        limits=read_limits(fields.mapping("limits", LIMITS, "'limits'")),
        goes_on=fields.boolean("continue"),
        documentation=documentation,
        path=path,
        scope=scope,
        content_hash=hashlib.sha256(data).hexdigest(),
        trusted=scope is not Scope.PROJECT,
    )
    found = in_order(problems)
    node = fields.get("name")
    good = None if has_errors(found) else replace(scenario, problems=found)
    return Parsed(good, scenario.name, found, node.line if node is not None else 1)


def _name(fields: Fields, problems: Problems) -> str | None:
    name = fields.text("name", required=True)
    if name is None or (NAME.fullmatch(name) is not None and len(name) <= LONGEST_NAME):
        return name
    node = fields.get("name")
    assert node is not None
    hint = f"a letter, then letters, digits, - and _; at most {LONGEST_NAME}"
    problems.error(node, f"{name[:LONGEST_NAME]!r} is not a valid name", hint)
    return None
