from __future__ import annotations

from datetime import UTC, datetime

from tui.cli.tree import tree
from tui.store.model import SnapshotRecord
from tui.store.states import SnapshotReason


def snapshot(id_: str, parent: str | None) -> SnapshotRecord:
    return SnapshotRecord(id_, "S", parent, SnapshotReason.MANUAL, datetime.now(UTC))


def drawn(parents: dict[str, str | None], head: str | None) -> list[str]:
    return [line.art + line.snapshot.id for line in tree([snapshot(*item) for item in parents.items()], head)]


def test_a_line_of_runs_stays_in_one_column() -> None:
    assert drawn({"1": None, "2": "1", "3": "2"}, "3") == ["○1", "○2", "●3"]


def test_the_way_to_the_head_goes_straight_down_and_the_rest_branches_off() -> None:
    parents = {"1": None, "2": "1", "3": "2", "4": "1", "5": "4", "6": "1"}
    assert drawn(parents, "5") == ["○1", "├─○2", "│ ○3", "├─○6", "○4", "●5"]


def test_a_branch_of_a_branch() -> None:
    parents = {"1": None, "2": "1", "3": "2", "4": "2", "5": "1"}
    assert drawn(parents, "5") == ["○1", "├─○2", "│ ├─○3", "│ ○4", "●5"]


def test_the_line_ends_at_the_head() -> None:
    assert drawn({"1": None, "2": "1", "3": "1", "4": "3"}, "1") == ["●1", "├─○2", "└─○3", "  ○4"]
    assert drawn({"1": None, "2": "1", "3": "2", "4": "2"}, "1") == ["●1", "└─○2", "  ├─○3", "  ○4"]


def test_children_of_a_deleted_parent_are_roots() -> None:
    assert drawn({"2": "1", "3": "2"}, None) == ["○2", "○3"]


def test_a_very_deep_session_is_drawn() -> None:
    parents: dict[str, str | None] = {f"{number:05}": f"{number - 1:05}" if number else None for number in range(5000)}
    lines = drawn(parents, "04999")
    assert len(lines) == 5000
    assert lines[-1] == "●04999"


def test_a_cycle_in_damaged_records_does_not_hang() -> None:
    assert drawn({"1": "2", "2": "1"}, "1") == []
