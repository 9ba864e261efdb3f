"""Concepts as a graph: which terms stand in a text, which concepts lead to which, which term was probably meant.

Terms are found with the automaton of Aho and Corasick (Efficient string matching, CACM 18(6), 1975), which reads a
text once however many terms there are. A term counts where it stands as a whole word; scripts that are written
without spaces have no such boundary.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.definitions.spelling import distance
from tui.policy.knowledge.model import Concept, normal

if TYPE_CHECKING:
    import ahocorasick

_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003134f]"
)
"""Thai, Lao, Burmese, Khmer, kana and Han."""
_MAX_TEXT: Final = 1_000_000
"""Characters of a text that are looked at; what a run says of itself is far shorter."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A synonym that another concept has already."""

    term: str
    loser: Concept
    holder: Concept


class Graph:
    """Concepts of which no two have one name. Immutable; any thread may use it."""

    def __init__(self, concepts: Iterable[Concept] = ()) -> None:
        self.concepts: tuple[Concept, ...] = tuple(concepts)
        self.clashes: tuple[Clash, ...] = ()
        self._terms = self._collect()
        self._automaton = _automaton(self._terms)
        self._neighbours: dict[str, set[str]] = {}
        for concept in self.concepts:
            for term in concept.related:
                if (other := self.find(term)) is not None:
                    self._neighbours.setdefault(concept.key, set()).add(other.key)
                    self._neighbours.setdefault(other.key, set()).add(concept.key)

    def __len__(self) -> int:
        return len(self.concepts)

    @property
    def terms(self) -> int:
        """How many names and synonyms there are."""
        return len(self._terms)

    def find(self, term: str) -> Concept | None:
        """Return the concept that has this name or synonym, or None."""
        return self._terms.get(normal(term))

    def match(self, text: str) -> tuple[Concept, ...]:
        """Return the concepts a text speaks of, in the order in which it first does."""
        if self._automaton is None:
            return ()
        haystack = normal(text[:_MAX_TEXT])
        found: dict[int, Concept] = {}
        for end, term in self._automaton.iter(haystack):
            concept = self._terms[term]
            if id(concept) not in found and _stands_alone(haystack, end + 1 - len(term), end + 1):
                found[id(concept)] = concept
        return tuple(found.values())

    def connected(self, concepts: Sequence[Concept]) -> bool:
        """Say whether each of these concepts leads to every other along `related`, in either direction."""
        if len(concepts) < 2:
            return True
        start = concepts[0].key
        reached, waiting = {start}, [start]
        while waiting:
            new = self._neighbours.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        return all(concept.key in reached for concept in concepts)

    def close_to(self, term: str) -> tuple[str, Concept] | None:
        """Return the known term nearest in spelling, at most two slips away, with its concept."""
        wanted = normal(term)
        limit = 1 if len(wanted) <= 4 else 2
        size, letters = len(wanted), _letters(wanted)
        best: tuple[int, str] | None = None
        for known, length, its_letters in self._shapes:
            # A slip changes the length by one at most, and the set of letters by two.
            if abs(length - size) > limit or (letters ^ its_letters).bit_count() > 2 * limit:
                continue
            slips = distance(wanted, known, limit)
            if slips <= limit and (best is None or (slips, known) < best):
                best = slips, known
        return None if best is None else (best[1], self._terms[best[1]])

    @functools.cached_property
    def _shapes(self) -> list[tuple[str, int, int]]:
        """Every term with what tells quickly that another is not close to it."""
        return [(term, len(term), _letters(term)) for term in self._terms]

    def _collect(self) -> dict[str, Concept]:
        """Return the concept of every term. A name wins over a synonym, and of synonyms the first."""
        terms = {concept.key: concept for concept in reversed(self.concepts)}
        clashes = []
        for concept in self.concepts:
            for synonym in concept.synonyms:
                holder = terms.setdefault(normal(synonym), concept)
                if holder is not concept:
                    clashes.append(Clash(synonym, concept, holder))
        self.clashes = tuple(clashes)
        return terms


def _automaton(terms: Iterable[str]) -> ahocorasick.Automaton | None:
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for term in terms:
        automaton.add_word(term, term)
    if len(automaton) == 0:
        return None
    automaton.make_automaton()
    return automaton


def _stands_alone(text: str, start: int, end: int) -> bool:
    return _is_boundary(text, start) and _is_boundary(text, end)


def _is_boundary(text: str, at: int) -> bool:
    """Say whether a word may begin or end at a place: not between two letters of a script with spaces."""
    if at in {0, len(text)}:
        return True
    before, after = text[at - 1], text[at]
    if not _is_letter(before) or not _is_letter(after):
        return True
    return _UNSPACED.match(before) is not None or _UNSPACED.match(after) is not None


def _is_letter(character: str) -> bool:
    """Say whether a character is part of a word: a letter, a digit, or a mark upon one."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _letters(term: str) -> int:
    """Return the set of a term's letters, as bits."""
    letters = 0
    for character in term:
        letters |= 1 << (ord(character) & 63)
    return letters
