"""Entry of `rollcage` and of `python -m tui`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.config import Settings
    from tui.keymap.table import KeyTable
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

    return command_line(arguments, _run_app, _key_table)


# Here because the command line and the interface do not know each other.


def _run_app(paths: Paths, settings: Settings, session: str | None, *, read_only: bool = False) -> int:
    import gc

    # Nothing of what is made until the first paint is garbage; looking for some would take a tenth of that time.
    gc.disable()
    try:
        from tui.ui.app import run_app

        return run_app(paths, settings, session=session, read_only=read_only)
    finally:
        gc.enable()


def _key_table() -> KeyTable:
    from tui.ui.bindings import KEY_TABLE

    return KEY_TABLE


if __name__ == "__main__":
    sys.exit(main())
