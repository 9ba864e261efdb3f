"""Parsing arguments, calling the command, and turning every error into a message and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Protocol

from tui import __version__
from tui.cli import app
from tui.cli.codes import EXIT_CANCELLED, EXIT_NOBODY_READS
from tui.cli.console import say_error
from tui.cli.parser import Parser
from tui.errors import RollcageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui.config import Settings
    from tui.keymap.table import KeyTable
    from tui.paths import Paths

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


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    from tui.cli import (
        approvals,
        assess,
        audit,
        branch,
        commands,
        diff,
        doctor,
        execute,
        garbage,
        history,
        hooks,
        info,
        keys,
        knowledge,
        policy,
        pool,
        rollback,
        run,
        scenario,
        sessions,
        setup,
        shell,
        snapshots,
        themes,
    )

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
    parser.set_defaults(function=app.open_application)
    subparsers = parser.add_subparsers(metavar="COMMAND", title="commands")
    for module in (
        run, execute, shell, assess, rollback, snapshots, diff, branch, sessions, history, audit, approvals, commands,
        hooks, policy, knowledge, scenario, pool, themes, keys, setup, doctor, info, garbage,
    ):  # fmt: skip
        module.add(subparsers)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments.

    What follows `--` is a program and its arguments and is never looked at. `key=value` may stand before, between and
    after options, which argparse alone does not allow.
    """
    words = list(arguments)
    if not words:  # the application, which no parser of commands has to be made for
        return argparse.Namespace(function=app.open_application, open_session=None, read_only=False)
    program: list[str] | None = None
    if "--" in words:
        cut = words.index("--")
        words, program = words[:cut], words[cut + 1 :]
    parser = build_parser()
    parsed, rest = parser.parse_known_args(words)
    if parsed.read_only and parsed.function is not app.open_application:
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


class OpenApplication(Protocol):
    """Opens the application in a session and returns its exit code."""

    def __call__(self, paths: Paths, settings: Settings, session: str | None, *, read_only: bool) -> int:
        """Open it; `read_only` so that nothing can be changed."""
        ...


def main(arguments: Sequence[str], run_app: OpenApplication, key_table: Callable[[], KeyTable] | None = None) -> int:
    """Run the command line and return its exit code. Never raises.

    `run_app` opens the application and `key_table` returns its keys; both are handed in because the command line and
    the interface do not know each other.
    """
    try:
        parsed = parse(arguments)
        parsed.run_app, parsed.key_table = run_app, key_table
        code: int = parsed.function(parsed)
        sys.stdout.flush()
    except RollcageError as error:
        say_error(error)
        return error.exit_code
    except SystemExit as stop:  # argparse: --help, --version or a usage error
        return stop.code if isinstance(stop.code, int) else UsageError.exit_code
    except KeyboardInterrupt:
        return EXIT_CANCELLED
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_NOBODY_READS
    except Exception as error:  # noqa: BLE001  # the last resort: a person gets a sentence, the log gets the rest
        return _unexpected(error)
    return code


def _unexpected(error: Exception) -> int:
    import logging

    from tui.cli.logfile import log_path, logging_to_file

    with logging_to_file():
        logging.getLogger(__name__).error("unexpected error", exc_info=error)
    say_error(
        RollcageError(
            f"{type(error).__name__}: {error}",
            hint=f"This is a defect in Rollcage, or something it did not expect. The traceback is in {log_path()}",
        )
    )
    return RollcageError.exit_code
