"""What a text arranges to be run later: functions that nothing calls, and traps for the end of the shell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tui.risk.shell.values import FunctionBody

_MOST: Final = 64
"""Traps that are followed in all."""


class Later:
    """Remembers what is walked once the text has come to its end, with what is known then."""

    def __init__(self) -> None:
        self._functions: dict[int, Callable[[], object]] = {}
        self._traps: list[Callable[[], object]] = []
        self._left = _MOST
        self._called: set[int] = set()
        self._kept: list[FunctionBody] = []
        """Bodies are known by their identity, so that none may go while others come."""

    def defined(self, body: FunctionBody, walk: Callable[[], object]) -> None:
        """Let `walk` follow a function unless something calls it before the end."""
        self._kept.append(body)
        self._functions[id(body)] = walk

    def called(self, body: FunctionBody) -> None:
        """Note that a function is followed where it is called, with its arguments."""
        self._called.add(id(body))

    def trapped(self, walk: Callable[[], object]) -> bool:
        """Let `walk` follow what a shell runs at its end; False where there are too many."""
        if self._left <= 0:
            return False
        self._left -= 1  # a trap may set traps, and so on
        self._traps.append(walk)
        return True

    def run(self) -> None:
        """Follow all that is left: first traps, which may call functions."""
        while self._traps or self._functions:
            if self._traps:
                self._traps.pop(0)()
                continue
            name = next(iter(self._functions))
            walk = self._functions.pop(name)
            if name not in self._called:
                walk()
