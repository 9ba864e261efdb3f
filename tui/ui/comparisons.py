"""Comparisons of snapshots that were looked at lately."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tui.runs.comparison.model import Comparison, FileDiff
    from tui.runs.engine import Engine

_KEPT: Final = 64


class Comparisons:
    """Asks the engine for what is not known yet. Snapshots never change, so what is known stays true."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._known: OrderedDict[tuple[str, str], Comparison] = OrderedDict()
        self._files: OrderedDict[tuple[str, str, str], FileDiff] = OrderedDict()

    def has(self, older: str, newer: str) -> bool:
        """Say whether two snapshots were compared lately."""
        return (older, newer) in self._known

    async def get(self, older: str, newer: str) -> Comparison:
        """Return what changed between two snapshots. Raises what `Engine.compare` raises."""
        key = older, newer
        if key not in self._known:
            self._known[key] = await self._engine().compare(older, newer)
            _bound(self._known)
        self._known.move_to_end(key)
        return self._known[key]

    async def file(self, older: str, newer: str, path: str) -> FileDiff:
        """Return the lines in which a file differs. Raises what `Engine.file_diff` raises."""
        key = older, newer, path
        if key not in self._files:
            self._files[key] = await self._engine().file_diff(older, newer, path)
            _bound(self._files)
        self._files.move_to_end(key)
        return self._files[key]


def _bound(known: OrderedDict[tuple[str, str], Comparison] | OrderedDict[tuple[str, str, str], FileDiff]) -> None:
    while len(known) > _KEPT:
        known.popitem(last=False)
