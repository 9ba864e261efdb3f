"""The engine on real machines: what only they can show."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import pytest

from tests.support.gates import OpenGate
from tests.support.runs import events_of, execute, names, output_of, request, start, until
from tui.config import Settings
from tui.machines.qemu.backend import QemuBackend
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.store.states import RunState

pytestmark = pytest.mark.machine

OpenEngine = Callable[[], Awaitable[Engine]]


async def test_a_first_run_a_failure_and_a_second_process(open_engine: OpenEngine):
    engine = await open_engine()
    run = await start(engine, "echo good > /work/file; nproc")
    assert names(await events_of(run)) == [
        "RunStarted", "MachineLeased", "SnapshotTaken", "StepStarted", "OutputReceived", "StepExited", "RunExited",
        "SnapshotTaken", "RunFinished",
    ]  # fmt: skip
    failed = await execute(engine, "echo bad > /work/file; rm -rf /usr/share; exit 3")
    assert (failed.state, failed.exit_code, failed.rolled_back) == (RunState.FAILED, 3, True)
    assert await output_of(await start(engine, "cat /work/file; ls -d /usr/share")) == b"good\n/usr/share\n"
    await engine.close()
    again = await open_engine()
    assert await output_of(await start(again, "cat /work/file")) == b"good\n"
    await again.rollback("s", failed.after_id or "")
    assert await output_of(await start(again, "echo $(</work/file)")) == b"bad\n"


async def test_variables_of_the_kept_interpreter_roll_back_with_the_machine(open_engine: OpenEngine):
    engine = await open_engine()

    async def python(text: str) -> bytes:
        run = await start(engine, text, language="python", keep_interpreter=True)
        output = await output_of(run)
        assert (await run.result()).error == ""
        return output

    await python("x = [1]")
    await python("x.append(2)")
    assert await python("print(x)") == b"[1, 2]\n"
    await engine.undo("s")
    await engine.undo("s")
    assert await python("print(x)") == b"[1]\n"
    await engine.close()
    engine = await open_engine()
    assert await python("print(x)") == b"[1]\n"


async def test_a_killed_hypervisor_in_the_middle_of_a_run(open_engine: OpenEngine):
    engine = await open_engine()
    await execute(engine, "echo good > /work/file")
    run = await start(engine, "echo bad > /work/file; echo half; sleep 600")
    await until(run, b"half")
    driver = engine._drivers.of(run.session_id)
    assert driver.live is not None
    os.kill(driver.live.machine.pid, signal.SIGKILL)
    record = await run.result()
    assert (record.state, record.exit_code, record.rolled_back) == (RunState.MACHINE_LOST, None, True)
    assert record.output_head == b"half\n"
    assert await output_of(await start(engine, "cat /work/file")) == b"good\n"


async def test_timeout_cancel_and_a_snapshot_in_the_middle(open_engine: OpenEngine):
    engine = await open_engine()
    record = await execute(engine, "trap '' TERM; echo up; while :; do sleep 0.1; done", timeout_s=1.0)
    assert (record.state, record.exit_code, record.rolled_back) == (RunState.TIMED_OUT, 137, True)
    run = engine.run(
        request(
            "echo half > /work/file; echo up; read line && echo went && echo whole > /work/file; sleep 600",
            stdin_follows=True,
        )
    )
    await until(run, b"up")
    snapshot = await engine.snapshot("s", "half way")
    await run.send_stdin(b"go\n")
    await until(run, b"went")
    await run.cancel()
    assert (await run.result()).state is RunState.CANCELLED
    await engine.rollback("s", snapshot.id)
    assert await output_of(await start(engine, "cat /work/file")) == b"half\n"


async def test_the_pool_serves_new_sessions(machine_paths: Paths):
    backend = await QemuBackend.open(machine_paths)
    engine = await Engine.open(machine_paths, Settings(), backend=backend, warm_pool=True, gate=OpenGate())
    try:
        filled = asyncio.Event()
        engine.subscribe(lambda event: filled.set() if engine.pool_status().ready >= 2 else None)
        await filled.wait()
        for name in ("a", "b"):
            events = await events_of(await start(engine, "echo hello", session=name))
            assert events[1].to_json()["source"] == "pool"
        status = await engine.backend_status()
        assert status.name.startswith("qemu/")
        assert status.why
    finally:
        await engine.close()
