"""Finding definitions by what one remembers of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tui.definitions.index import Index
from tui.definitions.model import Definition
from tui.definitions.spelling import distance

_SLIPS: Final = 2


def search(index: Index, query: str) -> list[Definition]:
    """Return the definitions that hold every word of the query, best first; all of them for an empty query.

    A word counts most in the name, then in aliases, category, description and the text of the file.
    """
    words = query.casefold().split()
    scored = ((_score(definition, words), definition) for definition in index.definitions)
    hits = [(score, definition) for score, definition in scored if score is not None]
    return [definition for _, definition in sorted(hits, key=lambda hit: (-hit[0], hit[1].name))]


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


def _score(definition: Definition, words: list[str]) -> int | None:
    """Return the sum over the words, or None if one is nowhere."""
    name = definition.name.casefold()
    aliases = " ".join(definition.aliases).casefold()
    category = (definition.category or "").casefold()
    description = definition.description.casefold()
    total = 0
    for word in words:
        if word == name:
            total += 100
        elif name.startswith(word):
            total += 60
        elif word in name:
            total += 40
        elif word in aliases:
            total += 30
        elif word in category:
            total += 20
        elif word in description:
            total += 10
        elif word in definition.documentation.casefold() or any(
            word in step.template.casefold() for step in definition.steps
        ):
            total += 1
        else:
            return None
    return total
