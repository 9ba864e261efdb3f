"""Commands as people and intruders write them: what must be asked about, and what looks like it and must not be.

They are data in `commands.jsonl`, a command a line. Nothing of them is ever run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, TypedDict, cast

import pytest

from tui.levels import RiskLevel
from tui.risk.assessing import assess
from tui.risk.knowledge import Knowledge


class Labelled(TypedDict):
    """A line of the file."""

    id: str
    language: str
    dangerous: bool
    """Whether somebody should be asked before it runs: high or critical."""
    command: str


_FILE: Final = Path(__file__).with_name("commands.jsonl")
COMMANDS: Final = cast("list[Labelled]", [json.loads(line) for line in _FILE.read_text("utf-8").splitlines()])


@pytest.mark.parametrize("labelled", COMMANDS, ids=[labelled["id"] for labelled in COMMANDS])
def test_people_are_asked_about_what_is_dangerous_and_nothing_else(labelled: Labelled, knowledge: Knowledge) -> None:
    found = assess(labelled["command"], labelled["language"], knowledge=knowledge)
    assert (found.level >= RiskLevel.HIGH) is labelled["dangerous"], [reason.rule for reason in found.reasons]


def test_what_is_dangerous_says_why(knowledge: Knowledge) -> None:
    for labelled in COMMANDS:
        if labelled["dangerous"]:
            found = assess(labelled["command"], labelled["language"], knowledge=knowledge)
            worst = [reason for reason in found.reasons if reason.level is found.level]
            assert worst
            assert all(reason.effect and reason.span.end > reason.span.start for reason in worst)
