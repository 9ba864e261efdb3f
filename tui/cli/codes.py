"""Exit codes of runs; those of errors are with the errors, in `tui.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.runs.events import RunFinished

EXIT_LIMIT_EXCEEDED = 118
EXIT_REFUSED = 119
EXIT_TIMED_OUT = 124
EXIT_MACHINE = 125
EXIT_CANCELLED = 130
EXIT_OUT_OF_MEMORY = 137
EXIT_NOBODY_READS = 141
"""128 + SIGPIPE: what a shell shows for a local command whose reader went away."""


def exit_code(finished: RunFinished) -> int:
    """Return the exit code for how a run ended."""
    from tui.store.states import RunState

    match finished.state:
        case RunState.SUCCEEDED:
            return 0
        case RunState.REFUSED:
            return EXIT_REFUSED
        case RunState.TIMED_OUT:
            return EXIT_TIMED_OUT
        case RunState.LIMIT_EXCEEDED:
            return EXIT_LIMIT_EXCEEDED
        case RunState.CANCELLED:
            return EXIT_CANCELLED
        case RunState.OUT_OF_MEMORY:
            return finished.exit_code or EXIT_OUT_OF_MEMORY
        case RunState.FAILED if finished.exit_code:
            return finished.exit_code
        case _:
            return EXIT_MACHINE
