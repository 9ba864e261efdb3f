"""The audit log on the screen: it follows, filters, opens records, verifies; and never reads more than it shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.support.pilots import until
from tests.ui.records import START, entries_of_run, open_log
from tests.ui.test_hostile import TRAP, assert_harmless
from tui.audit.log import AuditLog
from tui.audit.model import AuditResult, Entry, EntryKind, Filter, Record
from tui.errors import InvalidInput, NotFound
from tui.paths import Paths
from tui.ui.app import RollcageApp
from tui.ui.audit.filters import parse_filter
from tui.ui.audit.rows import PIECE, AllRows, FilteredRows
from tui.ui.audit.words import pretty, short_detail
from tui.ui.screens import audit as audit_screen
from tui.ui.screens.audit import AuditArea
from tui.ui.screens.record import RecordScreen
from tui.ui.screens.run import RunArea
from tui.ui.screens.verification import VerificationScreen
from tui.ui.widgets.audit_list import AuditList

NOW = datetime(2026, 1, 2, 16, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded is seen at once."""
    monkeypatch.setattr(audit_screen, "LOOK_EVERY_S", 0.02)


@pytest.fixture
def log(paths: Paths) -> Iterator[AuditLog]:
    """A log with twenty runs, every fourth refused."""
    with open_log(paths) as opened:
        for number in range(20):
            name = ("deploy", "backup", "hello", "curl")[number % 4]
            opened.append(*entries_of_run(f"01RUN{number:02}", name, "x", denied=number % 4 == 3))
        yield opened


async def audit_list(pilot: Pilot[int], app: RollcageApp) -> AuditList:
    await until(pilot, lambda: app.engine is not None and app.catalog is not None)
    await pilot.press("f7")
    await until(pilot, lambda: isinstance(app.screen, AuditArea) and app.screen.query_one(AuditList).has_focus)
    return app.screen.query_one(AuditList)


def seqs(shown: AuditList) -> list[int]:
    assert shown._rows is not None
    return [shown._rows[row].seq for row in range(len(shown._rows))]


async def filter_by(pilot: Pilot[int], app: RollcageApp, text: str) -> None:
    await pilot.press("slash")
    await until(pilot, lambda: isinstance(app.focused, Input))
    app.screen.query_one("#audit-filter", Input).value = text
    await pilot.press("enter")


# --- on the screen ----------------------------------------------------------------------------------------------


async def test_it_follows_until_somebody_moves_up_and_end_resumes(app: RollcageApp, log: AuditLog) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await audit_list(pilot, app)
        last = log.last()
        await until(pilot, lambda: shown.cursor == last - 1)
        assert shown.scroll_offset.y == shown.max_scroll_y
        log.append(*entries_of_run("01NEW", "new", "x"))
        await until(pilot, lambda: shown.cursor == last + 4)
        assert shown.scroll_offset.y == shown.max_scroll_y

        await pilot.press("up", "up")
        cursor, top = shown.cursor, shown.scroll_offset.y
        log.append(*entries_of_run("01NEWER", "newer", "x"))
        await until(pilot, lambda: shown.row_count() == last + 10)
        assert (shown.cursor, shown.scroll_offset.y) == (cursor, top)
        assert "PAUSED +5" in shown.indicator()
        await pilot.press("end")
        await until(pilot, lambda: shown.cursor == last + 9 and shown.following)
        log.append(*entries_of_run("01NEWEST", "newest", "x"))
        await until(pilot, lambda: shown.cursor == last + 14)


async def test_the_wheel_stops_it_too(app: RollcageApp, log: AuditLog) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await audit_list(pilot, app)
        await until(pilot, lambda: shown.row_count() == log.last() and shown.scroll_offset.y == shown.max_scroll_y > 0)
        shown.scroll_to(y=5, animate=False, immediate=True)
        await until(pilot, lambda: not shown.following)
        log.append(*entries_of_run("01NEW", "new", "x"))
        await until(pilot, lambda: shown.row_count() == log.last())
        assert shown.scroll_offset.y == 5


