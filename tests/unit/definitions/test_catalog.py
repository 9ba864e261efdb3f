"""Three scopes of definitions, their names and what happens when their files change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.definitions.texts import definition_text
from tui.definitions.catalog import Catalog, check_path
from tui.definitions.kinds import ExecutionMode, Scope
from tui.definitions.ranking import search, suggest
from tui.errors import InvalidInput, NotFound
from tui.levels import RiskLevel


@pytest.fixture
def roots(tmp_path: Path) -> dict[Scope, Path]:
    directories = {scope: tmp_path / scope.value for scope in Scope}
    for directory in directories.values():
        directory.mkdir()
    return directories


@pytest.fixture
def project(roots: dict[Scope, Path]) -> Path:
    return roots[Scope.PROJECT]


@pytest.fixture
def catalog(roots: dict[Scope, Path]) -> Catalog:
    return Catalog(roots.items())


def put(directory: Path, name: str, file: str = "", **fields: str) -> Path:
    path = directory / (file or f"{name}.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(definition_text(name, **fields))
    return path


def messages(catalog: Catalog) -> list[str]:
    return [str(problem) for problem in catalog.index.problems]


def test_a_nearer_scope_shadows_a_farther_one(catalog: Catalog, roots: dict[Scope, Path]) -> None:
    for scope in (Scope.SHIPPED, Scope.PROJECT, Scope.USER):
        put(roots[scope], "deploy", category=scope.value)
    put(roots[Scope.SHIPPED], "only")
    catalog.refresh()
    entry = catalog.index.find("deploy")
    assert entry.scope is Scope.PROJECT
    assert [shadow.scope for shadow in entry.shadows] == [Scope.USER, Scope.SHIPPED]
    assert [definition.name for definition in catalog.index.definitions] == ["deploy", "only"]
    assert catalog.index.stats.shadowed == 2
    assert catalog.index.problems == ()


def test_a_broken_nearer_file_does_not_let_a_farther_one_run(catalog: Catalog, roots: dict[Scope, Path]) -> None:
    put(roots[Scope.SHIPPED], "deploy")
    put(roots[Scope.PROJECT], "deploy", timeout="never")
    catalog.refresh()
    with pytest.raises(InvalidInput, match=r"deploy\.md:4: .*timeout"):
        catalog.index.resolve("deploy")


def test_names_and_aliases(catalog: Catalog, project: Path) -> None:
    put(project, "deploy", aliases="[ship, release]")
    catalog.refresh()
    assert catalog.index.resolve("ship").name == "deploy"
    assert catalog.index.get("ship") is None
    with pytest.raises(NotFound) as caught:
        catalog.index.resolve("delpoy")
    assert "did you mean 'deploy'?" in caught.value.hint


def test_duplicate_names_and_alias_clashes_are_reported_with_places(catalog: Catalog, project: Path) -> None:
    first = put(project, "one", "a.md", aliases="[x]")
    put(project, "one", "b.md")
    put(project, "two", "c.md", aliases="[one, x, y]")
    catalog.refresh()
    found = messages(catalog)
    assert len(found) == 3
    assert f"b.md:2: error: the name 'one' is already taken by {first}:2" in found[0]
    assert f"c.md:4: warning: alias 'one' never applies: it is the name of 'one' in {first}:2" in found[1]
    assert f"c.md:4: warning: alias 'x' never applies: it is the alias of 'one' in {first}:4" in found[2]
    assert catalog.index.resolve("y").name == "two"
    assert catalog.index.find("one").path == first
    assert sum(entry.broken for entry in catalog.index.entries) == 1


def test_which_files_count(catalog: Catalog, project: Path) -> None:
    put(project, "a", "deep/er/a.md")
    put(project, "b", "README.md")
    put(project, "c", ".hidden.md")
    put(project, "d", ".git/d.md")
    put(project, "e", "e.txt")
    put(project, "f", "/".join("0123456789") + "/f.md")
    put(project, "g", "/".join("0123456789x") + "/g.md")
    os.mkfifo(project / "fifo.md")
    (project / "loop").symlink_to(project)
    (project / "gone.md").symlink_to(project / "nothing")
    catalog.refresh()
    assert [definition.name for definition in catalog.index.definitions] == ["a", "f"]
    found = messages(catalog)
    assert any("0/1/2/3/4/5/6/7/8/9/x:1: error: lies more than 10 directories deep" in text for text in found)
    assert any("fifo.md:1: error: is not a regular file" in text for text in found)
    assert any("gone.md:1: error: is a link to nothing" in text for text in found)
    assert len(found) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_reported(catalog: Catalog, project: Path) -> None:
    put(project, "a").chmod(0)
    catalog.refresh()
    assert "cannot be read: Permission denied" in messages(catalog)[0]


def test_the_same_directory_in_two_scopes_is_read_once(tmp_path: Path) -> None:
    put(tmp_path, "a")
    catalog = Catalog([(Scope.SHIPPED, tmp_path), (Scope.PROJECT, tmp_path)])
    catalog.refresh()
    entry = catalog.index.find("a")
    assert (entry.scope, entry.shadows) == (Scope.PROJECT, ())


def test_a_broken_file_keeps_its_last_good_version(catalog: Catalog, project: Path) -> None:
    path = put(project, "a", category="one")
    assert [entry.name for entry in catalog.refresh().added] == ["a"]
    path.write_text(definition_text("a", category="two", bogus="1"))
    delta = catalog.refresh([path])
    assert [entry.name for entry in delta.broken] == ["a"]
    entry = catalog.index.find("a")
    assert entry.stale
    assert entry.broken
    assert catalog.index.resolve("a").category == "one"
    path.write_text("nothing")
    assert [entry.name for entry in catalog.refresh([path]).broken] == ["a"]
    assert not catalog.refresh([path])
    path.write_text(definition_text("a", category="two"))
    assert [entry.name for entry in catalog.refresh([path]).repaired] == ["a"]
    assert not catalog.index.find("a").stale
    path.unlink()
    assert [entry.name for entry in catalog.refresh().removed] == ["a"]


def test_a_file_that_did_not_change_is_not_parsed_again(
    catalog: Catalog, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tui.definitions.catalog as module

    paths = [put(project, f"n{number}") for number in range(20)]
    read: list[Path] = []
    monkeypatch.setattr(
        module, "parse", lambda data, path, scope, inner=module.parse: read.append(path) or inner(data, path, scope)
    )
    catalog.refresh()
    assert sorted(read) == sorted(paths)
    read.clear()
    os.utime(paths[0])
    paths[1].write_text(definition_text("n1", category="new"))
    assert [entry.name for entry in catalog.refresh().changed] == ["n1"]
    assert read == [paths[1]]


def test_an_unchanged_time_and_size_do_not_hide_a_change(catalog: Catalog, project: Path) -> None:
    path = put(project, "a", category="one")
    catalog.refresh()
    status = path.stat()
    path.write_text(definition_text("a", category="two"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert catalog.refresh().changed[0].definition is not None
    assert catalog.index.resolve("a").category == "two"


def test_queries(catalog: Catalog, project: Path) -> None:
    put(project, "backup", category="Ops", risk_level="medium", execution_mode="hybrid", aliases="[save]")
    put(project, "deploy", category="Ops", risk_level="high", execution_mode="firecracker")
    put(project, "hello", body="# Greets\n\nuses backup\n\n```bash\ntrue\n```\n")
    catalog.refresh()
    index = catalog.index
    assert index.categories == ("Ops",)
    assert [d.name for d in index.by_category("Ops")] == ["backup", "deploy"]
    assert [d.name for d in index.by_category(None)] == ["hello"]
    assert [d.name for d in index.by_mode(ExecutionMode.HYBRID)] == ["backup"]
    assert [d.name for d in index.by_risk(RiskLevel.LOW)] == ["hello"]
    assert [d.name for d in search(index, "BACKUP")] == ["backup", "hello"]
    assert [d.name for d in search(index, "ops dep")] == ["deploy"]
    assert search(index, "zebra") == []
    assert len(search(index, "")) == 3
    stats = index.stats
    assert (stats.definitions, stats.aliases, stats.categories, stats.broken) == (3, 1, 1, 0)
    assert stats.by_risk[RiskLevel.HIGH] == stats.by_mode[ExecutionMode.LOCAL] == 1


def test_suggestions(catalog: Catalog, project: Path) -> None:
    for name in ("deploy", "deploy-all", "redeploy", "destroy", "test"):
        put(project, name)
    catalog.refresh()
    assert suggest(catalog.index, "dep") == ["deploy", "deploy-all", "redeploy"]
    assert suggest(catalog.index, "DELPOY") == ["deploy"]
    assert suggest(catalog.index, "d", limit=2) == ["deploy", "destroy"]
    assert suggest(catalog.index, "zzzz") == []


def test_check_path(tmp_path: Path) -> None:
    put(tmp_path, "a", "a.md")
    put(tmp_path, "a", "b.md")
    assert [problem.line for problem in check_path(tmp_path)] == [2]
    assert check_path(tmp_path / "a.md") == ()
    assert "cannot be read" in check_path(tmp_path / "missing.md")[0].message


def test_a_thousand_definitions(catalog: Catalog, project: Path) -> None:
    for number in range(1_000):
        put(project, f"n{number}", f"{number % 7}/n{number}.md", aliases=f"[alias{number}]")
    assert len(catalog.refresh().added) == 1_000
    assert catalog.index.resolve("alias999").name == "n999"
    assert not catalog.refresh()
