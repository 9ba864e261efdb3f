"""`rollcage` alone: the application."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, Protocol

from tui.cli.console import is_terminal
from tui.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from tui.config import Settings
    from tui.paths import Paths


_WITHOUT: Final = "Without one, use the commands: rollcage run, rollcage exec, … (rollcage --help lists them)"


class OpenApplication(Protocol):
    """Opens the application in a session and returns its exit code."""

    def __call__(self, paths: Paths, settings: Settings, session: str | None, *, read_only: bool) -> int:
        """Open it; `read_only` so that nothing can be changed."""
        ...


def open_as_asked(arguments: argparse.Namespace) -> int:
    """Open the interface as the command line says."""
    return open_application(arguments.run_app, arguments.open_session, read_only=arguments.read_only)


def open_application(run_app: OpenApplication, session: str | None = None, *, read_only: bool = False) -> int:
    """Open the interface, with the function that `main` was given for that, and return its exit code.

    Raises:
        UsageError: there is no terminal, or none that can show it.
    """
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise UsageError("the application needs a terminal", hint=_WITHOUT)
    if os.environ.get("TERM") == "dumb":
        raise UsageError("this terminal cannot show the application: TERM is 'dumb'", hint=_WITHOUT)
    from tui.cli.logfile import logging_to_file
    from tui.config import load_settings
    from tui.paths import Paths

    paths = Paths.from_environment()
    with logging_to_file():
        settings = load_settings(paths)
        return run_app(paths, settings, session, read_only=read_only)
