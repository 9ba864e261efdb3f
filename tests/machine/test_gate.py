"""The gate in front of real machines: what it lets through really happens there, and only there."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.people import Ended, Person, ended
from tests.support.runs import names, request
from tui.config import Settings
from tui.definitions.model import Definition
from tui.definitions.parsing import parse
from tui.machines.local.confinement import probe
from tui.paths import Paths
from tui.runs.approval import Answer, Question
from tui.runs.engine import Engine
from tui.runs.events import ModeDecided, RolledBack
from tui.runs.prepare import request_for
from tui.store.states import RunState

pytestmark = pytest.mark.machine


class Careful(Person):
    """Agrees to what runs in a machine, and to nothing else: these tests mean what they say."""

    async def ask(self, question: Question) -> Answer | None:
        self.questions.append(question)
        return Answer.ONCE if question.mode == "firecracker" else Answer.DENY


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    parent = Path.home() / ".cache"
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rollcage-test-", dir=parent) as directory:
        monkeypatch.chdir(directory)
        yield Path(directory).resolve()


@pytest.fixture
def outside(workspace: Path) -> Iterator[Path]:
    """Next to the workspace."""
    with tempfile.TemporaryDirectory(prefix="rollcage-test-", dir=workspace.parent) as directory:
        yield Path(directory)


@pytest.fixture
def person() -> Careful:
    return Careful()


@pytest.fixture
async def engine(machine_paths: Paths, workspace: Path, person: Careful) -> AsyncIterator[Engine]:
    async with await Engine.open(machine_paths, Settings(), approver=person) as opened:
        yield opened


def definition(body: str, fields: str = "", language: str = "bash") -> Definition:
    text = f"---\nname: trial\ndescription: d\n{fields}---\n```{language}\n{body}\n```\n"
    found = parse(text.encode(), Path("trial.md"))
    assert found.definition is not None, found
    return found.definition


async def carried_out(engine: Engine, found: Definition, session: str = "s") -> Ended:
    return await ended(engine, request_for(found, {}, session=session, settings=Settings()))


async def test_a_machine_that_is_destroyed_by_permission_is_rolled_back(engine: Engine, person: Careful):
    await ended(engine, "echo precious > /work/file")
    run = await ended(engine, "rm -rf / --no-preserve-root; ls /usr/bin /work; echo the end; exit 1")
    (question,) = person.questions
    assert (str(question.level), question.to_type) == ("critical", "yes, run it")
    assert [event.mode for event in run.of(ModeDecided)] == ["firecracker"]
    assert run.record.state is not RunState.SUCCEEDED
    assert run.record.rolled_back
    assert run.of(RolledBack)
    assert b"precious" not in run.record.output_head
    after = await ended(engine, "cat /work/file; ls -d /usr/bin/env")
    assert after.record.output_head == b"precious\n/usr/bin/env\n"


@pytest.mark.parametrize(
    ("limit", "body", "language", "said"),
    [
        ("max_cpu_time: 1", "while True: pass", "python", "CPU time limit of 1 s"),
        ("max_memory_mb: 64", "held = bytearray(120 << 20)\nprint(len(held))", "python", "memory limit of 64 MiB"),
        ("max_disk_mb: 8", "head -c 40M /dev/zero > big; echo written", "bash", "disk limit of 8 MiB"),
    ],
)
async def test_limits_of_a_definition_end_its_run(engine: Engine, limit: str, body: str, language: str, said: str):
    fields = f"execution_mode: firecracker\nresource_limits:\n  {limit}\n"
    run = await carried_out(engine, definition(body, fields, language))
    assert run.record.state is RunState.LIMIT_EXCEEDED, run.record
    assert said in run.record.error
    assert run.record.rolled_back
    assert [event.mode for event in run.of(ModeDecided)] == ["firecracker"]


async def test_a_timeout_of_a_definition_ends_its_run(engine: Engine):
    run = await carried_out(engine, definition("ls; sleep 60", "timeout: 1\nexecution_mode: firecracker\n"))
    assert (run.record.state, run.record.rolled_back) == (RunState.TIMED_OUT, True)


async def test_the_network_is_only_there_where_it_is_granted(engine: Engine):
    body = "ls /sys/class/net"
    fields = "execution_mode: firecracker\nresource_limits:\n  network_access: {}\n"
    without = await carried_out(engine, definition(body, fields.format("false")), "without")
    granted = await carried_out(engine, definition(body, fields.format("true")), "granted")
    assert without.record.output_head.split() == [b"lo"]
    assert len(granted.record.output_head.split()) > 1


async def test_a_local_definition_runs_on_the_host_and_writes_nothing_outside(
    engine: Engine, workspace: Path, outside: Path, machine_paths: Paths
):
    if reason := probe(workspace, machine_paths).reason:
        pytest.skip(reason)
    (workspace / "here").write_text("the host's\n")
    (workspace / "way-out").symlink_to(outside)
    run = await carried_out(engine, definition("cat here; echo made >> made; echo x >> way-out/file || echo kept in"))
    assert [(event.mode, event.no_rollback) for event in run.of(ModeDecided)] == [("local", True)]
    assert run.record.output_head.startswith(b"the host's\n")
    assert b"kept in\n" in run.record.output_head
    assert (workspace / "made").read_text() == "made\n"
    assert not (outside / "file").exists()
    assert not {"MachineLeased", "SnapshotTaken", "RolledBack"} & set(names(run.events))


async def test_what_is_not_harmless_runs_in_a_machine_though_the_host_was_asked(engine: Engine, workspace: Path):
    (workspace / "file").write_text("the host's\n")
    run = await carried_out(engine, definition("rm -rf file; ls; uname -n"))
    (decided,) = run.of(ModeDecided)
    assert decided.mode == "firecracker"
    assert decided.reason.startswith("asked for local; runs in a machine because its risk is medium")
    assert run.record.state is RunState.SUCCEEDED
    assert (workspace / "file").read_text() == "the host's\n"


async def test_without_a_yes_no_machine_is_made(machine_paths: Paths, workspace: Path):
    async with await Engine.open(machine_paths, Settings()) as engine:
        run = await ended(engine, request("rm -rf / --no-preserve-root"))
    assert run.record.state is RunState.REFUSED
    assert "MachineLeased" not in names(run.events)
