"""Reading rule files and program tables: from YAML to checked plain data, with every problem and its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import yaml

from tui.levels import RiskLevel
from tui.risk.model import Category, Effect, Reversibility
from tui.risk.programs import ROLES
from tui.risk.rule import FLAGS, Flow, Plain, RuleProblem, Target, Value

LARGEST_FILE: Final = 1024 * 1024
_ID: Final = re.compile(r"[a-z0-9]+(?:[.\-][a-z0-9]+)+")


class _Wrong(Exception):
    pass


def _one(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _Wrong("must be one value")
    return str(node.value)


def _flag(node: yaml.Node) -> bool:
    text = _one(node).lower()
    if text not in ("true", "false", "yes", "no"):
        raise _Wrong(f"must be true or false, not {text!r}")
    return text in ("true", "yes")


def _whole(node: yaml.Node) -> int:
    text = _one(node)
    if not text.isdigit():
        raise _Wrong(f"must be a whole number, not {text!r}")
    return int(text)


def _several(node: yaml.Node) -> list[str]:
    if isinstance(node, yaml.ScalarNode):
        return [str(node.value)]
    if not isinstance(node, yaml.SequenceNode):
        raise _Wrong("must be a list")
    return [_one(item) for item in node.value]


def _expression(node: yaml.Node) -> str:
    text = _one(node)
    _compile(text)
    return text


def _compile(text: str) -> None:
    try:
        re.compile(text, FLAGS)
    except re.error as error:
        raise _Wrong(f"is no regular expression: {error}") from None


def _expressions(node: yaml.Node) -> dict[str, str]:
    pairs = _pairs(node)
    values = {name: _one(value) for name, value in pairs.items()}
    for text in values.values():
        _compile(text)
    return values


def _programs(node: yaml.Node) -> list[str]:
    names = _several(node)
    for name in names:
        if name.startswith("~"):
            _compile(name[1:])
    return names


def _pairs(node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _Wrong("must be a mapping")
    return {_one(key): value for key, value in node.value}


def _one_of(kind: type[StrEnum]) -> Callable[[yaml.Node], str]:
    known = [str(member) for member in kind]

    def read(node: yaml.Node) -> str:
        text = _one(node)
        if text not in known:
            raise _Wrong(f"must be one of {', '.join(known)}, not {text!r}")
        return text

    return read


def _some_of(kind: type[StrEnum]) -> Callable[[yaml.Node], list[str]]:
    known = [str(member) for member in kind]

    def read(node: yaml.Node) -> list[str]:
        texts = _several(node)
        if wrong := [text for text in texts if text not in known]:
            raise _Wrong(f"must be among {', '.join(known)}, not {', '.join(map(repr, wrong))}")
        return texts

    return read


def _safer(node: yaml.Node) -> dict[str, object]:
    readers: dict[str, Callable[[yaml.Node], object]] = {
        "replace": lambda inner: {name: _one(value) for name, value in _pairs(inner).items()},
        "append": _several,
        "text": _one,
        "why": _one,
    }
    found: dict[str, object] = {}
    for name, value in _pairs(node).items():
        if name not in readers:
            raise _Wrong(f"knows replace, append, text and why, not {name!r}")
        found[name] = readers[name](value)
    if len(found.keys() & {"replace", "append", "text"}) != 1:
        raise _Wrong("needs exactly one of replace, append and text")
    if not found.get("why"):
        raise _Wrong("needs a why")
    return found


Reader = Callable[[yaml.Node], Value]

RULE_FIELDS: Final[Mapping[str, Reader]] = {
    "id": _one, "program": _programs, "subcommand": _several, "any_option": _several, "all_options": _several,
    "no_option": _several, "option_value": _expressions, "argument": _expression, "no_argument": _expression,
    "line": _expression, "no_line": _expression, "content": _expression, "no_content": _expression,
    "redirection": _expression, "chain": _expression, "verb": _several, "compound_verb": _several,
    "not_program": _several, "piped": _flag, "target": _some_of(Target), "no_target": _expression,
    "redirect": _some_of(Target), "directory": _some_of(Target), "stdin": _some_of(Flow),
    "env": _expressions, "privileged": _flag, "min_operands": _whole, "max_operands": _whole, "even_dry": _flag,
    "level": _one_of(RiskLevel), "category": _one_of(Category), "attack": _several, "effects": _some_of(Effect),
    "reversibility": _one_of(Reversibility), "effect": _one, "safer": _safer, "match": _several, "not_match": _several,
}  # fmt: skip
_REQUIRED: Final = ("id", "program", "level", "category", "effect", "match")

PROGRAM_FIELDS: Final[Mapping[str, Reader]] = {
    "programs": _several, "value_options": _several, "single_dash": _flag, "gnu": _flag, "recursive": _several,
    "only_with": _several, "dry": _several, "looks": _several, "harmless": _flag, "metadata": _flag, "data": _flag,
    "infra": _flag, "verbs_harmless": _flag,
    "level": _one_of(RiskLevel), "effects": _some_of(Effect), "effect": _one,
    "network": _one, "decodes": _several, "interpreter": _flag, **dict.fromkeys(ROLES, _several),
}  # fmt: skip


def read_rules(text: str, file: str, problems: list[RuleProblem]) -> list[Plain]:
    """Return the rules in `text`, each with `where`; what is wrong is added to `problems` and left out."""
    root = _root(text, file, problems)
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        problems.append(RuleProblem(file, root.start_mark.line + 1, "a rule file is a list of rules"))
        return []
    rules = []
    for node in root.value:
        before = len(problems)
        raw = _fields(node, RULE_FIELDS, file, problems)
        line = node.start_mark.line + 1
        if raw is not None:
            problems.extend(RuleProblem(file, line, f"`{name}` is missing") for name in _REQUIRED if name not in raw)
            if "id" in raw and not _ID.fullmatch(str(raw["id"])):
                problems.append(RuleProblem(file, line, f"{raw['id']!r} is not an id such as fs.delete-root"))
        if raw is not None and len(problems) == before:
            raw["where"] = f"{file}:{line}"
            rules.append(raw)
    return rules


def read_programs(text: str, file: str, problems: list[RuleProblem]) -> dict[str, Plain]:
    """Return what `text` says of programs, by name."""
    root = _root(text, file, problems)
    if root is None:
        return {}
    if not isinstance(root, yaml.SequenceNode):
        problems.append(RuleProblem(file, root.start_mark.line + 1, "a program table is a list"))
        return {}
    programs: dict[str, Plain] = {}
    for node in root.value:
        line = node.start_mark.line + 1
        raw = _fields(node, PROGRAM_FIELDS, file, problems) or {}
        names = raw.pop("programs", [])
        if not names or not isinstance(names, list):
            problems.append(RuleProblem(file, line, "`programs` is missing"))
            continue
        for name in names:
            if name in programs:
                problems.append(RuleProblem(file, line, f"{name!r} stands here twice"))
            programs[name] = raw
    return programs


def _root(text: str, file: str, problems: list[RuleProblem]) -> yaml.Node | None:
    if len(text) > LARGEST_FILE:
        problems.append(RuleProblem(file, 1, f"the file is larger than {LARGEST_FILE // 1024} KiB"))
        return None
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "is not YAML"
        problems.append(RuleProblem(file, mark.line + 1 if mark else 1, str(said)))
        return None
    return root


def _fields(node: yaml.Node, readers: Mapping[str, Reader], file: str, problems: list[RuleProblem]) -> Plain | None:
    if not isinstance(node, yaml.MappingNode):
        problems.append(RuleProblem(file, node.start_mark.line + 1, "must be a mapping"))
        return None
    found: Plain = {}
    for key, value in node.value:
        line, name = key.start_mark.line + 1, str(key.value)
        if name not in readers:
            problems.append(RuleProblem(file, line, f"there is no field {name!r} (known: {', '.join(readers)})"))
            continue
        if name in found:
            problems.append(RuleProblem(file, line, f"{name!r} stands here twice"))
        try:
            found[name] = readers[name](value)
        except _Wrong as error:
            problems.append(RuleProblem(file, line, f"`{name}` {error}"))
    return found
