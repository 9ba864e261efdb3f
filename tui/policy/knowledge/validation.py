"""Whether a command speaks of the concepts it must, and what follows at each strictness."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tui.policy.knowledge.graph import Graph
from tui.policy.knowledge.model import (
    Concept,
    KnowledgeResult,
    Strictness,
    Suggestion,
    SuggestionKind,
    distinct,
    normal,
)
from tui.policy.verdict import Action, Check, Result
from tui.proposal import Proposal, programs_of

_MAX_SUGGESTIONS: Final = 10
_TERMS_NAMED: Final = 5
_APART: Final = " | "
"""Between pieces of text, so that no term is found across two of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the graph is asked about a command."""

    text: str
    """The command, its parameters and its documentation."""
    required: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    """What runs, by name."""


def question_of(proposal: Proposal) -> Question:
    """Return what the graph is asked about a proposal."""
    values = (f"{name} {_text(value)}" for name, value in proposal.parameters.items())
    texts = (step.text for step in proposal.steps)
    text = _APART.join((proposal.definition or "", proposal.title, *texts, *values, proposal.documentation))
    named = (
        program
        for step in proposal.steps
        if step.assessment is not None
        for command in step.assessment.commands
        for program in programs_of(command)[:1]
        if any(map(str.isalnum, program))  # `[` and `:` are no terms
    )
    return Question(text, distinct(proposal.concepts_required), distinct(named))


def validate(
    graph: Graph, question: Question, strictness: Strictness, *, failures: int, ask_after: int, error: str = ""
) -> KnowledgeResult:
    """Return what the graph says.

    Args:
        graph: The concepts.
        question: What to look for, and where.
        strictness: What follows from a failure.
        failures: How often this command has failed, this time included if it fails.
        ask_after: The number of failures after which a person is asked.
        error: Why the graph is incomplete. It then cannot pass anything that needs it.
    """
    matched = graph.match(question.text)
    known = {concept.key for concept in matched}
    required = {term: graph.find(term) for term in question.required}
    missing = [term for term, concept in required.items() if concept is None or concept.key not in known]
    strangers = [program for program in question.programs if graph.find(program) is None]
    connected = graph.connected([concept for concept in required.values() if concept is not None])
    strict = strictness is Strictness.STRICT
    incomplete = bool(error) and (strict or bool(required))
    failed = bool(missing) or (strict and (bool(strangers) or not connected))
    passed = not incomplete and (not failed or strictness is Strictness.PERMISSIVE)
    terms = len(required) + len(question.programs)
    unmatched = missing + strangers
    return KnowledgeResult(
        passed=passed,
        matched=tuple(concept.name for concept in matched),
        unmatched=tuple(unmatched),
        connected=connected,
        ratio=1 - len(unmatched) / terms if terms else None,
        message=_message(graph, question, missing, strangers if strict else (), connected, error),
        suggestions=_suggestions(graph, missing, strangers if strict else ()),
        retry_count=0 if passed else failures,
        escalate=not passed and not incomplete and strictness is Strictness.NORMAL and failures >= ask_after,
        error=error,
    )


def check_knowledge(result: KnowledgeResult) -> Check:
    """Return the check that a result amounts to."""
    details = result.to_json()
    if result.escalate:
        return Check(Action.KNOWLEDGE_GRAPH, Result.WARNING, result.message, details, asks=True)
    if not result.passed:
        return Check(Action.KNOWLEDGE_GRAPH, Result.DENIED, result.message, details)
    warns = bool(result.error) or bool(result.suggestions) or not result.connected
    return Check(Action.KNOWLEDGE_GRAPH, Result.WARNING if warns else Result.ALLOWED, result.message, details)


def _message(
    graph: Graph, question: Question, missing: Sequence[str], strangers: Sequence[str], connected: bool, error: str
) -> str:
    parts = [error] if error else []
    unknown = [term for term in missing if graph.find(term) is None]
    if unknown:
        parts.append(f"required, but no concept of the knowledge graph: {', '.join(unknown)}")
    if silent := [term for term in missing if term not in unknown]:
        parts.append(f"neither the command nor its documentation speaks of what it requires: {', '.join(silent)}")
    if strangers:
        parts.append(f"the knowledge graph knows nothing of {', '.join(strangers)}")
    if not connected:
        parts.append(f"the required concepts are not connected: {', '.join(question.required)}")
    if parts:
        return "; ".join(parts)
    return f"it speaks of {', '.join(question.required)}" if question.required else "it requires no concepts"


def _suggestions(graph: Graph, missing: Iterable[str], strangers: Iterable[str]) -> tuple[Suggestion, ...]:
    found: list[Suggestion] = []
    for term in missing:
        concept = graph.find(term)
        if concept is None:
            found += _fuzzy(graph, term)
        elif concept.key == normal(term):
            text = f"mention {_named(concept)}"
            found.append(Suggestion(term, concept.name, SuggestionKind.EXACT, text))
        else:
            text = f"{term} is a synonym of {concept.name}; mention {_named(concept)}"
            found.append(Suggestion(term, concept.name, SuggestionKind.SYNONYM, text))
    for program in strangers:
        found += _fuzzy(graph, program)
    order = list(SuggestionKind)
    return tuple(sorted(found, key=lambda suggestion: order.index(suggestion.kind))[:_MAX_SUGGESTIONS])


def _fuzzy(graph: Graph, term: str) -> list[Suggestion]:
    close = graph.close_to(term)
    if close is None:
        return []
    known, concept = close
    named = f"{known!r}" if known == concept.key else f"{known!r}, a synonym of {concept.name}"
    return [Suggestion(term, concept.name, SuggestionKind.FUZZY, f"{term}: did you mean {named}?")]


def _named(concept: Concept) -> str:
    return " or ".join((concept.name, *concept.synonyms)[:_TERMS_NAMED])


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
