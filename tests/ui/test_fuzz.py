"""Random keys, clicks, sizes, files and events never end the application, nor leave it without a way on.

`ROLLCAGE_FUZZ` says for how many minutes (a few seconds without), `ROLLCAGE_SEED` with which seed to begin.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from tests.support.fuzzing import Fuzzer
from tests.support.pilots import until
from tests.ui.whole import make_whole
from tui.paths import Paths
from tui.ui.leaving import Leaving
from tui.ui.output import panel

MINUTES: Final = float(os.environ.get("ROLLCAGE_FUZZ", "0"))
SEED: Final = int(os.environ.get("ROLLCAGE_SEED", "1"))
ROUNDS: Final = 60
"""Of a few deeds each, in one application."""
LONG_ROUNDS: Final = 300


@pytest.fixture(autouse=True)
def harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving is answered, and what is saved goes nowhere else, whatever path was typed."""

    async def stay(_: Leaving) -> None:
        return

    really_save = panel.save

    async def save(path: Path, lines: AsyncIterator[str], *, overwrite: bool = False) -> int:
        inside = path if path.is_relative_to(tmp_path) else tmp_path / re.sub(r"[^a-z]", "_", str(path))[:50]
        return await really_save(inside, lines, overwrite=overwrite)

    monkeypatch.setattr(Leaving, "_leave", stay)
    monkeypatch.setattr(panel, "save", save)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.chdir(tmp_path)


async def fuzz(paths: Paths, root: Path, seed: int, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = make_whole(paths, root)
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    with monkeypatch.context() as patch:
        async with whole.app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
            fuzzer = Fuzzer(whole, pilot, seed)
            really_report = whole.app.report

            def report(error: Exception) -> None:
                fuzzer.told.append(error)
                really_report(error)

            patch.setattr(whole.app, "report", report)
            await until(pilot, lambda: whole.app.engine is not None and whole.app.catalog is not None)
            for _ in range(rounds):
                await fuzzer.do()
                await fuzzer.check()
                assert problems == [], fuzzer._story(problems)
            for _ in range(3):  # keys climb from widgets to the application by messages
                await pilot.pause(0)
    whole.log.close()
    await asyncio.sleep(0)
    assert problems == [], fuzzer._story(problems)


@pytest.mark.skipif(MINUTES > 0, reason="ROLLCAGE_FUZZ asks for the long one")
@pytest.mark.parametrize("seed", [SEED, SEED + 1, SEED + 2])
async def test_nothing_a_person_does_ends_it(
    paths: Paths, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        await fuzz(paths, tmp_path, seed, ROUNDS, monkeypatch)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


@pytest.mark.skipif(MINUTES <= 0, reason="ROLLCAGE_FUZZ says for how many minutes")
@pytest.mark.timeout(0)
async def test_nothing_a_person_does_for_long_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end = time.monotonic() + MINUTES * 60
    for seed in count(SEED):
        if time.monotonic() > end:
            return
        root = tmp_path / str(seed)
        root.mkdir()
        paths = Paths.below(root / "home")
        paths.create()
        print(f"seed {seed}", flush=True)  # noqa: T201 - what to begin with again
        await fuzz(paths, root, seed, LONG_ROUNDS, monkeypatch)
