"""Pairs that look alike: one has to be asked about, the other must not be. They differ in what they do, not in how.

They are data in `twins.jsonl`, a pair a line. Each stands for a way in which what matters is carried from one part of a
text to another, or for what an interface does that no name tells. Nothing of them is ever run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, TypedDict, cast

import pytest

from tui.levels import RiskLevel
from tui.risk.assessing import assess
from tui.risk.knowledge import Knowledge


class Twins(TypedDict):
    """A line of the file."""

    language: str
    about: str
    dangerous: str
    harmless: str


_FILE: Final = Path(__file__).with_name("twins.jsonl")
TWINS: Final = cast("list[Twins]", [json.loads(line) for line in _FILE.read_text("utf-8").splitlines()])


@pytest.mark.parametrize("twins", TWINS, ids=[f"{each['language']}: {each['about']}" for each in TWINS])
def test_only_the_dangerous_one_is_asked_about(twins: Twins, knowledge: Knowledge) -> None:
    found = assess(twins["dangerous"], twins["language"], knowledge=knowledge)
    assert found.level >= RiskLevel.HIGH
    assert all(reason.effect and reason.rule for reason in found.reasons)
    harmless = assess(twins["harmless"], twins["language"], knowledge=knowledge)
    assert harmless.level <= RiskLevel.MEDIUM, [reason.rule for reason in harmless.reasons]
