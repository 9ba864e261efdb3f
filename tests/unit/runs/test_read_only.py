"""An engine that only tells, on the store of one that ran things."""

from __future__ import annotations

import hashlib
from inspect import getmembers, isfunction
from pathlib import Path

import pytest

from tests.support.runs import execute, request
from tests.unit.runs.conftest import OpenEngine
from tui.config import Settings
from tui.errors import UsageError
from tui.machines.model import PROFILES
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.read_only import READING, ReadOnlyEngine
from tui.store.errors import StoreError

CHANGING = [name for name, _ in getmembers(Engine, isfunction) if not name.startswith("_") and name not in READING]


def contents(paths: Paths) -> dict[Path, str]:
    """Return every file with its digest; SQLite's index beside a database that is read is not content."""
    files = (path for path in paths.data.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


async def test_it_tells_what_another_engine_kept(open_engine: OpenEngine, paths: Paths) -> None:
    engine = await open_engine()
    run = await execute(engine, "echo one > file")
    await engine.close()
    async with await Engine.open(paths, Settings(), read_only=True) as reader:
        session = reader.store.session("s")
        assert [each.id for each in reader.store.runs(session.id)] == [run.id]
        undo = await reader.plan_undo("s")
        assert undo is not None
        assert [each.title for each in undo.lost_runs] == ["echo one > file"]
        assert (await reader.plan_rollback("s", undo.target.id)).target == undo.target
        assert reader.approvals() == []
        assert await reader.machines() == ()
        assert all(each.owner_pid is not None for each in await reader.machines_elsewhere())


async def test_it_reads_beside_an_engine_that_runs_things(open_engine: OpenEngine, paths: Paths) -> None:
    engine = await open_engine()
    async with await Engine.open(paths, Settings(), read_only=True) as reader:
        assert reader.store.sessions() == []
        await execute(engine, "true")
        assert [each.name for each in reader.store.sessions()] == ["s"]


async def test_nothing_on_disk_is_changed(open_engine: OpenEngine, paths: Paths) -> None:
    engine = await open_engine()
    await execute(engine, "true")
    await engine.close()
    before = contents(paths)
    async with await Engine.open(paths, Settings(), read_only=True) as reader:
        reader.store.sessions()
        await reader.plan_undo("s")
        await reader.preview(request("echo hello"))
    assert contents(paths) == before


async def test_where_nothing_is_nothing_is_made(paths: Paths) -> None:
    before = sorted(paths.data.parent.rglob("*"))
    async with await Engine.open(paths, Settings(), read_only=True) as reader:
        assert reader.store.sessions() == []
    assert sorted(paths.data.parent.rglob("*")) == before


def test_every_part_of_the_engine_is_looked_at() -> None:
    assert {"run", "rollback", "delete_session", "drain_pool", "revoke_approval"} <= {*CHANGING}


@pytest.mark.parametrize("name", CHANGING)
async def test_what_changes_something_is_refused(name: str, paths: Paths) -> None:
    async with await Engine.open(paths, Settings(), read_only=True) as reader:
        with pytest.raises(UsageError, match="read-only"):
            getattr(reader, name)("s", "x")


async def test_what_the_application_offers_is_among_that(paths: Paths) -> None:
    assert {
        "run", "rollback", "undo", "redo", "snapshot", "set_snapshot", "delete_snapshots", "delete_session",
        "collect_garbage", "prepare", "restart_machine", "discard_machine", "drain_pool", "resume_pool",
        "revoke_approval", "lose_machine", "backend_status",
    } <= set(CHANGING)  # fmt: skip


async def test_no_machine_can_be_had_by_another_way(paths: Paths) -> None:
    async with await Engine.open(paths, Settings(), read_only=True) as reader:
        assert isinstance(reader, ReadOnlyEngine)
        with pytest.raises(UsageError):
            await reader._backend.get()


async def test_the_store_itself_takes_nothing(open_engine: OpenEngine, paths: Paths) -> None:
    await (await open_engine()).close()
    async with await Engine.open(paths, Settings(), read_only=True) as reader:
        with pytest.raises(StoreError):
            reader.store.session_for("new", PROFILES["minimal"])