async def test_it_rests_while_another_area_is_shown_and_catches_up_at_once(
    app: RollcageApp, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    really = AllRows.read_new

    def read_new(rows: AllRows) -> object:
        looks.append(len(rows))
        return really(rows)

    monkeypatch.setattr(AllRows, "read_new", read_new)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await audit_list(pilot, app)
        await until(pilot, lambda: shown.row_count() == log.last())
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, RunArea))
        await pilot.pause(0.1)  # what was under way ends
        seen = len(looks)
        log.append(*entries_of_run("01NEW", "new", "x"))
        await pilot.pause(0.4)
        assert len(looks) <= seen + 1  # it would be twenty; one may have been under way
        monkeypatch.setattr(audit_screen, "LOOK_EVERY_S", 3600.0)
        await pilot.press("f7")
        await until(pilot, lambda: shown.row_count() == log.last())
        assert shown.cursor == log.last() - 1


async def test_a_filter_narrows_it_and_still_follows(app: RollcageApp, log: AuditLog) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await audit_list(pilot, app)
        await filter_by(pilot, app, "result:denied command:curl kind:run-finished")
        expected = [record.seq for record in log.page(Filter(result=AuditResult.DENIED), limit=100)[::-1]
                    if record.kind == "run-finished"]  # fmt: skip
        await until(pilot, lambda: seqs(shown) == expected)
        log.append(*entries_of_run("01A", "deploy", "x"), *entries_of_run("01B", "curl", "x", denied=True))
        await until(pilot, lambda: seqs(shown) == [*expected, log.last()])
        assert shown.cursor == len(expected)
        await pilot.press("escape")
        await until(pilot, lambda: shown.row_count() == log.last())
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, RunArea))


async def test_a_wrong_filter_says_what_is_wrong_and_changes_nothing(app: RollcageApp, log: AuditLog) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await audit_list(pilot, app)
        await until(pilot, lambda: shown.row_count() == log.last())
        await filter_by(pilot, app, "result:zzz kommand:x")
        problem = app.screen.query_one("#audit-problem", Static)
        await until(pilot, lambda: "did you mean 'command:'?" in str(problem.render()))
        assert "there is no 'zzz'; there are allowed, denied, warning, info" in str(problem.render())
        assert shown.row_count() == log.last()
        assert isinstance(app.focused, Input)


async def test_enter_opens_the_whole_record(app: RollcageApp, log: AuditLog) -> None:
    hostile = f"\x1b]0;t\x07\u202e{TRAP}"
    log.append(Entry(EntryKind.APPROVAL_ASKED, details={"reasons": [hostile]}, session=hostile, command=hostile))
    async with app.run_test(size=(120, 40)) as pilot:
        shown = await audit_list(pilot, app)
        await until(pilot, lambda: shown.cursor == log.last() - 1)
        assert_harmless(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RecordScreen))
        await pilot.pause()
        assert_harmless(app)
        screen = app.screen
        assert isinstance(screen, RecordScreen)
        assert f'"seq": {log.last()}' in screen.text
        assert "\\u001b" in screen.text
        await pilot.press("y")
        assert app.clipboard == screen.text


async def test_verification_says_what_was_found(app: RollcageApp, log: AuditLog) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await audit_list(pilot, app)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, VerificationScreen))
        found = app.screen.query_one("#findings", Static)
        await until(pilot, lambda: f"✓ whole: {log.last()} records" in str(found.render()))
        await pilot.press("escape")

        log._connection.execute("DROP TRIGGER IF EXISTS records_never_change")
        for (name,) in log._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            log._connection.execute(f"DROP TRIGGER {name}")
        log._connection.execute("UPDATE records SET user = 'eve' WHERE seq = 3")
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, VerificationScreen))
        found = app.screen.query_one("#findings", Static)
        await until(pilot, lambda: "record 3 was edited" in str(found.render()))


async def test_before_anything_was_recorded_it_waits(app: RollcageApp, paths: Paths) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await audit_list(pilot, app)
        await until(
            pilot, lambda: "Nothing has been recorded yet" in str(app.screen.query_one("#pane-audit").border_subtitle)
        )
        with open_log(paths) as opened:
            opened.append(*entries_of_run("01NEW", "new", "x"))
            await until(pilot, lambda: shown.row_count() == 5)


# --- bounded queries ------------------------------------------------------------------------------------------------


