"""Makes the pictures of the README: the application itself, at work on real machines. Needs `rollcage setup`.

.venv/bin/python docs/make_screenshots.py
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from tui.config import GateSettings, Settings
from tui.definitions.catalog import Catalog
from tui.definitions.kinds import Scope
from tui.paths import Paths
from tui.runs.prepare import request_for
from tui.runs.request import Request, StepRequest
from tui.ui.app import RollcageApp
from tui.ui.widgets.change_list import ChangeList
from tui.ui.widgets.session_tree import SessionTree

DOCS = Path(__file__).resolve().parent
SIZE = (124, 36)
SETTINGS = Settings(gate=GateSettings(ask_from="never"))
"""Nobody is there to answer."""
CHANGES = """cat >> /etc/hosts <<EOF
10.0.0.7 registry.example.org
EOF
mkdir -p /work/site && echo '<h1>Hello</h1>' > /work/site/index.html
python3 -m http.server --directory /work/site 8080 > /dev/null 2>&1 &"""


class Photographer:
    """An application and what is done with it."""

    def __init__(self, app: RollcageApp, pilot: Pilot[int], catalog: Catalog) -> None:
        self.app, self.pilot, self.catalog = app, pilot, catalog

    async def until(self, happened: Callable[[], object]) -> None:
        """Wait for something the interface shows."""
        while not happened():
            await self.pilot.pause(0.05)

    async def idle(self) -> None:
        """Let the interface show everything that has happened."""
        for _ in range(30):
            await self.pilot.pause(0.1)

    async def run(self, what: str, code: str = "") -> None:
        """Run a definition, or a piece of code under a title."""
        assert self.app.engine is not None
        if code:
            request = Request(what, (StepRequest(code),))
        else:
            request = request_for(self.catalog.index.resolve(what), {}, session="default", settings=self.app.settings)
        await self.app.engine.run(request).result()
        await self.idle()

    def take(self, name: str) -> None:
        """Write the picture."""
        (DOCS / f"{name}.svg").write_text(self.app.export_screenshot(title="rollcage"))


async def photograph(of: Photographer) -> None:
    """Do what the pictures show."""
    app, pilot = of.app, of.pilot
    await of.until(lambda: app.engine is not None)
    await of.run("hello-world")
    await of.run("rm -rf /work/*; exit 1", "rm -rf /work/*; exit 1")
    await of.run("test")
    app.open_command("test")
    await of.idle()
    app.run_area.action_pane("output")
    await of.idle()
    of.take("screenshot")

    await of.run("publish the site", CHANGES)
    app.action_area("timeline")
    await of.until(lambda: any(changes.change for changes in app.screen.query(ChangeList)))
    app.screen.query_one(SessionTree).focus()
    await of.idle()
    of.take("timeline")

    app.open_scenario("rollback-race")
    await of.idle()
    await pilot.press("ctrl+r")
    await of.until(lambda: "passed" in app.export_screenshot())
    await of.idle()
    of.take("scenarios")


async def main() -> None:
    """Take the pictures in a home of their own, with the image of this user."""
    with tempfile.TemporaryDirectory() as home:
        paths = replace(Paths.below(Path(home)), cache=Paths.from_environment().cache)
        catalog = Catalog([(Scope.SHIPPED, DOCS.parent / "commands")])
        catalog.refresh()
        app = RollcageApp(paths, SETTINGS, open_catalog=lambda: catalog)
        async with app.run_test(size=SIZE) as pilot:
            await photograph(Photographer(app, pilot, catalog))


if __name__ == "__main__":
    asyncio.run(main())
