"""What the built-in hooks need from outside, in one place, so that tests can give something else."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tui.paths import Paths
from tui.redaction import Redactor


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """The world, as far as hooks touch it."""

    paths: Paths
    redactor: Redactor
    bell: Callable[[], object] | None = None
    """Rings the terminal's bell; called in a hook's thread. None where there is no terminal."""
    now: Callable[[], datetime] = _now
    random: Callable[[], float] = random.random
    """A number from 0 up to 1."""
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits some seconds between attempts."""
