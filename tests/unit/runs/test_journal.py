"""Undo and redo against a simple model: a list of states with a finger on one of them."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tui.ids import new_id
from tui.machines.model import PROFILES
from tui.paths import Paths
from tui.runs.journal import stacks
from tui.runs.rollback import plan
from tui.store.model import RunRecord, SnapshotRecord
from tui.store.rows import now
from tui.store.states import MoveKind, RunState, SnapshotReason
from tui.store.store import Store


class Journal(RuleBasedStateMachine):
    """Drives a real store; `past` and `future` are what undo and redo must lead to."""

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.paths = Paths.below(Path(self.directory.name))
        self.store = Store.open(self.paths)
        self.session_id = self.store.session_for("s", PROFILES["minimal"]).id
        root = self.snapshot(None, None)
        self.store.add_snapshot(root, head=True)
        self.head = root.id
        self.known = [root.id]
        self.parents: dict[str, tuple[str | None, str | None]] = {root.id: (None, None)}
        self.past: list[str] = []
        self.future: list[str] = []
        self.entries = 0

    def snapshot(self, parent: str | None, run_id: str | None) -> SnapshotRecord:
        return SnapshotRecord(new_id(), self.session_id, parent, SnapshotReason.AFTER, now(), run_id=run_id)

    def moved(self, to: str) -> None:
        self.past.append(self.head)
        self.future.clear()
        self.head = to
        self.entries += 1

    @rule()
    def run(self) -> None:
        run = RunRecord(new_id(), self.session_id, "t", None, {}, RunState.RUNNING, now(), before_id=self.head)
        self.store.add_run(run, new_id())
        after = self.snapshot(self.head, run.id)
        self.store.conclude(run, snapshot=after, move=MoveKind.RUN)
        self.parents[after.id] = (self.head, run.id)
        self.known.append(after.id)
        self.moved(after.id)

    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        target = data.draw(st.sampled_from(self.known))
        self.store.move_head(self.session_id, target, MoveKind.ROLLBACK)
        self.moved(target)

    @precondition(lambda self: self.past)
    @rule()
    def undo(self) -> None:
        move = stacks(self.store.moves(self.session_id)).next_undo
        assert move is not None
        assert move.from_id is not None
        self.store.move_head(self.session_id, move.from_id, MoveKind.UNDO, subject_seq=move.seq)
        self.future.append(self.head)
        self.head = self.past.pop()
        self.entries += 1

    @precondition(lambda self: self.future)
    @rule()
    def redo(self) -> None:
        move = stacks(self.store.moves(self.session_id)).next_redo
        assert move is not None
        self.store.move_head(self.session_id, move.to_id, MoveKind.REDO, subject_seq=move.seq)
        self.past.append(self.head)
        self.head = self.future.pop()
        self.entries += 1

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(self.paths)

    @rule(data=st.data())
    def a_plan_names_what_the_target_lacks(self, data: st.DataObject) -> None:
        target = data.draw(st.sampled_from(self.known))
        lost = plan(self.store, self.store.session("s"), self.store.snapshot(target)).lost_runs
        assert {run.id for run in lost} == self.contained(self.head) - self.contained(target)

    def contained(self, snapshot_id: str | None) -> set[str]:
        runs: set[str] = set()
        while snapshot_id is not None:
            snapshot_id, run_id = self.parents[snapshot_id]
            runs |= {run_id} if run_id else set()
        return runs

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        if not hasattr(self, "store"):
            return
        moves = self.store.moves(self.session_id)
        found = stacks(moves)
        assert self.store.session("s").head_id == self.head
        assert [move.from_id for move in found.undo] == self.past
        assert [move.to_id for move in found.redo] == self.future
        assert len(moves) == self.entries
        for earlier, later in pairwise(moves):
            assert earlier.to_id == later.from_id
            assert earlier.seq < later.seq

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.directory.cleanup()


TestJournal = Journal.TestCase
TestJournal.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_a_move_from_nowhere_cannot_be_undone(tmp_path: Path) -> None:
    store = Store.open(Paths.below(tmp_path))
    session = store.session_for("s", PROFILES["minimal"])
    run = RunRecord(new_id(), session.id, "t", None, {}, RunState.RUNNING, now())
    store.add_run(run, new_id())
    snapshot = SnapshotRecord(new_id(), session.id, None, SnapshotReason.AFTER, now())
    store.conclude(run, snapshot=snapshot, move=MoveKind.RUN)
    assert store.session("s").head_id == snapshot.id
    assert stacks(store.moves(session.id)).next_undo is None
    store.close()
