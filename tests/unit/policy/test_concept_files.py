"""Concepts are read from markdown; mistakes have lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.definitions.fields import Problems
from tui.policy.knowledge.concept_files import MAX_FILE_BYTES, parse_concepts
from tui.policy.knowledge.model import Concept, Origin


def read(text: str | bytes) -> tuple[list[Concept], list[str]]:
    problems = Problems("k.md")
    data = text.encode() if isinstance(text, str) else text
    concepts = parse_concepts(data, Path("k.md"), Origin.USER, problems)
    return concepts, [f"{problem.line}: {problem.message}" for problem in problems]


def test_a_file_may_hold_several_concepts() -> None:
    concepts, problems = read(
        "# Deployment #\n\nBringing it there.\n\nsynonyms:: deploy, Roll Out\nrelated:: [[Service]]\n"
        "- synonyms:: release, deploy\n\n## A section\n\n# Service\r\nsynonyms:: daemon\r\n"
    )
    assert problems == []
    deployment, service = concepts
    assert (deployment.name, deployment.synonyms, deployment.related) == (
        "Deployment", ("deploy", "Roll Out", "release"), ("Service",),
    )  # fmt: skip
    assert deployment.description.startswith("Bringing it there.")
    assert (service.name, service.synonyms, service.place) == ("Service", ("daemon",), "k.md:11")


def test_fenced_code_is_not_read() -> None:
    concepts, problems = read("# A\n```text\n# B\nsynonyms:: b\n```\nsynonyms:: a2\n~~~~\n```\n# C\n~~~~\n")
    assert [(concept.name, concept.synonyms) for concept in concepts] == [("A", ("a2",))]
    assert problems == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("just prose\n", ["1: there is no concept"]),
        ("\nsynonyms:: a\n# A\n", ["2: synonyms:: stands before any heading"]),
        ("# ---\n# A\n", ["1: the name of a concept is not a term"]),
        ("# A\nsynonyms:: ok, !!!\n", ["2: synonyms:: holds '!!!', which is not a term"]),
        ("# A\nsynonyms::\n", ["2: synonyms:: is empty"]),
        ("# A\nsynonym:: b\n", ["2: synonym:: means nothing"]),
        ("# A\nsynonyms:: " + "x" * 101 + "\n", ["2: synonyms:: holds '" + "x" * 60 + "', which is not a term"]),
        (b"# A\n\xff\n", ["2: not UTF-8: byte 0xFF"]),
        (b"x" * (MAX_FILE_BYTES + 1), ["1: the file is larger than 1024 KiB"]),
    ],
)
def test_mistakes(text: str | bytes, expected: list[str]) -> None:
    assert [problem[: len(start)] for problem, start in zip(read(text)[1], expected, strict=False)] == expected


def test_other_properties_are_prose() -> None:
    concepts, problems = read("# A\ntrigger:: something\n")
    assert [concept.name for concept in concepts] == ["A"]
    assert problems == []


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read(b"\xef\xbb\xbf# A\n")[0][0].name == "A"
