"""Sessions of scenarios whose process was killed are deleted by a later one, and nobody else's."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.support.runs import execute
from tests.unit.runs.conftest import OpenEngine
from tui.errors import Busy
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.passing import passing, remove_left

KILLED = """
import os, sys
from pathlib import Path
from tui.paths import Paths
from tui.runs.passing import passing
with passing(Paths.below(Path(sys.argv[1])), sys.argv[2]):
    os._exit(9)
"""


async def killed_with(paths: Paths, name: str) -> None:
    """Have a process killed that had a session."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(paths.data.parent), name, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    assert await process.wait() == 9


def names(engine: Engine) -> set[str]:
    return {session.name for session in engine.store.sessions()}


async def test_a_session_that_was_left_is_deleted_once_machines_are_needed(
    open_engine: OpenEngine, paths: Paths
) -> None:
    first = await open_engine()
    for name in ("scenario-limits-abc123", "scenario-mine"):
        await execute(first, "true", session=name)
    await first.close()
    await killed_with(paths, "scenario-limits-abc123")
    second = await open_engine()
    await execute(second, "true")
    await second._backend.settled()
    assert names(second) == {"scenario-mine", "s"}
    assert not list((paths.locks / "passing").iterdir())


async def test_one_that_a_living_process_has_is_left_alone(open_engine: OpenEngine, paths: Paths) -> None:
    first, second = await open_engine(), await open_engine()
    await execute(first, "true", session="scenario-limits-abc123")
    with passing(paths, "scenario-limits-abc123"):
        assert await remove_left(paths, second.delete_session) == 0
    assert "scenario-limits-abc123" in names(second)


async def test_what_cannot_be_deleted_yet_is_deleted_the_next_time(paths: Paths) -> None:
    deleted: list[str] = []

    async def busy(_: str) -> None:
        raise Busy("somebody looks at it")

    async def delete(name: str) -> None:
        deleted.append(name)

    with pytest.raises(RuntimeError), passing(paths, "scenario-x"):
        raise RuntimeError("killed")
    assert await remove_left(paths, busy) == 0
    assert await remove_left(paths, delete) == 1
    assert await remove_left(paths, delete) == 0
    assert deleted == ["scenario-x"]
