"""Reading the policy's two files: `policy.yaml` of the user and `rollcage-policy.yaml` of a project.

Every mistake is reported with its line. A key that would grant something is an error in a project's file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from tui.definitions.fields import Fields, Problems, describe
from tui.definitions.frontmatter import Node
from tui.definitions.patterns import BadPattern, compile_pattern
from tui.definitions.restriction_fields import read_allowed_times, read_each, read_rate_limit
from tui.definitions.restrictions import AllowedTimes
from tui.definitions.text_files import read_mapping
from tui.levels import RiskLevel
from tui.policy.denylist import Denied, DeniedBy
from tui.policy.knowledge.model import Strictness
from tui.policy.limits import DEFAULT_LIMITS, Limit
from tui.policy.roles import DEFAULT_ROLES, role_name
from tui.policy.rules import KnowledgeRules, Restrictions, Rules
from tui.risk.model import Category

MAX_FILE_BYTES: Final = 256 * 1024
_SHARED: Final = ("roles", "deny", "refuse", "rate_limits", "allowed_times", "knowledge")
_KNOWLEDGE: Final = ("strictness", "ask_after", "server", "role", "timeout_s", "project")
_ROLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,59}")
_PERMISSION: Final = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_URL: Final = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_LONGEST_TIMEOUT_S: Final = 60.0
_T = TypeVar("_T")


def parse_user_rules(data: bytes, file: Path, problems: Problems) -> Rules:
    """Return the rules of the user's file over the defaults; mistakes go to `problems`."""
    fields = _fields(data, file, problems)
    if fields is None:
        return Rules()
    return Rules(
        roles={**DEFAULT_ROLES, **_roles(fields, problems)},
        deny=_deny(fields, file, problems),
        refuse=fields.optional_enum("refuse", RiskLevel, {}),
        limits=_over_defaults(_limits(fields, file, problems, removable=True)),
        times=_times(fields, problems),
        knowledge=_knowledge(fields, problems),
    )


def parse_restrictions(data: bytes, file: Path, problems: Problems) -> Restrictions:
    """Return what a project's file takes away; mistakes go to `problems`."""
    fields = _fields(data, file, problems)
    if fields is None:
        return Restrictions()
    knowledge = fields.mapping("knowledge", _KNOWLEDGE, "'knowledge'")
    for name in _KNOWLEDGE[1:]:
        if knowledge is not None and (node := knowledge.get(name)) is not None:
            problems.error(node, f"'knowledge': {name!r} is the user's to say", "a project can only restrict")
    return Restrictions(
        roles=_roles(fields, problems),
        deny=_deny(fields, file, problems),
        refuse=fields.optional_enum("refuse", RiskLevel, {}),
        limits=tuple(each.limit for each in _limits(fields, file, problems, removable=False) if each.limit is not None),
        times=_times(fields, problems),
        strictness=knowledge.optional_enum("strictness", Strictness, {}) if knowledge is not None else None,
    )


def _fields(data: bytes, file: Path, problems: Problems) -> Fields | None:
    what = "a policy must be a mapping of keys to values"
    root = read_mapping(data, MAX_FILE_BYTES, problems, what=what)
    return Fields(root, file.name, _SHARED, problems) if root is not None else None


def _roles(fields: Fields, problems: Problems) -> dict[str, frozenset[str]]:
    node = fields.get("roles")
    if node is None:
        return {}
    if node.kind != "map":
        problems.error(node, f"'roles' must be a mapping, not {describe(node)}", "`reviewer: [read, search]`")
        return {}
    found: dict[str, frozenset[str]] = {}
    for key, value in node.pairs:
        name = role_name(key.text)
        if key.kind in {"seq", "map"} or _ROLE.fullmatch(key.text) is None:
            problems.error(key, f"'roles': {key.text[:60]!r} is not a name for a role", "begin with a letter")
        elif name in found:
            problems.error(key, f"'roles': {key.text!r} is given twice")
        elif value.kind != "seq":
            problems.error(value, f"'roles': {key.text!r} must be a list of permissions, not {describe(value)}")
        else:
            found[name] = _permissions(value, key.text, problems)
    return found


def _permissions(node: Node, role: str, problems: Problems) -> frozenset[str]:
    found = set()
    for item in node.items:
        text = problems.text(item, f"'roles': a permission of {role!r}", required=True)
        if text is None:
            continue
        if _PERMISSION.fullmatch(text.casefold()) is None:
            problems.error(item, f"'roles': {text[:60]!r} is not a permission", "for example read, write or execute")
        found.add(text.casefold())
    return frozenset(found)


