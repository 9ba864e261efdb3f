from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pytest

from tests.unit.cli import scripted
from tui.cli.codes import exit_code
from tui.cli.display import Display, JsonDisplay, OutputDisplay
from tui.cli.narration import Narrator
from tui.cli.running import follow
from tui.cli.writer import Writer
from tui.errors import HostNotReady
from tui.machines.kinds import Stream
from tui.runs.events import Event, ModeDecided, OutputReceived
from tui.store.states import RunState


@dataclass
class Files:
    """Files that stand for standard output and standard error."""

    out: Path
    err: Path
    stdout: TextIO
    stderr: TextIO

    def display(self, **options: bool) -> Display:
        return OutputDisplay(Writer(), Narrator(**options), self.stdout, self.stderr)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    out, err = tmp_path / "out", tmp_path / "err"
    with out.open("w") as stdout, err.open("w") as stderr:
        yield Files(out, err, stdout, stderr)


async def play(run: scripted.ScriptedRun | list[Event], display: Display, *, stdin: int | None = None) -> int:
    engine: Any = scripted.ScriptedEngine(run if isinstance(run, scripted.ScriptedRun) else scripted.ScriptedRun(run))
    request: Any = None
    return await follow(engine, request, display, stdin=stdin)


async def test_output_goes_to_its_stream_byte_for_byte_and_success_says_nothing(files: Files) -> None:
    raw = b"\x1b[31mred\x1b[0m\xff\x00\n"
    events = scripted.succeeding(scripted.output(raw), scripted.output("warn\n", Stream.STDERR), scripted.output("z"))
    assert await play(events, files.display()) == 0
    assert files.out.read_bytes() == raw + b"z"
    assert files.err.read_bytes() == b"warn\n"


async def test_a_failure_passes_its_code_and_says_what_was_rolled_back(files: Files) -> None:
    assert await play(scripted.failing(scripted.output("half")), files.display()) == 3
    assert files.out.read_bytes() == b"half"
    said = files.err.read_text()
    assert said == (
        "rollcage: exit code 3; rolled back to 01K9Z3X7QM in 14 ms, the failed state is kept as 01K9Z3X7QN\n"
    )


async def test_quiet_says_nothing_even_of_a_failure(files: Files) -> None:
    assert await play(scripted.failing(), files.display(quiet=True)) == 3
    assert files.err.read_bytes() == b""


@pytest.mark.parametrize(
    ("no_rollback", "options", "told"),
    [
        (True, {}, True),
        (True, {"quiet": True}, False),
        (False, {}, False),
        (False, {"host_demanded": True}, True),
        (False, {"host_demanded": True, "quiet": True}, False),
    ],
)
async def test_where_it_runs_is_told_where_nothing_can_be_rolled_back_or_the_host_was_demanded(
    files: Files, no_rollback: bool, options: dict[str, bool], told: bool
) -> None:
    decided = ModeDecided(mode="any", reason="because\x1b[2J", no_rollback=no_rollback, **scripted.COMMON)
    await play([decided, *scripted.succeeding()], files.display(**options))
    assert files.err.read_text() == ("rollcage: because␛[2J\n" if told else "")


async def test_verbose_tells_every_event_in_order(files: Files) -> None:
    await play(scripted.failing(), files.display(verbose=True))
    said = files.err.read_text().splitlines()
    assert [line.split()[1] for line in said] == [
        "run",
        "machine:",
        "snapshot",
        "step",
        "step",
        "snapshot",
        "rolled",
        "exit",
    ]


async def test_a_lost_machine_is_told_with_its_log_and_125(files: Files) -> None:
    error = "the machine died\nkernel panic: \x1b[31mno init\nreboot"
    events = [*scripted.opening(), scripted.finished(RunState.MACHINE_LOST, None, error=error)]
    assert await play(events, files.display()) == 125
    assert files.err.read_text().splitlines() == [
        "rollcage: the machine was lost, so how the command ended is unknown: the machine died",
        "  kernel panic: ␛[31mno init",
        "  reboot",
    ]


async def test_json_is_one_event_a_line_in_order_and_nothing_else(files: Files) -> None:
    events = scripted.failing(scripted.output("text"), scripted.output(b"\xff", Stream.STDERR))
    assert await play(events, JsonDisplay(Writer(), files.stdout)) == 3
    lines = [json.loads(line) for line in files.out.read_text().splitlines()]
    assert [line["event"] for line in lines] == [type(event).__name__ for event in events]
    printed = [line for line in lines if line["event"] == "OutputReceived"]
    assert (printed[0]["stream"], printed[0]["data"]) == ("stdout", "text")
    assert (printed[1]["stream"], printed[1]["data"], printed[1]["encoding"]) == ("stderr", "/w==", "base64")
    assert all({"at", "session_id", "run_id"} <= line.keys() for line in lines)
    assert lines[-1]["exit_code"] == 3
    assert lines[-1]["rolled_back"] is True
    assert files.err.read_bytes() == b""


