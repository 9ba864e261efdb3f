"""Which known word somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 64


def distance(left: str, right: str, limit: int) -> int:
    """Return how many typing slips separate two words, or `limit + 1` if more than `limit`.

    A slip is a missing, an extra or a wrong letter, or two neighbours exchanged (optimal string alignment
    distance, https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance).
    """
    if abs(len(left) - len(right)) > limit or max(len(left), len(right)) > _LONGEST:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, one in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (one != other))
            exchanged = row > 1 and column > 1 and one == right[column - 2] and left[row - 2] == other
            current.append(min(cost, before[column - 2] + 1) if exchanged else cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word at most two slips away (one for words up to four letters), ignoring case, or None."""
    limit = 1 if len(word) <= 4 else 2
    best = min(((distance(word.lower(), candidate.lower(), limit), candidate) for candidate in known), default=None)
    return best[1] if best is not None and best[0] <= limit else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the closest known word, or all of them when there are few, or nothing."""
    known = list(known)
    if (guess := closest(word, known)) is not None:
        return f"did you mean {guess!r}?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= 16 else ""
