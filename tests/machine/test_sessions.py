"""What the engine promises of sessions and runs, on real machines."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import pytest

from tests.support.gates import OpenGate
from tests.support.runs import events_of, execute, output_of, request, start, until
from tui.config import Settings
from tui.errors import Busy
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.events import MachineLeased, OutputReceived, SnapshotTaken, StepExited
from tui.store.states import RunState, SnapshotReason

pytestmark = pytest.mark.machine

OpenEngine = Callable[[], Awaitable[Engine]]

PANIC = "echo half; read -r; echo c > /proc/sysrq-trigger; sleep 1000"
OOM_KILLED = 128 + signal.SIGKILL


async def shown(engine: Engine, text: str, session: str = "s", **options: object) -> str:
    """What a run that must succeed printed."""
    run = await start(engine, text, session=session, **options)
    output = await output_of(run)
    record = await run.result()
    assert record.state is RunState.SUCCEEDED, record
    return output.decode()


async def test_the_events_of_a_run_say_what_happened_and_the_tree_grows(engine: Engine):
    run = await start(engine, "echo one > file; echo out; echo err >&2")
    events = await events_of(run)
    record = await run.result()
    session = engine.store.session("s")
    before, after = engine.store.snapshots(session.id)
    assert (before.reason, before.parent_id) == (SnapshotReason.BEFORE, None)
    assert (after.reason, after.parent_id, after.run_id) == (SnapshotReason.AFTER, before.id, run.id)
    assert (record.before_id, record.after_id, session.head_id) == (before.id, after.id, after.id)
    assert [e.snapshot_id for e in events if isinstance(e, SnapshotTaken)] == [before.id, after.id]
    assert {(e.stream.name, e.data) for e in events if isinstance(e, OutputReceived)} == {
        ("STDOUT", b"out\n"),
        ("STDERR", b"err\n"),
    }
    usage = next(e.usage for e in events if isinstance(e, StepExited))
    assert record.usage == usage
    assert usage.cpu_user_s is not None
    for path in (engine._context.paths.snapshots / f"{item.id}.snap" for item in (before, after)):
        assert path.stat().st_size > 0

    second = await start(engine, "cat file")
    events = await events_of(second)
    assert next(e.source for e in events if isinstance(e, MachineLeased)) == "live"
    assert [e.parent_id for e in events if isinstance(e, SnapshotTaken)] == [after.id]  # the head was reused
    assert (await second.result()).before_id == after.id


async def test_a_failure_takes_back_files_processes_and_variables(engine: Engine):
    python = {"language": "python", "keep_interpreter": True}
    await shown(engine, "import pathlib; x = ['kept']; pathlib.Path('file').write_text('kept')", **python)
    await shown(engine, "sleep 1000 >/dev/null 2>&1 & echo $! > pid")
    spoil = "x.append('lost'); pathlib.Path('file').write_text('lost'); import os; os.kill(int(open('pid').read()), 9)"
    failed = await execute(engine, f"{spoil}; print('so far'); raise SystemExit(4)", **python)
    assert (failed.state, failed.exit_code, failed.rolled_back) == (RunState.FAILED, 4, True)
    assert failed.output_head == b"so far\n"
    assert engine.store.session("s").head_id == failed.before_id
    kept = engine.store.snapshot(failed.after_id or "")
    assert (kept.reason, kept.parent_id) == (SnapshotReason.FAILED, failed.before_id)
    assert await shown(engine, "print(x, open('file').read())", **python) == "['kept'] kept\n"
    assert await shown(engine, "ps -o args= -p $(cat pid)") == "sleep 1000\n"

    await engine.rollback("s", kept.id)  # for the post-mortem
    assert await shown(engine, "print(x, open('file').read())", **python) == "['kept', 'lost'] lost\n"


async def test_running_out_of_memory_is_named_and_rolled_back(engine: Engine):
    await shown(engine, "echo kept > file")
    hog = "echo lost > file; echo so far; python3 -c \"b = []\nwhile True: b.append(b'x' * (4 << 20))\""
    record = await execute(engine, hog)
    assert (record.state, record.exit_code, record.rolled_back) == (RunState.OUT_OF_MEMORY, OOM_KILLED, True)
    assert "256 MiB" in record.error
    assert record.output_head.startswith(b"so far\n")
    assert await shown(engine, "cat file") == "kept\n"


async def test_a_panic_in_the_middle_of_a_run(engine: Engine):
    await shown(engine, "echo kept > file")
    run = engine.run(request(f"echo lost > file; {PANIC}", stdin_follows=True))
    await until(run, b"half")
    await run.send_stdin(b"now\n")
    record = await run.result()
    assert (record.state, record.exit_code, record.rolled_back) == (RunState.MACHINE_LOST, None, True)
    assert record.error.startswith("the guest's kernel panicked: sysrq triggered crash; ")
    assert record.output_head == b"half\n"
    assert await shown(engine, "cat file") == "kept\n"


async def test_a_panic_in_the_first_run_leaves_a_session_that_can_be_used(engine: Engine):
    run = engine.run(request(PANIC, stdin_follows=True))
    await until(run, b"half")
    await run.send_stdin(b"now\n")
    record = await run.result()
    assert (record.state, record.rolled_back) == (RunState.MACHINE_LOST, True)
    assert await shown(engine, "ls | wc -l") == "0\n"


async def test_a_guest_that_hangs_is_given_up(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tui.runs.execution.KILL_PATIENCE_S", 0.5)
    await shown(engine, "echo kept > file")
    run = await start(engine, "echo lost > file; echo half; sleep 1000")
    await until(run, b"half")
    live = engine._drivers.of(run.session_id).live
    assert live is not None
    os.kill(live.machine.pid, signal.SIGSTOP)
    await run.cancel()
    record = await run.result()
    assert (record.state, record.rolled_back) == (RunState.CANCELLED, True)
    assert "given up" in record.error
    assert await shown(engine, "cat file") == "kept\n"


async def test_undo_and_redo_walk_the_runs_and_rollbacks(engine: Engine):
    for text in "123":
        await shown(engine, f"echo {text} > file")
    _, one, two, _ = (item.id for item in engine.store.snapshots(engine.store.session("s").id))
    for move, head in [
        (engine.undo, two), (engine.undo, one), (engine.redo, two), (None, one), (engine.undo, two), (engine.redo, one)
    ]:  # fmt: skip
        moved = await (move("s") if move is not None else engine.rollback("s", one))
        assert moved.to_id == head == engine.store.session("s").head_id
    assert await shown(engine, "cat file") == "1\n"
    await engine.undo("s")  # the look
    await engine.undo("s")  # the rollback
    assert await shown(engine, "cat file") == "2\n"

    run = await start(engine, "echo up; sleep 1000")
    await until(run, b"up")
    with pytest.raises(Busy):
        await engine.undo("s")
    await run.cancel()


async def test_input_environment_and_directory_reach_the_command(engine: Engine):
    data = os.urandom(300_000)
    run = engine.run(
        request(
            'printf "%s|%s|" "$GREETING" "$PWD"; wc -c; echo "$GREETING"',
            stdin=data,
            env={"GREETING": "O'Brien $(id)\n"},
        )
    )
    assert await output_of(run) == b"O'Brien $(id)\n|/work|300000\nO'Brien $(id)\n\n"
    run = engine.run(request("cat; pwd", cwd="/tmp", stdin_follows=True))
    await run.send_stdin(b"first ")
    await until(run, b"first ")
    await run.send_stdin(b"second ")
    await run.close_stdin()
    assert await output_of(run) == b"first second /tmp\n"


async def test_sessions_side_by_side_see_nothing_of_each_other(engine: Engine):
    runs = [
        engine.run(
            request(
                f"echo secret-{name} > /work/mine; export SECRET=secret-{name}; echo up; read -r; "
                "cat /work/mine; ls /work; ps axe | grep -o 'secret-[ab]' | sort -u",
                session=name,
                stdin_follows=True,
            )
        )
        for name in "ab"
    ]
    await asyncio.gather(*(until(run, b"up") for run in runs))
    for run in runs:
        await run.send_stdin(b"go\n")
    for name, run in zip("ab", runs, strict=True):
        assert (await output_of(run)).decode().splitlines()[1:3] == [f"secret-{name}", "mine"]
        found = set((await output_of(run)).decode().split()) & {"secret-a", "secret-b"}
        assert found == {f"secret-{name}"}
    hosts = {await shown(engine, "hostname; cat /proc/sys/kernel/random/boot_id", session=name) for name in "ab"}
    assert len(hosts) == 2


async def test_a_second_engine_takes_over_at_the_head(open_engine: OpenEngine):
    first = await open_engine()
    await shown(first, "x = 1", language="python", keep_interpreter=True)
    second = await open_engine()  # as another process: nothing is shared but the files
    run = await start(second, "x += 1; print(x)", language="python", keep_interpreter=True)
    events = await events_of(run)
    assert next(event.source for event in events if isinstance(event, MachineLeased)) == "snapshot"
    assert b"".join(event.data for event in events if isinstance(event, OutputReceived)) == b"2\n"
    # The machine the first still holds is behind now, and must not be used.
    assert await shown(first, "print(x)", language="python", keep_interpreter=True) == "2\n"
    busy = await start(first, "echo up; sleep 1000")
    await until(busy, b"up")
    refused = await execute(second, "true")
    assert refused.state is RunState.REFUSED
    assert "another process" in refused.error or "is using" in refused.error
    await busy.cancel()


async def test_snapshots_by_hand_have_names_and_outlive_the_collection(open_engine: OpenEngine):
    engine = await open_engine()
    await shown(engine, "echo early > file")
    snapshot = await engine.snapshot("s", "Früh / ../../etc")
    assert [path.name for path in engine._context.paths.snapshots.iterdir() if "etc" in path.name] == []
    for text in "12":
        await shown(engine, f"echo {text} > file")
    unneeded = [
        item.id
        for item in engine.store.snapshots(engine.store.session("s").id)
        if item.id not in {snapshot.id, engine.store.session("s").head_id}
    ]
    assert await engine.delete_snapshots(unneeded) > 0
    await engine.verify_snapshot(snapshot.id)
    await engine.close()
    engine = await open_engine()
    await engine.rollback("s", "Früh / ../../etc")
    assert await shown(engine, "cat file") == "early\n"


async def test_a_fork_bomb_ends_with_its_run(engine: Engine):
    await shown(engine, "echo kept > file")
    run = await start(engine, "echo lost > file; b() { b | b & }; echo up; b; sleep 1000")
    await until(run, b"fork: ")  # bash complains once there are as many processes as there may be
    await run.cancel()
    record = await run.result()
    assert (record.state, record.rolled_back) == (RunState.CANCELLED, True)
    assert await shown(engine, "cat file; ps ax | wc -l | xargs test 100 -gt && echo calm") == "kept\ncalm\n"


async def test_a_waiting_machine_that_dies_is_replaced(machine_paths: Paths):
    async with await Engine.open(machine_paths, Settings(), warm_pool=True, gate=OpenGate()) as engine:
        full, lost = asyncio.Event(), asyncio.Event()

        def look(_: object) -> None:
            status = engine.pool_status()
            if status.failures:
                lost.set()
            if status.ready == 2 and (not died or lost.is_set()):
                full.set()

        died: list[int] = []
        engine.subscribe(look)
        await full.wait()
        full.clear()
        died = [machine.pid for machine in engine._pool._ready]
        for pid in died:
            os.kill(pid, signal.SIGKILL)
        await full.wait()
        assert not set(died) & {machine.pid for machine in engine._pool._ready}
        run = await start(engine, "echo well")
        assert next(event.source for event in await events_of(run) if isinstance(event, MachineLeased)) == "pool"
