"""A shell opened from the application, which lends its terminal and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.pilots import until
from tests.support.terminals import Person
from tui.store.states import RunState
from tui.ui import shell
from tui.ui.app import RollcageApp
from tui.ui.screens.opening_shell import OpeningShell

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from pathlib import Path
from tests.support.fake_backend import FakeBackend
from tests.support.gates import OpenGate
from tui.config import PoolSettings, Settings
from tui.definitions.catalog import Catalog
from tui.machines.guest.image import ImageStatus
from tui.paths import Paths
from tui.runs.engine import Engine
from tui.ui.app import RollcageApp
from tui.ui.preparation import HostState

paths = Paths.below(Path(sys.argv[1]))
paths.create()
settings = Settings(pool=PoolSettings(low=0, high=0))

async def open_engine():
    return await Engine.open(paths, settings, backend=FakeBackend(paths.data / "fake"), gate=OpenGate())

def open_catalog():
    catalog = Catalog([])
    catalog.refresh()
    return catalog

async def look(_):
    return HostState((), ImageStatus(True, paths.images, "there"))

app = RollcageApp(paths, settings, open_engine=open_engine, open_catalog=open_catalog, look_at_host=look)
sys.exit(app.run() or app.return_code or 0)
"""
SHELL = "leaves and ends it"
DETACH = b"\x1d"


@pytest.fixture
def person() -> Iterator[Person]:
    with Person(30, 110) as person:
        yield person


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}


def test_the_application_lends_its_terminal_and_comes_back(tmp_path: Path, person: Person) -> None:
    with person.starts([sys.executable, "-c", PROGRAM, str(tmp_path)], environment(), tmp_path) as app:
        person.wait_for("idle.*Help")
        person.type("!")
        lent = person.wait_for(SHELL)
        assert lent.rindex(b"\x1b[?1049l") < lent.index(SHELL.encode())
        person.type("echo kept > file; echo $((6 * 7))\n")
        quiet = person.wait_for("42\r?\n")
        quiet += person.look(0.6)  # longer than the clocks of the application take to draw
        assert b"\x1b[" not in quiet, "the application draws over the shell"
        person.type(DETACH)
        back = person.wait_for("z undoes what was done")
        assert b"\x1b[?1049h" in back
        assert b"shell" in back
        person.type(b"\x11")  # ctrl+q
        assert person.see_out(app) == 0
    assert person.is_as_before
    assert (next((tmp_path / "data" / "fake" / "snapshots").glob("*/files/file"))).read_text() == "kept\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_shell_keeps_what_was_done_and_leaves(
    tmp_path: Path, person: Person, number: signal.Signals
) -> None:
    with person.starts([sys.executable, "-c", PROGRAM, str(tmp_path)], environment(), tmp_path) as app:
        person.wait_for("idle.*Help")
        person.type("!")
        person.wait_for(SHELL)
        person.type("echo kept > file; echo $((6 * 7))\n")
        person.wait_for("42\r?\n")
        app.send_signal(number)
        assert person.see_out(app) == 128 + number
    assert person.is_as_before
    assert list((tmp_path / "data" / "fake" / "snapshots").glob("*/files/file"))


async def test_where_the_terminal_cannot_be_lent_the_command_is_named_and_nothing_runs(app: RollcageApp) -> None:
    async with app.run_test(size=(110, 30)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: list(app._notifications))
        assert "rollcage shell -s default" in next(iter(app._notifications)).message
        assert app.workspace.running is None


def test_a_window_that_is_closed_keeps_what_was_done_and_leaves_no_process(tmp_path: Path, person: Person) -> None:
    with person.starts([sys.executable, "-c", PROGRAM, str(tmp_path)], environment(), tmp_path) as app:
        person.wait_for("idle.*Help")
        person.type("!")
        person.wait_for(SHELL)
        person.type("echo kept > file; echo $((6 * 7))\n")
        person.wait_for("42\r?\n")
        person.leave()
        assert app.wait(30) == 128 + signal.SIGHUP
    assert list((tmp_path / "data" / "fake" / "snapshots").glob("*/files/file"))


def test_what_is_typed_before_the_shell_is_there_does_nothing_behind_it(tmp_path: Path, person: Person) -> None:
    with person.starts([sys.executable, "-c", PROGRAM, str(tmp_path)], environment(), tmp_path) as app:
        person.wait_for("idle.*Help")
        person.type("!echo 2S")
        person.wait_for(SHELL)
        person.type(DETACH)
        person.wait_for("z undoes what was done")
        for opened in (b"Code in session", b"Timeline \xc2\xb7", b"Switch to a session"):
            assert opened not in person.seen
        person.type(b"\x11")  # ctrl+q
        assert person.see_out(app) == 0


class SlowRun:
    """A run whose shell is not there before it is cancelled."""

    session = "default"

    def __init__(self) -> None:
        self.terminal, self._over = self, asyncio.Event()

    async def opened(self) -> bool:
        await self._over.wait()
        return False

    def hang_up(self) -> None:
        self._over.set()

    async def cancel(self) -> None:
        self._over.set()

    async def result(self) -> object:
        await self._over.wait()
        return SimpleNamespace(state=RunState.CANCELLED)


async def test_escape_cancels_a_shell_that_is_being_opened(app: RollcageApp, monkeypatch: pytest.MonkeyPatch) -> None:
    run = SlowRun()
    monkeypatch.setattr(shell, "_can_make_room", lambda app: True)
    monkeypatch.setattr(shell.Device, "open", lambda: SimpleNamespace(size=(30, 110), close=lambda: None))
    monkeypatch.setattr(app.workspace, "start", lambda request: run)
    monkeypatch.setattr(app.workspace, "result", lambda run: run.result())
    async with app.run_test(size=(110, 30)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        await pilot.press("exclamation_mark", "e", "z")
        assert isinstance(app.screen, OpeningShell)
        await until(pilot, lambda: app.screen.run_opened is run)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.run_area)
        assert run._over.is_set()
