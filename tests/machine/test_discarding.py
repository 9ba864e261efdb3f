"""A machine that is let go leaves nothing behind in this process, also when nobody waits for its end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tui.machines.model import PROFILES
from tui.machines.qemu.backend import QemuBackend
from tui.machines.qemu.machine import QemuMachine
from tui.machines.qemu.processes import hypervisors

pytestmark = pytest.mark.machine


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def settle(expected: int) -> None:
    """Give the event loop the few turns in which it closes what has hung up."""
    for _ in range(100):
        if descriptors() <= expected:
            return
        await asyncio.sleep(0)


async def broken_off(machine: QemuMachine, turns: int) -> None:
    """Discard a machine and stop waiting for that after some turns of the event loop; then wait for it after all."""
    discarding = asyncio.create_task(machine.discard())
    for _ in range(turns):
        await asyncio.sleep(0)
    discarding.cancel()
    await asyncio.wait({discarding})
    assert not machine.alive
    await machine.discard()
    assert machine.discarded
    assert machine.pid not in {each.pid for each in hypervisors()}


async def test_a_discard_that_was_broken_off_frees_all_it_held(backend: QemuBackend):
    failures: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(str(context)))
    await (await backend.clone(PROFILES["minimal"])).discard()  # which opens what is kept open
    before = descriptors()
    for turns in range(1, 5):
        machine = await backend.clone(PROFILES["minimal"])
        assert descriptors() > before
        await broken_off(machine, turns)
        await settle(before)
        assert descriptors() == before
    assert failures == []


async def test_a_clone_that_was_broken_off_frees_all_it_held(backend: QemuBackend):
    await (await backend.clone(PROFILES["minimal"])).discard()
    before = descriptors()
    for turns in range(1, 40, 3):
        cloning = asyncio.create_task(backend.clone(PROFILES["minimal"]))
        for _ in range(turns):
            await asyncio.sleep(0)
        cloning.cancel()
        await asyncio.wait({cloning})
        if not cloning.cancelled():
            await cloning.result().discard()
        await settle(before)
        assert descriptors() == before
