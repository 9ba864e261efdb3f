"""Searching with a pattern: anywhere in a text, and in bounded time."""

from __future__ import annotations

import pytest

from tui.definitions.patterns import BadPattern, compile_pattern, found_in


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("b+", "abba", True), ("^b", "abba", False), ("a$", "abba", True), ("c", "abba", False), ("", "", True),
        # Estimated too costly for this process, so made in another.
        (r"(x+)+y", "a" * 100 + "xxy", True), (r"(x+)+y", "a" * 100, False),
    ],
)  # fmt: skip
def test_some_part_of_the_text_is_enough(pattern: str, text: str, found: bool) -> None:
    assert found_in(compile_pattern(pattern), text) is found


def test_a_search_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(BadPattern, match="given up"):
        found_in(compile_pattern("(a+)+$"), "a" * 60 + "b")
