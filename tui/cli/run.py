"""`rollcage run`: a definition, in a session."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_running, assignment, command
from tui.cli.console import is_terminal
from tui.errors import UsageError

if TYPE_CHECKING:
    import argparse


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = command(
        subparsers,
        "run",
        _run,
        "run a definition",
        description="Run a definition with values for its parameters. `rollcage commands` lists definitions, "
        "`rollcage commands show NAME` its parameters.",
        examples=(
            "rollcage run hello-world name=Ada",
            "rollcage run backup source=/work --session nightly --timeout 10m",
            "rollcage run security-audit --json | jq -r 'select(.event == \"RunFinished\").state'",
        ),
    )
    parser.add_argument("name", metavar="NAME", help="name or alias")
    parser.add_argument(
        "values", nargs="*", default=[], metavar="KEY=VALUE", help="values of parameters; arrays and objects as JSON"
    )
    add_running(parser)


def _run(arguments: argparse.Namespace) -> int:
    from tui.cli.running import run_and_follow
    from tui.config import load_settings
    from tui.definitions.catalog import Catalog
    from tui.paths import Paths
    from tui.runs.prepare import request_for

    definition = Catalog.standard().index.resolve(arguments.name)
    request = request_for(
        definition,
        _values(arguments.values),
        session=arguments.session,
        settings=load_settings(Paths.from_environment()),
        profile=arguments.profile,
        timeout_s=arguments.timeout,
    )
    if arguments.mode is not None:
        request = replace(request, mode=arguments.mode)
    return run_and_follow(
        arguments, request, forward_stdin=not is_terminal(sys.stdin), demanded=bool(arguments.profile)
    )


def _values(words: list[str]) -> dict[str, str]:
    import argparse

    values: dict[str, str] = {}
    for word in words:
        try:
            key, value = assignment(word)
        except argparse.ArgumentTypeError as error:
            raise UsageError(str(error), hint="values are given as name=value") from None
        if key in values:
            raise UsageError(f"{key!r} is given twice")
        values[key] = value
    return values
