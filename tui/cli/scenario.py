"""`rollcage scenario`: presets that show what happens, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, command, family
from tui.cli.console import out, out_json, out_table, say
from tui.errors import NotFound, UsageError
from tui.text import clean_line

if TYPE_CHECKING:
    import argparse

    from tui.scenarios.catalog import Entry
    from tui.scenarios.model import Scenario


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "scenario",
        _list,
        "list, show and run scenarios",
        examples=(
            "rollcage scenario",
            "rollcage scenario show rollback",
            "rollcage scenario run rollback security-block",
            "rollcage scenario run --all --json | jq -r 'select(.event == \"ScenarioEnded\").passed'",
            "rollcage scenario check ./scenarios     every problem with file and line",
        ),
    )
    add_json(parser)
    add_json(command(commands, "list", _list, "list scenarios"), inherit=True)
    show = command(commands, "show", _show, "show the steps of a scenario, and what is expected of each")
    show.add_argument("name", metavar="NAME")
    add_json(show, inherit=True)
    run = command(
        commands,
        "run",
        _run,
        "run scenarios and compare what comes of each step with what is expected",
        description="Run scenarios in sessions of their own, which are deleted afterwards. Exits with 0 if every step "
        "did as expected, else with 1.",
    )
    run.add_argument("names", nargs="*", metavar="NAME")
    run.add_argument("--all", action="store_true", help="run every scenario")
    run.add_argument("--keep", action="store_true", help="leave the sessions there, for a look at them")
    run.add_argument(
        "--trust", action="store_true",
        help="let the answers in scenarios of this project count for what is critical, and where policy or a hook asks",
    )  # fmt: skip
    run.add_argument("-v", "--verbose", action="store_true", help="show output and events as they come")
    add_json(run, inherit=True)
    check = command(commands, "check", _check, "report every problem of scenario files")
    check.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or directories (default: all scopes)")
    add_json(check, inherit=True)


def _list(arguments: argparse.Namespace) -> int:
    from tui.scenarios.catalog import Catalog

    entries = Catalog.standard().index.entries
    if arguments.json:
        out_json([_summary(entry) for entry in entries])
    elif entries:
        out_table(("NAME", "CATEGORY", "STEPS", "SCOPE", "STATE", "DESCRIPTION"), [_row(entry) for entry in entries])
    else:
        say("rollcage: there are no scenarios")
    return 0


def _state(entry: Entry) -> str:
    if entry.broken:
        return "broken, last good version" if entry.stale else "broken"
    return "shadows another" if entry.shadows else "ok"


def _row(entry: Entry) -> tuple[str, ...]:
    scenario = entry.scenario
    if scenario is None:
        return entry.name, "-", "-", str(entry.scope), _state(entry), str(entry.path)
    count = str(len(scenario.steps))
    return entry.name, scenario.category or "-", count, str(entry.scope), _state(entry), scenario.description


def _summary(entry: Entry) -> dict[str, object]:
    scenario = entry.scenario
    return {
        "name": entry.name,
        "path": entry.path,
        "scope": entry.scope,
        "state": _state(entry),
        "shadows": [shadowed.path for shadowed in entry.shadows],
        "title": scenario.title if scenario else None,
        "description": scenario.description if scenario else None,
        "category": scenario.category if scenario else None,
        "steps": len(scenario.steps) if scenario else None,
    }


def _show(arguments: argparse.Namespace) -> int:
    from tui.scenarios.catalog import Catalog
    from tui.scenarios.model import RunCode
    from tui.scenarios.outcome import describe

    index = Catalog.standard().index
    entry = index.find(arguments.name)
    scenario = index.resolve(arguments.name)
    if arguments.json:
        out_json({"entry": _summary(entry), "scenario": _plain(scenario)})
        return 0
    out(f"{scenario.title}: {clean_line(scenario.description)}")
    out(f"run it: rollcage scenario run {scenario.name}\n")
    for name, value in _facts(scenario).items():
        out(f"{name:<12}{clean_line(value)}")
    for number, step in enumerate(scenario.steps, 1):
        out(f"\nstep {number} (line {step.line}){f': {clean_line(step.title)}' if step.title else ''}")
        if step.prose:
            out(f"{step.prose}\n")
        if isinstance(step.action, RunCode):
            out("\n".join(f"    {line}" for line in step.action.text.rstrip("\n").splitlines()))
        else:
            out(f"    {clean_line(str(step.action))}")
        if step.meanwhile is not None:
            out(f"  meanwhile: {clean_line(str(step.meanwhile))}")
        if step.answer is not None:
            out(f"  answer to a question: {step.answer}")
        for expected in describe(step.expected):
            out(f"  expects: {clean_line(expected)}")
    for problem in entry.problems:
        say(str(problem))
    return 0


def _facts(scenario: Scenario) -> dict[str, str]:
    limits = scenario.limits
    facts = {
        "file": str(scenario.path),
        "scope": str(scenario.scope),
        "category": scenario.category or "",
        "session": str(scenario.session),
        "profile": str(scenario.profile or ""),
        "memory": f"{limits.max_memory_mb} MiB" if limits and limits.max_memory_mb else "",
        "cpu time": f"{limits.max_cpu_time} s" if limits and limits.max_cpu_time else "",
        "disk": f"{limits.max_disk_mb} MiB" if limits and limits.max_disk_mb else "",
        "network": "granted" if limits and limits.network_access else "",
    }
    return {name: value for name, value in facts.items() if value}


def _plain(scenario: Scenario) -> dict[str, object]:
    from dataclasses import asdict

    from tui.scenarios.model import RunCode
    from tui.scenarios.outcome import describe

    facts = asdict(scenario)
    facts["steps"] = [
        {
            "line": step.line,
            "title": step.title,
            "action": str(step.action),
            "code": step.action.text if isinstance(step.action, RunCode) else None,
            "meanwhile": str(step.meanwhile) if step.meanwhile else None,
            "answer": step.answer,
            "timeout_s": step.timeout_s,
            "expected": describe(step.expected),
        }
        for step in scenario.steps
    ]
    return facts


def _run(arguments: argparse.Namespace) -> int:
    from tui.cli.scenario_running import run_and_compare
    from tui.scenarios.catalog import Catalog

    if bool(arguments.names) is arguments.all:
        raise UsageError("name scenarios, or say --all", hint="`rollcage scenario list` shows what there is")
    index = Catalog.standard().index
    names = dict.fromkeys(arguments.names or (entry.name for entry in index.entries))
    scenarios = [index.resolve(name) for name in names]
    if not scenarios:
        raise NotFound("there are no scenarios")
    return run_and_compare(
        scenarios, keep=arguments.keep, trusts=arguments.trust, as_json=arguments.json, verbose=arguments.verbose
    )


def _check(arguments: argparse.Namespace) -> int:
    from tui.cli.checking import report_problems
    from tui.scenarios.catalog import Catalog, check_path

    return report_problems(arguments, check_path, lambda: Catalog.standard().index.problems)
