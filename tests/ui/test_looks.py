"""Pictures of the application. `pytest --snapshot-update` takes them anew; look at them before committing them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.support.pilots import until
from tests.support.scripted_engine import START, ScriptedEngine
from tests.ui.test_rolling_back import request
from tui.machines.kinds import Stream
from tui.ui import describe, session_state
from tui.ui.app import RollcageApp
from tui.ui.screens.run import RunArea
from tui.ui.widgets.details import Details
from tui.ui.widgets.risk_pane import RiskPane
from tui.ui.widgets.session_tree import SessionTree

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40), (200, 50)]


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch, engine: ScriptedEngine) -> None:
    """Ids and ages are the same in every picture."""
    from tests.support import scripted_engine

    made = 0

    def next_id() -> str:
        nonlocal made
        made += 1
        return f"01KE00000000000000000{made:05}"

    now = START + timedelta(minutes=5)
    monkeypatch.setattr(scripted_engine, "new_id", next_id)
    real_age = describe.age
    monkeypatch.setattr(session_state, "age", lambda moment: real_age(moment, now))
    monkeypatch.setattr(SessionTree, "clock", lambda self: now)
    monkeypatch.setattr(RollcageApp, "notify", lambda self, *_, **__: None)


def is_assessed(screen: RunArea) -> bool:
    pane = screen.query_one(RiskPane)
    return not pane.has_class("-stale")


def showing(app: RollcageApp, then: Callable[[Pilot[int], RunArea], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def before(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: app.engine is not None and app.catalog is not None)
        screen = app.screen
        assert isinstance(screen, RunArea)
        await until(pilot, lambda: screen.query_one(Details).entry is not None)
        await until(pilot, lambda: is_assessed(screen))
        await then(pilot, screen)
        await until(pilot, lambda: is_assessed(screen))
        await pilot.pause()
        screen.query_one("#status").refresh()
        await pilot.pause()

    return before


async def form(pilot: Pilot[int], screen: RunArea) -> None:
    screen.open_command("deploy")
    await until(pilot, lambda: screen.query_one(Details).form.has_focus_within)  # which it gives itself
    await until(pilot, lambda: "assessed once" in str(screen.query_one("#risk-line", Static).content))
    await pilot.pause()


def history(engine: ScriptedEngine) -> Callable[[Pilot[int], RunArea], Awaitable[None]]:
    async def then(pilot: Pilot[int], screen: RunArea) -> None:
        await form(pilot, screen)
        engine.run(request("backup")).end()
        engine.run(request("check")).end(3)
        await engine.snapshot("default", "before upgrade")
        engine.run(request("hello")).end()
        await engine.rollback("default", engine.store.run_records[engine.started[0].id].after_id or "")
        run = engine.run(request("deploy"))
        for host in range(6):
            run.output(f"\x1b[32mINFO\x1b[0m host-{host} release \x1b[1mv7\x1b[0m rolled out\n".encode())
        run.output(b"host-6 answered slowly\n", Stream.STDERR)
        run.output(b"invoice\xe2\x80\xaefdp.exe \x1b]0;evil\x07\n")
        run.end()
        tree = screen.query_one(SessionTree)
        await until(pilot, lambda: len(tree.rows) == 6 and tree.rows[0].is_head)
        await until(pilot, lambda: screen.query_one("#output").has_focus)  # type: ignore[union-attr]

    return then


def test_a_command_and_its_form(snap_compare: Compare, app: RollcageApp) -> None:
    assert snap_compare(app, terminal_size=(80, 24), run_before=showing(app, form))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_output_and_history(
    snap_compare: Compare, app: RollcageApp, engine: ScriptedEngine, size: tuple[int, int]
) -> None:
    assert snap_compare(app, terminal_size=size, run_before=showing(app, history(engine)))


@pytest.mark.parametrize("theme", ["rollcage-light", "ansi"])
def test_other_themes(
    snap_compare: Compare, make_app: Callable[..., RollcageApp], engine: ScriptedEngine, theme: str
) -> None:
    app = make_app(theme)
    assert snap_compare(app, terminal_size=(120, 30), run_before=showing(app, history(engine)))


def test_without_colour(
    snap_compare: Compare,
    make_app: Callable[..., RollcageApp],
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app()
    assert snap_compare(app, terminal_size=(120, 30), run_before=showing(app, history(engine)))


def test_the_question_before_a_rollback(snap_compare: Compare, app: RollcageApp, engine: ScriptedEngine) -> None:
    async def then(pilot: Pilot[int], screen: RunArea) -> None:
        await history(engine)(pilot, screen)
        await pilot.press("right_square_bracket", "G", "b")
        await until(pilot, lambda: app.screen is not screen)

    assert snap_compare(app, terminal_size=(80, 24), run_before=showing(app, then))
