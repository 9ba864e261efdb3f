"""The place of a reader: nothing that comes, goes or is laid out otherwise moves it."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tui.machines.kinds import Stream
from tui.ui.output.finding import AllRows, Finding, Source, Wanted
from tui.ui.output.log import OutputLog
from tui.ui.output.query import Query
from tui.ui.output.strips import wrap_points
from tui.ui.output.viewport import ScreenLine, Viewport

LINES = st.lists(st.text(st.sampled_from("ab 日→"), max_size=60), max_size=12)


def printed(port: Viewport) -> list[tuple[int, int, str]]:
    return [(line.number, line.start, line.row.line.text[line.start : line.end]) for line in port.lines()]


def all_lines(port: Viewport) -> list[tuple[int, int, str]]:
    """Every line there would be on a screen without end, laid out the naive way."""
    found = []
    log = port.log
    rows = list(zip(range(log.first, log.end), log.rows(), strict=True))
    partial = [row for row in log.partial() if port.wanted.accepts(row.kind, row.line.text)]
    rows += list(enumerate(partial, log.end))
    for number, row in rows:
        text = row.line.text
        if not port.wanted.accepts(row.kind, text):
            continue
        points = [0] if port.width is None else wrap_points(text, port.width)
        found += [(number, begin, text[begin:end]) for begin, end in zip(points, [*points[1:], len(text)], strict=True)]
    return found


class Reading(RuleBasedStateMachine):
    @initialize(capacity=st.sampled_from([20, 100_000]))
    def begin(self, capacity: int) -> None:
        self.log = OutputLog(capacity)
        self.port = Viewport(self.log)
        self.port.height = 5

    def look(self) -> None:
        if isinstance(self.port.shown, Finding):
            self.port.shown.catch_up()
        self.port.look()

    @rule(lines=LINES, stream=st.sampled_from([Stream.STDOUT, Stream.STDERR]), ends=st.booleans())
    def feed(self, lines: list[str], stream: Stream, ends: bool) -> None:
        before, following = printed(self.port), self.port.following
        full = len(before) == self.port.height
        self.log.feed(stream, ("\n".join(lines) + ("\n" if ends else "")).encode())
        self.look()
        if not following and full and before[0][0] >= self.log.first:
            final = [line for line in before if line[0] < self.log.end and (line[1] or line[2])]
            now = printed(self.port)
            assert now[0][:2] == before[0][:2] or before[0][0] >= self.log.end - 2
            assert [line for line in now if line in final] == [line for line in final if line in now]

    @rule(times=st.integers(1, 40))
    def flood(self, times: int) -> None:
        before, following = printed(self.port), self.port.following
        rows = self.log.end
        self.log.finish()
        self.log.feed(Stream.STDOUT, b"0123456789 and more\n" * times * 15)
        self.look()
        complete = all(number < rows for number, _, _ in before)
        if not following and complete and len(before) == self.port.height and before[0][0] >= self.log.first:
            assert printed(self.port) == before

    @rule(lines=st.integers(-30, 30))
    def move(self, lines: int) -> None:
        every = all_lines(self.port)
        before = every.index(printed(self.port)[0]) if every else 0
        self.port.move(lines)
        last = max(len(every) - self.port.height, 0)
        assert not every or every.index(printed(self.port)[0]) == min(max(before + lines, 0), last)

    @rule(width=st.none() | st.integers(2, 30), height=st.integers(1, 12))
    def lay_out(self, width: int | None, height: int) -> None:
        top = [] if self.port.is_at_end else printed(self.port)[:1]  # at the end, the place may be further down
        self.port.width, self.port.height = width, height
        self.look()
        if top and not self.port.following:
            every = all_lines(self.port)
            number, start, _ = top[0]
            starts = [each for each in every if each[0] == number and each[1] <= start]
            wanted = min(every.index(starts[-1]), max(len(every) - height, 0))
            assert printed(self.port)[0] == every[wanted]

    @rule(text=st.sampled_from(["", "a", "!a", "re:b+", "日"]), source=st.sampled_from(list(Source)))
    def filter(self, text: str, source: Source) -> None:
        wanted = Wanted(source, (Query(text, may_invert=True),) if text else ())
        self.port.wanted = wanted
        self.port.shown = AllRows(self.log) if wanted.is_all else Finding(self.log, wanted)
        self.look()

    @rule()
    def to_start(self) -> None:
        self.port.go_to_start()
        assert printed(self.port)[:1] == all_lines(self.port)[:1]

    @rule()
    def to_end(self) -> None:
        self.port.go_to_end()
        assert self.port.following

    @precondition(lambda self: self.port.total)
    @rule(data=st.data())
    def show(self, data: st.DataObject) -> None:
        number, start, text = data.draw(st.sampled_from(all_lines(self.port)))
        self.port.show(number, start)
        assert (number, start, text) in printed(self.port)
        assert not self.port.following

    @invariant()
    def the_screen_is_a_stretch_of_all_lines(self) -> None:
        every, seen = all_lines(self.port), printed(self.port)
        assert len(seen) == min(self.port.height, len(every))
        if seen:
            start = every.index(seen[0])
            assert seen == every[start : start + len(seen)]
        if self.port.following:
            assert seen == every[-self.port.height :]


Reading.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=15,
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.generate),
)
TestReading = Reading.TestCase


def follow(port: Viewport) -> list[str]:
    return [line.row.line.text for line in port.lines()]


def test_a_place_is_kept_while_a_filter_is_still_looking() -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, b"".join(b"%s %d\n" % (b"odd" if n % 2 else b"even", n) for n in range(5000)))
    port = Viewport(log)
    port.height = 4
    port.look()
    port.show(3000)
    port.wanted = Wanted(queries=(Query("even"),))
    finding = port.shown = Finding(log, port.wanted)
    port.look()
    assert port.lines() == []
    finding.catch_up()
    port.look()
    assert follow(port) == ["even 3000", "even 3002", "even 3004", "even 3006"] or "even 3000" in follow(port)


def test_nothing_is_laid_out_but_what_is_on_the_screen() -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, b"some text of a line that is wrapped\n" * 50_000)
    port = Viewport(log)
    port.height, port.width = 20, 10
    read: list[int] = []
    row: Callable[[int], object] = log.row
    log.row = lambda number: read.append(number) or row(number)  # type: ignore[assignment,func-returns-value]
    port.look()
    port.move(-10)
    lines: list[ScreenLine] = port.lines()
    assert len(lines) == 20
    assert len(set(read)) <= 40


@given(st.lists(st.text(st.sampled_from("ab"), max_size=3), max_size=30), st.integers(0, 40))
def test_rows_found_are_numbered_in_order(texts: list[str], number: int) -> None:
    log = OutputLog()
    log.feed(Stream.STDOUT, "".join(f"{text}\n" for text in texts).encode())
    finding = Finding(log, Wanted(queries=(Query("a"),)))
    finding.catch_up()
    naive = [index for index, text in enumerate(texts) if "a" in text]
    assert [finding.number(index) for index in range(finding.count)] == naive
    assert finding.index(number) == sum(each < number for each in naive)
    assert finding.next(number) == next((each for each in naive if each > number), None)
    assert finding.previous(number) == next((each for each in reversed(naive) if each < number), None)
    assert finding.has(number) == (number in naive)
