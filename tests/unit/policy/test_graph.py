"""Terms are found as whole words, however they are written."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.policy.knowledge.graph import Graph
from tui.policy.knowledge.model import Concept, normal


def concept(name: str, *synonyms: str, related: tuple[str, ...] = ()) -> Concept:
    return Concept(name, synonyms, related)


GRAPH = Graph(
    [
        concept("Deployment", "deploy", "roll out", related=("service",)),
        concept("Service", "daemon", "health-check"),
        concept("C++", "g++"),
        concept("Straße", "Ångström"),
        concept("数据库", "データ"),
    ]
)


def names(text: str, graph: Graph = GRAPH) -> list[str]:
    return [found.name for found in graph.match(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Deploy the DAEMON", ["Deployment", "Service"]),
        ("redeploy deploys", []),
        ("deploy2 xdeploy", []),
        ("(deploy)", ["Deployment"]),
        ("roll   out", ["Deployment"]),
        ("roll-out", ["Deployment"]),
        ("roll\n  out", ["Deployment"]),
        ("health_check", ["Service"]),
        ("--deploy=yes", ["Deployment"]),
        ("with g++ -O2", ["C++"]),
        ("ag++", []),
        ("C++17", ["C++"]),
        ("STRASSE", ["Straße"]),
        ("A\u030angstro\u0308m", ["Straße"]),  # composed of letters and marks
        ("ｄｅｐｌｏｙ", ["Deployment"]),  # full width
        ("我的数据库很大", ["数据库"]),
        ("", []),
    ],
)
def test_whole_words_whatever_their_form(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_a_mark_belongs_to_the_word() -> None:
    assert names("deploy\u0301") == []


def test_a_longer_term_does_not_hide_a_shorter_one() -> None:
    graph = Graph([concept("Web"), concept("Web server"), concept("Server")])
    assert set(names("a web server", graph)) == {"Web", "Web server", "Server"}
    assert names("a web servers", graph) == ["Web"]


def test_a_name_wins_over_a_synonym_and_the_first_synonym_over_the_next() -> None:
    graph = Graph([concept("A", "B", "shared"), concept("B", "shared")])
    assert (names("b", graph), names("shared", graph)) == (["B"], ["A"])
    assert {(clash.term, clash.loser.name, clash.holder.name) for clash in graph.clashes} == {
        ("B", "A", "B"), ("shared", "B", "A"),
    }  # fmt: skip


def test_concepts_are_connected_along_related_in_either_direction() -> None:
    graph = Graph(
        [concept("A", related=("b2",)), concept("B", "b2"), concept("C", related=("B",)), concept("D", related=("no",))]
    )
    a, b, c, d = graph.concepts
    assert graph.connected([a, c])
    assert graph.connected([c, b, a])
    assert not graph.connected([a, d])
    assert graph.connected([d])
    assert graph.connected([])


@pytest.mark.parametrize(
    ("term", "near"),
    [("deployement", "deployment"), ("dameon", "daemon"), ("DEPLOY", "deploy"), ("kubernetes", None), ("go", None)],
)
def test_the_nearest_spelling(term: str, near: str | None) -> None:
    close = GRAPH.close_to(term)
    assert (close[0] if close else None) == near


def test_no_concepts_match_nothing() -> None:
    assert names("anything", Graph()) == []
    assert Graph().close_to("x") is None


words = st.text(string.ascii_lowercase[:3] + " -", min_size=1, max_size=6).filter(lambda word: normal(word) != "")


@given(st.lists(words, min_size=1, max_size=6, unique_by=normal), st.text("abcABC -_.\n", max_size=40))
def test_it_finds_what_a_regular_expression_finds(terms: list[str], text: str) -> None:
    graph = Graph([concept(term) for term in terms])
    haystack = normal(text)
    expected = {
        term for term in terms
        if re.search(rf"(?<!\w){re.escape(normal(term))}(?!\w)", haystack)
    }  # fmt: skip
    assert set(names(text, graph)) == expected


def test_ten_thousand_synonyms() -> None:
    graph = Graph([concept(f"concept {i}", *(f"synonym {i} {j}" for j in range(10))) for i in range(1000)])
    assert graph.terms == 11_000
    assert names("about synonym 731 4, synonym 73 and concept 999", graph) == ["concept 731", "concept 999"]
