"""When something may run: by the clock on the wall, through midnight and through changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.definitions.texts import definition_text, good
from tests.unit.policy.proposals import NOON, proposal
from tui.definitions.restrictions import DAY, WEEK, AllowedTimes, Maintenance, WeeklyWindow
from tui.policy.times import HORIZON_DAYS, check_times, next_allowed
from tui.policy.verdict import Result

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = "{windows: ['mon-fri 09:00-18:00'], time_zone: UTC}"


def times(text: str) -> AllowedTimes:
    found = good(definition_text(allowed_times=text)).allowed_times
    assert found is not None
    return found


def is_allowed(restriction: AllowedTimes, moment: datetime) -> bool:
    return check_times([restriction], proposal(), moment).result is Result.ALLOWED


@pytest.mark.parametrize(
    ("day", "clock", "allowed"),
    [
        (4, "08:59:59", False), (4, "09:00:00", True), (4, "17:59:59.999999", True), (4, "18:00:00", False),
        (6, "17:59:59", True), (7, "12:00:00", False), (8, "12:00:00", False), (9, "09:00:00", True),
    ],
)  # fmt: skip
def test_hours_include_their_start_and_not_their_end(day: int, clock: str, allowed: bool) -> None:
    assert is_allowed(times(OFFICE), datetime.fromisoformat(f"2026-03-{day:02}T{clock}+00:00")) is allowed


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-03-06T21:59", False), ("2026-03-06T22:00", True), ("2026-03-07T03:59", True),
        ("2026-03-07T04:00", False), ("2026-03-07T22:00", False),
    ],
)  # fmt: skip
def test_hours_over_midnight_belong_to_the_day_they_begin(moment: str, allowed: bool) -> None:
    friday_night = times("{windows: ['fri 22:00-04:00'], time_zone: UTC}")
    assert is_allowed(friday_night, datetime.fromisoformat(f"{moment}+00:00")) is allowed


def test_a_window_reaches_over_the_end_of_the_week() -> None:
    sunday_night = times("{windows: ['sun 23:00-01:00'], time_zone: UTC}")
    assert is_allowed(sunday_night, datetime(2026, 3, 9, 0, 59, tzinfo=UTC))
    assert not is_allowed(sunday_night, datetime(2026, 3, 9, 1, 0, tzinfo=UTC))


def test_days_alone_are_whole_days() -> None:
    weekend = times("{windows: ['sat,sun'], time_zone: UTC}")
    assert is_allowed(weekend, datetime(2026, 3, 8, 23, 59, tzinfo=UTC))
    assert not is_allowed(weekend, datetime(2026, 3, 9, 0, 0, tzinfo=UTC))


def test_the_reason_says_when_it_is_allowed_next() -> None:
    evening = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
    check = check_times([times(OFFICE)], proposal(), evening)
    assert check.result is Result.DENIED
    assert "mon-fri 09:00-18:00" in check.reason
    assert "next allowed at Mon 2026-03-09 09:00 UTC (in 63h 00m)" in check.reason
    assert check.details["next_allowed_at"] == "2026-03-09T09:00+00:00"


def test_maintenance_keeps_everything_out_and_says_why() -> None:
    text = "{time_zone: UTC, maintenance: [{day: wednesday, start: '11:30', duration: 90 minutes, reason: backups}]}"
    check = check_times([times(text)], proposal(), NOON)
    assert check.result is Result.DENIED
    assert "maintenance wed 11:30-13:00 (backups)" in check.reason
    assert "next allowed at 13:00 UTC (in 1h 00m)" in check.reason
    assert is_allowed(times(text), NOON + timedelta(hours=1))


def test_maintenance_longer_than_a_day() -> None:
    text = "{time_zone: UTC, maintenance: [{day: sat, start: '22:00', duration: 36h}]}"
    assert not is_allowed(times(text), datetime(2026, 3, 9, 9, 59, tzinfo=UTC))
    assert is_allowed(times(text), datetime(2026, 3, 9, 10, 0, tzinfo=UTC))


def test_maintenance_inside_a_window_pushes_the_next_moment_back() -> None:
    text = "{time_zone: UTC, windows: [daily 09:00-18:00], maintenance: [{day: thu, start: '08:00', duration: 3h}]}"
    evening = datetime(2026, 3, 4, 19, 0, tzinfo=UTC)
    assert next_allowed([times(text)], evening) == datetime(2026, 3, 5, 11, 0, tzinfo=UTC)


def test_all_restrictions_hold_together() -> None:
    office, nights = times(OFFICE), times("{windows: [daily 17:00-23:00], time_zone: UTC}")
    assert next_allowed([office, nights], NOON) == datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
    check = check_times([office], proposal(allowed_times=nights), NOON)
    assert check.result is Result.DENIED


def test_restrictions_that_exclude_each_other_say_so() -> None:
    day, night = times("daily 09:00-10:00"), times("daily 10:00-11:00")
    check = check_times([day, night], proposal(), NOON)
    assert f"leave no moment in the next {HORIZON_DAYS} days" in check.reason
    assert check.details["next_allowed_at"] is None


def test_nothing_is_restricted_by_default() -> None:
    assert check_times([], proposal(), NOON).result is Result.ALLOWED


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # 02:00 becomes 03:00 on 29 March: the window from 02:30 begins when the clock shows 03:00.
        ("2026-03-29T00:30", "2026-03-29T01:00"),
        # On other days at 02:30, an hour before in UTC once summer time is in force.
        ("2026-03-28T00:30", "2026-03-28T01:30"),
        ("2026-03-30T00:00", "2026-03-30T00:30"),
        # 03:00 becomes 02:00 on 25 October: 02:30 comes twice, and the first time counts.
        ("2026-10-24T22:00", "2026-10-25T00:30"),
    ],
)
def test_windows_follow_the_clock_on_the_wall(moment: str, expected: str) -> None:
    night = times("{windows: [daily 02:30-05:00], time_zone: Europe/Berlin}")
    found = next_allowed([night], datetime.fromisoformat(f"{moment}+00:00"))
    assert found == datetime.fromisoformat(f"{expected}+00:00")


@pytest.mark.parametrize("hour", [0, 1])
def test_an_hour_that_comes_twice_is_allowed_twice(hour: int) -> None:
    night = times("{windows: [daily 02:00-03:00], time_zone: Europe/Berlin}")
    assert is_allowed(night, datetime(2026, 10, 25, hour, 30, tzinfo=UTC))


def test_the_hosts_time_zone_is_used_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        office = times("daily 09:00-18:00")
        assert is_allowed(office, datetime(2026, 3, 4, 0, 0, tzinfo=UTC))
        assert next_allowed([office], datetime(2026, 3, 4, 9, 0, tzinfo=UTC)) == datetime(2026, 3, 5, 0, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


windows = st.builds(WeeklyWindow, st.integers(0, WEEK - 1), st.integers(1, 2 * DAY))
restrictions = st.builds(
    AllowedTimes,
    st.lists(windows, max_size=3).map(tuple),
    st.lists(st.builds(Maintenance, windows), max_size=2).map(tuple),
    st.sampled_from([ZoneInfo("UTC"), BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]),
)
minutes = st.one_of(
    st.integers(0, 10 * WEEK), st.integers(-2 * DAY, 2 * DAY).map(lambda n: n + 126_780)
)  # also around the change of the clocks of Berlin on 29 March


@settings(deadline=None, max_examples=60)
@given(st.lists(restrictions, min_size=1, max_size=2), minutes)
def test_the_next_moment_is_the_first_that_is_allowed(held: list[AllowedTimes], minute: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)

    def allowed(moment: datetime) -> bool:
        return all(each.refusal(moment) is None for each in held)

    found = next_allowed(held, now)
    minutes_ahead = range(8 * DAY if found is None else int((found - now).total_seconds() // 60))
    assert not any(allowed(now + timedelta(minutes=ahead)) for ahead in minutes_ahead)
    assert found is None or allowed(found)
