"""Scenarios of three scopes, as their files change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.scenarios.texts import scenario_text
from tui.definitions.kinds import Scope
from tui.definitions.reload import watch
from tui.errors import InvalidInput, NotFound
from tui.paths import Paths, shipped
from tui.scenarios.catalog import Catalog, CatalogDelta, check_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def roots(tmp_path: Path) -> dict[Scope, Path]:
    return {scope: tmp_path / scope for scope in Scope}


@pytest.fixture
def catalog(roots: dict[Scope, Path]) -> Catalog:
    return Catalog(roots.items())


def test_a_nearer_scope_shadows_a_farther_one(catalog: Catalog, roots: dict[Scope, Path]) -> None:
    for scope, root in roots.items():
        write(root / "a.md", scenario_text("a", title=scope))
    write(roots[Scope.SHIPPED] / "deep" / "b.md", scenario_text("b"))
    write(roots[Scope.SHIPPED] / "README.md", "no scenario")
    assert [each.name for each in catalog.refresh().added] == ["a", "b"]
    entry = catalog.index.find("a")
    assert (entry.scope, entry.scenario and entry.scenario.title) == (Scope.PROJECT, "project")
    assert [each.path for each in entry.shadows] == [roots[Scope.USER] / "a.md", roots[Scope.SHIPPED] / "a.md"]
    assert [each.name for each in catalog.index.entries] == ["a", "b"]
    assert catalog.index.problems == ()


def test_a_broken_file_hides_the_farther_one_and_is_not_replaced_by_it(
    catalog: Catalog, roots: dict[Scope, Path]
) -> None:
    write(roots[Scope.USER] / "a.md", scenario_text("a", body="nothing\n"))
    write(roots[Scope.SHIPPED] / "a.md", scenario_text("a"))
    catalog.refresh()
    with pytest.raises(InvalidInput, match="there are no steps"):
        catalog.index.resolve("a")


def test_a_file_that_breaks_keeps_its_last_good_version(catalog: Catalog, roots: dict[Scope, Path]) -> None:
    file = roots[Scope.USER] / "a.md"
    write(file, scenario_text("a", title="first"))
    catalog.refresh()
    write(file, "---\nname: [\n---\n")
    assert [each.name for each in catalog.refresh().broken] == ["a"]
    entry = catalog.index.find("a")
    assert (entry.stale, entry.broken) == (True, True)
    assert catalog.index.resolve("a").title == "first"
    assert not catalog.refresh()
    write(file, scenario_text("a", title="second"))
    assert [each.name for each in catalog.refresh().repaired] == ["a"]
    assert catalog.index.resolve("a").title == "second"
    file.unlink()
    assert [each.name for each in catalog.refresh().removed] == ["a"]


def test_two_files_of_one_name_are_a_mistake_in_the_second(catalog: Catalog, roots: dict[Scope, Path]) -> None:
    write(roots[Scope.USER] / "1.md", scenario_text("a", title="first"))
    write(roots[Scope.USER] / "2.md", scenario_text("a", title="second"))
    catalog.refresh()
    assert catalog.index.resolve("a").title == "first"
    (problem,) = catalog.index.problems
    assert (problem.file, problem.line) == (str(roots[Scope.USER] / "2.md"), 2)
    assert check_path(roots[Scope.USER]) == (problem,)


def test_a_name_that_is_not_there(catalog: Catalog, roots: dict[Scope, Path]) -> None:
    write(roots[Scope.USER] / "a.md", scenario_text("rollback"))
    catalog.refresh()
    with pytest.raises(NotFound) as caught:
        catalog.index.resolve("rolback")
    assert caught.value.hint == "did you mean 'rollback'?"


def test_the_users_own_are_beside_the_settings(paths: Paths, tmp_path: Path) -> None:
    write(paths.config / "scenarios" / "mine.md", scenario_text("mine"))
    names = Catalog.standard(tmp_path / "none", paths).index.by_name
    assert names["mine"].scope is Scope.USER
    assert names["rollback-race"].scope is Scope.SHIPPED


async def test_it_follows_its_files(catalog: Catalog, roots: dict[Scope, Path]) -> None:
    changes = watch(catalog)

    async def following() -> CatalogDelta:
        return await asyncio.wait_for(anext(changes), 20)

    assert not await following()
    write(roots[Scope.PROJECT] / "a.md", scenario_text("a"))
    while "a" not in catalog.index.by_name:
        await following()
    write(roots[Scope.PROJECT] / "a.md", scenario_text("a", title="changed"))
    while catalog.index.resolve("a").title != "changed":
        await following()
    await changes.aclose()  # type: ignore[attr-defined]


def test_what_is_the_users_or_shipped_is_trusted(catalog: Catalog, roots: dict[Scope, Path]) -> None:
    write(roots[Scope.USER] / "mine.md", scenario_text("mine"))
    write(roots[Scope.SHIPPED] / "basic.md", scenario_text("basic"))
    write(roots[Scope.PROJECT] / "theirs.md", scenario_text("theirs"))
    write(roots[Scope.PROJECT] / "copy.md", scenario_text("basic"))
    catalog.refresh()
    assert {name: catalog.index.resolve(name).trusted for name in ("mine", "basic", "theirs")} == {
        "mine": True, "basic": True, "theirs": False,
    }  # fmt: skip
    assert catalog.index.find("basic").scope is Scope.PROJECT
    write(roots[Scope.PROJECT] / "copy.md", scenario_text("basic", title="changed"))
    catalog.refresh()
    assert not catalog.index.resolve("basic").trusted


def test_in_its_own_checkout_the_shipped_scenarios_are_the_shipped_ones(paths: Paths) -> None:
    catalog = Catalog.standard(shipped("scenarios"), paths)
    assert {(entry.scope, entry.scenario and entry.scenario.trusted) for entry in catalog.index.entries} == {
        (Scope.SHIPPED, True)
    }
