"""A word while it is expanded: pieces that are quoted or not, known or not."""

from __future__ import annotations

from dataclasses import dataclass

from tui.risk.shell.model import Unknown
from tui.risk.shell.values import Disguise, Value


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a word after expansion."""

    value: str | Unknown
    quoted: bool
    expanded: bool
    """Whether it is the result of an expansion: only then it is split into fields."""


@dataclass(slots=True)
class WordDraft:
    """A word being expanded."""

    pieces: list[Piece]
    inputs: list[int]
    disguise: Disguise = Disguise.NONE
    folded: bool = False
    hidden: bool = False
    """Whether an expansion in it has no other use than to hide the rest."""
    size: int = 0
    """Characters known so far."""
    breaks: set[int] | None = None
    """Before which pieces a new field begins whatever they hold: `"$@"`."""

    def add(self, value: str | Unknown, *, quoted: bool, expanded: bool = True) -> None:
        """Add a piece."""
        self.pieces.append(Piece(value, quoted, expanded))

    def absorb(self, value: Value, *, quoted: bool) -> None:
        """Add the value of a variable."""
        for piece in value.pieces:
            self.add(piece, quoted=quoted)
        self.inputs.extend(value.inputs)
        self.disguise = max(self.disguise, value.disguise)
        if value.literal is not None:
            self.folded = True


def plain_text(draft: WordDraft) -> str | None:
    """Return the text of `draft`, or None where a piece is unknown."""
    return (
        "".join(piece.value for piece in draft.pieces if isinstance(piece.value, str))
        if all(isinstance(piece.value, str) for piece in draft.pieces)
        else None
    )
