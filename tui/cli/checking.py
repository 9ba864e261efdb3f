"""Reporting what is wrong with files that people write: the `check` commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.console import out, out_json, say
from tui.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tui.definitions.problems import Problem


def report_problems(
    arguments: argparse.Namespace,
    check_path: Callable[[Path], Iterable[Problem]],
    everywhere: Callable[[], Iterable[Problem]],
) -> int:
    """Say what is wrong with the files of `arguments.paths`, or `everywhere` if none is given; return the exit code.

    Raises:
        NotFound: one of the files does not exist.
    """
    from tui.definitions.problems import has_errors

    problems: list[Problem] = []
    for path in arguments.paths:
        if not path.exists():
            raise NotFound(f"there is no {path}")
        problems += check_path(path)
    if not arguments.paths:
        problems += everywhere()
    if arguments.json:
        out_json(problems)
    else:
        for problem in problems:
            out(str(problem))
        if not problems:
            say("rollcage: no problems")
    return InvalidInput.exit_code if has_errors(problems) else 0
