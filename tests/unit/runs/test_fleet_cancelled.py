"""What is done to machines and templates by request is done and recorded, even if nobody waits for it any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fake_backend import FakeBackend, FakeMachine
from tests.support.runs import execute, state_of
from tests.unit.machines.test_inventory import made
from tests.unit.runs.conftest import OpenEngine
from tests.unit.runs.test_fleet import COLD, WARM, only, records, waiting
from tui.config import SnapshotSettings
from tui.machines.inventory import TemplateInfo
from tui.machines.qemu import shelf
from tui.paths import Paths
from tui.runs.engine import Engine


class Gate:
    """Holds up whoever comes, and tells that somebody came."""

    def __init__(self) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self.go_on.wait()

    async def cancelled_at(self, work: Coroutine[Any, Any, object]) -> None:
        """Cancel `work` while it is held up here."""
        task = asyncio.create_task(work)
        await self.reached.wait()
        task.cancel()
        await asyncio.sleep(0)
        self.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_pool_is_drained(
    open_engine: OpenEngine, fake: FakeBackend, paths: Paths, monkeypatch: pytest.MonkeyPatch
):
    engine = await open_engine(WARM, backend=fake, warm_pool=True)
    await waiting(engine)
    gate, discard = Gate(), FakeMachine.discard

    async def slow(machine: FakeMachine) -> None:
        await gate()
        await discard(machine)

    monkeypatch.setattr(FakeMachine, "discard", slow)
    await gate.cancelled_at(engine.drain_pool())
    assert engine.pool_status().drained
    (record,) = await records(engine, paths, "pool-drained")
    assert record.details == {"machines": 1}


@pytest.mark.parametrize("method", ["capture", "restore"])
async def test_a_sessions_machine_is_restarted(open_engine: OpenEngine, fake: FakeBackend, paths: Paths, method: str):
    engine = await open_engine(replace(COLD, snapshots=SnapshotSettings(after=False)), backend=fake)
    await execute(engine, "echo precious > file", session="s")
    old = await only(engine)
    gate = fake.gates[method] = Gate()
    await gate.cancelled_at(engine.restart_machine(old.id))
    assert (await only(engine)).id != old.id
    (record,) = await records(engine, paths, "machine-restarted")
    assert (record.session, record.details) == ("s", {"machine_id": old.id})
    assert await state_of(engine, "s") == "precious"


async def test_a_sessions_machine_is_discarded(open_engine: OpenEngine, fake: FakeBackend, paths: Paths):
    engine = await open_engine(replace(COLD, snapshots=SnapshotSettings(after=False)), backend=fake)
    await execute(engine, "echo precious > file", session="s")
    old = await only(engine)
    gate = fake.gates["capture"] = Gate()
    await gate.cancelled_at(engine.discard_machine(old.id))
    assert await engine.machines() == ()
    (record,) = await records(engine, paths, "machine-discarded")
    assert (record.session, record.details) == ("s", {"machine_id": old.id})
    assert await state_of(engine, "s") == "precious"


async def test_a_template_is_removed(engine: Engine, paths: Paths, monkeypatch: pytest.MonkeyPatch):
    made(paths, "unused")
    loop, reached, go_on, remove = asyncio.get_running_loop(), asyncio.Event(), threading.Event(), shelf.remove_template

    def slow(where: Paths, beginning: str) -> TemplateInfo:
        loop.call_soon_threadsafe(reached.set)
        assert go_on.wait(10)
        return remove(where, beginning)

    monkeypatch.setattr(shelf, "remove_template", slow)
    removing = asyncio.create_task(engine.remove_template("unused"))
    await reached.wait()
    removing.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await removing
    assert await engine.templates() == ()
    (record,) = await records(engine, paths, "template-removed")
    assert record.details["template"] == "unused"
