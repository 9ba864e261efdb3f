"""Runs requests through the real gate until it is killed: `python -m tests.support.gate_victim HOME`.

Every run adds its title to the file `executed` in the home, past the engine: what is there was executed.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from tests.support.fake_backend import FakeBackend
from tui.config import RunSettings, Settings, SnapshotSettings
from tui.ids import new_id
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.request import Request, StepRequest

SETTINGS = Settings(snapshots=SnapshotSettings(keep_per_session=3), runs=RunSettings(retries=0))


async def main(home: Path) -> None:
    """Run things."""
    paths = Paths.below(home)
    witness = home / "executed"
    async with await Engine.open(paths, SETTINGS, backend=FakeBackend(paths.data / "fake")) as engine:
        for number in itertools.count():
            title = new_id()
            ends = "exit 3" if number % 3 == 2 else "true"
            step = StepRequest(f"echo {title} >> {witness}; {ends}")
            run = engine.run(Request(title, (step,), session="s"))
            sys.stdout.write(f"{run.id}\n")
            sys.stdout.flush()
            await run.result()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
