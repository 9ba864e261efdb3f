"""The first start, and everything that must not keep a person out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Button, Static

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tui.errors import HostNotReady
from tui.paths import Paths
from tui.themes.catalog import ThemeCatalog
from tui.themes.choice import DEFAULT_THEME
from tui.ui.app import RollcageApp
from tui.ui.kept_theme import keep_theme
from tui.ui.preparation import in_thread
from tui.ui.screens.area import SMALLEST
from tui.ui.screens.run import RunArea
from tui.ui.session_state import SessionState

if TYPE_CHECKING:
    from tui.runs.engine import Engine


async def test_a_terminal_that_is_too_small_says_what_is_needed(app: RollcageApp) -> None:
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        screen = app.screen_stack[0]
        note = screen.query_one("#too-small", Static)
        await until(pilot, lambda: note.display)
        assert f"{SMALLEST[0]}×{SMALLEST[1]}" in str(note.content)
        assert "40×10" in str(note.content)
        await pilot.resize_terminal(*SMALLEST)
        await until(pilot, lambda: not note.display)


@pytest.mark.parametrize(("width", "panes"), [(80, 2), (120, 3), (200, 4)])
async def test_as_many_panes_as_there_is_room_for(app: RollcageApp, width: int, panes: int) -> None:
    async with app.run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        screen = app.screen_stack[0]
        await until(pilot, lambda: sum(pane.display for pane in screen.query("Pane")) == panes)
        await pilot.press("m")
        await until(pilot, lambda: sum(pane.display for pane in screen.query("Pane")) == 1)


async def test_leaving_while_something_runs_asks_first_and_closes_the_engine(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    from tests.ui.test_rolling_back import request

    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        engine.run(request("slow"))
        await until(pilot, lambda: app.live.running() is not None)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.focused, Button) and app.focused.id == "keep")
        await pilot.press("right", "enter")
        await until(pilot, lambda: engine.closed)


async def test_an_error_in_a_thread_is_raised_where_it_is_awaited() -> None:
    def fail() -> None:
        raise HostNotReady("no space")

    with pytest.raises(HostNotReady, match="no space"):
        await in_thread(fail)
    assert await in_thread(lambda: 7) == 7


HEAVY = (
    "httpx", "watchfiles", "frontmatter", "numpy", "qemu", "jinja2", "sqlite3", "markdown_it", "pygments", "yaml",
    "tree_sitter", "ahocorasick", "coloraide", "zoneinfo", "textual.widgets._markdown", "textual.widgets._text_area",
    "tui.definitions.index", "tui.definitions.model", "tui.definitions.parsing", "tui.machines.model",
    "tui.store.model", "tui.store.store", "tui.runs.events", "tui.runs.engine",
    "tui.risk.model", "tui.hooks", "tui.policy", "tui.machines.qemu", "tui.ui.live", "tui.ui.screens.timeline",
    "tui.ui.screens.audit", "tui.ui.screens.pool", "tui.ui.screens.scenarios", "tui.ui.screens.code",
)  # fmt: skip
"""What takes long to import and shows nothing in the first frame."""


def imported_by(program: str, home: Path) -> list[str]:
    """Return what of the heavy a program has imported when it ends."""
    program = f"{program}\nimport sys; print('heavy', *[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env=os.environ | {"ROLLCAGE_HOME": str(home)},
    )  # fmt: skip
    return done.stdout.rpartition("heavy")[2].split()


def test_the_interface_is_there_without_anything_heavy(tmp_path: Path) -> None:
    assert imported_by("import tui.ui.app", tmp_path) == []
    assert imported_by("import tui.cli.main, tui.__main__", tmp_path) == []


FIRST_PAINT = """
import asyncio
from tui.config import load_settings
from tui.paths import Paths
from tui.ui.app import RollcageApp

paths = Paths.from_environment()
app = RollcageApp(paths, load_settings(paths))
shown = []

def painted():  # in the place of what comes after the first paint
    shown.extend(type(widget).__name__ for widget in app.screen.query("*") if widget.region)
    app.exit()

app._start = painted
asyncio.run(app.run_async(headless=True, size=(120, 40)))
assert {"StatusBar", "DefinitionList", "Details", "SessionTree", "KeyBar"} <= set(shown), shown
"""


def test_the_first_paint_needs_nothing_heavy_but_once_the_reader_of_its_theme(tmp_path: Path) -> None:
    assert imported_by(FIRST_PAINT, tmp_path) == ["frontmatter", "yaml"]
    paths = Paths.below(tmp_path)
    read = ThemeCatalog.standard(paths).index.find(DEFAULT_THEME)
    assert read.theme is not None
    keep_theme(read.theme, read.path, paths)
    assert imported_by(FIRST_PAINT, tmp_path) == []


@pytest.mark.parametrize(("arguments", "most"), [(["--version"], 3), ([], 17)])
def test_the_command_line_imports_only_what_it_needs(tmp_path: Path, arguments: list[str], most: int) -> None:
    program = (
        f"import sys\nsys.argv = ['rollcage', *{arguments!r}]\nfrom tui.__main__ import main\nmain()\n"
        "print('of ours', len([name for name in sys.modules if name.startswith('tui')]), 'textual' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
        env=os.environ | {"ROLLCAGE_HOME": str(tmp_path)},
    )  # fmt: skip
    count, textual = done.stdout.rpartition("of ours")[2].split()
    assert int(count) <= most
    assert textual == "False"


async def test_a_burst_of_events_reads_the_session_once(
    app: RollcageApp, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.ui.test_rolling_back import request

    loaded: list[str] = []
    load = SessionState.load

    async def counted(engine: Engine, name: str) -> SessionState:
        loaded.append(name)
        return await load(engine, name)

    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        await pilot.pause()
        monkeypatch.setattr(SessionState, "load", counted)
        engine.run(request("quick")).end()
        await until(pilot, lambda: app.workspace.state.runs and app.workspace.state.undo is not None)
        assert loaded == ["default"]


async def test_the_clock_of_a_run_stands_still_while_nothing_runs(app: RollcageApp, engine: ScriptedEngine) -> None:
    from tests.ui.test_rolling_back import request

    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        clock = app.run_area._elapsed
        assert clock is not None
        assert not clock._active.is_set()
        run = engine.run(request("slow"))
        await until(pilot, clock._active.is_set)
        await pilot.press("3")
        await until(pilot, lambda: not clock._active.is_set())
        await pilot.press("1")
        await until(pilot, clock._active.is_set)
        run.end()
        await until(pilot, lambda: not clock._active.is_set())


@pytest.mark.parametrize("name", ["ansi", "rollcage-light"])
async def test_a_run_is_readable_in_every_theme(
    make_app: Callable[..., RollcageApp], engine: ScriptedEngine, name: str
) -> None:
    from tests.ui.test_rolling_back import request

    app = make_app(name)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        run = engine.run(request("hello"))
        run.output(b"\x1b[31mred\x1b[0m\n")
        run.end()
        screen = app.screen
        assert isinstance(screen, RunArea)
        await until(pilot, lambda: str(screen.workspace.run_words()) == "✓ hello ok")
        app.export_screenshot()
