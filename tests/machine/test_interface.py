"""The interface on real machines: a command runs, its output is seen, the machine goes back and forth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button

from tests.support.gates import OpenGate
from tests.support.pilots import until
from tui.config import PoolSettings, Settings
from tui.definitions.catalog import Catalog
from tui.definitions.kinds import Scope
from tui.machines.guest.image import ImageStatus
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.runs.request import Request, StepRequest
from tui.ui.app import RollcageApp
from tui.ui.output.view import OutputView
from tui.ui.preparation import HostState
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.run import RunArea
from tui.ui.widgets.session_tree import SessionTree

pytestmark = pytest.mark.machine

COUNT = """---
name: count
description: Count the runs this machine remembers
---
```bash
echo run >> /work/runs
echo "runs: $(wc -l < /work/runs)"
```
"""


async def test_a_person_runs_a_command_and_takes_it_back(machine_paths: Paths, tmp_path: Path) -> None:
    commands = tmp_path / "commands"
    commands.mkdir()
    (commands / "count.md").write_text(COUNT)
    settings = replace(Settings(), pool=PoolSettings(low=0, high=0))

    def open_catalog() -> Catalog:
        catalog = Catalog([(Scope.PROJECT, commands)])
        catalog.refresh()
        return catalog

    async def look(_: Paths) -> HostState:
        return HostState((), ImageStatus(True, machine_paths.images, "there"))

    async def open_engine() -> Engine:
        return await Engine.open(machine_paths, settings, gate=OpenGate())

    app = RollcageApp(machine_paths, settings, open_engine=open_engine, open_catalog=open_catalog, look_at_host=look)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        screen = app.screen
        assert isinstance(screen, RunArea)
        await until(pilot, lambda: screen.entry is not None)
        tree = screen.query_one(SessionTree)

        async def run(runs: int) -> list[str]:
            await pilot.press("ctrl+r")
            await until(pilot, lambda: len(tree.rows) == runs + 1 and tree.rows[0].is_head, patience_s=120)
            return [row.line.text for row in screen.query_one(OutputView).log_shown.rows()]

        assert "runs: 1" in await run(1)
        assert "runs: 2" in await run(2)

        await pilot.press("right_square_bracket", "j", "b")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and isinstance(app.focused, Button))
        await pilot.press("right", "enter")
        await until(pilot, lambda: tree.rows[1].is_head, patience_s=30)
        assert "runs: 2" in await run(3)

        await pilot.press("z")
        await until(pilot, lambda: any(row.is_head and row.key == tree.rows[2].key for row in tree.rows), patience_s=30)
        assert app.engine is not None
        failed = app.engine.run(Request("fail", (StepRequest("echo gone > /work/runs; exit 9"),)))
        await failed.result()
        await until(pilot, lambda: any(row.run is not None and row.run.title == "fail" for row in tree.rows))
        screen.query_one("#definitions").focus()
        assert "runs: 2" in await run(5)
