"""What is told of a run that Rollcage could not carry out."""

from __future__ import annotations

from datetime import UTC, datetime

from tui.runs.events import RunFinished
from tui.store.states import RunState
from tui.ui.failures import failure_words
from tui.ui.preparation import Progress


def finished(state: RunState, error: str, *, rolled_back: bool = False) -> RunFinished:
    return RunFinished(
        at=datetime(2026, 1, 2, tzinfo=UTC), session_id="s", run_id="r", state=state, exit_code=None, error=error,
        duration_ms=1.0, before_id=None, after_id=None, rolled_back=rolled_back, usage=None,
    )  # fmt: skip


def test_of_a_lost_machine_it_is_said_what_became_of_the_session_and_what_to_do() -> None:
    lost = finished(RunState.MACHINE_LOST, "the other side hung up\nthe log", rolled_back=True)
    told = failure_words(lost, None)
    assert told.startswith("Its machine was lost")
    assert "back where it was before" in told
    assert "Run it again" in told
    assert told.endswith("\nthe other side hung up")
    assert "nothing was rolled back" in failure_words(finished(RunState.MACHINE_LOST, "x"), None)


def test_nobody_is_sent_to_set_up_what_is_being_set_up() -> None:
    lacks = finished(RunState.ERROR, "there is no guest image yet\nrun `rollcage setup`")
    assert failure_words(lacks, None) == lacks.error
    told = failure_words(lacks, Progress(0.25))
    assert "rollcage setup" not in told
    assert told.startswith("there is no guest image yet\nThis host is being set up (25% done):")


def test_other_errors_are_told_as_they_are() -> None:
    assert failure_words(finished(RunState.REFUSED, "denied\x1b"), Progress(0.25)) == "denied␛"
