"""What a person may choose by name: in the help and in the palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tui.definitions.matching import WORD_START, fit
from tui.text import clean_line

_LONGEST: Final = 300
_IN_EXPLANATION: Final = 3
"""Letters from which on a word is looked for in explanations too."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that can be chosen. Its texts may come from files: they are cleaned here, once."""

    group: str
    title: str
    explanation: str
    act: Callable[[], object]
    """Does it; may return something to wait for."""
    keys: str = ""
    """As a person reads them."""
    reason: str = ""
    """Why it cannot be done now."""
    look: str = ""
    """The look of the title, one of the `LOOKS` of a list."""
    name: str = field(init=False, default="", compare=False)
    """The title as it is searched."""
    folded: str = field(init=False, default="", compare=False)
    """Group and title as they are searched."""

    def __post_init__(self) -> None:
        for name in ("group", "title", "explanation", "keys", "reason"):
            object.__setattr__(self, name, clean_line(getattr(self, name), _LONGEST))
        object.__setattr__(self, "name", self.title.casefold())
        object.__setattr__(self, "folded", f"{self.group}: {self.name}".casefold())


def matching(candidates: Iterable[Candidate], query: str) -> list[Candidate]:
    """Return what a query means, best first.

    Every word of it must be a piece of the title, the group or the explanation. Below all these come candidates with a
    word whose letters are in the title in that order. Of equals the first stays first.
    """
    words = query.casefold().split()
    if not words:
        return list(candidates)
    scored = [(score, candidate) for candidate in candidates if (score := _score(candidate, words)) is not None]
    scored.sort(key=lambda pair: pair[0])
    return [candidate for _, candidate in scored]


def _score(candidate: Candidate, words: Sequence[str]) -> tuple[int, float] | None:
    """Return how many words are only scattered and the worth of all, less for more; None if one is nowhere."""
    total, loose = 0.0, 0
    for word in words:
        worth = fit(word, candidate.name)
        if worth < 1 and word in candidate.folded:
            worth = min(fit(word, candidate.folded), WORD_START)
        elif worth < 1 and len(word) >= _IN_EXPLANATION and word in candidate.explanation.casefold():
            worth = 1.0
        if not worth:
            return None
        loose += worth < 1
        total += worth
    return loose, len(candidate.folded) / 1000 - total