class BigLog:
    """A hundred thousand records that are made when they are read; it counts what is read."""

    def __init__(self, count: int = 100_000) -> None:
        self.count = count
        self.read = 0
        self.largest = 0

    def _record(self, seq: int) -> Record:
        self.read += 1
        return Record(seq, seq * 1_000_000, "run-started", None, "s", "u", "r", f"c{seq % 2}", "info",
                      {"title": "t", "steps": 1}, b"", b"")  # fmt: skip

    def last(self) -> int:
        return self.count

    def get(self, seq: int) -> Record:
        if not 0 < seq <= self.count:
            raise NotFound("no")
        return self._record(seq)

    def page(self, wanted: Filter | None = None, *, before: int | None = None, limit: int = 100) -> list[Record]:
        self.largest = max(self.largest, limit)
        parity = None if wanted is None or wanted.command is None else int(wanted.command[1])
        found: list[Record] = []
        seq = (before or self.count + 1) - 1
        while seq > 0 and len(found) < limit:
            if parity is None or seq % 2 == parity:
                found.append(self._record(seq))
            seq -= 1
        return found

    def run_id(self, prefix: str) -> str:
        return prefix

    def close(self) -> None:
        pass


@pytest.mark.parametrize("text", ["", "command:c1"])
async def test_a_hundred_thousand_records_cost_a_screenful(app: RollcageApp, text: str) -> None:
    logs: list[BigLog] = []

    def read(_: Paths) -> BigLog:
        logs.append(BigLog())
        return logs[-1]

    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        app.push_screen(AuditArea(read))
        await until(pilot, lambda: any(each.row_count() for each in app.screen.query(AuditList)))
        shown = app.screen.query_one(AuditList)
        if text:
            await filter_by(pilot, app, text)
            await until(pilot, lambda: 0 < shown.row_count() < 100_000)
        else:
            await pilot.press("g")
            await until(pilot, lambda: shown.cursor == 0)
            await pilot.press("G", "pageup", "pageup")
        await pilot.pause()
        assert sum(log.read for log in logs) < 3 * PIECE
        assert max(log.largest for log in logs) <= PIECE


def test_rows_without_a_filter_are_read_by_their_number_and_a_missing_one_is_told_of() -> None:
    log = BigLog()
    rows = AllRows(log)
    assert rows.add_new(rows.read_new()) == 100_000
    assert rows[41_233].seq == 41_234
    assert log.read == 1
    rows.add_new(rows.read_new())
    log.count = 10
    assert rows[50_000].at is None
    assert "missing" in rows[50_000].detail


def test_rows_of_a_filter_are_read_backwards_in_pieces_without_gaps() -> None:
    rows = FilteredRows(BigLog(4000), Filter(command="c1"))
    rows.add_new(rows.read_new())
    assert len(rows) == PIECE
    while rows.older:
        rows.add_older(rows.read_older())
    assert [rows[index].seq for index in range(len(rows))] == list(range(1, 4000, 2))


def test_what_comes_while_many_are_recorded_at_once_has_no_gaps() -> None:
    log = BigLog(100)
    rows = FilteredRows(log, Filter(command="c1"))
    rows.add_new(rows.read_new())
    log.count = 5000
    rows.add_new(rows.read_new())
    assert [rows[index].seq for index in range(len(rows))] == list(range(1, 5000, 2))


def test_what_two_read_at_the_same_time_is_taken_in_once() -> None:
    log = BigLog(10)
    rows = FilteredRows(log, Filter(command="c1"))
    one, other = rows.read_new(), rows.read_new()
    assert rows.add_new(one) == 5
    assert rows.add_new(other) == 0
    log.count = 12
    one, other = rows.read_new(), rows.read_new()
    rows.add_new(one)
    rows.add_new(other)
    assert [rows[index].seq for index in range(len(rows))] == [1, 3, 5, 7, 9, 11]


def test_of_two_that_read_all_records_the_slower_one_takes_none_away() -> None:
    log = BigLog(10)
    rows = AllRows(log)
    slow = rows.read_new()
    log.count = 12
    assert rows.add_new(rows.read_new()) == 12
    assert rows.add_new(slow) == 0
    assert len(rows) == 12


async def test_older_rows_come_as_one_scrolls_up_and_the_view_stays(app: RollcageApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.engine is not None)
        app.push_screen(AuditArea(lambda _: BigLog(4000)))  # type: ignore[arg-type,return-value]
        await until(pilot, lambda: any(each.row_count() for each in app.screen.query(AuditList)))
        shown = app.screen.query_one(AuditList)
        await filter_by(pilot, app, "command:c1")
        await until(pilot, lambda: shown.row_count() == PIECE)
        first = seqs(shown)[0]
        await pilot.press("g")
        await until(pilot, lambda: shown.row_count() > PIECE)
        assert seqs(shown)[shown.cursor] == first
        assert not shown.following


