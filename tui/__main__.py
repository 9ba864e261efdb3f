"""Entry of `rollcage` and of `python -m tui`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.config import Settings
    from tui.paths import Paths


def main() -> int:
    """Run the command line on `sys.argv` and return the exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        # Asked by scripts and prompts: answered before anything else is imported.
        from tui import __version__

        sys.stdout.write(f"rollcage {__version__}\n")
        return 0
    from tui.cli.main import main as command_line

    return command_line(arguments, _run_app)


def _run_app(paths: Paths, settings: Settings, session: str) -> int:
    # Here because the command line and the interface do not know each other.
    from tui.ui.app import run_app

    return run_app(paths, settings, session=session)


if __name__ == "__main__":
    sys.exit(main())
