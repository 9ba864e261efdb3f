"""Finding definitions by what one remembers of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tui.definitions.index import Index
from tui.definitions.matching import fit, scattered
from tui.definitions.model import Definition
from tui.definitions.spelling import distance

_SLIPS: Final = 2


def search(index: Index, query: str) -> list[Definition]:
    """Return the definitions that hold every word of the query, best first; all of them for an empty query.

    A word counts most in the name, then in aliases, category, description and the text of the file. Below all these
    come definitions with a word whose letters are in the name or an alias in that order, as in `bkp` for `backup`.
    """
    words = query.casefold().split()
    scored = ((_score(definition, words), definition) for definition in index.definitions)
    hits = [(score, definition) for score, definition in scored if score is not None]
    return [definition for _, definition in sorted(hits, key=lambda hit: (*hit[0], hit[1].name))]


def suggest(index: Index, partial: str, limit: int = 10) -> list[str]:
    """Return names and aliases that `partial` may become: prefixes first, then substrings, then typing slips."""
    partial = partial.casefold()
    ranked = sorted(_ranked(partial, (*index.by_name, *index.by_alias)))
    return [name for _, _, name in ranked[: max(0, limit)]]


def _ranked(partial: str, names: Iterable[str]) -> Iterable[tuple[int, int, str]]:
    # Up to four letters, two slips would turn a word into almost any other.
    slips = 1 if len(partial) <= 4 else _SLIPS
    for name in names:
        folded = name.casefold()
        if folded.startswith(partial):
            yield 0, len(name), name
        elif partial in folded:
            yield 1, folded.index(partial), name
        elif (away := distance(partial, folded, slips)) <= slips:
            yield 1 + away, len(name), name


def _score(definition: Definition, words: list[str]) -> tuple[int, float] | None:
    """Return how many words are only scattered and the worth of all, less for more; None if one is nowhere."""
    name = definition.name.casefold()
    total, loose = 0.0, 0
    for word in words:
        worth = fit(word, name)
        if worth < 1:
            held = _elsewhere(definition, word)
            worth = held or max([worth, *(scattered(word, alias.casefold()) for alias in definition.aliases)])
            loose += not held
        if not worth:
            return None
        total += worth
    return loose, -total


def _elsewhere(definition: Definition, word: str) -> float:
    """Return what it is worth that a word is a piece of what is not the name."""
    if any(word in alias.casefold() for alias in definition.aliases):
        return 30
    if word in (definition.category or "").casefold():
        return 20
    if word in definition.description.casefold():
        return 10
    text = word in definition.documentation.casefold()
    return 1 if text or any(word in step.template.casefold() for step in definition.steps) else 0
