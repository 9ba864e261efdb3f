"""Concepts, and what matching a command against them finds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Strictness(StrEnum):
    """What follows when a command does not match. `docs/policy.md` states the rules."""

    PERMISSIVE = "permissive"
    """Warn."""
    NORMAL = "normal"
    """Required concepts must match; after some failures a person is asked."""
    STRICT = "strict"
    """Required concepts must match and be connected, and every program must be known."""

    @property
    def rank(self) -> int:
        """0 for PERMISSIVE to 2 for STRICT."""
        return list(Strictness).index(self)


class Origin(StrEnum):
    """Where a concept comes from; a nearer one (listed first) shadows a farther one of the same name."""

    PROJECT = "project"
    USER = "user"
    SHIPPED = "shipped"
    SERVER = "server"


def normal(text: str) -> str:
    """Return a text as terms are compared: NFKC, case-folded; white space, `-` and `_` are one space."""
    if text.isascii():
        folded = text.lower()
    else:
        # Folding may leave what NFKC composes, hence twice.
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.replace("-", " ").replace("_", " ").split())


def distinct(terms: Iterable[str]) -> tuple[str, ...]:
    """Return terms, each once, as it was first written."""
    found: dict[str, str] = {}
    for term in terms:
        found.setdefault(normal(term), term)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Concept:
    """Something commands can speak of, under its name or a synonym."""

    name: str
    synonyms: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    """Names or synonyms of other concepts."""
    description: str = ""
    origin: Origin = Origin.USER
    place: str = ""
    """`file:line`, or the server's address."""

    @property
    def key(self) -> str:
        """The name as it is compared."""
        return normal(self.name)


class SuggestionKind(StrEnum):
    """How a suggestion was found; listed from the surest."""

    EXACT = "exact"
    """The term is the name of a concept; the command does not mention it."""
    SYNONYM = "synonym"
    """The term is a synonym of a concept; the command does not mention it."""
    FUZZY = "fuzzy"
    """The term is not known; one that is written almost like it is."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may help with a term that was not matched."""

    term: str
    concept: str
    kind: SuggestionKind
    text: str
    """In words."""

    def to_json(self) -> dict[str, Any]:
        """Return the suggestion as plain data."""
        return {"term": self.term, "concept": self.concept, "kind": str(self.kind), "text": self.text}


@dataclass(frozen=True, slots=True)
class KnowledgeResult:
    """What the knowledge graph says of a command."""

    passed: bool
    matched: tuple[str, ...]
    """Concepts the command speaks of."""
    unmatched: tuple[str, ...]
    """Required concepts it does not speak of, and programs nothing is known of."""
    connected: bool
    """Whether every required concept leads to every other along `related`; true for one or none."""
    ratio: float | None
    """Share of the terms (required concepts and programs) that matched; None where there are no terms."""
    message: str
    suggestions: tuple[Suggestion, ...] = ()
    retry_count: int = 0
    """Failures of this command in a row, this one included."""
    escalate: bool = False
    """Whether a person must decide."""
    error: str = ""
    """Why the graph is not complete: a server that could not be asked."""

    def to_json(self) -> Mapping[str, Any]:
        """Return the result as plain data."""
        return {
            "passed": self.passed, "matched": list(self.matched), "unmatched": list(self.unmatched),
            "connected": self.connected, "ratio": self.ratio, "message": self.message,
            "suggestions": [suggestion.to_json() for suggestion in self.suggestions],
            "retry_count": self.retry_count, "escalate": self.escalate, "error": self.error,
        }  # fmt: skip
