"""What the bar at the top says in terminals of different widths."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.strip import Strip

from tui.ui.widgets.status_bar import RunWords, Status, StatusBar

TITLE = "restore the database of the staging cluster from the newest backup of last night, then compare all of it"
FULL = Status(
    session="default",
    run=RunWords("◌", TITLE, "2/3 14s", "warning"),
    machine="f00f42 512M·1cpu",
    backend="qemu",
    backend_reason="no hardware acceleration: emulated",
    pool="2 ready 0 warming 7/9 hits",
)
SHORT = replace(FULL, run=replace(FULL.run, title="hello"))


class Bar(App[None]):
    """Nothing but a bar."""

    def __init__(self, status: Status) -> None:
        super().__init__()
        self._status = status

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"state-good": "green", "state-bad": "red"}

    def compose(self) -> ComposeResult:
        bar = StatusBar("run")
        bar.show(self._status)
        yield bar


async def drawn(status: Status, width: int) -> Strip:
    app = Bar(status)
    async with app.run_test(size=(width, 3)) as pilot:
        await pilot.pause()
        return app.query_one(StatusBar).render_line(0)


def parts(strip: Strip) -> list[str]:
    return [part.strip() for part in strip.text.split(" │ ")]


async def test_a_long_title_takes_the_room_of_a_wide_terminal() -> None:
    _, session, run, *others = parts(await drawn(FULL, 240))
    assert session == "session default"
    assert run.startswith("◌ restore the database of the staging cluster from")
    assert run.endswith("… 2/3 14s")
    assert others == [
        "vm f00f42 512M·1cpu",
        "qemu",
        "no hardware acceleration: emulated",
        "pool 2 ready 0 warming 7/9 hits",
    ]
    assert 238 <= cell_len((await drawn(FULL, 240)).text.rstrip()) <= 240  # no blank before the ellipsis


async def test_where_there_is_room_for_all_of_it_nothing_is_cut() -> None:
    assert parts(await drawn(FULL, 320))[2] == f"◌ {TITLE} 2/3 14s"


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_a_long_title_pushes_nothing_out_that_a_usual_one_does_not(width: int) -> None:
    usual = replace(FULL, run=replace(FULL.run, title=TITLE[:24]))
    long = parts(await drawn(FULL, width))
    other = parts(await drawn(usual, width))
    assert [*long[:2], *long[3:]] == [*other[:2], *other[3:]]
    assert cell_len(long[2]) >= cell_len(other[2])


@pytest.mark.parametrize(("width", "shown"), [(80, 24), (120, 24), (200, 40)])
async def test_the_title_takes_what_the_others_leave(width: int, shown: int) -> None:
    run = RunWords("◌", TITLE * 2, "2/3 14s", "warning")
    strip = await drawn(Status(run=run), width)
    title = parts(strip)[2].removeprefix("◌ ").removesuffix(" 2/3 14s")
    assert cell_len(title) >= shown
    assert title.endswith("…")
    assert width - 2 <= cell_len(strip.text.rstrip()) <= width


async def test_a_short_title_is_not_filled_up() -> None:
    assert parts(await drawn(SHORT, 200))[2] == "◌ hello 2/3 14s"


async def test_where_there_is_hardly_any_room_the_title_is_shortened_before_the_run_is_left_out() -> None:
    status = Status(session="a-session-with-a-long-name", run=FULL.run)
    run = parts(await drawn(status, 80))[-1]
    assert run.startswith("◌ restore")
    assert run.endswith("… 2/3 14s")
    assert cell_len(run) < len("◌ 2/3 14s") + 24


async def test_a_title_of_wide_characters_is_cut_at_cells() -> None:
    status = Status(run=RunWords("✓", "数据库" * 40, "ok", "good"))
    strip = await drawn(status, 120)
    assert parts(strip)[2].endswith("… ok")
    assert 118 <= cell_len(strip.text.rstrip()) <= 120


@given(width=st.integers(1, 260), title=st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=80))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_words_of_a_run_never_take_more_than_they_are_given(width: int, title: str) -> None:
    words = RunWords("◌", title, "5s", "warning").within(width)
    assert cell_len(words) <= max(width, len("◌ 12345678 5s"))
