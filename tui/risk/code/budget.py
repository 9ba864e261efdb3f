"""Limits that keep the analysis of hostile text short."""

from __future__ import annotations

from typing import Final

MAX_TEXT: Final = 256 * 1024
"""Characters that are analysed."""
MAX_STEPS: Final = 25_000
"""Expressions that are evaluated in one text, those in called functions and decoded code included."""
MAX_DEPTH: Final = 120
"""Expressions inside expressions; Python's own stack holds about 1000 frames, of which each takes up to five."""
MAX_CALLS: Final = 6
"""Functions of the program inside one another."""
MAX_DECODED: Final = 64 * 1024
"""Characters or bytes that folding may produce."""
MAX_ITEMS: Final = 4096
"""Elements of a folded list."""
MAX_NESTED_CODE: Final = 5
"""Code in code in code."""


class Exhausted(Exception):
    """The text takes more steps than are allowed."""


class Budget:
    """Counts steps down, for a text and all code in it."""

    __slots__ = ("left",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Take `steps`; raises `Exhausted` when there are none left."""
        self.left -= steps
        if self.left < 0:
            raise Exhausted
