"""`rollcage commands`: the definitions there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command, family
from tui.cli.console import out, out_json, out_table, say
from tui.text import clean_line

if TYPE_CHECKING:
    import argparse

    from tui.definitions.index import Entry
    from tui.definitions.model import Definition, Parameter


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "commands",
        _list,
        "list, show and check definitions",
        examples=(
            "rollcage commands",
            "rollcage commands list --search backup",
            "rollcage commands show deploy",
            "rollcage commands check ./commands     every problem with file and line",
        ),
    )
    _add_list(parser, inherit=False)
    _add_list(command(commands, "list", _list, "list definitions"), inherit=True)
    check = command(commands, "check", _check, "report every problem of definition files")
    check.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or directories (default: all scopes)")
    add_json(check, inherit=True)
    show = command(commands, "show", _show, "show one definition")
    show.add_argument("name", metavar="NAME")
    add_json(show, inherit=True)


def _add_list(parser: argparse.ArgumentParser, *, inherit: bool) -> None:
    import argparse

    default = argparse.SUPPRESS if inherit else None
    parser.add_argument("--search", default=default, metavar="TEXT", help="only those that match")
    parser.add_argument("--category", default=default, metavar="NAME", help="only of this category")
    add_json(parser, inherit=inherit)


def _list(arguments: argparse.Namespace) -> int:
    from tui.definitions.catalog import Catalog
    from tui.definitions.ranking import search

    index = Catalog.standard().index
    entries = list(index.entries)
    if arguments.search:
        found = [definition.name for definition in search(index, arguments.search)]
        entries = [index.by_name[name] for name in found]
    if arguments.category:
        entries = [entry for entry in entries if entry.definition and entry.definition.category == arguments.category]
    if arguments.json:
        out_json([_summary(entry) for entry in entries])
        return 0
    if entries:
        out_table(("NAME", "CATEGORY", "RISK", "SCOPE", "STATE", "DESCRIPTION"), [_row(entry) for entry in entries])
    else:
        say("rollcage: no such definitions")
    return 0


def _state(entry: Entry) -> str:
    if entry.stale:
        return "broken, last good version"
    if entry.broken:
        return "broken"
    return "shadows another" if entry.shadows else "ok"


def _row(entry: Entry) -> tuple[str, ...]:
    definition = entry.definition
    if definition is None:
        return entry.name, "-", "-", str(entry.scope), _state(entry), str(entry.path)
    return (
        entry.name,
        definition.category or "-",
        str(definition.risk_level),
        str(entry.scope),
        _state(entry),
        definition.description,
    )


def _summary(entry: Entry) -> dict[str, object]:
    definition = entry.definition
    return {
        "name": entry.name,
        "path": entry.path,
        "scope": entry.scope,
        "state": _state(entry),
        "shadows": [shadowed.path for shadowed in entry.shadows],
        "description": definition.description if definition else None,
        "category": definition.category if definition else None,
        "aliases": definition.aliases if definition else (),
        "risk_level": definition.risk_level if definition else None,
        "usage": definition.usage_line if definition else None,
    }


def _check(arguments: argparse.Namespace) -> int:
    from tui.cli.checking import report_problems
    from tui.definitions.catalog import Catalog, check_path

    return report_problems(arguments, check_path, lambda: Catalog.standard().index.problems)


def _show(arguments: argparse.Namespace) -> int:
    from tui.definitions.catalog import Catalog

    index = Catalog.standard().index
    entry = index.find(arguments.name)
    definition = index.resolve(arguments.name)
    if arguments.json:
        out_json({"entry": _summary(entry), "definition": definition})
        return 0
    out(f"{definition.name} {definition.version}: {clean_line(definition.description)}")
    out(f"usage: rollcage run {definition.usage_line}")
    out()
    for name, value in _facts(entry, definition).items():
        out(f"{name:<12}{clean_line(value)}")
    if definition.parameters:
        out("\nparameters:")
        for parameter in definition.parameters:
            out(f"  {_parameter(parameter)}")
    if definition.documentation:
        out(f"\n{definition.documentation.strip()}")
    for number, step in enumerate(definition.steps, 1):
        out(f"\nstep {number} ({step.language}, line {step.line}):")
        out("\n".join(f"    {line}" for line in step.template.rstrip("\n").splitlines()))
    for problem in entry.problems:
        say(str(problem))
    return 0


def _facts(entry: Entry, definition: Definition) -> dict[str, str]:
    limits = definition.resource_limits
    facts = {
        "file": str(entry.path),
        "scope": str(entry.scope),
        "aliases": ", ".join(definition.aliases),
        "category": definition.category or "",
        "risk": str(definition.risk_level),
        "mode": str(definition.execution_mode),
        "profile": str(definition.profile or ""),
        "timeout": f"{definition.timeout} s" if definition.timeout else "",
        "memory": f"{limits.max_memory_mb} MiB" if limits and limits.max_memory_mb else "",
        "cpu time": f"{limits.max_cpu_time} s" if limits and limits.max_cpu_time else "",
        "disk": f"{limits.max_disk_mb} MiB" if limits and limits.max_disk_mb else "",
        "network": "granted" if limits and limits.network_access else "none",
        "permissions": ", ".join(definition.permissions),
        "roles": ", ".join(definition.roles),
        "concepts": ", ".join(definition.knowledge_graph_required),
        "rate limit": str(definition.rate_limit or ""),
        "times": str(definition.allowed_times or ""),
    }
    return {name: value for name, value in facts.items() if value}


def _parameter(parameter: Parameter) -> str:
    import json

    parts = [f"{parameter.name} ({parameter.type}{', required' if parameter.required else ''})"]
    if parameter.description:
        parts.append(parameter.description)
    if parameter.default is not None:
        parts.append(f"default {json.dumps(parameter.default)}")
    if parameter.validation.allowed_values:
        parts.append("one of " + ", ".join(map(str, parameter.validation.allowed_values)))
    return clean_line("; ".join(parts))
