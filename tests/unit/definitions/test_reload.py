"""The catalog follows its files, as the kernel reports them."""

# ruff: noqa: ASYNC240 - a test may block on its own small files

from __future__ import annotations

import asyncio
import contextlib
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.unit.definitions.texts import definition_text
from tui.definitions.catalog import Catalog, CatalogDelta
from tui.definitions.index import Index
from tui.definitions.kinds import Scope
from tui.definitions.reload import watch


class Watching:
    """A catalog that is being watched."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.deltas: list[CatalogDelta] = []
        self._stream = watch(catalog)

    async def next(self) -> CatalogDelta:
        delta = await asyncio.wait_for(anext(self._stream), 20)
        self.deltas.append(delta)
        return delta

    async def until(self, reached: Callable[[Index], bool]) -> None:
        while not reached(self.catalog.index):
            await self.next()

    async def close(self) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "project" / "commands"


@pytest.fixture
async def watching(root: Path) -> AsyncIterator[Watching]:
    root.mkdir(parents=True)
    (root / "a.md").write_text(definition_text("a", category="one"))
    catalog = Catalog([(Scope.PROJECT, root)])
    catalog.refresh()
    watching = Watching(catalog)
    assert not await watching.next()
    yield watching
    await watching.close()


def category(name: str, value: str) -> Callable[[Index], bool]:
    def reached(index: Index) -> bool:
        entry = index.get(name)
        return entry is not None and entry.definition is not None and entry.definition.category == value

    return reached


def replace(path: Path, text: str) -> None:
    """Save as careful editors do."""
    new = path.with_name(f".{path.name}.tmp")
    new.write_text(text)
    new.replace(path)


async def test_a_save_in_place(watching: Watching, root: Path) -> None:
    (root / "a.md").write_text(definition_text("a", category="two"))
    await watching.until(category("a", "two"))
    assert [entry.name for entry in watching.deltas[-1].changed + watching.deltas[-1].repaired] == ["a"]


async def test_an_atomic_replace(watching: Watching, root: Path) -> None:
    for value in ("two", "three"):
        replace(root / "a.md", definition_text("a", category=value))
        delta = await watching.next()
        assert [entry.name for entry in delta.changed] == ["a"]
        assert category("a", value)(watching.catalog.index)


async def test_new_renamed_and_deleted_files(watching: Watching, root: Path) -> None:
    replace(root / "b.md", definition_text("b"))
    assert [entry.name for entry in (await watching.next()).added] == ["b"]
    (root / "b.md").rename(root / "c.md")
    delta = await watching.next()
    assert [entry.path.name for entry in (*delta.added, *delta.removed)] == ["c.md", "b.md"]
    (root / "c.md").unlink()
    assert [entry.name for entry in (await watching.next()).removed] == ["b"]


async def test_a_broken_file_and_its_repair(watching: Watching, root: Path) -> None:
    replace(root / "a.md", "broken")
    assert [entry.stale for entry in (await watching.next()).broken] == [True]
    assert category("a", "one")(watching.catalog.index)
    replace(root / "a.md", definition_text("a", category="two"))
    assert [entry.name for entry in (await watching.next()).repaired] == ["a"]


async def test_directories_that_come_and_go(watching: Watching, root: Path) -> None:
    (root / "new" / "deeper").mkdir(parents=True)
    replace(root / "new" / "deeper" / "b.md", definition_text("b", category="one"))
    await watching.until(category("b", "one"))
    replace(root / "new" / "deeper" / "b.md", definition_text("b", category="two"))
    await watching.until(category("b", "two"))
    (root / "new").rename(root / "old")
    await watching.until(lambda index: "old" in str(index.find("b").path))
    shutil.rmtree(root / "old")
    await watching.until(lambda index: index.get("b") is None)


async def test_the_root_itself_vanishes_and_returns(watching: Watching, root: Path) -> None:
    root.rename(root.with_name("elsewhere"))
    await watching.until(lambda index: index.get("a") is None)
    root.with_name("elsewhere").rename(root)
    await watching.until(category("a", "one"))
    replace(root / "a.md", definition_text("a", category="two"))
    await watching.until(category("a", "two"))
    shutil.rmtree(root)
    await watching.until(lambda index: index.get("a") is None)
    root.mkdir()
    (root / "a.md").write_text(definition_text("a", category="three"))
    await watching.until(category("a", "three"))


async def test_a_root_that_does_not_exist_yet(tmp_path: Path) -> None:
    root = tmp_path / "one" / "two" / "commands"
    watching = Watching(Catalog([(Scope.USER, root)]))
    assert not await watching.next()
    root.mkdir(parents=True)
    (root / "a.md").write_text(definition_text("a", category="one"))
    await watching.until(category("a", "one"))
    await watching.close()


async def test_links_out_of_the_tree(watching: Watching, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "v1").mkdir(parents=True)
    (outside / "v2").mkdir()
    for value in ("v1", "v2"):
        (outside / value / "b.md").write_text(definition_text("b", category=value))
    # A link to a link through a directory link, as Kubernetes publishes configuration.
    (outside / "current").symlink_to("v1")
    (outside / "b.md").symlink_to("current/b.md")
    (root / "b.md").symlink_to(outside / "b.md")
    await watching.until(category("b", "v1"))
    (outside / "v1" / "b.md").write_text(definition_text("b", category="changed"))
    await watching.until(category("b", "changed"))
    (outside / "next").symlink_to("v2")
    (outside / "next").replace(outside / "current")
    await watching.until(category("b", "v2"))
    replace(outside / "v2" / "b.md", definition_text("b", category="again"))
    await watching.until(category("b", "again"))


async def test_many_files_at_once(watching: Watching, root: Path) -> None:
    for number in range(300):
        (root / f"n{number}.md").write_text(definition_text(f"n{number}"))
    await watching.until(lambda index: index.stats.definitions == 301 and index.stats.broken == 0)
    # A burst is few deltas, not one per file.
    assert len(watching.deltas) < 30
    for path in root.glob("n*.md"):
        path.unlink()
    await watching.until(lambda index: index.stats.definitions == 1)


async def test_closing_while_waiting_ends_the_thread(watching: Watching) -> None:
    waiting = asyncio.ensure_future(watching.next())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    for thread in threading.enumerate():
        if thread.name.startswith("definitions-watch"):
            thread.join(20)
            assert not thread.is_alive()


def inotify_instances() -> int:
    """How many of the kernel's watchers this process has."""
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += "inotify" in str(entry.readlink())
    return found


async def test_what_is_no_longer_followed_gives_its_watches_back(tmp_path: Path) -> None:
    before = inotify_instances()
    began = asyncio.Event()

    async def follow() -> None:
        catalog = Catalog([(Scope.USER, tmp_path)])
        catalog.refresh()
        async for _ in watch(catalog):
            began.set()

    follower = asyncio.create_task(follow())
    await began.wait()
    assert inotify_instances() == before + 1
    follower.cancel()
    [ended] = await asyncio.gather(follower, return_exceptions=True)
    for _ in range(1000):
        if inotify_instances() == before:
            break
        await asyncio.sleep(0.01)
    assert inotify_instances() == before
    assert isinstance(ended, asyncio.CancelledError)  # and it still holds everything that it went through
