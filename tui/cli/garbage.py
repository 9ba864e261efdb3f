"""`rollcage gc`: deleting the snapshots that the settings say need not be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, command
from tui.cli.console import say
from tui.cli.opening import with_engine
from tui.units import size

if TYPE_CHECKING:
    import argparse

    from tui.runs.engine import Engine


def add(subparsers: Subparsers) -> None:
    """Declare the command."""
    command(
        subparsers,
        "gc",
        _gc,
        "delete snapshots beyond what the settings keep",
        description="Delete the oldest snapshots of sessions beyond what the settings keep (snapshots.keep_per_session "
        "and snapshots.keep_total_mb). Pinned snapshots and heads stay.",
    )


def _gc(_: argparse.Namespace) -> int:
    async def action(engine: Engine) -> int:
        freed = await engine.collect_garbage()
        say(f"rollcage: {size(freed)} freed")
        return 0

    return with_engine(action)
