"""From the bytes of a file to a definition, with every problem it has.

Limits: 1 MiB per file, 64 Ki characters of frontmatter, 100 parameters. Windows line ends and a byte order mark
are read as if they were not there. The fields are those of Terraphim AI's command files, and four more: `profile`,
the kind of machine, and `rate_limit`, `allowed_times` and `roles`, which narrow what the policy allows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tui.definitions.blocks import read_body
from tui.definitions.claims import ParsedFile
from tui.definitions.contents import MAX_FILE_BYTES
from tui.definitions.fields import Fields, Problems, describe
from tui.definitions.frontmatter import BadYaml, Node, Parts, read, split
from tui.definitions.kinds import ExecutionMode, Profile, Scope
from tui.definitions.model import NAME, Definition, ResourceLimits, Step
from tui.definitions.parameter_fields import read_parameters
from tui.definitions.problems import Severity, has_errors, in_order
from tui.definitions.restriction_fields import read_allowed_times, read_rate_limit, read_roles
from tui.definitions.templating import check_step
from tui.definitions.text_files import decode
from tui.levels import RiskLevel

__all__ = ["FIELDS", "LIMITS", "MAX_FILE_BYTES", "MAX_FRONTMATTER_CHARACTERS", "Parsed", "parse"]

MAX_FRONTMATTER_CHARACTERS: Final = 64 * 1024
FIELDS: Final = (
    "name", "description", "usage", "parameters", "execution_mode", "permissions", "knowledge_graph_required",
    "category", "version", "namespace", "aliases", "risk_level", "timeout", "resource_limits", "profile",
    "rate_limit", "allowed_times", "roles",
)  # fmt: skip
LIMITS: Final = ("max_memory_mb", "max_cpu_time", "max_disk_mb", "network_access")
_MODE_SYNONYMS: Final = {"vm": ExecutionMode.FIRECRACKER}


@dataclass(frozen=True, slots=True)
class Parsed(ParsedFile[Definition]):
    """What a file of a definition holds."""

    @property
    def definition(self) -> Definition | None:
        """The definition, unless there are errors."""
        return self.content


def parse(data: bytes, path: Path, scope: Scope = Scope.PROJECT) -> Parsed:
    """Read a definition from the bytes of the file `path`; nothing is read from disk, and nothing is raised."""
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
    body = read_body(parts.body, parts.body_line)
    for found in body.problems:
        severity = Severity.ERROR if found.is_error else Severity.WARNING
        problems.at(found.line, None, found.message, found.hint, severity)
    if root is None:
        return Parsed(None, path.stem, in_order(problems))
    return _definition(root, body.steps, body.documentation, data, path, scope, problems)


def read_root(parts: Parts, problems: Problems) -> Node | None:
    """Return the frontmatter as a mapping, or None with a problem."""
    if len(parts.frontmatter) > MAX_FRONTMATTER_CHARACTERS:
        problems.at(1, None, f"the frontmatter is longer than {MAX_FRONTMATTER_CHARACTERS // 1024} Ki characters")
        return None
    try:
        root = read(parts.frontmatter, parts.frontmatter_line)
    except BadYaml as error:
        problems.at(error.line, error.column, error.message, error.hint)
        return None
    if root is None:
        problems.at(1, None, "the frontmatter is empty", "a definition needs at least `name` and `description`")
    elif root.kind != "map":
        problems.error(root, f"the frontmatter must be a mapping, not {describe(root)}", "write `name: value` lines")
        return None
    return root


def _definition(
    root: Node, steps: tuple[Step, ...], documentation: str, data: bytes, path: Path, scope: Scope, problems: Problems
) -> Parsed:
    fields = Fields(root, "frontmatter", FIELDS, problems)
    name = _name(fields, problems)
    description = fields.text("description", required=True)
    parameters = read_parameters(fields, problems)
    aliases = _aliases(fields, name, problems)
    limits = fields.mapping("resource_limits", LIMITS, "resource_limits")
    rate, times = fields.get("rate_limit"), fields.get("allowed_times")
    definition = Definition(
        name=name or path.stem,
        description=description or "",
        steps=steps,
        usage=fields.text("usage"),
        parameters=parameters,
        execution_mode=fields.enum("execution_mode", ExecutionMode, ExecutionMode.LOCAL, _MODE_SYNONYMS),
        permissions=_texts(fields, "permissions"),
        knowledge_graph_required=_texts(fields, "knowledge_graph_required"),
        category=fields.text("category"),
        version=fields.text("version") or "1.0.0",
        namespace=fields.text("namespace"),
        aliases=tuple(alias for alias, _ in aliases),
        risk_level=fields.enum("risk_level", RiskLevel, RiskLevel.LOW, {}),
        timeout=fields.whole("timeout"),
        resource_limits=read_limits(limits),
        profile=fields.optional_enum("profile", Profile, {}),
        rate_limit=None if rate is None else read_rate_limit(rate, "'rate_limit'", problems),
        allowed_times=None if times is None else read_allowed_times(times, "'allowed_times'", problems),
        roles=read_roles(fields, problems),
        documentation=documentation,
        path=path,
        scope=scope,
        content_hash=hashlib.sha256(data).hexdigest(),
    )
    if not steps:
        hint = "write what to run in a fenced block: ```bash"
        problems.at(root.line, None, "there are no steps: nothing would run", hint)
    for step in steps:
        for found in [] if problems.full else check_step(step, parameters):
            severity = Severity.ERROR if found.is_error else Severity.WARNING
            problems.at(found.line, found.column, found.message, found.hint, severity)
    found_problems = in_order(problems)
    name_node = fields.get("name")
    return Parsed(
        content=None if has_errors(found_problems) else replace(definition, problems=found_problems),
        name=definition.name,
        problems=found_problems,
        name_line=name_node.line if name_node else 1,
        alias_lines=tuple(aliases),
    )


def _name(fields: Fields, problems: Problems) -> str | None:
    name = fields.text("name", required=True)
    if name is not None and NAME.fullmatch(name) is None:
        node = fields.get("name")
        assert node is not None
        problems.error(node, f"{name[:60]!r} is not a valid name", "a letter, then letters, digits, - and _")
        return None
    return name


def _aliases(fields: Fields, name: str | None, problems: Problems) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for alias, node in fields.texts("aliases"):
        if NAME.fullmatch(alias) is None:
            problems.error(node, f"{alias[:60]!r} is not a valid alias", "a letter, then letters, digits, - and _")
        elif alias == name:
            problems.error(node, f"alias {alias!r} is the name itself", "remove it")
        elif alias in found:
            problems.error(node, f"alias {alias!r} is given twice", f"first on line {found[alias]}")
        else:
            found[alias] = node.line
    return list(found.items())


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text, _ in fields.texts(name)))


def read_limits(limits: Fields | None) -> ResourceLimits | None:
    """Return what a run may use."""
    if limits is None:
        return None
    return ResourceLimits(
        max_memory_mb=limits.whole("max_memory_mb"),
        max_cpu_time=limits.whole("max_cpu_time"),
        max_disk_mb=limits.whole("max_disk_mb"),
        network_access=limits.boolean("network_access"),
    )
