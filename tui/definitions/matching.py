"""How well a word fits a name: the measure of the filter of commands, the help and the palette."""

from __future__ import annotations

from typing import Final

EXACT: Final = 100.0
BEGINNING: Final = 60.0
WORD_START: Final = 50.0
ANYWHERE: Final = 40.0


def fit(word: str, name: str) -> float:
    """Return how well a word fits a name, both casefolded: most if it is the name, then if a word of it begins so.

    Less than 1, but more than 0, where only the letters of the word are in the name in that order.
    """
    at = name.find(word)
    if at < 0:
        return scattered(word, name)
    if at == 0:
        return EXACT if word == name else BEGINNING
    while at > 0:
        if not name[at - 1].isalnum():
            return WORD_START
        at = name.find(word, at + 1)
    return ANYWHERE


def scattered(word: str, name: str) -> float:
    """Return how close together the letters of a word are in a name, in their order: below 1, or 0 if they are not.

    Those that begin with a word of the name count twice.
    """
    best, start = 0.0, name.find(word[:1])
    while word and start >= 0:
        at = start
        for letter in word[1:]:
            at = name.find(letter, at + 1)
            if at < 0:
                return best
        begins = start == 0 or not name[start - 1].isalnum()
        best = max(best, len(word) / (at - start + 1) * (0.9 if begins else 0.45))
        start = name.find(word[0], start + 1)
    return best
