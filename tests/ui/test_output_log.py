"""The log of one run: clean rows with absolute numbers, the newest in memory, older ones read back from the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.machines.kinds import Stream
from tui.store.output import OutputWriter
from tui.ui.output.blocks import BLOCK_BYTES, BLOCK_ROWS
from tui.ui.output.log import OutputLog, Row, RowKind
from tui.ui.output.strips import wrap_points


def texts(log: OutputLog) -> list[str]:
    return [row.line.text for row in log.rows()]


class Pair:
    """A small ring that spills to a file, and a large one that has all in memory."""

    def __init__(self, path: Path, capacity: int) -> None:
        self.writer = OutputWriter(path, 1 << 40)
        self.now = 0
        self.spilling = OutputLog(capacity, path, now_ns=self.clock)
        self.whole = OutputLog(1 << 40, now_ns=self.clock)

    def clock(self) -> int:
        return self.now

    def feed(self, stream: Stream, data: bytes) -> None:
        self.now += 1
        self.writer.append(stream, data, self.now)
        for log in (self.spilling, self.whole):
            log.feed(stream, data, self.now)

    def say(self, text: str) -> None:
        self.now += 1
        for log in (self.spilling, self.whole):
            log.note(text)


def test_rows_keep_their_numbers_when_older_ones_are_dropped() -> None:
    log = OutputLog(capacity=1000)
    for number in range(5000):
        log.feed(Stream.STDOUT, b"line %d\n" % number)
    assert log.end == 5000
    assert 1000 <= log.end - log.first < 1000 + 2 * BLOCK_ROWS
    assert log.row(4500).line.text == "line 4500"
    assert log.row(3).line.text == ""
    assert texts(log) == [f"line {number}" for number in range(log.first, 5000)]


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


def test_rows_know_when_they_came() -> None:
    log = OutputLog()
    for second in range(3):
        log.feed(Stream.STDOUT, b"a\nb\n", at_ns=second * 1_000_000_000)
    log.feed(Stream.STDOUT, b"not yet", at_ns=7)
    assert [log.at_ns(number) // 1_000_000_000 for number in range(6)] == [0, 0, 1, 1, 2, 2]
    assert log.at_ns(6) == 7


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


PIECES = st.sampled_from([
    b"plain\n", b"\x1b[31mred\n", b"\x1b[38;2;1;2;3;1;7mrgb\x1b[0m rest\n", b"no end", b"\r10%", b"\r\n", b"\n\n",
    b"\xe6\x97", b"\xa5\n", b"\xff\xfe", b"\tx\n", b"a\bb\n", b"\x1b]52;c;x\x07\n", b"\xe2\x80\xae\n", b"x" * 9000,
    b"many\n" * 700, b"0123456789abcdef\n" * 5000,
])  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from([Stream.STDOUT, Stream.STDERR, None]), PIECES), max_size=25)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_rows_read_back_are_the_rows_that_were_dropped(tmp_path_factory: pytest.TempPathFactory, steps) -> None:  # type: ignore[no-untyped-def]
    pair = Pair(tmp_path_factory.mktemp("spill") / "run.log", capacity=50)
    for stream, data in steps:
        if stream is None:
            pair.say(repr(data[:10]))
        else:
            pair.feed(stream, data)
    assert pair.spilling.first == 0
    assert pair.spilling.end == pair.whole.end
    assert pair.spilling.rows() == pair.whole.rows()
    assert [pair.spilling.at_ns(number) for number in range(0, pair.whole.end, 97)] == [
        pair.whole.at_ns(number) for number in range(0, pair.whole.end, 97)
    ]
    pair.writer.close()


def test_a_portion_larger_than_a_frame_is_read_back(tmp_path: Path) -> None:
    pair = Pair(tmp_path / "run.log", capacity=10)
    pair.feed(Stream.STDOUT, b"".join(b"line %d \xe6\x97\xa5\n" % number for number in range(200_000)))
    pair.say("between")
    pair.feed(Stream.STDERR, b"oh\n" * BLOCK_BYTES)
    pair.writer.close()
    log = pair.spilling
    assert log.end - log.first_in_memory < BLOCK_BYTES
    for start in (0, 100_000, 199_990, 210_000):
        assert log.rows(start, start + 50) == pair.whole.rows(start, start + 50)


def test_rows_that_cannot_be_read_back_say_so(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    pair = Pair(path, capacity=10)
    for _ in range(10):
        pair.feed(Stream.STDOUT, b"line\n" * BLOCK_ROWS)
    pair.writer.close()
    path.write_bytes(path.read_bytes()[:1000])
    row = pair.spilling.row(3)
    assert row == Row(RowKind.WARNING, row.line)
    assert row.line.text == "this row cannot be read back from run.log: it ends early"
    path.unlink()
    assert "No such file" in pair.spilling.row(BLOCK_ROWS + 3).line.text


@given(st.text(st.sampled_from("ab日é"), max_size=40), st.integers(2, 12))
def test_wrapped_parts_fit_and_lose_nothing(text: str, width: int) -> None:
    from rich.cells import cell_len

    points = wrap_points(text, width)
    parts = [text[start:end] for start, end in zip(points, [*points[1:], len(text)], strict=True)]
    assert "".join(parts) == text
    assert all(cell_len(part) <= width for part in parts)
