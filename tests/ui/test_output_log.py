"""The log of one run: a bounded ring of clean rows with absolute numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.machines.model import Stream
from tui.ui.output.log import OutputLog, RowKind
from tui.ui.output.strips import wrap_points


def texts(log: OutputLog) -> list[str]:
    return [row.line.text for row in log.rows()]


def test_rows_keep_their_numbers_when_older_ones_are_dropped() -> None:
    log = OutputLog(capacity=10)
    log.feed(Stream.STDOUT, b"".join(b"line %d\n" % number for number in range(25)))
    assert (log.first, log.end) == (15, 25)
    assert log.row(20).line.text == "line 20"
    assert log.row(3).line.text == ""


def test_a_line_without_newline_is_partial_until_something_ends_it() -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, b"name? ")
    log.feed(Stream.STDERR, b"oh")
    assert [(row.kind, row.line.text) for row in log.partial()] == [(RowKind.STDOUT, "name? "), (RowKind.STDERR, "oh")]
    log.note("the end")
    assert texts(log) == ["name? ", "oh", "the end"]
    assert log.partial() == []


def test_streams_do_not_share_their_state() -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, b"\x1b[31mred ")
    log.feed(Stream.STDERR, b"plain\n")
    log.feed(Stream.STDOUT, b"still\n")
    plain, red = log.rows()
    assert plain.line.spans == ()
    assert red.line.spans[0][:2] == (0, 9)


def test_notes_are_cleaned() -> None:
    log = OutputLog()
    log.note("bad\x1b[2J\nname\u202e")
    assert texts(log) == ["bad␛[2J", "name‹U+202E›"]


@given(st.integers(1, 40), st.lists(st.integers(0, 30), max_size=10), st.integers(0, 60), st.integers(0, 60))
def test_any_stretch_of_rows_is_what_was_written(capacity: int, counts: list[int], start: int, length: int) -> None:
    log = OutputLog(capacity)
    written: list[str] = []
    for count in counts:
        added = [f"row {len(written) + index}" for index in range(count)]
        written += added
        log.feed(Stream.STDOUT, "".join(f"{text}\n" for text in added).encode())
    kept = max(start, log.first)
    assert [row.line.text for row in log.rows(start, start + length)] == written[kept : max(start + length, kept)]
    assert log.texts(start) == written[kept:]


@given(st.text(st.sampled_from("ab日é"), max_size=40), st.integers(2, 12))
def test_wrapped_parts_fit_and_lose_nothing(text: str, width: int) -> None:
    from rich.cells import cell_len

    points = wrap_points(text, width)
    parts = [text[start:end] for start, end in zip(points, [*points[1:], len(text)], strict=True)]
    assert "".join(parts) == text
    assert all(cell_len(part) <= width for part in parts)
