"""Stretches of pages cover exactly the pages asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tui.machines.qemu.memory import runs


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
