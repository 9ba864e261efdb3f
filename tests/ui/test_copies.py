"""What was too long for a clipboard is kept for a while, and not forever."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.pilots import until
from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.clipboard import KEPT, KEPT_S, forget_old

NOW = 1_000_000_000.0


def copied(paths: Paths, name: str, age_s: float) -> Path:
    directory = paths.copies
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / name
    file.write_text("copied")
    os.utime(file, (NOW - age_s, NOW - age_s))
    return file


def left(paths: Paths) -> set[str]:
    return {file.name for file in paths.copies.iterdir()}


def test_of_old_copies_the_newest_stay_and_young_ones_all(paths: Paths) -> None:
    old = [copied(paths, f"rollcage-old{age}.txt", KEPT_S + age) for age in range(1, KEPT + 6)]
    forget_old(paths, NOW)
    assert left(paths) == {file.name for file in old[:KEPT]}
    young = [copied(paths, f"rollcage-young{age}.txt", age) for age in range(KEPT + 6)]
    forget_old(paths, NOW)
    assert left(paths) == {file.name for file in young}


def test_what_is_no_copy_is_not_touched_and_no_directory_is_no_matter(paths: Paths) -> None:
    forget_old(paths, NOW)
    others = {copied(paths, f"mine-{number}.txt", 10 * KEPT_S).name for number in range(KEPT + 5)}
    forget_old(paths, NOW)
    assert left(paths) == others


async def test_old_copies_go_when_the_application_starts(app: RollcageApp) -> None:
    for age in range(KEPT + 3):
        copied(app.paths, f"rollcage-{age}.txt", KEPT_S + age)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(left(app.paths)) == KEPT)
