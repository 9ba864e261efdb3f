"""What is done to its end although whoever waited for it was cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fake_backend import FakeBackend, FakeMachine
from tests.support.runs import execute, state_of
from tests.unit.runs.conftest import OpenEngine
from tui.config import PoolSettings, Settings, SnapshotSettings
from tui.machines.errors import MachineError
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.events import Event, MachineLeased
from tui.store.states import SnapshotReason
from tui.undivided import undivided, undivided_in_thread

WITHOUT_AFTER = replace(Settings(), snapshots=SnapshotSettings(after=False), pool=PoolSettings(low=0, high=0))


class Hold:
    """Holds whoever comes until it is opened."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self.open.wait()


@pytest.fixture
def discarding(monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Holds machines that go."""
    hold, discard = Hold(), FakeMachine.discard

    async def held(machine: FakeMachine) -> None:
        await hold()
        await discard(machine)

    monkeypatch.setattr(FakeMachine, "discard", held)
    return hold


async def cancelled_at(hold: Hold, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
    """Begin something and cancel it, more than once, where it is held."""
    task = asyncio.create_task(work)
    await hold.reached.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.wait({task}, timeout=0)
    hold.open.set()
    await asyncio.wait({task})
    return task


MOVES: list[Callable[[Engine, str], Coroutine[Any, Any, object]]] = [
    lambda engine, _: engine.undo("s"),
    lambda engine, before: engine.rollback("s", before),
]


@pytest.mark.parametrize("move", MOVES, ids=["undo", "rollback"])
async def test_machine_and_head_move_together_although_the_move_is_cancelled(
    engine: Engine, discarding: Hold, move: Callable[[Engine, str], Coroutine[Any, Any, object]]
) -> None:
    first = await execute(engine, "echo one > file")
    await execute(engine, "echo two > file")
    assert first.after_id is not None
    task = await cancelled_at(discarding, move(engine, first.after_id))
    assert task.cancelled()
    assert engine.store.session("s").head_id == first.after_id
    assert await state_of(engine) == "one"


async def test_a_run_waits_for_a_cancelled_move_that_goes_on(engine: Engine, discarding: Hold) -> None:
    await execute(engine, "echo one > file")
    await execute(engine, "echo two > file")
    moving = asyncio.create_task(engine.undo("s"))
    await discarding.reached.wait()
    moving.cancel()
    running = asyncio.create_task(state_of(engine))
    await asyncio.wait({moving, running}, timeout=0)
    assert not moving.done()
    discarding.open.set()
    assert await running == "one"


async def test_a_cancelled_restart_leaves_the_session_with_its_new_machine(engine: Engine, discarding: Hold) -> None:
    await execute(engine, "echo one > file")
    (machine,) = await engine.machines()
    heard: list[Event] = []
    engine.subscribe(heard.append)
    await cancelled_at(discarding, engine.restart_machine(machine.id))
    (renewed,) = [each for each in await engine.machines() if each.session]
    assert renewed.id != machine.id
    assert [event.machine_id for event in heard if isinstance(event, MachineLeased)] == [renewed.id]
    assert await state_of(engine) == "one"


async def test_a_cancelled_close_keeps_the_last_run(open_engine: OpenEngine, fake: FakeBackend, paths: Paths) -> None:
    engine = await open_engine(WITHOUT_AFTER, backend=fake)
    await execute(engine, "echo precious > file")
    hold = Hold()
    fake.gates["capture"] = hold
    await cancelled_at(hold, engine.close())
    again = await open_engine(WITHOUT_AFTER)
    session = again.store.session("s")
    assert [item.reason for item in again.store.snapshots(session.id)] == [SnapshotReason.BEFORE, SnapshotReason.AFTER]
    assert await state_of(again) == "precious"


async def test_who_closes_second_waits_for_the_close_under_way(open_engine: OpenEngine, fake: FakeBackend) -> None:
    engine = await open_engine(WITHOUT_AFTER, backend=fake)
    await execute(engine, "echo precious > file")
    hold = Hold()
    fake.gates["capture"] = hold
    first = asyncio.create_task(engine.close())
    await hold.reached.wait()
    second = asyncio.create_task(engine.close())
    await asyncio.wait({second}, timeout=0)
    assert not second.done()
    assert engine.waits_for == "the state of sessions to be kept"
    hold.open.set()
    await asyncio.gather(first, second)
    assert not fake.machines
    assert not engine.waits_for


async def test_what_cannot_be_closed_does_not_keep_the_rest_open(
    open_engine: OpenEngine, fake: FakeBackend, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await open_engine(backend=fake)
    await execute(engine, "echo one > file")

    async def close() -> None:
        raise MachineError("the hypervisor does not answer")

    monkeypatch.setattr(fake, "close", close)
    with pytest.raises(MachineError, match="does not answer"):
        await engine.close()
    assert not [path for path in (paths.locks / "engines").glob("*") if path.is_file()]
    engine._closing = type(engine._closing)(lambda: ())  # the fixture closes it again


async def test_what_is_not_divided_still_fails_for_who_waits() -> None:
    async def work() -> None:
        raise MachineError("no room")

    with pytest.raises(MachineError, match="no room"):
        await undivided(work())


def test_what_a_thread_does_ends_before_the_loop_does_however_often_it_is_cancelled() -> None:
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go.wait(10)
        done.set()

    async def wait() -> None:
        try:
            await undivided_in_thread(work)
        finally:
            assert done.is_set()

    async def main() -> None:
        task = asyncio.create_task(wait())
        await asyncio.to_thread(begun.wait)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        asyncio.get_running_loop().call_later(0.01, go.set)
        # The end of `asyncio.run` cancels it once more, and waits for it.

    asyncio.run(main())
    assert done.is_set()


async def test_what_fails_in_a_thread_fails_where_it_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    go = threading.Event()

    def fail() -> None:
        assert go.wait(10)
        raise MachineError("no")

    go.set()
    with pytest.raises(MachineError):
        await undivided_in_thread(fail)
    go.clear()
    task = asyncio.create_task(undivided_in_thread(fail))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "nobody waited for" in caplog.text
