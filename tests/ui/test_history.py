"""The session as a tree of rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tui.store.model import RunRecord, SnapshotRecord
from tui.store.states import RunState, SnapshotReason
from tui.ui.history import history_rows
from tui.ui.session_state import row_details

START = datetime(2026, 1, 2, tzinfo=UTC)


def snapshot(
    number: int, parent: int | None, reason: SnapshotReason = SnapshotReason.AFTER, run: str | None = None
) -> SnapshotRecord:
    return SnapshotRecord(
        f"{number:04}", "s", None if parent is None else f"{parent:04}", reason, START + timedelta(seconds=number),
        run_id=run,
    )  # fmt: skip


def run(id_: str, state: RunState = RunState.SUCCEEDED, before: int | None = None) -> RunRecord:
    return RunRecord(id_, "s", "title", None, {}, state, START, before_id=None if before is None else f"{before:04}")


def graph(*rows_of: object, head: int | None) -> list[str]:
    snapshots = [each for each in rows_of if isinstance(each, SnapshotRecord)]
    runs = [each for each in rows_of if isinstance(each, RunRecord)]
    return [row.graph for row in history_rows(snapshots, runs, None if head is None else f"{head:04}")]


def test_nothing_is_nothing() -> None:
    assert graph(head=None) == []


def test_a_line_of_runs() -> None:
    assert graph(snapshot(1, None), snapshot(2, 1), snapshot(3, 2), head=3) == ["◉", "●", "●"]


def test_what_was_rolled_back_is_a_branch_beside_the_current_line() -> None:
    rows = graph(snapshot(1, None), snapshot(2, 1), snapshot(3, 2), snapshot(4, 1), head=4)
    assert rows == ["◉", "│ ○", "│ ○", "●─╯"]


def test_a_failed_run_is_a_dead_end() -> None:
    failed = run("r", RunState.FAILED, 1)
    rows = graph(snapshot(1, None), snapshot(2, 1, SnapshotReason.FAILED, "r"), failed, head=1)
    assert rows == ["✗", "◉"]


def test_three_branches_meet() -> None:
    rows = graph(snapshot(1, None), snapshot(2, 1), snapshot(3, 1), snapshot(4, 1), head=4)
    assert rows == ["◉", "│ ○", "│ │ ○", "●─┴─╯"]


def test_a_run_in_progress_stands_above_where_it_started_even_if_its_id_is_older() -> None:
    rows = history_rows([snapshot(5, None)], [run("0004", RunState.RUNNING, 5)], "0005")
    assert [(row.graph, row.target) for row in rows] == [("◌", "0005"), ("◉", "0005")]


def test_a_run_that_left_no_snapshot_goes_back_to_where_it_started() -> None:
    rows = history_rows([snapshot(1, None)], [run("0002", RunState.MACHINE_LOST, 1)], "0001")
    assert rows[0].target == "0001"
    assert rows[0].snapshot is None


def test_runs_that_never_had_a_machine_stand_where_they_belong_by_time() -> None:
    refused, local = run("0002", RunState.REFUSED), run("0004")
    snapshots = [snapshot(1, None), snapshot(3, 1), snapshot(5, 3)]
    rows = history_rows(snapshots, [refused, local], "0005")
    assert [row.key for row in rows] == ["0005", "0004", "0003", "0002", "0001"]
    assert [row.graph for row in rows] == ["◉", "│ ○", "●", "│ ⊘", "●"]
    assert [row.target for row in rows if row.snapshot is None] == [None, None]


def test_what_was_deleted_is_no_target() -> None:
    rows = history_rows([snapshot(2, None)], [run("0003", RunState.MACHINE_LOST, 1)], "0002")
    assert rows[0].target is None
    assert "nothing here to go back to" in row_details(rows[0]).plain


def test_a_snapshot_is_said_to_be_of_a_run_as_that_ended() -> None:
    cancelled = run("r", RunState.CANCELLED, 1)
    rows = history_rows([snapshot(1, None), snapshot(2, 1, SnapshotReason.FAILED, "r")], [cancelled], "0001")
    assert "of a cancelled run" in row_details(rows[0]).plain


@given(st.lists(st.integers(0, 30), max_size=30))
def test_every_snapshot_is_one_row_below_its_children(parents: list[int]) -> None:
    snapshots = [snapshot(0, None)]
    for number, parent in enumerate(parents, 1):
        snapshots.append(snapshot(number, min(parent, number - 1)))
    rows = history_rows(snapshots, [], snapshots[-1].id)
    order = [row.key for row in rows]
    assert sorted(order) == [each.id for each in snapshots]
    for each in snapshots:
        if each.parent_id is not None:
            assert order.index(each.id) < order.index(each.parent_id)
    for row in rows:
        assert row.graph[row.node] in "◉●○"