# --- filters ----------------------------------------------------------------------------------------------------


def test_a_filter_line_is_a_filter() -> None:
    found = parse_filter(
        'result:denied command:deploy user:"ada l" session:s kind:assessed kind:run-started since:2h '
        "until:2026-01-02T15:30",
        NOW,
    )
    assert found == Filter(
        since=datetime(2026, 1, 2, 13, 0, tzinfo=UTC), until=datetime(2026, 1, 2, 14, 30, tzinfo=UTC), session="s",
        command="deploy", user="ada l", result=AuditResult.DENIED,
        kinds=frozenset({EntryKind.ASSESSED, EntryKind.RUN_STARTED}),
    )  # fmt: skip
    assert parse_filter("  ", NOW) == Filter()
    assert parse_filter("run:01ab", NOW, lambda prefix: prefix.upper() + "CD").run_id == "01ABCD"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("denied", "'denied' is not FIELD:VALUE"),
        ("result:", "result: needs a value"),
        ("result:maybe", "there are allowed, denied, warning, info"),
        ("result:failed", "there is no 'failed'; there are allowed, denied, warning, info"),
        ("kind:run-start", "did you mean run-started?"),
        ("usr:ada", "did you mean 'user:'?"),
        ("since:yesterday", "is not a moment; write 2h"),
        ("since:1h until:2h", "since is not before until"),
        ("user:a user:b", "user is given twice"),
        ("user:'a", "a quote has no end"),
    ],
)
def test_a_wrong_filter_line_is_explained(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem.replace("?", "[?]")):
        parse_filter(text, NOW)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_filter("usr:a result:b since:c", NOW)
    assert caught.value.message.count(";") >= 2


# --- words ------------------------------------------------------------------------------------------------------


ONE, OTHER = "01M7ZT0000000000000000AAAA", "01M7ZT0000000000000000BBBB"


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [
        ("snapshot-deleted", {"snapshot_ids": [ONE, OTHER], "freed_bytes": 2048},
         "2 snapshots: 00aaaa, 00bbbb · 2.0 KiB freed"),
        ("snapshot-deleted", {"snapshot_ids": [ONE] * 5, "freed_bytes": 0},
         "5 snapshots: 00aaaa, 00aaaa, 00aaaa and 2 more · 0 B freed"),
        ("snapshot-changed", {"snapshot_id": ONE, "name": None, "pinned": True}, "pinned · 00aaaa"),
        ("snapshot-changed", {"snapshot_id": ONE, "name": "good", "pinned": None}, "named “good” · 00aaaa"),
        ("snapshot-changed", {"snapshot_id": ONE, "name": "", "pinned": False},
         "its name taken away, unpinned · 00aaaa"),
        ("snapshot-taken", {"snapshot_id": ONE, "name": "", "reason": "failed"},
         "after a run that did not succeed · 00aaaa"),
        ("session-branched", {"session_id": ONE, "snapshot_id": ONE, "from_session": "lab", "from_snapshot_id": OTHER},
         "from snapshot 00bbbb of session lab"),
        ("session-deleted", {"session_id": ONE}, "with its snapshots, runs and outputs · 00aaaa"),
        ("approval-revoked", {"approval_id": ONE, "standing": "denied", "subject": "curl"}, "curl (denied)"),
        ("engine-opened", {"version": "1.0", "settings": "abc", "pid": 7}, "process 7 of version 1.0"),
        ("engine-closed", {"pid": 7}, "process 7"),
        ("limit-exceeded", {"state": "limit-exceeded", "exit_code": None, "error": "too much output"},
         "limit-exceeded · too much output"),
    ],
)  # fmt: skip
def test_the_details_of_a_record_are_words(kind: str, details: dict[str, object], words: str) -> None:
    record = Record(1, int(START.timestamp() * 1e6), kind, None, "", "", "", "", "info", details, b"", b"")
    assert short_detail(record) == words


@pytest.mark.parametrize("kind", [*EntryKind, "something-new"])
@pytest.mark.parametrize("details", [{}, {"unreadable": "x\x1b"}, {"checks": 3, "reasons": None, "assessment": []}])
def test_a_damaged_record_has_a_line_too(kind: str, details: dict[str, object]) -> None:
    record = Record(1, int(START.timestamp() * 1e6), kind, None, "", "", "", "", "info", details, b"", b"")
    assert "\x1b" not in short_detail(record)
    assert pretty(record)
