"""What must happen once happens once and to its end, whoever stops waiting for it."""

from __future__ import annotations

import asyncio

import pytest

from tui.machines.qemu.once import Once


async def test_all_who_ask_wait_for_the_one_end_and_none_breaks_it_off():
    go_on, ends = asyncio.Event(), []

    async def work() -> None:
        await go_on.wait()
        ends.append("end")

    once = Once(work)
    assert not once.begun
    first, second = asyncio.create_task(once()), asyncio.create_task(once())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert once.begun
    assert not once.done
    go_on.set()
    await second
    await once()
    assert once.done
    assert ends == ["end"]


async def test_all_who_ask_are_told_what_went_wrong():
    async def work() -> None:
        raise OSError("no")

    once = Once(work)
    for _ in range(2):
        with pytest.raises(OSError, match="no"):
            await once()
