"""How long to wait before trying again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter.

    Full jitter needs the fewest attempts and the least time of the usual variants when several callers compete
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """

    base_s: float
    cap_s: float
    draw: Callable[[], float] = random.random
    """Returns a number from 0 up to 1."""

    def delay(self, attempt: int) -> float:
        """Return the seconds to wait after the attempt of this number, from 1, has failed."""
        return self.draw() * min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 60))
