"""Setting the host up: what is lacking, doing something about it, and leaving that to itself."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Static

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tests.ui.test_rolling_back import request
from tui.errors import HostNotReady
from tui.machines.guest.image import ImageStatus
from tui.machines.host import Check
from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.host_setup import HostSetup
from tui.ui.preparation import HostState, Report
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.run import RunArea
from tui.ui.screens.setup import Setup
from tui.ui.widgets.status_bar import StatusBar


def lacking(paths: Paths) -> HostState:
    checks = (
        Check("platform", True, "Linux x86_64"),
        Check("mmdebstrap", False, "not installed", "apt-get install mmdebstrap"),
        Check("/dev/kvm", False, "not there", required=False),
    )
    return HostState(checks, ImageStatus(False, paths.images, "not built yet"))


@pytest.fixture
def fresh_app(app: RollcageApp, paths: Paths) -> RollcageApp:
    """An application on a host where nothing was set up."""

    async def look(_: Paths) -> HostState:
        return lacking(paths)

    app.host_setup = HostSetup(app, look)
    return app


async def set_up_dialog(pilot: Pilot[int], app: RollcageApp) -> Setup:
    await until(pilot, lambda: isinstance(app.screen, Setup))
    dialog = app.screen
    assert isinstance(dialog, Setup)
    await until(pilot, lambda: isinstance(app.focused, Button))
    return dialog


def text_of(dialog: Setup, selector: str) -> str:
    return str(dialog.query_one(selector, Static).content)


async def test_what_is_lacking_is_shown_with_what_to_do(fresh_app: RollcageApp) -> None:
    async with fresh_app.run_test(size=(120, 40)) as pilot:
        dialog = await set_up_dialog(pilot, fresh_app)
        shown = text_of(dialog, "#state")
        assert "✗ mmdebstrap" in shown
        assert "apt-get install mmdebstrap" in shown
        assert "✗ guest image" in shown
        assert "– /dev/kvm" in shown
        assert "✓ platform" in shown


async def test_it_may_be_left_for_later(fresh_app: RollcageApp) -> None:
    async with fresh_app.run_test(size=(120, 40), notifications=True) as pilot:
        await set_up_dialog(pilot, fresh_app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(fresh_app.screen, RunArea))
        await until(pilot, lambda: any("rollcage setup" in toast.message for toast in fresh_app._notifications))


async def test_setting_up_shows_progress_and_a_failure_can_be_tried_again(fresh_app: RollcageApp) -> None:
    steps: asyncio.Queue[Exception | None] = asyncio.Queue()

    async def act(report: Report) -> None:
        report(0.25, "unpacking\x1b[2J packages")
        if (error := await steps.get()) is not None:
            raise error

    fresh_app.host_setup._set_up = act  # type: ignore[method-assign]
    async with fresh_app.run_test(size=(120, 40)) as pilot:
        dialog = await set_up_dialog(pilot, fresh_app)
        await pilot.press("enter")
        await until(pilot, lambda: text_of(dialog, "#stage") == "unpacking␛[2J packages")
        steps.put_nowait(HostNotReady("no network", hint="connect it"))
        await until(pilot, lambda: "no network" in text_of(dialog, "#problem"))
        assert "connect it" in text_of(dialog, "#problem")
        act_button = dialog.query_one("#act", Button)
        await until(pilot, lambda: str(act_button.label) == "Try again" and not act_button.disabled)
        await pilot.pause()
        await pilot.click("#act")
        await until(pilot, lambda: dialog.has_class("-working"))
        steps.put_nowait(None)
        await until(pilot, lambda: isinstance(fresh_app.screen, RunArea))


class Building:
    """Setting up that the test drives."""

    def __init__(self) -> None:
        self.steps: asyncio.Queue[tuple[float | None, str] | Exception | None] = asyncio.Queue()
        self.begun = 0
        self.cancelled = False

    async def __call__(self, report: Report) -> None:
        self.begun += 1
        try:
            while (step := await self.steps.get()) is not None:
                if isinstance(step, Exception):
                    raise step
                report(*step)
        except asyncio.CancelledError:
            self.cancelled = True
            raise


@pytest.fixture
def building(fresh_app: RollcageApp) -> Building:
    """What setting this host up does."""
    building = Building()
    fresh_app.host_setup._set_up = building  # type: ignore[method-assign]
    return building


def toasts(app: RollcageApp) -> str:
    return "\n".join(toast.message for toast in app._notifications)


def told_in_the_bar(app: RollcageApp) -> str:
    """Return what the bar says at the end of its line, where setting up stands."""
    return app.run_area.query_one(StatusBar).render_line(0).text.rpartition(" │ ")[2].strip()


async def leave_it_going(pilot: Pilot[int], app: RollcageApp, building: Building) -> None:
    dialog = await set_up_dialog(pilot, app)
    await pilot.press("enter")
    building.steps.put_nowait((0.25, "unpacking packages"))
    await until(pilot, lambda: text_of(dialog, "#stage") == "unpacking packages")
    await pilot.click("#later")
    await until(pilot, lambda: isinstance(app.screen, RunArea))


async def test_what_was_begun_goes_on_when_the_dialog_is_left(fresh_app: RollcageApp, building: Building) -> None:
    async with fresh_app.run_test(size=(80, 24), notifications=True) as pilot:
        await leave_it_going(pilot, fresh_app, building)
        await until(pilot, lambda: "goes on in the background" in toasts(fresh_app))
        assert "f2" in toasts(fresh_app)
        await until(pilot, lambda: told_in_the_bar(fresh_app) == "setting up 25%")
        building.steps.put_nowait((None, "writing to disk"))
        await until(pilot, lambda: told_in_the_bar(fresh_app) == "setting up …")
        assert not building.cancelled
        building.steps.put_nowait(None)
        await until(pilot, lambda: "This host is ready." in toasts(fresh_app))
        await until(pilot, lambda: told_in_the_bar(fresh_app) == "idle")
        assert fresh_app.workspace.backend is not None


async def test_what_goes_on_can_be_looked_at_again(fresh_app: RollcageApp, building: Building) -> None:
    async with fresh_app.run_test(size=(120, 40), notifications=True) as pilot:
        await leave_it_going(pilot, fresh_app, building)
        await pilot.press("f2")
        dialog = await set_up_dialog(pilot, fresh_app)
        assert text_of(dialog, "#stage") == "unpacking packages"
        assert dialog.query_one("#act", Button).disabled
        assert dialog.has_class("-working")
        building.steps.put_nowait((0.5, "writing to disk"))
        await until(pilot, lambda: text_of(dialog, "#stage") == "writing to disk")
        building.steps.put_nowait(None)
        await until(pilot, lambda: isinstance(fresh_app.screen, RunArea))
        assert building.begun == 1
        assert "goes on in the background" not in toasts(fresh_app).partition("This host is ready.")[2]


async def test_what_fails_in_the_background_is_told_and_can_be_tried_again(
    fresh_app: RollcageApp, building: Building
) -> None:
    async with fresh_app.run_test(size=(120, 40), notifications=True) as pilot:
        await leave_it_going(pilot, fresh_app, building)
        building.steps.put_nowait(HostNotReady("no network", hint="connect it"))
        await until(pilot, lambda: "no network" in toasts(fresh_app))
        assert "connect it" in toasts(fresh_app)
        await until(pilot, lambda: "setting up" not in told_in_the_bar(fresh_app))
        await pilot.press("f2")
        await set_up_dialog(pilot, fresh_app)
        await pilot.press("enter")
        await until(pilot, lambda: building.begun == 2)


async def test_leaving_the_application_names_everything_that_would_end(
    fresh_app: RollcageApp, building: Building, engine: ScriptedEngine
) -> None:
    async with fresh_app.run_test(size=(120, 40)) as pilot:
        await leave_it_going(pilot, fresh_app, building)
        run = engine.run(request("slow"))
        await until(pilot, lambda: fresh_app.live.running() is not None)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(fresh_app.screen, Confirm))
        assert isinstance(fresh_app.screen, Confirm)
        asked = str(fresh_app.screen.body)
        assert "slow is running in session default." in asked
        assert "being set up" in asked
        run.end()


async def test_leaving_the_application_while_it_is_set_up_asks_first(
    fresh_app: RollcageApp, building: Building
) -> None:
    async with fresh_app.run_test(size=(120, 40)) as pilot:
        await leave_it_going(pilot, fresh_app, building)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(fresh_app.focused, Button) and fresh_app.focused.id == "keep")
        assert isinstance(fresh_app.screen, Confirm)
        assert "being set up" in str(fresh_app.screen.body)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(fresh_app.screen, RunArea))
        assert not fresh_app.leaving.is_under_way
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(fresh_app.focused, Button) and fresh_app.focused.id == "keep")
        await pilot.press("right", "enter")
        await until(pilot, lambda: fresh_app.leaving.is_under_way)
