"""Stretches of pages cover exactly the pages asked for."""

from __future__ import annotations

import mmap
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.machines.errors import MachineLost
from tui.machines.qemu.memory import GuestMemory, runs
from tui.machines.qemu.pagemap import PAGE


@given(st.sets(st.integers(0, 3000), max_size=2000) | st.builds(lambda n: set(range(n)), st.integers(0, 3000)))
def test_stretches_cover_each_page_once_and_stay_below_a_mebibyte(numbers: set[int]):
    pages = np.array(sorted(numbers), np.uint32)
    covered = []
    for first, count in runs(pages):
        assert 0 < count <= 256
        stretch = pages[first : first + count].tolist()
        assert stretch == list(range(stretch[0], stretch[0] + count))
        covered += stretch
    assert covered == pages.tolist()


PAGES = 6000


@settings(max_examples=25, deadline=None)
@given(
    st.sets(st.integers(0, PAGES - 1), max_size=500),
    st.integers(0, PAGES),
    st.integers(0, 2500),
    st.sets(st.integers(0, PAGES - 1), max_size=500),
)
def test_pages_are_read_and_written_each_in_its_place(  # type: ignore[no-untyped-def]
    tmp_path_factory, scattered: set[int], first: int, count: int, later: set[int]
):
    file = tmp_path_factory.mktemp("ram") / "ram"
    with file.open("wb+") as opened:
        opened.truncate(PAGES * PAGE)
        memory = mmap.mmap(opened.fileno(), PAGES * PAGE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    guest = GuestMemory(os.getpid(), file)
    wanted = sorted(scattered | set(range(first, min(first + count, PAGES))))
    new = np.empty((len(wanted), PAGE), np.uint8)
    new[:] = (np.arange(len(wanted)) % 251)[:, None]
    new[:, :4] = np.array(wanted, np.uint32).view(np.uint8).reshape(-1, 4)
    guest.write(np.array(wanted, np.uint32), new)
    pages, content = guest.copy(plan := guest.plan_copy()).in_order()
    assert pages.tolist() == wanted
    assert (content == new).all()
    # Pages that become private between plan and copy are copied too, whether or not there is room for them.
    more = np.array(sorted(later - set(wanted)), np.uint32)
    guest.write(more, np.full((len(more), PAGE), 7, np.uint8))
    for room in (plan.buffer, plan.buffer[: len(wanted)]):
        pages, content = guest.copy(replace(plan, buffer=room)).in_order()
        assert pages.tolist() == sorted(later | set(wanted))
        assert (content[np.isin(pages, wanted)] == new).all()
        assert (content[np.isin(pages, more)] == 7).all()
    memory.close()


def test_memory_that_is_not_there_is_an_error_not_half_a_copy(tmp_path: Path):
    file = tmp_path / "ram"
    with file.open("wb+") as opened:
        opened.truncate(PAGES * PAGE)
        memory = mmap.mmap(opened.fileno(), PAGES * PAGE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    guest, pages = GuestMemory(os.getpid(), file), np.arange(PAGES, dtype=np.uint32)
    content = np.zeros((PAGES, PAGE), np.uint8)  # before, so that it does not come to lie where that was
    memory.close()
    with pytest.raises(MachineLost):
        guest.write(pages, content)


def test_nothing_is_written_to_the_buffer_of_a_copy_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "ram"
    with file.open("wb+") as opened:
        opened.truncate(PAGES * PAGE)
        memory = mmap.mmap(opened.fileno(), PAGES * PAGE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    guest = GuestMemory(os.getpid(), file)
    guest.write(np.arange(PAGES, dtype=np.uint32), np.ones((PAGES, PAGE), np.uint8))
    plan = guest.plan_copy()
    begun, go, ended = threading.Event(), threading.Event(), threading.Event()
    move = GuestMemory._move

    def slowly(*args):  # type: ignore[no-untyped-def]
        begun.set()
        assert go.wait(10)
        move(*args)
        ended.set()
        return 0

    def fail() -> None:
        assert begun.wait(10)
        go.set()
        raise MachineLost("too many open files")

    monkeypatch.setattr(guest, "_move", lambda *args: slowly(guest, *args))
    monkeypatch.setattr(guest, "private_pages", fail)
    with pytest.raises(MachineLost, match="too many"):
        guest.copy(plan)
    assert ended.is_set()
    memory.close()
