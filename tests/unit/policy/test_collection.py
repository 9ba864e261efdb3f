"""Concepts of several directories: a nearer one shadows a farther one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.definitions.problems import Severity
from tui.paths import shipped
from tui.policy.knowledge.collection import Collection, joined
from tui.policy.knowledge.model import Concept, Origin
from tui.policy.knowledge.validation import question_of
from tui.proposal import Proposal, ProposedStep


@pytest.fixture
def roots(tmp_path: Path) -> dict[Origin, Path]:
    found = {origin: tmp_path / origin for origin in (Origin.SHIPPED, Origin.USER, Origin.PROJECT)}
    for path in found.values():
        path.mkdir()
    return found


def test_a_nearer_concept_shadows_a_farther_one(roots: dict[Origin, Path]) -> None:
    for origin, root in roots.items():
        (root / "a.md").write_text(f"# Alpha\nsynonyms:: of {origin}\n")
    collection = Collection(roots.items())
    found = collection.read()
    assert [concept.origin for concept in found.graph.concepts] == [Origin.PROJECT]
    assert found.graph.find("of shipped") is None
    assert found.problems == ()
    (roots[Origin.PROJECT] / "a.md").unlink()
    assert collection.read().graph.concepts[0].origin is Origin.USER


def test_problems_name_file_and_line(roots: dict[Origin, Path]) -> None:
    root = roots[Origin.USER]
    (root / "a.md").write_text("# Alpha\nsynonyms:: one\nrelated:: nowhere\n")
    (root / "b.md").write_text("\n# ALPHA\n\n# Beta\nsynonyms:: One\n")
    (root / "README.md").write_text("nothing")
    (root / "c.md").write_text("no heading")
    found = Collection(roots.items()).read()
    assert [(Path(p.file).name, p.line, p.severity) for p in found.problems] == [
        ("a.md", 1, Severity.WARNING), ("b.md", 2, Severity.ERROR), ("b.md", 4, Severity.WARNING),
        ("c.md", 1, Severity.ERROR),
    ]  # fmt: skip
    assert [concept.name for concept in found.graph.concepts] == ["Alpha", "Beta"]


def test_nothing_is_built_anew_while_nothing_changes(roots: dict[Origin, Path]) -> None:
    file = roots[Origin.USER] / "a.md"
    file.write_text("# Alpha\n")
    collection = Collection(roots.items())
    first = collection.read()
    file.touch()
    assert collection.read() is first
    file.write_text("# Beta\n")
    assert collection.read().graph.find("beta") is not None


def test_directories_that_do_not_exist_hold_nothing(tmp_path: Path) -> None:
    assert len(Collection([(Origin.USER, tmp_path / "no")]).read().graph) == 0


def test_concepts_of_a_server_come_last(roots: dict[Origin, Path]) -> None:
    (roots[Origin.USER] / "a.md").write_text("# Alpha\n")
    graph = Collection(roots.items()).read().graph
    both = joined(graph, [Concept("ALPHA", ("x",), origin=Origin.SERVER), Concept("Beta", origin=Origin.SERVER)])
    assert [concept.origin for concept in both.concepts] == [Origin.USER, Origin.SERVER]
    assert both.find("x") is None


def test_the_shipped_concepts_are_without_problems_and_hold_what_shipped_definitions_require() -> None:
    from tui.definitions.catalog import Catalog
    from tui.definitions.kinds import Scope

    found = Collection([(Origin.SHIPPED, shipped("knowledge"))]).read()
    assert found.problems == ()
    catalog = Catalog([(Scope.SHIPPED, shipped("commands"))])
    catalog.refresh()
    required = {term for definition in catalog.index.definitions for term in definition.knowledge_graph_required}
    assert required
    assert all(found.graph.find(term) is not None for term in required)
    one = {found.graph.concepts[0]}
    assert all(found.graph.connected([*one, concept]) for concept in found.graph.concepts)


def test_the_shipped_concepts_hold_every_program_of_the_shipped_definitions() -> None:
    from tui.definitions.catalog import Catalog
    from tui.definitions.kinds import Scope
    from tui.definitions.parameters import resolve
    from tui.definitions.templating import render
    from tui.risk import assess

    given = {"version": "1.0.0", "pattern": "x"}
    graph = Collection([(Origin.SHIPPED, shipped("knowledge"))]).read().graph
    catalog = Catalog([(Scope.SHIPPED, shipped("commands"))])
    catalog.refresh()
    strangers = set()
    for definition in catalog.index.definitions:
        required = {parameter.name for parameter in definition.parameters if parameter.required}
        values = resolve(definition, {name: value for name, value in given.items() if name in required})
        texts = [(render(step, values), str(step.language)) for step in definition.steps]
        steps = (ProposedStep(text, language, assessment=assess(text, language)) for text, language in texts)
        asked = Proposal(definition.name, tuple(steps), "", "ann", "engineer", documentation=definition.documentation)
        strangers |= {program for program in question_of(asked).programs if graph.find(program) is None}
    assert strangers == set()
