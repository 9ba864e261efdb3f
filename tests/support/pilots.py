"""Waiting for what the interface shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot


async def until(pilot: Pilot[int], happened: Callable[[], object], *, patience_s: float = 20.0) -> None:
    """Let the application work until something is so.

    Raises:
        AssertionError: it never was.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_s
    while not happened():
        assert loop.time() < deadline, "it never happened"
        await pilot.pause(0.01)
