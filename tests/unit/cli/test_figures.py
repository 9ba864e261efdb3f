from __future__ import annotations

from datetime import timedelta

import pytest

from tui.cli.figures import id_length, size, took


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3_700_000, "3.5 MiB"), (5 * 1024**4, "5.0 TiB")],
)
def test_sizes_carry_the_unit_that_suits_them(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0.0003, "0.3 ms"),
        (0.0142, "14 ms"),
        (1.25, "1.2 s"),
        (59.94, "59.9 s"),
        (61, "1m 01s"),
        (timedelta(hours=2, minutes=5), "2h 05m"),
    ],
)
def test_durations(span: float | timedelta, text: str) -> None:
    assert took(span) == text


def test_ids_are_cut_only_as_far_as_they_stay_different() -> None:
    assert id_length([]) == 10
    assert id_length(["01K9Z3X7QMAAAA" + "0" * 12, "01K9Z3X7QNAAAA" + "0" * 12]) == 10
    assert id_length(["01K9Z3X7QMAAAA" + "0" * 12, "01K9Z3X7QMAAAB" + "0" * 12]) == 14
