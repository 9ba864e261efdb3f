"""What was decided about a run is in its log, one line each; what ran on the host says so wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.pilots import until
from tests.support.scripted_engine import START, ScriptedEngine
from tests.ui.previews import proposal_of
from tests.ui.test_running import ready
from tui.levels import RiskLevel
from tui.machines.model import PROFILES
from tui.proposal import ProposedStep
from tui.risk.model import Assessment, Category, Confidence, Reason, Reversibility, Span
from tui.runs.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    HookDecided,
    MachineLeased,
    ModeDecided,
    PolicyChecked,
    RiskAssessed,
    RolledBack,
    RunFinished,
    RunStarted,
)
from tui.runs.request import Request, StepRequest
from tui.store.model import RunRecord
from tui.store.states import MoveKind, RunState
from tui.text import clean
from tui.ui.app import RollcageApp
from tui.ui.describe import STATE_GLYPHS, on_host, state_words
from tui.ui.evidence import code_lines, marks
from tui.ui.live import LiveRuns
from tui.ui.output.log import RowKind
from tui.ui.session_state import row_details
from tui.ui.widgets.session_tree import SessionTree
from tui.ui.widgets.status_bar import StatusBar

STAMP: dict[str, Any] = {"at": START, "session_id": "s", "run_id": "r"}
STARTED = RunStarted(**STAMP, title="wipe", session="default", definition=None, steps=1)


def told(kind: type[Event], **values: Any) -> Event:
    """Return an event with what a line does not tell left empty."""
    empty = {"steps": [], "cwd": None, "env": {}, "stdin": {}, "rules": ""}
    known = {each.name for each in fields(kind)}
    return kind(**STAMP, **{name: value for name, value in empty.items() if name in known}, **values)


def assessment_of(text: str) -> Assessment:
    found = proposal_of(Request("t", (StepRequest(text),))).assessment
    assert found is not None
    return found


def rows_after(events: Iterable[Event]) -> list[tuple[RowKind, str]]:
    live = LiveRuns()
    live.apply(STARTED)
    run = live.run("r")
    assert run is not None
    before = len(list(run.log.rows()))
    for event in events:
        live.apply(event)
    return [(row.kind, row.line.text) for row in run.log.rows()][before:]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (told(RiskAssessed, assessment=assessment_of("ls")), (RowKind.NOTE, "○ low risk")),
        (
            told(RiskAssessed, assessment=assessment_of("rm -rf /")),
            (RowKind.WARNING, "■ critical risk: deletes the whole file system"),
        ),
        (told(PolicyChecked, outcome="allow", checks=[{"result": "allowed"}]), (RowKind.NOTE, "policy: allow")),
        (
            told(PolicyChecked, outcome="deny", checks=[{"result": "denied", "reason": "no\x1b[2J sudo"}]),
            (RowKind.WARNING, "policy: deny, no␛[2J sudo"),
        ),
        (HookDecided(**STAMP, hook="lint", point="p", decision="allow", detail={}), None),
        (
            HookDecided(**STAMP, hook="lint", point="p", decision="block", detail={"reason": "too long"}),
            (RowKind.WARNING, "hook lint: block: too long"),
        ),
        (
            ModeDecided(**STAMP, mode="firecracker", reason="runs in a machine, as asked", no_rollback=False),
            (RowKind.NOTE, "runs in a machine, as asked"),
        ),
        (
            ModeDecided(**STAMP, mode="local", reason="runs on the host", no_rollback=True),
            (RowKind.WARNING, "runs on the host; no rollback here"),
        ),
        (
            ApprovalRequested(**STAMP, level=RiskLevel.HIGH, reasons=["high risk", "policy"], to_type=""),
            (RowKind.WARNING, "asking: high risk; policy"),
        ),
        (ApprovalDecided(**STAMP, answer="allow-once", by="ada", subjects=[]), (RowKind.NOTE, "allow once by ada")),
        (ApprovalDecided(**STAMP, answer="no-answer", by="ada", subjects=[]), (RowKind.WARNING, "no answer")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else "",
)
def test_a_decision_is_one_line(event: Event, expected: tuple[RowKind, str] | None) -> None:
    assert rows_after([event]) == ([] if expected is None else [expected])


def test_the_machine_of_before_a_rollback_is_not_named_after_it() -> None:
    live = LiveRuns()
    live.apply(STARTED)
    leased = MachineLeased(**STAMP, machine_id="m1", backend="b", spec=PROFILES["minimal"], source="pool", took_ms=1.0)
    live.apply(leased)
    assert live.machines["default"].machine_id == "m1"
    live.apply(RolledBack(at=START, session_id="s", to_id="a", from_id="b", kind=MoveKind.ROLLBACK, took_ms=1.0))
    assert live.machines == {}
    live.apply(replace(leased, machine_id="m2"))
    live.apply(RolledBack(**STAMP, to_id="a", from_id="b", kind=None, took_ms=1.0))
    assert live.machines == {}


def test_every_state_has_a_glyph_and_words() -> None:
    assert set(STATE_GLYPHS) == set(RunState)
    assert state_words(RunState.REFUSED, None) == "refused"
    assert state_words(RunState.LIMIT_EXCEEDED, None) == "over its limit"


def host_run(state: RunState = RunState.SUCCEEDED) -> RunRecord:
    gate = {"mode": "local", "mode_reason": "runs on the host"}
    return RunRecord("01RUN", "s", "ls", None, {"gate": gate}, state, START, ended_at=START, exit_code=0)


async def test_a_run_on_the_host_is_marked_in_the_tree_its_details_and_the_status(
    app: RollcageApp, engine: ScriptedEngine
) -> None:
    async with app.run_test(size=(160, 40)) as pilot:
        screen = await ready(pilot, app)
        tree = screen.query_one(SessionTree)
        tree.show([], [host_run()], None)
        assert ("no rollback here ", tree.look("warning")) in tree.row_parts(0)[1]
        assert "! ran on the host: no rollback here" in row_details(tree.rows[0]).plain
        assert "goes to where it started" not in row_details(tree.rows[0]).plain

        engine.emit(STARTED)
        engine.emit(ModeDecided(**STAMP, mode="local", reason="runs on the host", no_rollback=True))
        status = screen.query_one(StatusBar)
        await until(pilot, lambda: str(status.status.run).endswith("no rollback here"))
        engine.emit(
            RunFinished(**STAMP, state=RunState.REFUSED, exit_code=None, error="denied", duration_ms=1.0,
                        before_id=None, after_id=None, rolled_back=False, usage=None)
        )  # fmt: skip
        await until(pilot, lambda: str(status.status.run).startswith("⊘ wipe refused"))


def test_a_run_says_where_it_ran() -> None:
    assert on_host(host_run())
    assert not on_host(replace(host_run(), request={}))
    assert not on_host(replace(host_run(), request={"gate": {"mode": "firecracker"}}))


def reason(start: int, end: int, level: RiskLevel) -> Reason:
    return Reason(level, Category.DESTROY, "does", Span(start, end), "test")


@given(st.lists(st.tuples(st.integers(-3, 60), st.integers(-3, 60), st.sampled_from(RiskLevel)), max_size=8))
def test_evidence_covers_exactly_what_reasons_name_and_never_overlaps(found: list[tuple[int, int, RiskLevel]]) -> None:
    reasons = [reason(*each) for each in found]
    placed = marks(reasons, 50)
    covered = [at for mark in placed for at in range(mark.start, mark.end)]
    expected = {at for each in reasons if each.span.start >= 0 for at in range(each.span.start, min(each.span.end, 50))}
    assert covered == sorted(expected)
    for mark in placed:
        for at in range(mark.start, mark.end):
            levels = [each.level for each in reasons if 0 <= each.span.start <= at < each.span.end]
            assert mark.level == max(levels, key=lambda level: level.rank)


def step(text: str, *spans: tuple[int, int]) -> ProposedStep:
    reasons = tuple(reason(start, end, RiskLevel.HIGH) for start, end in spans)
    found = Assessment(RiskLevel.HIGH, Confidence.PARSED, Reversibility.HARD, "bash", reasons)
    return ProposedStep(text, "bash", (), found)


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_the_underlined_characters_are_the_evidence_whatever_stands_around_it(text: str, start: int, end: int) -> None:
    text += "x"  # blank lines at the end are left out
    lines = code_lines(step(text, (start, end)), most=100)
    underlined = "".join(
        line.plain[span.start : span.end] for line in lines for span in line.spans if "underline" in str(span.style)
    )
    assert underlined == clean(text[start:end]).replace("\n", "")
    assert all(clean(line.plain) == line.plain for line in lines)


def test_of_long_code_the_evidence_is_shown_wherever_it_is() -> None:
    text = "\n".join(f"echo {number}" for number in range(500)) + "\nrm -rf /\n"
    start = text.index("rm -rf /")
    shown = [line.plain.strip() for line in code_lines(step(text, (start, start + 8)), most=20)]
    assert "501 rm -rf /" in shown
    assert len(shown) < 30
    assert shown[-1] == "501 rm -rf /"


def test_of_a_long_line_what_is_around_the_evidence_is_shown() -> None:
    text = f"echo {'x' * 5000}; rm -rf /"
    start = text.index("rm -rf /")
    (line,) = code_lines(step(text, (start, start + 8)), most=20)
    assert line.plain.endswith("rm -rf /")
    assert len(line.plain) < 800
