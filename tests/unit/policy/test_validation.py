"""What follows at each strictness, and what is suggested."""

from __future__ import annotations

import pytest

from tests.unit.policy.proposals import assessment, proposal
from tui.policy.knowledge.graph import Graph
from tui.policy.knowledge.model import Concept, KnowledgeResult, Strictness, SuggestionKind
from tui.policy.knowledge.validation import Question, check_knowledge, question_of, validate
from tui.policy.verdict import Result

GRAPH = Graph(
    [
        Concept("Deployment", ("deploy", "rollout"), ("Service",)),
        Concept("Service", ("daemon",)),
        Concept("Backup", ("tar",)),
    ]
)
PERMISSIVE, NORMAL, STRICT = Strictness
SPEAKS = Question("deploy it", ("deployment",), ("tar",))
SILENT = Question("something else", ("deployment",), ("tar",))
UNKNOWN = Question("deploy it", ("deployement",), ("tar",))
STRANGER = Question("deploy it", ("deployment",), ("tar", "tarr"))
APART = Question("deploy a backup", ("deployment", "backup"))
TOGETHER = Question("deploy a service", ("deployment", "service"))
NOTHING = Question("ls")


def result(question: Question, strictness: Strictness = NORMAL, **changes: object) -> KnowledgeResult:
    given: dict[str, object] = {"failures": 1, "ask_after": 3, **changes}
    return validate(GRAPH, question, strictness, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "permissive", "normal", "strict"),
    [
        (SPEAKS, "allowed", "allowed", "allowed"),
        (NOTHING, "allowed", "allowed", "allowed"),
        (SILENT, "warning", "denied", "denied"),
        (UNKNOWN, "warning", "denied", "denied"),
        (STRANGER, "allowed", "allowed", "denied"),
        (APART, "warning", "warning", "denied"),
        (TOGETHER, "allowed", "allowed", "allowed"),
    ],
)
def test_the_rules(question: Question, permissive: str, normal: str, strict: str) -> None:
    found = [check_knowledge(result(question, strictness)).result for strictness in Strictness]
    assert found == [permissive, normal, strict]


@pytest.mark.parametrize("question", [SPEAKS, SILENT])
@pytest.mark.parametrize("strictness", Strictness)
def test_an_incomplete_graph_passes_nothing_that_is_required(question: Question, strictness: Strictness) -> None:
    found = result(question, strictness, error="the server is unreachable", failures=9)
    assert (found.passed, found.escalate) == (False, False)
    assert found.message.startswith("the server is unreachable")


def test_an_incomplete_graph_does_not_matter_where_nothing_is_required() -> None:
    found = result(NOTHING, error="the server is unreachable")
    assert found.passed
    assert check_knowledge(found).result is Result.WARNING


def test_an_empty_graph_passes_nothing_that_is_required() -> None:
    assert not validate(Graph(), SPEAKS, NORMAL, failures=1, ask_after=3).passed


@pytest.mark.parametrize(("failures", "asks"), [(1, False), (2, False), (3, True), (4, True)])
def test_a_person_is_asked_after_some_failures(failures: int, asks: bool) -> None:
    found = result(SILENT, failures=failures)
    assert (found.retry_count, found.escalate) == (failures, asks)
    assert check_knowledge(found).asks is asks


@pytest.mark.parametrize("strictness", [PERMISSIVE, STRICT])
def test_only_normal_strictness_asks(strictness: Strictness) -> None:
    assert not result(SILENT, strictness, failures=9).escalate


def test_what_was_matched_and_what_was_not() -> None:
    found = result(Question("deploy the daemon", ("rollout", "backup"), ("tar", "foo")))
    assert found.matched == ("Deployment", "Service")
    assert found.unmatched == ("backup", "foo")
    assert found.ratio == 0.5
    assert not found.connected


def test_no_terms_have_no_ratio() -> None:
    assert result(NOTHING).ratio is None


def test_suggestions_the_surest_first() -> None:
    found = result(Question("nothing", ("deploymnet", "daemon", "backup")))
    assert [(each.term, each.concept, each.kind) for each in found.suggestions] == [
        ("backup", "Backup", SuggestionKind.EXACT),
        ("daemon", "Service", SuggestionKind.SYNONYM),
        ("deploymnet", "Deployment", SuggestionKind.FUZZY),
    ]
    assert "mention Backup or tar" in found.suggestions[0].text
    assert "did you mean 'deployment'?" in found.suggestions[2].text


def test_the_message_tells_unknown_concepts_from_unmentioned_ones() -> None:
    message = result(Question("nothing", ("nonsense", "backup"))).message
    assert "no concept of the knowledge graph: nonsense" in message
    assert "speaks of what it requires: backup" in message


def test_the_question_is_the_command_its_parameters_and_its_documentation() -> None:
    asked = proposal(
        "tar -c x", assessment("tar -c x", "/usr/bin/gzip y", "[ -e x ]"), definition="archive", title="archive",
        parameters={"target": "daemon", "list": ["a", "ü"]}, documentation="How to roll out.",
        concepts_required=("Backup", "backup"),
    )  # fmt: skip
    question = question_of(asked)
    for piece in ("tar -c x", "archive", "target daemon", "ü", "How to roll out."):
        assert piece in question.text
    assert question.required == ("Backup",)
    assert question.programs == ("tar", "gzip")


def test_no_term_is_found_across_two_pieces() -> None:
    graph = Graph([Concept("web server")])
    question = question_of(proposal("web", title="x", documentation="server", concepts_required=("web server",)))
    assert not validate(graph, question, NORMAL, failures=1, ask_after=3).passed
