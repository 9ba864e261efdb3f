"""Undo and redo, read from the journal of a session's head.

The journal is only ever appended to. RUN and ROLLBACK are moves of their own; UNDO reverses the last of them that is
not reversed yet, REDO repeats the last reversed one, and a new move of its own leaves nothing to redo.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui.store.model import HeadMove
from tui.store.states import MoveKind


@dataclass(frozen=True, slots=True)
class Stacks:
    """The moves that can be undone and redone, the next one last."""

    undo: tuple[HeadMove, ...]
    redo: tuple[HeadMove, ...]

    @property
    def next_undo(self) -> HeadMove | None:
        """The move that undo reverses. A move that began nowhere cannot be reversed."""
        return self.undo[-1] if self.undo and self.undo[-1].from_id is not None else None

    @property
    def next_redo(self) -> HeadMove | None:
        """The move that redo repeats."""
        return self.redo[-1] if self.redo else None


def stacks(moves: Iterable[HeadMove]) -> Stacks:
    """Return what a journal, oldest move first, leaves to undo and redo."""
    undo: list[HeadMove] = []
    redo: list[HeadMove] = []
    for move in moves:
        if move.kind is MoveKind.UNDO:
            redo.append(undo.pop())
        elif move.kind is MoveKind.REDO:
            undo.append(redo.pop())
        else:
            undo.append(move)
            redo.clear()
    return Stacks(tuple(undo), tuple(redo))
