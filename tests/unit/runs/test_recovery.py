"""What a crash leaves behind, and what the next start makes of it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.gates import OpenGate
from tests.support.machines import label
from tests.support.runs import execute, start, state_of, until
from tests.unit.runs.conftest import OpenEngine
from tui.config import Settings
from tui.errors import NotFound
from tui.machines.protocol import SnapshotLabel
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.journal import stacks
from tui.store.model import SessionRecord
from tui.store.output import read_output
from tui.store.states import RunState, SnapshotReason
from tui.store.store import Store

VICTIM = """
import asyncio, sys
from pathlib import Path
from tests.support.fake_backend import FakeBackend
from tests.support.gates import OpenGate
from tests.support.runs import execute
from tui.config import Settings
from tui.paths import Paths
from tui.runs.engine import Engine

async def main():
    paths = Paths.below(Path(sys.argv[1]))
    engine = await Engine.open(paths, Settings(), backend=FakeBackend(paths.data / "fake"), gate=OpenGate())
    print("up", flush=True)
    number = 0
    while True:
        number += 1
        await asyncio.gather(
            execute(engine, f"echo {number} >> file; echo line {number}; exit {number % 3 == 0:d}", session="one"),
            execute(engine, f"echo {number} > file; echo line {number}", session="two"),
        )
        print("round", number, flush=True)
        if number % 4 == 0:
            await engine.undo("two")

asyncio.run(main())
"""


async def _killed_somewhere(root: Path, rng: random.Random) -> None:
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, str(root), stdout=asyncio.subprocess.PIPE, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert victim.stdout is not None
    assert await victim.stdout.readline() == b"up\n"
    for _ in range(rng.randrange(3)):
        await victim.stdout.readline()
    await asyncio.sleep(rng.random() * 0.15)
    os.killpg(victim.pid, signal.SIGKILL)  # with the fake hypervisors
    await victim.stdout.read()
    await victim.wait()


async def test_a_kill_at_any_moment_leaves_everything_consistent(tmp_path: Path):
    root = tmp_path / "home"
    paths = Paths.below(root)
    rng = random.Random(20240607)
    interrupted = 0
    for _ in range(6):
        await _killed_somewhere(root, rng)
        engine = await Engine.open(paths, Settings(), backend=FakeBackend(paths.data / "fake"), gate=OpenGate())
        try:
            await engine._backend.settled()
            interrupted += _check(engine, paths)
            await asyncio.gather(
                execute(engine, "cat file; true", session="one"), execute(engine, "true", session="two")
            )
            _check(engine, paths)
        finally:
            await engine.close()
    assert interrupted > 0


def _check(engine: Engine, paths: Paths) -> int:
    with sqlite3.connect(paths.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    store = engine.store
    assert store.runs(state=RunState.RUNNING) == []
    for run in store.runs(limit=10_000):
        assert (run.ended_at is None) is (run.state is RunState.INTERRUPTED)
        printed = b"".join(frame.data for frame in read_output(store.output_path(run.id))) if run.output_bytes else b""
        assert len(printed) == run.output_bytes
        assert store.run(run.id).output_head == printed
    for session in store.sessions():
        stacks(store.moves(session.id))
        moves = store.moves(session.id)
        for earlier, later in pairwise(moves):
            assert earlier.to_id == later.from_id
        if moves:
            assert session.head_id == moves[-1].to_id
        known = {item.id for item in store.snapshots(session.id)}
        assert session.head_id is None or session.head_id in known
    return len(store.runs(state=RunState.INTERRUPTED, limit=10_000))


async def test_a_run_of_a_dead_engine_is_interrupted_with_what_it_printed(open_engine: OpenEngine, paths: Paths):
    first = await open_engine()
    run = await start(first, "echo 1 > file; echo half; sleep 600")
    await until(run, b"half")
    path = first.store.output_path(run.id)
    await run.cancel()
    await first.close()
    with sqlite3.connect(paths.database) as connection:
        connection.execute(
            "UPDATE runs SET state = 'running', ended_at = NULL, exit_code = NULL, output_bytes = 0, output_head = x''"
        )
    connection.close()
    with path.open("ab") as output:
        output.write(b"\x00\x01torn")
    whole = path.stat().st_size - 6
    second = await open_engine()
    record = second.store.run(run.id)
    assert (record.state, record.exit_code) == (RunState.INTERRUPTED, None)
    assert "killed" in record.error
    assert (record.output_bytes, record.output_head) == (5, b"half\n")
    assert (record.ended_at, record.took) == (None, None), "nobody knows when it was killed"
    assert path.stat().st_size == whole
    assert await state_of(second) == "nothing"


async def test_a_run_of_a_living_engine_is_left_alone(open_engine: OpenEngine):
    one = await open_engine()
    run = await start(one, "echo up; sleep 600")
    await until(run, b"up")
    two = await open_engine()
    assert two.store.run(run.id).state is RunState.RUNNING
    await run.cancel()


async def test_a_snapshot_completed_just_before_a_crash_is_taken_in(open_engine: OpenEngine, fake: FakeBackend):
    first = await open_engine(backend=fake)
    await execute(first, "echo 1 > file")
    session = first.store.session("s")
    machine = await fake.restore(session.head_id or "")
    lost = label(session.head_id, "after")
    known = SnapshotLabel(lost.id, session.id, lost.parent_id, lost.reason, lost.created_at)
    foreign = label()
    for each in (known, foreign):
        await fake.capture(machine, each)
    await first.close()
    second = await open_engine()
    await second._backend.settled()
    taken = second.store.snapshot(lost.id)
    assert (taken.reason, taken.parent_id) == (SnapshotReason.AFTER, session.head_id)
    assert second.store.session("s").head_id == session.head_id
    with pytest.raises(NotFound):
        second.store.snapshot(foreign.id)
    assert foreign.id in await fake.stored()
    await second.rollback("s", lost.id)
    assert await state_of(second) == "1"


async def test_a_snapshot_that_vanished_is_marked_gone_and_said_so(open_engine: OpenEngine, fake: FakeBackend):
    first = await open_engine(backend=fake)
    one = await execute(first, "echo 1 > file")
    await execute(first, "echo 2 > file")
    head = first.store.session("s").head_id or ""
    await first.close()
    await fake.delete({head})
    second = await open_engine()
    await second._backend.settled()
    with pytest.raises(NotFound, match="was deleted"):
        second.store.snapshot(head)
    record = await execute(second, "true")
    assert record.state is RunState.ERROR
    assert head in record.error
    await second.rollback("s", one.after_id or "")
    assert await state_of(second) == "1"


async def test_an_engine_that_was_killed_leaves_no_lock(paths: Paths):
    await _killed_somewhere(paths.data.parent, random.Random(1))
    engine = await Engine.open(paths, Settings(), backend=FakeBackend(paths.data / "fake"), gate=OpenGate())
    await execute(engine, "true", session="one")
    await engine.close()
    assert list((paths.locks / "engines").iterdir()) == []
    assert {path.stem for path in paths.locks.glob("*.lock")} <= {session.id for session in _sessions(paths)}


def _sessions(paths: Paths) -> list[SessionRecord]:
    store = Store.open(paths)
    try:
        return store.sessions()
    finally:
        store.close()
