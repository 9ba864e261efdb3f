"""The steps of a run, executed on the host as they would be in a machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.runs import request
from tui.definitions.model import ResourceLimits
from tui.ids import new_id
from tui.machines.local.confinement import probe
from tui.machines.local.host import LocalHost
from tui.paths import Paths
from tui.redaction import Redactor
from tui.runs.eventlog import EventLog
from tui.runs.events import Event, OutputReceived
from tui.runs.execution import Execution
from tui.runs.outcome import Outcome
from tui.runs.request import Request, StepRequest
from tui.runs.run import Run
from tui.store.model import RunRecord
from tui.store.output import OutputWriter
from tui.store.rows import now
from tui.store.states import RunState


@pytest.fixture
def workspace() -> Iterator[Path]:
    parent = Path.home() / ".cache"
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rollcage-test-", dir=parent) as directory:
        yield Path(directory).resolve()


@pytest.fixture
def host(workspace: Path, paths: Paths) -> LocalHost:
    found = probe(workspace, paths)
    if not found.available:
        pytest.skip(found.reason)
    return LocalHost(found)


async def carried_out(host: LocalHost, asked: Request, tmp_path: Path) -> tuple[Outcome, bytes]:
    record = RunRecord(new_id(), new_id(), "t", None, {}, RunState.RUNNING, now())
    output, events = tmp_path / f"output-{record.id}", list[Event]()
    run = Run(record, asked, EventLog(record.session_id, record.id, output), Redactor())
    writer = OutputWriter(output, 1 << 30)
    execution = Execution(run, writer, events.append, lambda: None)
    outcome = await execution.steps(host, asked, asked.timeout_s or 60, 0.2)
    writer.close()
    return outcome, b"".join(event.data for event in events if isinstance(event, OutputReceived))


async def test_steps_run_in_order_in_the_workspace(host: LocalHost, workspace: Path, tmp_path: Path):
    steps = (StepRequest("cat; echo 1 > file"), StepRequest("print(open('file').read() + '2')", "python"))
    outcome, output = await carried_out(host, Request("t", steps, stdin=b"given\n"), tmp_path)
    assert (outcome, output) == (Outcome(RunState.SUCCEEDED, 0), b"given\n1\n2\n")
    assert (workspace / "file").read_text() == "1\n"


async def test_a_failure_ends_it(host: LocalHost, tmp_path: Path):
    outcome, output = await carried_out(host, request("echo one; exit 3", "echo two"), tmp_path)
    assert (outcome.state, outcome.exit_code, output) == (RunState.FAILED, 3, b"one\n")
    assert outcome.error == "step 1 of 2 ended with exit code 3"


async def test_a_timeout_kills_what_does_not_listen(host: LocalHost, tmp_path: Path):
    deaf = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    outcome, output = await carried_out(host, request(deaf, timeout_s=1), tmp_path)
    assert (outcome.state, outcome.exit_code, output) == (RunState.TIMED_OUT, 137, b"up\n")
    assert outcome.error == "timed out after 1 s"


async def test_cpu_time_of_all_steps_together_is_limited(host: LocalHost, tmp_path: Path):
    burn = "import time\nwhile time.process_time() < 0.7: pass\nprint('half')"
    asked = request(burn, burn, language="python", limits=ResourceLimits(max_cpu_time=1))
    outcome, output = await carried_out(host, asked, tmp_path)
    assert (outcome.state, output) == (RunState.LIMIT_EXCEEDED, b"half\n")
    assert outcome.error.startswith("step 2 of 2 exceeded its CPU time limit of 1 s (used 1.")


async def test_what_cannot_be_started_here_is_an_error(host: LocalHost, tmp_path: Path):
    outcome, _ = await carried_out(host, request("fn main() {}", language="rust"), tmp_path)
    assert outcome.state is RunState.ERROR
    assert "step 1 could not be started: this host does not run 'rust' code" in outcome.error
