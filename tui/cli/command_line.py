"""The grammar of the command line."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Final

from tui import __version__
from tui.cli import app
from tui.cli.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Run anything. Roll anything back.

Without a command, opens the application. Every command below does without it what the application does."""

_EPILOG = """\
examples:
  rollcage setup                          prepare this host once
  rollcage run hello-world name=Ada       run a definition
  rollcage exec 'rm -rf /usr; false'      run code; asks first, and a failure rolls back
  rollcage assess 'rm -rf /usr; false'    only say what it would do
  rollcage exec -l python --file job.py   run a file
  rollcage shell                          open a shell in the machine
  rollcage undo                           take the last run back

exit codes:
  0 to 255 of the run itself, passed through
  2    the command line makes no sense        118  a limit of the run was exceeded
  119  policy, a hook or a person said no     120  a definition, value or setting is wrong
  121  no such definition, session, snapshot  122  the host is not ready: see `rollcage doctor`
  123  another process holds the session      124  the run timed out
  125  the machine or Rollcage failed         130  the run was cancelled
  137  the machine ran out of memory          141  nobody reads the output any more"""

_MODULES: Final = {
    "run": ("run",), "execute": ("exec",), "shell": ("shell",), "assess": ("assess",),
    "rollback": ("rollback", "undo", "redo"), "snapshots": ("snapshots",), "diff": ("diff",), "branch": ("branch",),
    "sessions": ("sessions",), "history": ("history",), "audit": ("audit",), "approvals": ("approvals",),
    "commands": ("commands",), "hooks": ("hooks",), "policy": ("policy",), "knowledge": ("knowledge",),
    "scenario": ("scenario",), "pool": ("pool",), "themes": ("themes",), "keys": ("keys",), "setup": ("setup",),
    "doctor": ("doctor",), "info": ("info",), "garbage": ("gc",),
}  # fmt: skip
"""The modules of `tui.cli` that declare commands, in the order of the help, each with the names of its commands."""
COMMANDS: Final = frozenset(name for names in _MODULES.values() for name in names)
"""The names of all commands."""


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command line, or of `only` one command."""
    parser = Parser(
        prog="rollcage",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"rollcage {__version__}")
    parser.add_argument(
        "-s",
        "--session",
        dest="open_session",
        metavar="NAME",
        help="session the application opens (default: the one it was left in)",
    )
    parser.add_argument(
        "--readonly",
        dest="read_only",
        action="store_true",
        help="open the application to look around: nothing can be run or changed",
    )
    parser.set_defaults(function=app.open_as_asked)
    subparsers = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, commands in _MODULES.items():
        if only is None or only in commands:
            import_module(f"tui.cli.{name}").add(subparsers)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments.

    What follows `--` is a program and its arguments and is never looked at. `key=value` may stand before, between and
    after options, which argparse alone does not allow.
    """
    words = list(arguments)
    program: list[str] | None = None
    if "--" in words:
        cut = words.index("--")
        words, program = words[:cut], words[cut + 1 :]
    # One command is parsed without importing the others.
    parser = build_parser(words[0] if words and words[0] in COMMANDS else None)
    parsed, rest = parser.parse_known_args(words)
    if parsed.read_only and parsed.function is not app.open_as_asked:
        # Ignoring it would let something run that somebody meant to be safe from.
        parser.error("--readonly opens the application and goes with no command")
    if rest and not hasattr(parsed, "values"):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        parsed.values = [*parsed.values, *rest]
    if program is not None:
        if not hasattr(parsed, "program"):
            parser.error("only `rollcage exec` and `rollcage assess` take a program after --")
        parsed.program = program
    return parsed
