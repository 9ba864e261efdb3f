"""Moving about: panes, letters to jump to, pages, the mouse, and what the line at the foot offers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.events import MouseScrollDown
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.pilots import until
from tests.support.scripted_engine import ScriptedEngine
from tui.config import Settings
from tui.paths import Paths
from tui.ui import app as app_module
from tui.ui.app import RollcageApp, run_app
from tui.ui.output.view import OutputView
from tui.ui.screens.jump import Jump
from tui.ui.themed_app import token_defaults
from tui.ui.widgets.definition_list import DefinitionList
from tui.ui.widgets.details import Details
from tui.ui.widgets.key_bar import KeyBar
from tui.ui.widgets.line_input import LineInput
from tui.ui.widgets.pane import Pane
from tui.ui.widgets.session_tree import SessionTree
from tui.ui.widgets.status_bar import StatusBar
from tui.ui.widgets.virtual_list import Part, VirtualList

AREAS = ["run", "timeline", "audit", "pool", "scenarios"]


async def ready(pilot: Pilot[int], app: RollcageApp) -> None:
    await until(pilot, lambda: app.engine is not None and app.run_area.query_one(DefinitionList).shown)


def line(app: RollcageApp) -> str:
    """Return the line at the foot as it is drawn."""
    bar = app.screen.query_one(KeyBar)
    return bar.render_line(0).text


# --- panes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("area", AREAS)
async def test_brackets_go_through_the_panes_of_every_area_and_back(app: RollcageApp, area: str) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot, app)
        app.action_area(area)
        await until(pilot, lambda: app.screen.focused is not None)
        panes = [pane for pane in app.screen.query(Pane) if pane.display and pane.region.area]

        def here() -> str | None:
            return next((pane.id for pane in app.screen.query(Pane) if pane.has_focus_within), None)

        start, seen = here(), []
        for _ in panes:
            before = here()
            await pilot.press("right_square_bracket")
            if len(panes) > 1:
                await until(pilot, lambda before=before: here() not in (None, before))
            seen.append(here())
        assert len(set(seen)) == len(seen)
        assert seen[-1] == start
        if len(panes) > 1:
            await pilot.press("left_square_bracket")
            await until(pilot, lambda: here() == seen[-2])


@pytest.mark.parametrize("area", AREAS)
async def test_m_gives_a_pane_of_any_area_all_the_room(app: RollcageApp, area: str) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        app.action_area(area)
        await until(pilot, lambda: app.screen.focused is not None)
        await pilot.press("m")
        await until(pilot, lambda: app.screen.has_class("-zoom"))
        zoomed = [pane for pane in app.screen.query(Pane) if pane.has_class("-zoomed")]
        assert len(zoomed) == 1
        await until(pilot, lambda: zoomed[0].region.width == 120)
        await pilot.press("m")
        await until(pilot, lambda: not app.screen.has_class("-zoom"))


# --- letters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["o", "ctrl+o"])
async def test_a_letter_goes_where_it_stands(app: RollcageApp, key: str) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot, app)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Jump))
        jump = app.screen
        assert isinstance(jump, Jump)
        letter = next(letter for letter, widget in jump.targets.items() if isinstance(widget, SessionTree))
        label = jump.query_one(f"#jump-{letter}")
        assert label.region.offset == app.run_area.query_one(SessionTree).region.offset
        await pilot.press(letter)
        await until(pilot, lambda: isinstance(app.focused, SessionTree))


async def test_every_part_in_sight_has_a_letter_and_nothing_else(app: RollcageApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        jump = app.screen
        assert isinstance(jump, Jump)
        kinds = {type(widget) for widget in jump.targets.values()}
        assert {DefinitionList, Details, LineInput} <= kinds
        assert not {SessionTree, OutputView} & kinds


async def test_escape_and_other_keys_jump_nowhere(app: RollcageApp, engine: ScriptedEngine) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        before = app.focused
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        await pilot.press("1", "ctrl+r", "Z")
        assert isinstance(app.screen, Jump)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.run_area)
        assert app.focused is before
        assert not engine.started


async def test_o_is_a_letter_in_a_text_field(app: RollcageApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", "o")
        assert app.run_area.query_one("#filter", Input).value == "o"


# --- pages -------------------------------------------------------------------------------------------------------


class Numbers(VirtualList):
    """A hundred rows; every tenth is a heading."""

    def row_count(self) -> int:
        return 100

    def can_choose(self, row: int) -> bool:
        return row % 10 != 0

    def row_parts(self, row: int) -> tuple[list[Part], list[Part]]:
        return [(f" {row}", self.look("muted"))], []


class NumbersApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Numbers()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return token_defaults(self.current_theme)

    def on_mount(self) -> None:
        self.query_one(Numbers).rows_changed(0)


async def test_lists_move_by_pages_and_halves() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 21)) as pilot:
        numbers = app.query_one(Numbers)
        numbers.focus()
        await pilot.press("ctrl+d")
        assert numbers.cursor == 11
        await pilot.press("ctrl+f")
        assert numbers.cursor == 31
        await pilot.press("pagedown")
        assert numbers.cursor == 51
        await pilot.press("ctrl+b", "pageup")
        assert numbers.cursor == 11
        await pilot.press("ctrl+u")
        assert numbers.cursor == 1
        await pilot.press("ctrl+u", "ctrl+b")
        assert numbers.cursor == 1
        await pilot.press(*["ctrl+f"] * 8)
        assert numbers.cursor == 99


async def test_the_description_of_a_command_scrolls_like_vim(app: RollcageApp, commands: Path) -> None:
    long = "\n\n".join(f"Paragraph {number}." for number in range(60))
    (commands / "long.md").write_text(f"---\nname: aaa\ndescription: Long\n---\n{long}\n\n```bash\ntrue\n```\n")
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot, app)
        app.open_command("aaa")
        details = app.run_area.query_one(Details)
        await until(pilot, lambda: details.max_scroll_y > 30)
        details.focus()
        await pilot.press("j", "j")
        await until(pilot, lambda: details.scroll_y == 2)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: details.scroll_y > 4)
        await pilot.press("G")
        await until(pilot, lambda: details.scroll_y == details.max_scroll_y)
        await pilot.press("g")
        await until(pilot, lambda: details.scroll_y == 0)


async def test_l_and_h_go_to_the_panes_beside(app: RollcageApp) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot, app)
        await pilot.press("l")
        await until(pilot, lambda: app.run_area.query_one("#pane-details").has_focus_within)
        app.run_area.query_one(SessionTree).focus()
        await pilot.press("h")
        await until(pilot, lambda: app.run_area.query_one("#pane-output").has_focus_within)


# --- the mouse ---------------------------------------------------------------------------------------------------


async def test_a_click_focuses_and_chooses_and_a_second_one_opens(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        app.run_area.query_one(SessionTree).focus()
        commands = app.run_area.query_one(DefinitionList)
        row = commands.row_count() - 1
        await pilot.click(DefinitionList, offset=(4, row))
        await until(pilot, lambda: app.focused is commands and commands.cursor == row)
        await pilot.click(DefinitionList, offset=(4, row), times=2)
        await until(pilot, lambda: app.run_area.query_one("#pane-details").has_focus_within)


async def test_the_areas_at_the_top_can_be_clicked(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        column = app.screen.query_one(StatusBar).render_line(0).text.index("Audit")
        await pilot.click(StatusBar, offset=(column, 0))
        await until(pilot, lambda: app.current_mode == "audit")


async def test_a_key_at_the_foot_can_be_clicked(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.click(KeyBar, offset=(line(app).index("Cancel"), 0))
        await until(pilot, lambda: any("Nothing is running" in each.message for each in app._notifications))
        await pilot.click(KeyBar, offset=(line(app).index("Open"), 0))
        await until(pilot, lambda: app.run_area.query_one("#pane-details").has_focus_within)


@pytest.mark.parametrize("mouse", [True, False])
def test_the_settings_say_whether_the_mouse_is_taken(
    monkeypatch: pytest.MonkeyPatch, paths: Paths, mouse: bool
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(app_module.RollcageApp, "run", lambda self, **options: asked.append(options["mouse"]))
    run_app(paths, replace(Settings(), mouse=mouse))
    assert asked == [mouse]


# --- the line at the foot ----------------------------------------------------------------------------------------


async def test_the_foot_says_first_what_the_focused_part_does(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: line(app).startswith("enter Open"))
        app.run_area.query_one(SessionTree).focus()
        await until(pilot, lambda: line(app).startswith("b Roll back"))
        assert line(app).rstrip().endswith("? Help")


@pytest.mark.parametrize("width", [60, 64, 72, 80, 100, 200])
async def test_no_key_at_the_foot_is_cut(app: RollcageApp, width: int) -> None:
    async with app.run_test(size=(width, 24)) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: "Help" in line(app))
        bar = app.screen.query_one(KeyBar)
        assert len(line(app)) == width
        whole = {f"{item.key} {item.label}" for item in bar.items}
        shown = [part for part in line(app).split("  ") if part.strip()]
        assert {part.strip() for part in shown} <= whole
        assert "^p Palette" in line(app)


async def test_where_there_is_little_room_what_can_be_done_stays(app: RollcageApp) -> None:
    async with app.run_test(size=(64, 24)) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: "Help" in line(app))
        assert "Cancel" not in line(app)
        assert "^r Run" in line(app)


async def test_in_a_text_field_only_keys_are_offered_that_work_there(app: RollcageApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: "e Code" in line(app))
        await pilot.press("slash")
        await until(pilot, lambda: "e Code" not in line(app))
        assert "^r Run" in line(app)
        assert "Cancel" not in line(app)  # there, ^x cuts text
        assert "? Help" not in line(app).replace("f1 Help", "")


async def test_a_letter_can_be_clicked_and_a_click_elsewhere_leaves(app: RollcageApp) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot, app)
        before = app.focused
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Jump))
        await pilot.click(offset=Offset(159, 20))
        await until(pilot, lambda: app.screen is app.run_area)
        assert app.focused is before
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Jump) and app.screen.query("Static"))
        jump = app.screen
        assert isinstance(jump, Jump)
        letter = next(letter for letter, widget in jump.targets.items() if isinstance(widget, SessionTree))
        await pilot.pause()
        await pilot.click(f"#jump-{letter}")
        await until(pilot, lambda: isinstance(app.focused, SessionTree))


async def test_the_wheel_scrolls_a_list_and_leaves_its_cursor() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 21)) as pilot:
        numbers = app.query_one(Numbers)
        numbers.focus()
        await pilot._post_mouse_events([MouseScrollDown], Numbers, button=0)
        await until(pilot, lambda: numbers.scroll_y > 0)
        assert numbers.cursor == 1