async def test_a_terminal_gets_cleaned_output_and_lines_that_begin_at_the_margin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    controller, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as screen:
        display = OutputDisplay(Writer(), Narrator(), screen, screen)
        await play(scripted.failing(scripted.output("a\x1b]0;title\x07b\x1b[2Jc")), display)
        seen = ""
        while not seen.endswith("01K9Z3X7QN\r\n"):
            seen += os.read(controller, 4096).decode()
    os.close(controller)
    assert "\x1b]" not in seen
    assert "\x1b[2J" not in seen
    output, line = seen.splitlines()
    assert output.startswith("a")
    assert output.endswith("c")
    assert line.startswith("rollcage: exit code 3")


async def test_raw_output_on_a_terminal_is_not_touched() -> None:
    controller, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as screen:
        display = OutputDisplay(Writer(), Narrator(), screen, screen, raw=True)
        await play(scripted.succeeding(scripted.output("\x1b[2Jc")), display)
        assert os.read(controller, 4096) == b"\x1b[2Jc"
    os.close(controller)


async def test_piped_input_is_forwarded_to_its_end(files: Files) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"some input")
    os.close(writer)
    run = scripted.ScriptedRun(scripted.succeeding(), hold=True)
    following = asyncio.create_task(play(run, files.display(), stdin=reader))
    await run.stdin_closed.wait()
    assert bytes(run.stdin) == b"some input"
    run.cancelled.set()
    assert await following == 0
    os.close(reader)


async def test_a_reader_that_goes_away_ends_the_run(files: Files) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = scripted.ScriptedRun(scripted.succeeding(scripted.output("nobody reads this")), hold=True)
    with os.fdopen(writer, "w") as pipe:
        assert await play(run, OutputDisplay(Writer(), Narrator(), pipe, files.stderr)) == 141
    assert run.cancelled.is_set()


async def test_the_first_interrupt_cancels_the_run() -> None:
    class Interrupting:
        async def show(self, event: Event) -> None:
            if isinstance(event, OutputReceived):
                os.kill(os.getpid(), signal.SIGINT)

    exited = scripted.succeeding()[-2]
    events = [*scripted.opening(), scripted.output("x"), exited, scripted.finished(RunState.CANCELLED, None)]
    run = scripted.ScriptedRun(events, hold=True)
    assert await play(run, Interrupting()) == 130
    assert run.cancelled.is_set()
    assert not run.killed.is_set()


async def test_the_second_interrupt_kills_at_once() -> None:
    class Impatient:
        async def show(self, event: Event) -> None:
            if isinstance(event, OutputReceived):
                os.kill(os.getpid(), signal.SIGTERM)
                await run.cancelled.wait()
                os.kill(os.getpid(), signal.SIGINT)
                await run.killed.wait()

    exited = scripted.succeeding()[-2]
    events = [*scripted.opening(), scripted.output("x"), exited, scripted.finished(RunState.CANCELLED, None)]
    run = scripted.ScriptedRun(events, hold=True)
    assert await play(run, Impatient()) == 130


async def test_what_kept_a_run_from_starting_decides_the_exit_code(files: Files) -> None:
    run = scripted.ScriptedRun([scripted.finished(RunState.ERROR, None, error="no image\nrun setup")])
    run.failure = HostNotReady("no image", hint="run setup")
    assert await play(run, files.display()) == 122
    assert files.err.read_text() == "rollcage: no image\n  run setup\n"


@pytest.mark.parametrize(
    ("state", "code", "expected"),
    [
        (RunState.SUCCEEDED, 0, 0),
        (RunState.FAILED, 7, 7),
        (RunState.FAILED, 255, 255),
        (RunState.FAILED, None, 125),
        (RunState.TIMED_OUT, 143, 124),
        (RunState.CANCELLED, 143, 130),
        (RunState.OUT_OF_MEMORY, 137, 137),
        (RunState.OUT_OF_MEMORY, None, 137),
        (RunState.MACHINE_LOST, None, 125),
        (RunState.ERROR, None, 125),
        (RunState.INTERRUPTED, None, 125),
    ],
)
def test_exit_codes(state: RunState, code: int | None, expected: int) -> None:
    assert exit_code(scripted.finished(state, code)) == expected
