"""Parsing arguments, calling the command, and turning every error into a message and an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tui.cli import app
from tui.cli.codes import EXIT_CANCELLED, EXIT_NOBODY_READS
from tui.cli.console import say_error
from tui.errors import RollcageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui.cli.app import OpenApplication
    from tui.keymap.table import KeyTable


def main(arguments: Sequence[str], run_app: OpenApplication, key_table: Callable[[], KeyTable] | None = None) -> int:
    """Run the command line and return its exit code. Never raises.

    `run_app` opens the application and `key_table` returns its keys; both are handed in because the command line and
    the interface do not know each other.
    """
    try:
        code = _carry_out(arguments, run_app, key_table)
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


def _carry_out(arguments: Sequence[str], run_app: OpenApplication, key_table: Callable[[], KeyTable] | None) -> int:
    if not arguments:
        return app.open_application(run_app)  # which needs no parser
    from tui.cli.command_line import parse

    parsed = parse(arguments)
    parsed.run_app, parsed.key_table = run_app, key_table
    code: int = parsed.function(parsed)
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
