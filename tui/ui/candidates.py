"""What a person may choose by name: in the help and in the palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tui.text import clean_line

_LONGEST: Final = 300
_WORD_START: Final = 60
_ANYWHERE: Final = 30
_SCATTERED: Final = 5


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
    folded: str = field(init=False, default="", compare=False)
    """What is searched first."""

    def __post_init__(self) -> None:
        for name in ("group", "title", "explanation", "keys", "reason"):
            object.__setattr__(self, name, clean_line(getattr(self, name), _LONGEST))
        object.__setattr__(self, "folded", f"{self.group}: {self.title}".casefold())


def matching(candidates: Iterable[Candidate], query: str) -> list[Candidate]:
    """Return what a query means, best first.

    Every word of it must be in the title (its letters in order are enough, worth less than a piece of it, and that
    less than the beginning of a word), or be a piece of the explanation. Of equals the first stays first.
    """
    words = query.casefold().split()
    if not words:
        return list(candidates)
    scored = [(score, candidate) for candidate in candidates if (score := _score(candidate, words)) is not None]
    scored.sort(key=lambda pair: -pair[0])
    return [candidate for _, candidate in scored]


def _score(candidate: Candidate, words: Sequence[str]) -> float | None:
    total = 0.0
    for word in words:
        found = _in_title(candidate.folded, word)
        if found is None:
            if len(word) < 3 or word not in candidate.explanation.casefold():
                return None
            found = 1.0
        total += found
    return total - len(candidate.folded) / 1000


def _in_title(text: str, word: str) -> float | None:
    at = text.find(word)
    if at >= 0:
        while at > 0 and text[at - 1].isalnum():
            following = text.find(word, at + 1)
            if following < 0:
                return _ANYWHERE
            at = following
        return _WORD_START
    position = first = -1
    for letter in word:
        position = text.find(letter, position + 1)
        if position < 0:
            return None
        first = position if first < 0 else first
    return _SCATTERED * len(word) / (position - first + 1)
