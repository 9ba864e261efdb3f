"""What is looked for in output: the same rows a naive look finds, marked where they hold it, in bounded time."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.pilots import until
from tests.ui.output_viewer import Viewer, feed, settle
from tui.machines.kinds import Stream
from tui.store.output import OutputWriter
from tui.ui.output.export import coloured, rows_as_text
from tui.ui.output.finding import Finding, Source, Wanted
from tui.ui.output.log import OutputLog
from tui.ui.output.query import BadQuery, Query

TEXTS = st.text(st.sampled_from("abAB日é. *("), max_size=12)


@given(needle=st.text(st.sampled_from("abAB日é.*("), min_size=1, max_size=4), text=TEXTS)
def test_small_letters_find_large_ones_and_large_ones_only_themselves(needle: str, text: str) -> None:
    folds = needle == needle.lower()
    naive = needle in (text.lower() if folds else text)
    query = Query(needle)
    assert query.holds(text) is naive
    assert bool(query.hits(text)) is naive
    for start, end in query.hits(text):
        assert (text[start:end].lower() if folds else text[start:end]) == needle


@given(pattern=st.sampled_from(["a+", "[ab]b", "^a", "b$", r"\W", "A", "日|é"]), text=TEXTS)
def test_a_pattern_finds_what_python_finds(pattern: str, text: str) -> None:
    naive = re.compile(pattern, 0 if pattern == "A" else re.IGNORECASE)
    query = Query(f"re:{pattern}")
    assert query.holds(text) is (naive.search(text) is not None)
    assert query.hits(text) == [match.span() for match in naive.finditer(text) if match.end() > match.start()]
    assert Query(f"!re:{pattern}", may_invert=True).holds(text) is not query.holds(text)


@pytest.mark.parametrize("text", ["re:(a", "re:[", "re:a{2,1}", "x" * 2000])
def test_what_cannot_be_looked_for_says_why(text: str) -> None:
    with pytest.raises(BadQuery, match=r"\w"):
        Query(text)


def test_a_deeply_nested_pattern_does_no_harm() -> None:
    with contextlib.suppress(BadQuery):
        assert Query("re:" + "(" * 400 + "a" + ")" * 400).holds("bab")


def test_a_catastrophic_pattern_is_given_up() -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, b"ab\n" + b"a" * 5000 + b"b\nab\n" * 1000)
    finding = Finding(log, Wanted(queries=(Query("re:(a|aa)+$"),)))
    finding.catch_up()
    assert finding.wanted.is_slow
    assert finding.is_complete
    assert finding.wanted.queries[0].hits("a") == []


@given(
    rows=st.lists(st.tuples(st.sampled_from([Stream.STDOUT, Stream.STDERR]), TEXTS), max_size=60),
    needle=st.text(st.sampled_from("abA"), max_size=2),
    source=st.sampled_from(list(Source)),
    pieces=st.integers(1, 20),
)
def test_rows_found_while_output_grows_are_those_a_naive_look_finds(
    rows: list[tuple[Stream, str]], needle: str, source: Source, pieces: int
) -> None:
    log = OutputLog()
    finding = Finding(log, Wanted(source, (Query(needle),) if needle else ()))
    for index, (stream, text) in enumerate(rows):
        log.feed(stream, f"{text}\n".encode())
        if index % pieces == 0:
            finding.catch_up()
    finding.catch_up()
    hidden = {Source.STDOUT: Stream.STDERR, Source.STDERR: Stream.STDOUT}.get(source)
    naive = [
        index
        for index, (stream, text) in enumerate(rows)
        if stream is not hidden and (needle in text or (needle == needle.lower() and needle in text.lower()))
    ]
    assert [finding.number(index) for index in range(finding.count)] == naive


async def test_rows_taken_out_are_the_rows_that_were_printed(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    writer, log = OutputWriter(path, 1 << 30), OutputLog(100, path)
    for number in range(0, 5000, 50):
        data = b"".join(b"\x1b[31mline\x1b[0m %d\n" % each for each in range(number, number + 50))
        writer.append(Stream.STDOUT, data, 0)
        log.feed(Stream.STDOUT, data, 0)
        log.note("a note")
    text = "".join([part async for part in rows_as_text(log, Wanted())])
    assert text == "".join(f"line {number}\n" for number in range(5000))
    some = "".join([part async for part in rows_as_text(log, Wanted(queries=(Query("49"),)), spell=coloured)])
    assert some.startswith("\x1b[0;38;5;1mline\x1b[0m 49\n")
    assert some.count("\n") == sum("49" in str(number) for number in range(5000))
    writer.close()


async def test_a_log_in_two_views_wakes_both() -> None:
    log = OutputLog()
    one, other = Viewer(log), Viewer(log)
    async with one.run_test(size=(40, 5)) as first, other.run_test(size=(40, 5)) as second:
        await settle(first, one)
        await settle(second, other)
        feed(log, 0, 3)
        await until(first, lambda: "line 2" in one.seen())
        await until(second, lambda: "line 2" in other.seen())


async def test_a_scrollbar_and_a_wheel_move_the_place() -> None:
    log = OutputLog()
    feed(log, 0, 1000)
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, 10)) as pilot:
        await settle(pilot, viewer)
        viewer.view.scroll_to(y=500, animate=False)
        await pilot.pause()
        assert viewer.seen()[0] == "line 500"
        assert not viewer.view.following
        await pilot.resize_terminal(40, 14)
        await pilot.pause()
        assert viewer.seen()[0] == "line 500"
        viewer.view.scroll_to(y=viewer.view.max_scroll_y, animate=False)
        await pilot.pause()
        assert viewer.view.following
        assert viewer.seen()[-1] == "line 999"
        await pilot.resize_terminal(40, 8)
        await pilot.resize_terminal(40, 12)
        await settle(pilot, viewer)
        assert viewer.view.following
        assert viewer.seen()[-1] == "line 999"


async def test_steps_of_a_run_are_gone_to() -> None:
    log = OutputLog()
    for step in range(3):
        log.heading(f"step {step}")
        feed(log, 0, 50)
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, 10)) as pilot:
        await pilot.press("g", "right_curly_bracket")
        await settle(pilot, viewer)
        assert viewer.seen()[0] == "▶ step 1"
        await pilot.press("right_curly_bracket", "left_curly_bracket", "left_curly_bracket")
        await settle(pilot, viewer)
        assert viewer.seen()[0] == "▶ step 0"


async def test_what_came_while_the_view_was_hidden_is_there_when_it_is_shown() -> None:
    log = OutputLog()
    viewer = Viewer(log)
    async with viewer.run_test(size=(40, 10)) as pilot:
        viewer.view.display = False
        await pilot.pause()
        feed(log, 0, 5)
        for _ in range(60):
            viewer.view._tick()
        viewer.view.display = True
        await until(pilot, lambda: "line 4" in viewer.seen())
