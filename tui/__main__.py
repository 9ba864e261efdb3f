"""Entry of `rollcage` and of `python -m tui`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line on `sys.argv` and return the exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        # Asked by scripts and prompts: answered before anything else is imported.
        from tui import __version__

        sys.stdout.write(f"rollcage {__version__}\n")
        return 0
    from tui.cli.main import main as command_line

    return command_line(arguments)


if __name__ == "__main__":
    sys.exit(main())
