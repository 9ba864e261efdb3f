"""What a person does with output: search it, filter it, choose rows, copy, save, page."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Static

from tests.support.pilots import until
from tests.ui.output_viewer import Viewer, feed, settle
from tui.machines.kinds import Stream
from tui.store.output import OutputWriter
from tui.ui import clipboard
from tui.ui.output.finding import Source
from tui.ui.output.log import OutputLog
from tui.ui.output.pager import NoPager, pager_command
from tui.ui.output.panel import OutputPanel
from tui.ui.output.prompt import Prompt, Strip

SIZE = (60, 12)


async def type_query(pilot: Pilot[None], key: str, text: str) -> None:
    await pilot.press(key)
    await until(pilot, lambda: pilot.app.query_one(Prompt).display)  # type: ignore[arg-type]
    pilot.app.query_one("#output-prompt Input").value = text  # type: ignore[attr-defined]
    await pilot.press("enter")


def strip(viewer: Viewer) -> str:
    viewer.query_one(Strip).show(viewer.view)
    return viewer.query_one(Strip).words


def problem(viewer: Viewer) -> str:
    return str(viewer.query_one("#prompt-problem", Static).content)


async def test_a_search_goes_to_the_match_in_sight_and_from_there_both_ways() -> None:
    log = OutputLog()
    feed(log, 0, 2000)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await settle(pilot, viewer)
        await type_query(pilot, "slash", "LINE 1990".lower())
        await until(pilot, lambda: viewer.view.match == 1990)
        assert "line 1990" in viewer.seen()
        await type_query(pilot, "slash", "line 7")
        await until(pilot, lambda: "/111" in strip(viewer) and viewer.view.match is not None)
        assert viewer.view.match == 7  # round the end
        await pilot.press("n")
        await until(pilot, lambda: viewer.view.match == 70)
        await pilot.press("N", "N")
        await until(pilot, lambda: viewer.view.match == 799)
        assert "111/111" in strip(viewer)
        assert not viewer.view.following
        await pilot.press("escape")
        assert viewer.view.search is None


async def test_matches_are_marked_and_the_current_one_otherwise() -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, b"an error here\nnothing\nanother error\n")
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await type_query(pilot, "slash", "error")
        await until(pilot, lambda: viewer.view.match is not None)
        await settle(pilot, viewer)

        def marked(y: int) -> set[object]:
            return {segment.style.bgcolor for segment in viewer.view.render_line(y) if segment.text == "error"}  # type: ignore[union-attr]

        assert viewer.view.match == 0
        assert marked(0)
        assert marked(2)
        assert marked(0) != marked(2)


async def test_a_bad_pattern_is_told_beside_the_line_and_a_slow_one_is_given_up() -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, b"a" * 4000 + b"b\n")
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await type_query(pilot, "slash", "re:(a")
        await until(pilot, lambda: "missing )" in problem(viewer))
        assert viewer.query_one(Prompt).display
        await pilot.press("escape")
        await until(pilot, lambda: not viewer.query_one(Prompt).display)
        await type_query(pilot, "slash", "re:(a|aa)+$")
        await until(pilot, lambda: "takes too long" in strip(viewer))


async def test_a_filter_shows_only_rows_with_it_and_goes_on_following() -> None:
    log = OutputLog()
    feed(log, 0, 1000)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await type_query(pilot, "ampersand", "re:line .*0$")
        await until(pilot, lambda: viewer.view.port.total == 100)
        await settle(pilot, viewer)
        assert viewer.seen()[-1] == "line 990"
        assert "&re:line .*0$" in strip(viewer)
        feed(log, 1000, 11)
        await until(pilot, lambda: viewer.seen()[-1] == "line 1010")
        await type_query(pilot, "ampersand", "!0")
        await until(pilot, lambda: viewer.seen()[-1] == "line 999")
        await pilot.press("escape")
        await until(pilot, lambda: viewer.seen()[-1] == "line 1010")
        assert viewer.view.following


async def test_letters_typed_quickly_after_the_key_go_into_the_line() -> None:
    log = OutputLog()
    feed(log, 0, 20)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: viewer.query(Prompt) and viewer.query_one(Prompt).is_mounted)
        for key in ("ampersand", "w", "n", "1"):
            viewer.post_message(events.Key(key, "&" if key == "ampersand" else key))
        await until(pilot, lambda: viewer.view.filter is not None and viewer.view.filter.text == "wn1")
        assert not viewer.view.wrap


async def test_leaving_the_line_puts_back_what_was_filtered_before() -> None:
    log = OutputLog()
    feed(log, 0, 20)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await pilot.press("ampersand", *"line 1")
        await until(pilot, lambda: viewer.view.port.total == 11)
        await pilot.press("escape")
        await until(pilot, lambda: viewer.view.port.total == 20)
        assert viewer.view.filter is None


async def test_one_stream_can_be_shown_alone() -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, b"out\n")
    log.feed(Stream.STDERR, b"err\n")
    log.note("note")
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await pilot.press("O", "O")
        await settle(pilot, viewer)
        assert viewer.view.source is Source.STDERR
        assert [line for line in viewer.seen() if line] == ["┃ err", "· note"]
        assert "src:stderr" in strip(viewer)


async def test_times_stand_before_the_rows() -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, b"one\n", at_ns=1_000_000_000)
    log.feed(Stream.STDOUT, b"two\n", at_ns=62_500_000_000)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await pilot.press("t")
        await settle(pilot, viewer)
        assert viewer.seen()[:2] == ["00:00:01.000   one", "00:01:02.500   two"]
        await pilot.press("t")
        await settle(pilot, viewer)
        assert viewer.seen()[:2] == ["+0.000   one", "+1:01.500   two"]


async def test_rows_older_than_memory_are_still_there(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    writer = OutputWriter(path, 1 << 30)
    log = OutputLog(1000, path)
    for number in range(0, 20_000, 100):
        data = b"".join(b"line %d\n" % each for each in range(number, number + 100))
        writer.append(Stream.STDOUT, data, 0)
        log.feed(Stream.STDOUT, data, 0)
    writer.close()
    assert log.first_in_memory > 18_000
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await settle(pilot, viewer)
        await pilot.press("g")
        await settle(pilot, viewer)
        assert viewer.seen()[0] == "line 0"
        await type_query(pilot, "slash", "line 12345")
        await until(pilot, lambda: viewer.view.match == 12345)
        assert "line 12345" in viewer.seen()


# --- copying -------------------------------------------------------------------------------------------------------


async def test_copying_all_takes_what_the_run_printed_and_not_our_notes() -> None:
    log = OutputLog()
    log.heading("step")
    log.feed(Stream.STDOUT, b"one\ntwo")
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await pilot.press("Y")
        await until(pilot, lambda: viewer.clipboard == "one\ntwo")


async def test_lines_are_chosen_with_the_cursor_and_copied() -> None:
    log = OutputLog()
    feed(log, 0, 5)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await pilot.press("v", "k", "y")
        await until(pilot, lambda: viewer.clipboard == "line 3")
        await pilot.press("v", "k", "V", "k", "k")
        assert "RANGE 3 rows" in strip(viewer)
        await pilot.press("y")
        await until(pilot, lambda: viewer.clipboard == "line 1\nline 2\nline 3")
        assert viewer.view.cursor is None


async def test_a_match_is_copied() -> None:
    log = OutputLog()
    feed(log, 0, 5)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await type_query(pilot, "slash", "line 2")
        await until(pilot, lambda: viewer.view.match == 2)
        await pilot.press("y")
        await until(pilot, lambda: viewer.clipboard == "line 2")


async def test_what_is_too_long_for_a_clipboard_goes_into_a_file_of_ones_own(monkeypatch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    log = OutputLog()
    feed(log, 0, 10_000)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await pilot.press("Y")
        await until(pilot, lambda: viewer.toasts)
        assert viewer.clipboard == ""
        assert_written(viewer.toasts[0], tmp_path)


def assert_written(toast: str, directory: Path) -> None:
    path = Path(toast.rpartition(" ")[2])
    assert path.parent == directory
    assert path.read_text() == "".join(f"line {number}\n" for number in range(10_000))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_terminal_is_asked_in_a_sequence_it_knows() -> None:
    encoded = base64.b64encode("é\x07".encode()).decode()
    plain = f"\x1b]52;c;{encoded}\a"
    assert clipboard.sequence("é\x07", {}) == plain
    assert clipboard.sequence("é\x07", {"TMUX": "/tmp/x"}) == f"{plain}\x1bPtmux;\x1b\x1b]52;c;{encoded}\a\x1b\\"


# --- saving and paging ---------------------------------------------------------------------------------------------


async def test_saving_writes_what_is_shown_and_never_over_a_file(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "there").write_text("mine")
    log = OutputLog()
    log.feed(Stream.STDOUT, b"\x1b[31mred\x1b[0m\n\x1b]0;t\x07x\nother\n")
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=(100, 12)) as pilot:
        await type_query(pilot, "ampersand", "!other")
        await type_query(pilot, "ctrl+s", "~/there")
        await until(pilot, lambda: "exists already" in problem(viewer))
        assert (tmp_path / "there").read_text() == "mine"
        await pilot.press("escape")
        await type_query(pilot, "ctrl+s", "~/no/such")
        await until(pilot, lambda: "cannot be written" in problem(viewer))
        line, reason = viewer.query_one("#output-prompt Input"), viewer.query_one("#prompt-problem")
        assert line.region.width > SIZE[0] / 2  # what is wrong takes no room from what is typed
        assert reason.region.y > line.region.y
        await pilot.press("escape")
        await type_query(pilot, "ctrl+s", "~/new")
        await until(pilot, lambda: (tmp_path / "new").exists() and not viewer.query_one(Prompt).display)
        assert (tmp_path / "new").read_text() == "red\n␛x\n"


@pytest.mark.parametrize(
    ("pager", "command"),
    [
        ("", ["less", "-R"]),
        ("less", ["less", "-R"]),
        ("more -s", ["more", "-s"]),
        ("'my pager' -x", ["my pager", "-x"]),
    ],
)
def test_the_pager_is_a_list_of_words(pager: str, command: list[str]) -> None:
    assert pager_command({"PAGER": pager}) == command


def test_a_pager_that_cannot_be_read_is_told() -> None:
    with pytest.raises(NoPager, match="PAGER"):
        pager_command({"PAGER": "less '"})


async def test_a_terminal_that_cannot_be_lent_is_told() -> None:
    viewer = Viewer(OutputLog(), with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await pilot.press("P")
        await until(pilot, lambda: viewer.toasts)
        assert "cannot be lent" in viewer.toasts[0]


async def test_a_screen_can_leave_what_is_open_here_first() -> None:
    log = OutputLog()
    feed(log, 0, 5)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        panel = viewer.query_one(OutputPanel)
        assert not panel.leave()
        await pilot.press("slash", "l")
        assert panel.leave()
        assert not viewer.query_one(Prompt).display
        panel.post_message(Prompt.Typed("search", "late", is_done=False))
        await pilot.pause()
        assert viewer.view.search is None
        assert not panel.leave()
        await pilot.press("v")
        await until(pilot, lambda: viewer.view.cursor is not None)
        assert panel.leave()
        assert viewer.view.cursor is None


async def test_the_cursor_keeps_its_row_in_sight_while_more_comes() -> None:
    log = OutputLog()
    feed(log, 0, 50)
    viewer = Viewer(log, with_panel=True)
    async with viewer.run_test(size=SIZE) as pilot:
        await settle(pilot, viewer)
        await pilot.press("v", "pagedown", "j")
        await settle(pilot, viewer)
        assert viewer.view.cursor == 49
        before = viewer.seen()
        feed(log, 50, 50)
        await settle(pilot, viewer)
        assert viewer.seen() == before
        await pilot.press("escape", "f")
        await settle(pilot, viewer)
        assert viewer.seen()[-1] == "line 99"
