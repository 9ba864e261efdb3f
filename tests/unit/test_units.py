from __future__ import annotations

from datetime import timedelta

import pytest

from tui.units import duration, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (3_700_000, "3.5 MiB"),
        (150 * 1024**2, "150 MiB"),
        (5 * 1024**4, "5.0 TiB"),
        (5000 * 1024**4, "5000 TiB"),
    ],
)
def test_sizes_carry_the_unit_that_suits_them(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0, "0.0 ms"),
        (0.0003, "0.3 ms"),
        (0.0142, "14 ms"),
        (0.9999, "1.0 s"),
        (1.25, "1.2 s"),
        (59.94, "59.9 s"),
        (61, "1m 01s"),
        (3599.9, "59m 59s"),
        (timedelta(hours=2, minutes=5), "2h 05m"),
    ],
)
def test_durations_have_at_most_two_units(span: float | timedelta, text: str) -> None:
    assert duration(span) == text
