"""`rollcage` alone: the application."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tui.cli.console import is_terminal
from tui.errors import UsageError

if TYPE_CHECKING:
    import argparse


def open_application(arguments: argparse.Namespace) -> int:
    """Open the interface, with the function that `main` was given for that."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise UsageError(
            "the application needs a terminal",
            hint="Without one, use the commands: rollcage run, rollcage exec, … (rollcage --help lists them)",
        )
    from tui.cli.logfile import logging_to_file
    from tui.config import load_settings
    from tui.paths import Paths

    paths = Paths.from_environment()
    with logging_to_file():
        settings = load_settings(paths)
        code: int = arguments.run_app(paths, settings, arguments.open_session, read_only=arguments.read_only)
    return code
