"""Pictures of scenarios. `pytest --snapshot-update` takes them anew; look at them before committing them."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_scenarios import area_of, begun
from tests.unit.scenarios.texts import scenario_text, step
from tui.definitions.kinds import Scope
from tui.machines.kinds import Stream
from tui.runs.scenario_runner import ScenarioRunner
from tui.scenarios.catalog import Catalog
from tui.ui.app import RollcageApp
from tui.ui.scenarios.conductor import Run
from tui.ui.screens.scenarios import ScenariosArea

Compare = Callable[..., bool]
BODY = (
    "The release is checked before anybody sees it, and *a release that is no good* is taken back.\n\n"
    "## The release is put in place\n\n"
    + step(
        "expect: {state: succeeded, output_contains: released}",
        code="tar xf /srv/release.tar -C /work\necho released $(cat /work/VERSION)",
    )
    + "## The check fails\n\nWhat it did is undone.\n\n"
    + step(
        "answer: type",
        "expect: {state: failed, exit_code: 3, output_contains: the database is not there, rolled_back: true}",
        code="/work/bin/check --all",
    )
    + "## The old release answers\n\n"
    + step("expect: {output_equals: version 7}", code="curl -s localhost/version")
)


@pytest.fixture(autouse=True)
def fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files, times and names in every picture, and no toasts."""
    texts = {
        "release": scenario_text("release", BODY, title="A release that is no good", category="Deployment"),
        "rollback": scenario_text("rollback", category="Recovery"),
        "mine": scenario_text("mine", body="nothing\n", category="Recovery"),
        "limits": scenario_text("limits", category="Limits"),
    }
    directory = tmp_path / "scenarios"
    directory.mkdir()
    for name, text in texts.items():
        (directory / f"{name}.md").write_text(text)

    def open_catalog(_: ScenariosArea) -> Catalog:
        catalog = Catalog([(Scope.SHIPPED, directory)])
        catalog.refresh()
        return catalog

    def runner(area: ScenariosArea) -> Run:
        ticks = itertools.count()
        options = {"suffix": lambda: "k3x9q1", "clock": lambda: next(ticks) * 0.7}
        return ScenarioRunner(area.engine, app_of(area).answers, app_of(area).settings, _nothing, **options).run  # type: ignore[arg-type]

    monkeypatch.setattr(ScenariosArea, "open_catalog", open_catalog)
    monkeypatch.setattr(ScenariosArea, "runner", runner)
    monkeypatch.setattr(RollcageApp, "notify", lambda self, *_, **__: None)


def app_of(area: ScenariosArea) -> RollcageApp:
    return area.rollcage


def _nothing(name: str) -> object:
    raise AssertionError(f"no scenario here runs the command {name}")


def halfway(app: RollcageApp, engine: ScriptedEngine) -> Callable[[Pilot[int]], Awaitable[None]]:
    async def before(pilot: Pilot[int]) -> None:
        area = await area_of(pilot, app)
        await until(pilot, lambda: area.entry is not None and area.entry.name == "release")
        await pilot.press("n")
        run = await begun(pilot, engine, 1)
        run.output(b"\x1b[32mreleased\x1b[0m 8\n")
        run.end()
        await until(pilot, lambda: area.conductor.is_held)
        await pilot.press("n")
        run = await begun(pilot, engine, 2)
        run.output(b"the web server answers\n")
        run.output(b"the queue is not there, nor is what reads from it; giving up\n", Stream.STDERR)
        run.end(3)
        await until(pilot, lambda: area.conductor.current is None)
        await pilot.pause()

    return before


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_expectation_and_outcome(
    snap_compare: Compare, app: RollcageApp, engine: ScriptedEngine, size: tuple[int, int]
) -> None:
    assert snap_compare(app, terminal_size=size, run_before=halfway(app, engine))
