"""The Pool area: what it shows, what its keys do, and that it costs nothing while nobody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Button, Static

from tests.support.pilots import until
from tests.ui.fleet import NOW, READY, STANDBY, TEMPLATE, WARMING, FleetEngine, machine, of_session
from tui.errors import RollcageError
from tui.machines.inventory import TemplateInfo
from tui.machines.model import PROFILES
from tui.pool.measurements import Sample
from tui.runs.fleet import MachineInfo, MachineState
from tui.ui.app import RollcageApp
from tui.ui.pool.words import count_words
from tui.ui.screens.confirm import Confirm
from tui.ui.screens.pool import PoolArea
from tui.ui.widgets.facts import Facts, plain
from tui.ui.widgets.machine_details import MachineDetails
from tui.ui.widgets.machine_list import MachineList, columns, heading
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.times_chart import TimesChart, bars

MakeApp = Callable[..., RollcageApp]


@pytest.fixture
def engine() -> FleetEngine:
    return FleetEngine()


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PoolArea, "clock", lambda self: NOW)


@asynccontextmanager
async def pool(app: RollcageApp, size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Pilot[int], PoolArea]]:
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.engine is not None)
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, PoolArea) and app.screen.query(MachineList))
        screen = app.screen
        assert isinstance(screen, PoolArea)
        await until(pilot, lambda: screen.query_one(MachineList).machines)
        yield pilot, screen


def rows(screen: PoolArea) -> list[str]:
    machines = screen.query_one(MachineList)
    return ["".join(text for text, _ in machines.row_parts(row)[0]) for row in range(machines.row_count())]


def facts(screen: PoolArea, box: str) -> str:
    return plain(screen.query_one(box, Facts).facts)


def text(screen: PoolArea, box: str) -> str:
    content = screen.query_one(box, Static).content
    return content.plain if isinstance(content, Content) else str(content)


def toasts(app: RollcageApp) -> list[str]:
    return [str(each.message) for each in app._notifications]


def chart(screen: PoolArea) -> list[str]:
    widget = screen.query_one(TimesChart)
    return [widget.render_line(y).text for y in range(widget.size.height)]


# --- what is shown -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=str)
async def test_every_machine_has_a_line_with_its_state_in_words(app: RollcageApp, size: tuple[int, int]):
    async with pool(app, size) as (_, screen):
        leased, ready, standby, warming = rows(screen)
        assert leased.split()[:5] == ["◆", "leased", "00ses1", "minimal", "demo"]
        assert "11m" in leased
        assert " 3 " in leased
        assert "121 MiB" in leased
        assert "cloned 40 ms" in leased
        assert ready.split()[:4] == ["●", "ready", "0rdy01", "minimal"]
        assert standby.split()[1] == "standby"
        assert "restored 36 ms" in standby
        assert warming.split()[1] == "warming"
        assert "MiB" not in warming
        assert " – " in warming
        width = screen.query_one(MachineList).scrollable_content_region.width
        assert all(len(row) <= width for row in rows(screen))
        assert text(screen, "#machine-columns").split()[:3] == ["state", "id", "profile"]


async def test_claims_clones_and_rollbacks_are_bars_with_figures(app: RollcageApp):
    async with pool(app) as (_, screen):
        heading, claim, clone, restore, rollback, boot = chart(screen)
        assert heading.split()[-4:] == ["count", "least", "median", "most"]
        assert claim.split() == ["claim", "▁▆▁▁▁█▁", "7", "0.3", "ms", "0.4", "ms", "44", "ms"]
        assert clone.split()[2:] == ["4", "30", "ms", "39", "ms", "43", "ms"]
        assert restore.split() == ["restore", "none", "yet"]
        assert rollback.split()[2:] == ["3", "14", "ms", "16", "ms", "21", "ms"]
        assert boot.split()[2:] == ["1", "2.4", "s", "2.4", "s", "2.4", "s"]


async def test_hits_and_the_pools_bounds_are_told(app: RollcageApp):
    async with pool(app) as (_, screen):
        told = text(screen, "#pool-status")
        assert "waiting 1  (1 to 2 are kept)" in told
        assert "asked   10 times  8 had one at once  ████████░░ 80%" in told
        assert "in use  1 by sessions  memory of those waiting 256 of at most 2048 MiB" in told


async def test_machines_of_another_rollcage_are_listed_and_left_to_it(app: RollcageApp, engine: FleetEngine):
    engine.fleet.clear()
    engine.others.append(MachineInfo("4711", MachineState.ELSEWHERE, None, 4711, owner_pid=815))
    async with pool(app) as (pilot, screen):
        assert any("○ other" in row and "process 815" in row for row in rows(screen))
        assert "another Rollcage, process 815" in screen.why_not("discard")
        assert "belongs\tto process 815" in facts(screen, "#machine-facts")
        await pilot.press("x")
        assert engine.asked == []
        assert count_words(engine.others) == "0 machines · 1 of another Rollcage"


async def test_a_pool_that_served_nobody_has_no_ratio(app: RollcageApp, engine: FleetEngine):
    engine.status = replace(engine.status, hits=0, misses=0, failures=2, error="no \x1b[31mQEMU")
    async with pool(app) as (_, screen):
        assert "asked   not yet" in text(screen, "#pool-status")
        assert "✗ 2 could not be made, or died waiting: no ␛[31mQEMU" in text(screen, "#pool-status")


async def test_all_that_is_known_of_a_machine_is_told(app: RollcageApp):
    async with pool(app, (200, 50)) as (_, screen):
        told = facts(screen, "#machine-facts")
        assert "state\t◆ leased" in told
        assert "session\tdemo" in told
        assert "made\tcloned in 40 ms, warmed in 436 ms" in told
        assert "claimed\tin 0.4 ms: a machine that waited" in told
        assert "uses\t3 runs" in told
        assert "121 MiB, shared pages divided (PSS); 190 MiB in all (RSS)" in told
        assert "process\t4242" in told


async def test_what_is_not_known_is_not_made_up(app: RollcageApp, engine: FleetEngine):
    engine.fleet = [replace(of_session(), memory=None, birth=None, claim_ms=None)]
    async with pool(app, (200, 50)) as (_, screen):
        told = facts(screen, "#machine-facts")
        assert "memory\tnot known" in told
        assert "made" not in told
        assert "claimed" not in told
        assert "0 B" not in rows(screen)[0]


async def test_capabilities_are_told_with_the_reason_where_one_lacks(app: RollcageApp):
    async with pool(app, (200, 50)) as (pilot, screen):
        await until(pilot, lambda: "✓" in facts(screen, "#backend-facts"))
        told = facts(screen, "#backend-facts")
        assert "✓ memory-snapshots" in told
        assert "✗ network: the kernel of this host has no user namespaces" in told
        assert "/dev/kvm is not there" in told


async def test_templates_are_told_with_who_uses_them(app: RollcageApp):
    async with pool(app, (200, 50)) as (_, screen):
        told = facts(screen, "#template-facts")
        assert "43017c93\t256M·1cpu tcg · 141 MiB · booted in 2.4 s" in told
        assert "built 3h ago · in use by 2 machines, 8 snapshots" in told


async def test_a_template_that_nothing_comes_from_any_more_says_so(
    app: RollcageApp, engine: FleetEngine, monkeypatch: pytest.MonkeyPatch
):
    async def found() -> tuple[TemplateInfo, ...]:
        return replace(TEMPLATE, id="a" * 32, fits=True), replace(TEMPLATE, id="b" * 32, fits=False)

    monkeypatch.setattr(engine, "templates", found)
    async with pool(app, (200, 50)) as (_, screen):
        fits, stale = facts(screen, "#template-facts").split("bbbbbbbb")
        assert "nothing is cloned from it" not in fits
        assert "! of another image, QEMU or accelerator: nothing is cloned from it" in stale


async def test_a_log_reaches_the_screen_without_its_control_sequences(app: RollcageApp, engine: FleetEngine):
    engine.logs[engine.fleet[0].id] = "booting\r\n\x1b]52;c;cm0=\x07\x1b[2J[b]panic \u202egnp\n\n"
    async with pool(app) as (pilot, screen):
        await pilot.press("l")
        await until(pilot, lambda: "panic" in text(screen, "#machine-log"))
        told = text(screen, "#machine-log")
        assert "[b]panic" in told  # no markup
        assert "\x1b" not in told
        assert "\u202e" not in told
        assert told.splitlines()[1] == "booting"
        assert isinstance(app.focused, MachineDetails)
        assert screen.query_one("#pane-machine", Pane).display


async def test_the_end_of_a_long_log_stays_in_sight_while_it_grows(app: RollcageApp, engine: FleetEngine):
    machine_id = engine.fleet[0].id
    engine.logs[machine_id] = "".join(f"line {number}\n" for number in range(500))
    async with pool(app) as (pilot, screen):
        details = screen.query_one(MachineDetails)
        await pilot.press("l")
        await until(pilot, lambda: details.max_scroll_y > 100 and details.scroll_offset.y == details.max_scroll_y)
        assert text(screen, "#machine-log").endswith("line 499")
        engine.logs[machine_id] += "one more\n"
        screen.look()
        await until(pilot, lambda: "one more" in text(screen, "#machine-log"))
        await until(pilot, lambda: details.scroll_offset.y == details.max_scroll_y)
        await pilot.press("escape", "j")
        await until(pilot, lambda: details.scroll_offset.y == 0)


async def test_a_machine_that_printed_nothing_says_so(app: RollcageApp):
    async with pool(app) as (pilot, screen):
        await pilot.press("enter")
        await until(pilot, lambda: "nothing was printed" in text(screen, "#machine-log"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.focused, MachineList))


async def test_the_cursor_stays_on_its_machine(app: RollcageApp, engine: FleetEngine):
    async with pool(app) as (pilot, screen):
        await pilot.press("j")
        assert screen.machine == READY
        engine.fleet = [machine("new01", MachineState.READY), *engine.fleet[1:]]
        engine.fleet.insert(0, of_session("ses2"))
        engine.tell()
        await until(pilot, lambda: len(screen.query_one(MachineList).machines) == 5)
        assert screen.machine == READY
        engine.fleet.remove(READY)
        engine.tell()
        await until(pilot, lambda: len(screen.query_one(MachineList).machines) == 4)
        assert screen.machine is not None


async def test_without_machines_there_is_nothing_to_choose(app: RollcageApp, engine: FleetEngine):
    async with pool(app) as (pilot, screen):
        engine.fleet = []
        engine.tell()
        await until(pilot, lambda: not screen.query_one(MachineList).machines)
        await pilot.press("r", "x", "l")
        await until(pilot, lambda: any("There is no machine" in each for each in toasts(app)))
        assert engine.asked == []


# --- panes ---------------------------------------------------------------------------------------------------------


def shown(screen: PoolArea) -> set[str]:
    return {str(pane.id) for pane in screen.query(Pane) if pane.display and pane.size.height > 2}


@pytest.mark.parametrize(
    ("size", "first", "second"),
    [
        ((80, 24), {"pane-machines", "pane-pool"}, {"pane-machines", "pane-backend"}),
        ((120, 40), {"pane-machines", "pane-pool", "pane-machine"}, {"pane-machines", "pane-pool", "pane-backend"}),
        ((200, 50), None, None),
    ],
    ids=["80x24", "120x40", "200x50"],
)
async def test_as_many_panes_are_shown_as_there_is_room_for(
    app: RollcageApp, size: tuple[int, int], first: set[str] | None, second: set[str] | None
):
    every = {f"pane-{name}" for name in ("machines", "pool", "machine", "templates", "backend")}
    async with pool(app, size) as (pilot, screen):
        await until(pilot, lambda: shown(screen) == (first or every))
        screen.action_next_pane(-1)
        await until(pilot, lambda: shown(screen) == (second or every))
        await until(pilot, lambda: screen.query_one("#pane-backend").has_focus_within)
        screen.action_next_pane(1)
        await until(pilot, lambda: isinstance(app.focused, MachineList))


# --- acting --------------------------------------------------------------------------------------------------------


async def test_the_pool_is_drained_and_resumed_with_one_key(app: RollcageApp, engine: FleetEngine):
    async with pool(app) as (pilot, screen):
        await pilot.press("d")
        await until(pilot, lambda: "drained" in text(screen, "#pool-status"))
        assert "drained" in str(screen.query_one("#pane-machines", Pane).border_subtitle)
        assert any("1 waiting machine discarded" in each for each in toasts(app))
        await pilot.press("d")
        await until(pilot, lambda: "drained" not in text(screen, "#pool-status"))
        assert engine.asked == [("drain", ""), ("resume", "")]


@pytest.mark.parametrize(("key", "what"), [("r", "restart"), ("x", "discard")])
@pytest.mark.parametrize("gone", [READY, STANDBY], ids=["ready", "standby"])
async def test_a_machine_without_a_session_goes_at_once(
    app: RollcageApp, engine: FleetEngine, key: str, what: str, gone: object
):
    engine.fleet = [gone, of_session()]  # type: ignore[list-item]
    async with pool(app) as (pilot, screen):
        await pilot.press(key)
        await until(pilot, lambda: len(screen.query_one(MachineList).machines) == 1)
        assert engine.asked == [(what, gone.id)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("key", "what"), [("r", "restart"), ("x", "discard")])
async def test_a_sessions_machine_goes_only_after_a_question(
    app: RollcageApp, engine: FleetEngine, key: str, what: str
):
    leased = engine.fleet[0]
    async with pool(app) as (pilot, screen):
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Confirm) and isinstance(app.focused, Button))
        dialog = app.screen
        assert isinstance(dialog, Confirm)
        assert "session demo" in dialog.body.plain
        assert "Nothing is lost." in dialog.body.plain
        assert "snapshot snap7a" in dialog.body.plain
        await pilot.press("enter")  # the safe choice has the focus
        await until(pilot, lambda: app.screen is screen)
        assert engine.asked == []
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Confirm) and isinstance(app.focused, Button))
        await pilot.press("right", "enter")
        await until(pilot, lambda: engine.asked == [(what, leased.id)])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unsaved": True}, "is captured first"),
        ({"spec": replace(PROFILES["minimal"], network=True)}, "connections that are open"),
        ({"state": MachineState.LOST, "unsaved": True}, "what came after it is lost already"),
        ({"state": MachineState.LOST, "snapshot_id": None}, "nothing of it was kept"),
    ],
    ids=["unsaved", "network", "lost", "lost-all"],
)
async def test_the_question_names_what_is_lost(
    app: RollcageApp, engine: FleetEngine, changes: dict[str, object], said: str
):
    engine.fleet = [of_session(**changes)]
    async with pool(app) as (pilot, _):
        for key in ("r", "x"):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, Confirm) and isinstance(app.focused, Button))
            assert isinstance(app.screen, Confirm)
            assert said in app.screen.body.plain
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, PoolArea) and app.screen.is_mounted)


@pytest.mark.parametrize(
    ("busy", "reason"),
    [
        (of_session(state=MachineState.RUNNING), "A run executes in session demo"),
        (WARMING, "It is still being made."),
        (machine("gone1", MachineState.DRAINING), "It is being discarded already."),
    ],
    ids=["running", "warming", "draining"],
)
async def test_a_key_that_can_do_nothing_says_why(app: RollcageApp, engine: FleetEngine, busy: object, reason: str):
    engine.fleet = [busy]  # type: ignore[list-item]
    async with pool(app) as (pilot, _):
        await pilot.press("r", "x")
        await until(pilot, lambda: any(reason in each for each in toasts(app)))
        assert engine.asked == []


async def test_what_goes_wrong_is_told_and_harms_nothing(
    app: RollcageApp, engine: FleetEngine, monkeypatch: pytest.MonkeyPatch
):
    async def fails(_: str) -> None:
        raise RollcageError("no room on the disk", hint="free some")

    monkeypatch.setattr(engine, "restart_machine", fails)
    engine.fleet = [READY]
    async with pool(app) as (pilot, screen):
        await pilot.press("r")
        await until(pilot, lambda: any("no room on the disk" in each for each in toasts(app)))
        assert screen.machine == READY


# --- looking -------------------------------------------------------------------------------------------------------


async def test_nothing_is_looked_at_while_another_area_is_in_sight(app: RollcageApp, engine: FleetEngine):
    async with pool(app) as (pilot, screen):
        await pilot.press("1")
        await until(pilot, lambda: app.screen is not screen)
        looks = engine.looks
        assert screen._timer is not None
        assert not screen._timer._active.is_set()
        engine.tell()
        screen.look()
        await pilot.pause()
        assert engine.looks == looks
        await pilot.press("4")
        await until(pilot, lambda: engine.looks > looks)


async def test_a_slow_look_is_not_overtaken_by_others(app: RollcageApp, engine: FleetEngine):
    async with pool(app) as (pilot, screen):
        await until(pilot, lambda: not screen._looking)
        engine.gate = asyncio.Event()
        looks = engine.looks
        for _ in range(10):
            screen.look()
        await until(pilot, lambda: engine.looks == looks + 1)
        await pilot.pause()
        assert engine.looks == looks + 1
        engine.gate.set()
        engine.gate = None
        await until(pilot, lambda: engine.looks == looks + 2 and not screen._looking)


async def test_a_look_that_fails_is_told_once_and_does_not_end_looking(
    app: RollcageApp, engine: FleetEngine, monkeypatch: pytest.MonkeyPatch
):
    async with pool(app) as (pilot, screen):
        await until(pilot, lambda: not screen._looking)
        with monkeypatch.context() as patch:
            patch.setattr(engine, "pool_status", lambda: 1 / 0)
            for _ in range(3):
                looks = engine.looks
                screen.look()
                await until(pilot, lambda looks=looks: engine.looks > looks and not screen._looking)
            await until(pilot, lambda: any("ZeroDivisionError" in each for each in toasts(app)))
            assert len(toasts(app)) == 1
        looks = engine.looks
        screen.look()
        await until(pilot, lambda: engine.looks > looks and not screen._looking)
        assert screen._problem == ""


# --- bars ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1e6), max_size=50), st.integers(-3, 40))
def test_bars_show_the_newest_samples_up_to_the_longest_of_them(values: list[float], width: int) -> None:
    samples = [Sample(NOW, value) for value in values]
    drawn = bars(samples, width)
    shown = values[-width:] if width > 0 else []
    assert len(drawn) == len(shown)
    if any(shown):
        assert drawn[shown.index(max(shown))] == "█"
    ordered = sorted(zip(shown, drawn, strict=True))
    assert [bar for _, bar in ordered] == sorted(drawn)


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 200])
def test_columns_fit_and_stand_below_their_names(width: int) -> None:
    assert 1 + sum(cells for _, cells in columns(width)) <= max(width, 78)
    at = 1
    for name, cells in columns(width):
        assert heading(width)[at : at + len(name)] == name
        at += cells
