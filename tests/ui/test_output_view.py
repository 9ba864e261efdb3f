"""The view of live output: it draws only what is visible, follows the end, and stands still when a person reads."""

from __future__ import annotations

import unicodedata

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from tests.ui.output_viewer import HEIGHT, Viewer, feed, settle
from tui.machines.kinds import Stream
from tui.ui.output.log import OutputLog
from tui.ui.output.strips import GUTTER
from tui.ui.output.view import OutputView
from tui.ui.output.viewport import ScreenLine


async def test_it_follows_the_end() -> None:
    log = OutputLog()
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, HEIGHT)) as pilot:
        feed(log, 0, 500)
        await settle(pilot, viewer)
        assert viewer.seen()[-1] == "line 499"
        assert viewer.view.indicator() == "[500/500] ● FOLLOW"


@pytest.mark.parametrize("wrap", [False, True])
async def test_a_reader_stays_on_the_same_text_while_rows_come_and_go(wrap: bool) -> None:
    log = OutputLog(capacity=1000)
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, HEIGHT)) as pilot:
        viewer.view.wrap = wrap
        feed(log, 0, 1000)
        await settle(pilot, viewer)
        viewer.view.focus()
        await pilot.press("k", "k", "k")
        await pilot.pause()
        before = viewer.seen()
        assert not viewer.view.following
        for round_ in range(5):
            feed(log, 1000 + 100 * round_, 100)
            await settle(pilot, viewer)
            assert viewer.seen() == before
        assert viewer.view.new_rows == 500
        assert "○ PAUSED +500 new" in viewer.view.indicator()
        await pilot.press("G")
        await settle(pilot, viewer)
        assert viewer.seen()[-1] == "line 1499"
        assert viewer.view.following


async def test_reaching_the_end_follows_again() -> None:
    log = OutputLog()
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, HEIGHT)) as pilot:
        feed(log, 0, 100)
        await settle(pilot, viewer)
        viewer.view.focus()
        await pilot.press("k")
        await pilot.pause()
        assert not viewer.view.following
        await pilot.press("j")
        await pilot.pause()
        assert viewer.view.following


async def test_only_visible_rows_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = 0
    draw = OutputView._strip

    def counting(self: OutputView, line: ScreenLine) -> object:
        nonlocal drawn
        drawn += 1
        return draw(self, line)

    monkeypatch.setattr(OutputView, "_strip", counting)
    log = OutputLog()
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, HEIGHT)) as pilot:
        await settle(pilot, viewer)
        drawn = 0
        for round_ in range(10):
            feed(log, 1000 * round_, 1000)
            await settle(pilot, viewer)
        assert drawn <= 4 * 10 * HEIGHT


async def test_hostile_output_never_reaches_the_terminal() -> None:
    log = OutputLog()
    hostile = (
        b"\x1b]0;title\x07\x1b]52;c;cm0gLXJm\x07\x1b[2J\x9b31m \xe2\x80\xaetxt.exe \xe2\x80\x8b\x00\x07\x08\x7f\n"
        b"\x1b[31mred\x1b[0m \x1b[38;2;1;2;3mrgb\x1b[5;8mhidden\x1b[0m\x1bP+q\x1b\\\x1b_x\x1b\\\r\n" + bytes(range(256))
    )
    viewer = Viewer(log)
    async with viewer.run_test(size=(80, HEIGHT)) as pilot:
        log.feed(Stream.STDOUT, hostile)
        log.feed(Stream.STDERR, hostile)
        await settle(pilot, viewer)
        for y in range(viewer.view.size.height):
            for segment in viewer.view.render_line(y):
                assert not segment.control
                assert all(unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in segment.text)


async def test_a_line_of_ten_megabytes_is_shown_in_parts() -> None:
    log = OutputLog()
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, HEIGHT)) as pilot:
        log.feed(Stream.STDOUT, b"x" * 10_000_000)
        await settle(pilot, viewer)
        assert log.end == 1220
        viewer.view.wrap = True
        await settle(pilot, viewer)
        assert viewer.seen()[-1].strip("x") == ""


async def test_wrapping_shows_long_lines_in_full() -> None:
    log = OutputLog()
    viewer = Viewer(log)
    async with viewer.run_test(size=(30, HEIGHT)) as pilot:
        log.feed(Stream.STDOUT, b"".join(b"%d" % (n % 10) for n in range(60)) + b"\nshort\n")
        await settle(pilot, viewer)
        assert viewer.view.port.total == 2
        viewer.view.focus()
        await pilot.press("w")
        await settle(pilot, viewer)
        shown = "".join(viewer.seen())
        assert shown == "0123456789" * 6 + "short"
        assert viewer.view.virtual_size.width <= 30


async def test_selected_text_comes_without_marks() -> None:
    log = OutputLog()
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, HEIGHT)) as pilot:
        log.feed(Stream.STDOUT, b"first line\n")
        log.feed(Stream.STDERR, b"second line\nthird line\n")
        await settle(pilot, viewer)
        selection = Selection(Offset(6, 0), Offset(5, 2))
        assert viewer.view.get_selection(selection) == ("line\nsecond line\nthird", "\n")
        assert viewer.view.get_selection(Selection(None, None)) == ("first line\nsecond line\nthird line", "\n")


async def test_another_theme_repaints_in_its_colours() -> None:
    log = OutputLog()
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, HEIGHT)) as pilot:
        log.feed(Stream.STDERR, b"oh\n")
        await settle(pilot, viewer)
        before = next(iter(viewer.view.render_line(0))).style
        viewer.theme = "textual-light"
        await pilot.pause()
        await settle(pilot, viewer)
        after = next(iter(viewer.view.render_line(0))).style
        assert before is not None
        assert after is not None
        assert before.color != after.color


@pytest.mark.parametrize("wrap", [False, True])
async def test_a_drag_of_the_mouse_selects_text_that_stays_selected_while_more_comes(wrap: bool) -> None:
    log = OutputLog()
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, HEIGHT)) as pilot:
        viewer.view.wrap = wrap
        feed(log, 0, 100)
        await settle(pilot, viewer)
        await pilot.mouse_down(viewer.view, offset=(GUTTER + 5, 2))
        await pilot.hover(viewer.view, offset=(GUTTER + 3, 4))
        await pilot.mouse_up(viewer.view, offset=(GUTTER + 3, 4))
        await pilot.pause()
        assert viewer.screen.get_selected_text() == "92\nline 93\nline"
        feed(log, 100, 50)
        await settle(pilot, viewer)
        assert viewer.screen.get_selected_text() == "92\nline 93\nline"