def _deny(fields: Fields, file: Path, problems: Problems) -> tuple[Denied, ...]:
    kinds = tuple(map(str, DeniedBy))

    def entry(node: Node) -> Denied | None:
        one = Fields(node, "'deny'", (*kinds, "reason"), problems)
        given = [kind for kind in DeniedBy if one.get(kind) is not None]
        if len(given) != 1:
            problems.error(node, "'deny': an entry names exactly one thing", f"one of {', '.join(kinds)}")
            return None
        (by,) = given
        what = one.text(by, required=True)
        if what is None:
            return None
        place = one.get(by) or node
        if by is DeniedBy.CATEGORY and what.upper().replace("_", "-") not in set(Category):
            problems.error(place, f"'deny': there is no category {what[:60]!r}", f"one of {', '.join(Category)}")
        if by is DeniedBy.PATTERN:
            try:
                compile_pattern(what)
            except BadPattern as error:
                problems.error(place, f"'deny': {what[:60]!r} is not a regular expression: {error}")
        if by is DeniedBy.CATEGORY:
            what = what.upper().replace("_", "-")
        return Denied(by, what, one.text("reason") or "", f"{file}:{node.line}")

    return tuple(_mappings(fields, "deny", problems, entry))


@dataclass(frozen=True, slots=True)
class _LimitEntry:
    """An entry of `rate_limits`. Without a limit it takes away the default one of the same subject."""

    subject: tuple[str | None, ...]
    limit: Limit | None


def _limits(fields: Fields, file: Path, problems: Problems, *, removable: bool) -> list[_LimitEntry]:
    def entry(node: Node) -> _LimitEntry | None:
        one = Fields(node, "'rate_limits'", ("limit", "command", "role", "user", "each"), problems)
        role = one.text("role")
        command, role, user = one.text("command"), role_name(role) if role else None, one.text("user")
        each = read_each(one, problems)
        limit = one.get("limit")
        if limit is None:
            problems.error(node, "'rate_limits': 'limit' is required", "for example `limit: 5 per hour`")
            return None
        if removable and limit.text.strip().lower() == "none":
            return _LimitEntry((command, role, user), None)
        rate = read_rate_limit(limit, "'rate_limits': 'limit'", problems)
        if rate is None:
            return None
        rate = replace(rate, each=each or rate.each)
        return _LimitEntry((command, role, user), Limit(rate, command, role, user, f"{file}:{node.line}"))

    return _mappings(fields, "rate_limits", problems, entry)


def _over_defaults(entries: list[_LimitEntry]) -> tuple[Limit, ...]:
    """Return the user's limits, and the default ones whose subject they do not speak of."""
    spoken_of = {entry.subject for entry in entries}
    kept = [limit for limit in DEFAULT_LIMITS if (limit.command, limit.role, limit.user) not in spoken_of]
    return (*kept, *(entry.limit for entry in entries if entry.limit is not None))


def _times(fields: Fields, problems: Problems) -> tuple[AllowedTimes, ...]:
    node = fields.get("allowed_times")
    found = read_allowed_times(node, "'allowed_times'", problems) if node is not None else None
    return (found,) if found is not None else ()


def _knowledge(fields: Fields, problems: Problems) -> KnowledgeRules:
    section = fields.mapping("knowledge", _KNOWLEDGE, "'knowledge'")
    defaults = KnowledgeRules()
    if section is None:
        return defaults
    server, ask_after, timeout_s = section.text("server"), section.whole("ask_after"), section.number("timeout_s")
    if server is not None and _URL.fullmatch(server) is None:
        problems.error(section.get("server") or section.node, f"'server' is not an address: {server[:60]!r}",
                       "http://HOST:PORT or https://HOST, without a user and password")  # fmt: skip
    if timeout_s is not None and not 0 < timeout_s <= _LONGEST_TIMEOUT_S:
        message = f"'timeout_s' must be above zero and at most {_LONGEST_TIMEOUT_S:g} seconds"
        problems.error(section.get("timeout_s") or section.node, message)
    return KnowledgeRules(
        strictness=section.enum("strictness", Strictness, defaults.strictness, {}),
        ask_after=ask_after or defaults.ask_after,
        server=server.rstrip("/") if server else None,
        role=section.text("role") or defaults.role,
        timeout_s=defaults.timeout_s if timeout_s is None else timeout_s,
        project=section.boolean("project", default=defaults.project),
    )


def _mappings(fields: Fields, name: str, problems: Problems, make: Callable[[Node], _T | None]) -> list[_T]:
    """Return what `make` makes of the mappings in a list."""
    node = fields.get(name)
    if node is None:
        return []
    if node.kind != "seq":
        problems.error(node, f"{name!r} must be a list, not {describe(node)}", "begin every entry with `- `")
        return []
    found = []
    for item in node.items:
        if item.kind != "map":
            problems.error(item, f"{name!r}: an entry must be a mapping, not {describe(item)}")
        elif (made := make(item)) is not None:
            found.append(made)
    return found
