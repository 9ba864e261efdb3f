"""Waiting for what the interface shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

_PATIENCE_S = 10.0


async def until(pilot: Pilot[int], happened: Callable[[], object]) -> None:
    """Let the application work until something is so.

    Raises:
        AssertionError: it never was.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE_S
    while not happened():
        assert loop.time() < deadline, "it never happened"
        await pilot.pause(0.01)


def shown_text(lines: list[str]) -> str:
    """Return lines of a widget without the blanks at their ends."""
    return "\n".join(line.rstrip() for line in lines).strip("\n")
