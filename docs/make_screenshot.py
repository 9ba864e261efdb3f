"""Makes docs/screenshot.svg: the application itself, at work on real machines. Needs `rollcage setup`.

.venv/bin/python docs/make_screenshot.py
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from tui.config import Settings
from tui.definitions.catalog import Catalog
from tui.definitions.model import Scope
from tui.paths import Paths
from tui.runs.prepare import request_for
from tui.runs.request import Request, StepRequest
from tui.ui.app import RollcageApp

ROOT = Path(__file__).resolve().parent.parent
SIZE = (124, 36)


async def _until_idle(pilot: Pilot[int]) -> None:
    """Let the interface show everything that has happened."""
    for _ in range(20):
        await pilot.pause(0.1)


async def main() -> None:
    """Run a few things in a session of its own and take the picture."""
    with tempfile.TemporaryDirectory() as home:
        paths = replace(Paths.below(Path(home)), cache=Paths.from_environment().cache)
        settings = Settings()
        catalog = Catalog([(Scope.SHIPPED, ROOT / "commands")])
        catalog.refresh()
        app = RollcageApp(paths, settings, open_catalog=lambda: catalog)
        async with app.run_test(size=SIZE) as pilot:
            while app.engine is None:
                await pilot.pause(0.05)
            suite = catalog.index.resolve("test")

            async def run(request: Request) -> None:
                assert app.engine is not None
                await app.engine.run(request).result()
                await _until_idle(pilot)

            await run(request_for(catalog.index.resolve("hello-world"), {}, session="default", settings=settings))
            await run(Request("rm -rf /usr /etc; exit 1", (StepRequest("rm -rf /usr /etc; exit 1"),)))
            await run(request_for(suite, {}, session="default", settings=settings))
            app.open_command("test")
            await pilot.pause(0.5)
            await pilot.press("escape", "3")
            await _until_idle(pilot)
            (ROOT / "docs" / "screenshot.svg").write_text(app.export_screenshot(title="rollcage"))


if __name__ == "__main__":
    asyncio.run(main())
