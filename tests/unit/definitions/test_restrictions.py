"""How often, when and by whom: the fields of a definition."""

from __future__ import annotations

import pytest

from tests.unit.definitions.texts import complaints, definition_text, good
from tui.definitions.restrictions import CountedBy, RateLimit, in_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 per hour", RateLimit(5, 3600)),
        ("100 per 60 s", RateLimit(100, 60)),
        ("1 Per 15 Minutes", RateLimit(1, 900)),
        ("10/day", RateLimit(10, 86_400)),
        ("3 per 1.5 hours", RateLimit(3, 5400)),
        (
            "{uses: 2, per: 2 weeks, each: [User, command]}",
            RateLimit(2, 1_209_600, (CountedBy.USER, CountedBy.COMMAND)),
        ),
    ],
)
def test_a_rate_limit(text: str, expected: RateLimit) -> None:
    assert good(definition_text(rate_limit=text)).rate_limit == expected


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("often", ["'rate_limit' cannot be 'often'"]),
        ("0 per hour", ["'rate_limit' must allow 1 to 1000000 uses; to allow none, deny it"]),
        ("5 per fortnight", ["'rate_limit' has no length of time in 'fortnight'"]),
        ("5 per 0 s", ["'rate_limit' must be for a time above zero and of at most 31 days"]),
        ("5 per 32 days", ["'rate_limit' must be for a time above zero and of at most 31 days"]),
        ("[5]", ["'rate_limit' must be text, not a list"]),
        ("{per: hour}", ["'rate_limit': 'uses' is required"]),
        ("{uses: 5}", ["'rate_limit': 'per' is required"]),
        ("{uses: 5, per: hour, each: [moon]}", ["'rate_limit': 'each' cannot hold 'moon'"]),
        ("{uses: 5, per: hour, every: x}", ["'rate_limit': unknown field 'every'"]),
    ],
)
def test_what_is_no_rate_limit(text: str, messages: list[str]) -> None:
    assert complaints(definition_text(rate_limit=text)) == [(4, message) for message in messages]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mon-fri 09:00-18:00", "mon-fri 09:00-18:00"),
        ("Monday - Friday 9:00 to 18:00", "mon-fri 09:00-18:00"),
        ("weekdays 09:00–18:00", "mon-fri 09:00-18:00"),
        ("fri-mon", "mon,fri,sat,sun 00:00-24:00"),
        ("22:00-04:00", "daily 22:00-04:00"),
        ("12:00-24:00", "daily 12:00-24:00"),
        ("12:00-00:00", "daily 12:00-24:00"),
        ("[sat 10:00-12:00, sundays]", "sat 10:00-12:00, sun 00:00-24:00"),
        ("{windows: [weekends]}", "sat,sun 00:00-24:00"),
    ],
)
def test_windows(text: str, words: str) -> None:
    times = good(definition_text(allowed_times=text)).allowed_times
    assert times is not None
    assert in_words(times.windows) == words


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[]", ["'allowed_times' must not be empty: nothing could ever run"]),
        ("09:00-09:00", ["'allowed_times': '09:00-09:00' starts when it ends; the whole day is 00:00-24:00"]),
        ("24:00-04:00", ["'allowed_times': '24:00-04:00' starts when it ends; the whole day is 00:00-24:00"]),
        ("mon 25:00-26:00", ["'allowed_times': 'mon 25:00-26:00' has no time of day in '25:00'"]),
        ("mon 9-17", ["'allowed_times': 'mon 9-17' holds no hours such as 09:00-18:00"]),
        ("holiday", ["'allowed_times': 'holiday' names no day of the week in 'holiday'"]),
        ("{time_zone: Mars/Base}", ["'allowed_times': this host knows no time zone 'Mars/Base'"]),
        ("{time_zone: ../etc/passwd}", ["'allowed_times': this host knows no time zone '../etc/passwd'"]),
        ("{maintenance: x}", ["'allowed_times': 'maintenance' must be a list, not text"]),
        ("{maintenance: [x]}", ["'allowed_times': a maintenance window must be a mapping, not text"]),
        (
            "{maintenance: [{day: sun}]}",
            [
                "'allowed_times': a maintenance window: 'start' is required",
                "'allowed_times': a maintenance window: 'duration' is required",
            ],
        ),
        (
            "{maintenance: [{day: sun, start: 02:00, duration: 8 days}]}",
            ["'allowed_times': a maintenance window lasts whole minutes, at most a week"],
        ),
    ],
)
def test_what_are_no_times(text: str, messages: list[str]) -> None:
    assert [message for _, message in complaints(definition_text(allowed_times=text))] == messages


def test_times_in_words() -> None:
    text = "{windows: [weekdays], maintenance: [{day: daily, start: 02:00, duration: 1h, reason: x}], time_zone: UTC}"
    assert str(good(definition_text(allowed_times=text)).allowed_times) == (
        "mon-fri 00:00-24:00, except daily 02:00-03:00 (x) (UTC)"
    )


def test_roles() -> None:
    assert good(definition_text(roles="[engineer, 'Release Manager', engineer]")).roles == (
        "engineer",
        "Release Manager",
    )
    assert good(definition_text()).roles == ()
    assert complaints(definition_text(roles="[]")) == [
        (4, "frontmatter: 'roles' must not be empty: nobody could run it")
    ]


def test_all_restrictions_are_complained_about_at_once() -> None:
    text = definition_text(rate_limit="often", allowed_times="never", roles="x")
    assert [line for line, _ in complaints(text)] == [4, 5, 6]
