from __future__ import annotations

import pytest

from tui.cli.progress import progress


def test_without_a_terminal_a_stage_is_a_line_and_many_small_ones_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("packages") as report:
        report(None, "reading lists")
        report(None, "reading lists")
        for number in range(1001):
            report(number / 1000, f"package {number}\x1b[2J")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "rollcage: packages: reading lists"
    assert lines[1] == "rollcage: packages: package 0␛[2J"
    assert len(lines) <= 22
