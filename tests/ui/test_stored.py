"""The output of a run of the past: what it says, and the times it says it with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tui.machines.kinds import Stream
from tui.store.model import RunRecord
from tui.store.output import OutputWriter
from tui.store.states import RunState
from tui.ui.output.log import OutputLog, RowKind
from tui.ui.stored import stored_log

START = datetime(2026, 1, 2, 14, 0, tzinfo=UTC)
RUN = "01" + "R" * 24


class Store:
    def __init__(self, directory: Path, *printed: tuple[float, bytes]) -> None:
        self.path = directory / f"{RUN}.log"
        writer = OutputWriter(self.path, 1 << 20)
        for seconds, data in printed:
            writer.append(Stream.STDOUT, data, int((START.timestamp() + seconds) * 1e9))
        writer.close()

    def output_path(self, run_id: str) -> Path:
        assert run_id == RUN
        return self.path


def record(state: RunState, seconds: float | None, error: str = "") -> RunRecord:
    ended = None if seconds is None else START + timedelta(seconds=seconds)
    return RunRecord(RUN, "s", "make", None, {}, state, START, ended, error=error)


def told(log: OutputLog) -> list[tuple[str, float]]:
    start_ns = int(START.timestamp() * 1e9)
    return [
        (row.line.text, round((log.at_ns(number) - start_ns) / 1e9, 3))
        for number, row in enumerate(log.rows(), log.first)
    ]


async def test_every_row_has_the_time_it_came(tmp_path: Path) -> None:
    store = Store(tmp_path, (1.5, b"one\n"), (2.25, b"two"))
    log = await stored_log(store, record(RunState.SUCCEEDED, 4.0))  # type: ignore[arg-type]
    assert told(log) == [("make", 0.0), ("one", 1.5), ("two", 2.25), ("succeeded · 4.0 s", 4.0)]


async def test_of_a_run_that_was_killed_with_rollcage_the_last_that_is_known_is_its_output(tmp_path: Path) -> None:
    store = Store(tmp_path, (1.5, b"one\n"))
    log = await stored_log(store, record(RunState.INTERRUPTED, None))  # type: ignore[arg-type]
    assert told(log)[-1] == ("interrupted", 1.5)


async def test_what_was_refused_has_no_heading_as_if_it_had_begun(tmp_path: Path) -> None:
    store = Store(tmp_path)
    log = await stored_log(store, record(RunState.REFUSED, 0.5, "the deny list says no"))  # type: ignore[arg-type]
    assert log.headings == []
    assert told(log) == [("it did not run: make", 0.0), ("refused · 500 ms", 0.5), ("the deny list says no", 0.5)]
    assert log.rows()[0].kind is RowKind.NOTE
