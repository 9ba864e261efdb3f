"""What is in the audit log of runs: all that was decided, once, in order, and before anything runs by it."""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.people import Office, Person, ended, hook
from tests.support.runs import request
from tui.audit.errors import AuditError
from tui.audit.log import AuditLog
from tui.audit.model import EntryKind, Filter, Record
from tui.audit.reader import verify_paths
from tui.config import Settings
from tui.hooks.model import Allow, Point
from tui.machines.errors import BootFailed
from tui.paths import Paths
from tui.runs.approval import Answer
from tui.runs.engine import Engine
from tui.runs.events import HookDecided, OutputReceived, RiskAssessed, StepExited, StepStarted
from tui.store.states import RunState
from tui.store.store import Store

ROOT = Path(__file__).resolve().parents[3]
REMOVES = "rm -rf x; echo ran"
KILLS = int(os.environ.get("ROLLCAGE_AUDIT_KILLS", "6"))
NOT_KEPT = (StepStarted, StepExited, OutputReceived)
KIND_OF = {
    "RunStarted": "run-started", "RiskAssessed": "assessed", "PolicyChecked": "policy-checked",
    "HookDecided": "hook-decided", "ModeDecided": "mode-decided", "ApprovalRequested": "approval-asked",
    "ApprovalDecided": "approval-decided", "MachineLeased": "machine-leased", "SnapshotTaken": "snapshot-taken",
    "AttemptFailed": "attempt-failed", "RunExited": "run-exited", "RolledBack": "rolled-back",
    "RunFinished": "run-finished",
}  # fmt: skip


def kinds(records: list[Record]) -> list[str]:
    return [str(record.kind) for record in records]


@pytest.mark.parametrize(
    ("text", "answers"),
    [("echo fine", []), ("echo one; exit 3", []), (REMOVES, [Answer.SESSION]), (REMOVES, [Answer.DENY_ALWAYS])],
    ids=["success", "failure", "approved", "denied"],
)
async def test_every_event_that_decides_or_changes_something_has_one_record(
    gate: Office, text: str, answers: list[Answer]
):
    watching = hook(lambda _: Allow(), *Point.__members__.values())
    engine = await gate.engine(Person([*answers]), hooks=[watching])
    run = await ended(engine, text)
    assert run.of(HookDecided)
    await engine.close()
    records = gate.audit(run.record.id)
    assert kinds(records) == [KIND_OF[type(event).__name__] for event in run.events if not isinstance(event, NOT_KEPT)]
    assert {(record.session, record.command, record.role) for record in records} == {("s", text, "engineer")}
    assert records[-1].details["state"] == str(run.record.state)
    verified = verify_paths(gate.paths)
    assert verified is not None
    assert verified.findings == ()


async def test_a_machine_that_fails_is_recorded(gate: Office):
    fake = FakeBackend(gate.paths.data / "fake")
    fake.faults["clone"] = [BootFailed("no luck")]
    engine = await gate.engine(settings=Settings(), backend=fake)
    run = await ended(engine, "true")
    await engine.close()
    assert run.record.state is RunState.SUCCEEDED
    assert kinds(gate.audit(run.record.id)).count("attempt-failed") == 1


async def test_what_changes_a_session_or_an_answer_is_recorded(gate: Office):
    engine = await gate.engine(Person([Answer.SESSION]))
    await ended(engine, "echo 1 > file")
    await ended(engine, REMOVES)
    approval = engine.approvals()[0]
    engine.revoke_approval(approval.id)
    await engine.undo("s")
    made = await engine.snapshot("s", "kept")
    await engine.set_snapshot(made.id, pinned=True)
    await engine.rollback("s", "kept")
    await engine.delete_session("s")
    await engine.close()
    found = [record for record in gate.audit() if record.run_id is None]
    assert kinds(found) == [
        "engine-opened", "approval-revoked", "head-moved", "snapshot-taken", "snapshot-changed", "rolled-back",
        "session-deleted", "engine-closed",
    ]  # fmt: skip
    assert {record.session for record in found[2:-1]} == {"s"}


async def test_nothing_runs_unaudited_where_the_anchor_is_gone(gate: Office):
    fake = FakeBackend(gate.paths.data / "fake")
    first, engine = await gate.engine(), await gate.engine(backend=fake)
    assert (await ended(first, "echo fine")).record.state is RunState.SUCCEEDED
    await first.close()  # nothing is being recorded any more
    kept = gate.paths.audit_head.read_bytes()
    gate.paths.audit_head.unlink()
    run = engine.run(request("echo fine"))
    record = await run.result()
    assert record.state is RunState.ERROR
    assert isinstance(run.failure, AuditError)
    assert "its anchor is missing" in record.error
    assert fake.calls == []
    gate.paths.audit_head.write_bytes(kept)
    assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED


@pytest.fixture
def full_disk() -> Iterator[object]:
    """No file can grow any more, once it is called."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))

    def free() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    yield fill, free
    free()


async def test_nothing_runs_unaudited_on_a_full_disk(gate: Office, full_disk: tuple[object, object]):
    fill, free = full_disk
    fake = FakeBackend(gate.paths.data / "fake")
    engine = await gate.engine(backend=fake)
    run = engine.run(request("echo fine"))
    async for event in run.events():
        if isinstance(event, RiskAssessed):
            fill()  # type: ignore[operator]
            break
    record = await run.result()
    free()  # type: ignore[operator]
    assert record.state is RunState.ERROR
    assert isinstance(run.failure, AuditError)
    assert "nothing runs while it cannot be written" in record.error
    assert fake.calls == []
    # What could not be recorded then is recorded now, once.
    assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED
    await engine.close()
    assert kinds(gate.audit(run.id)).count("run-started") == 1
    assert kinds(gate.audit(run.id))[-1] == "run-finished"
    verified = verify_paths(gate.paths)
    assert verified is not None
    assert verified.findings == ()


async def test_what_is_recorded_but_not_anchored_stops_runs_and_is_not_recorded_twice(
    gate: Office, monkeypatch: pytest.MonkeyPatch
):
    fake = FakeBackend(gate.paths.data / "fake")
    engine = await gate.engine(backend=fake)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("tui.audit.anchor.write_anchor", full)
        run = engine.run(request("echo fine"))
        assert (await run.result()).state is RunState.ERROR
        assert isinstance(run.failure, AuditError)
        assert fake.calls == []
    assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED
    await engine.close()
    found = kinds(gate.audit(run.id))
    assert [found.count(kind) for kind in ("run-started", "assessed", "run-finished")] == [1, 1, 1]
    verified = verify_paths(gate.paths)
    assert verified is not None
    assert verified.findings == ()


async def test_a_run_that_is_cancelled_while_it_is_recorded_is_recorded_once(
    gate: Office, monkeypatch: pytest.MonkeyPatch
):
    append, reached, go_on = AuditLog.append, threading.Event(), threading.Event()

    def slowly(log: AuditLog, *entries: object) -> int:
        seq = append(log, *entries)  # type: ignore[arg-type]
        reached.set()
        go_on.wait(10)
        return seq

    monkeypatch.setattr(AuditLog, "append", slowly)
    engine = await gate.engine(hooks=())
    run = engine.run(request("echo fine"))
    async for event in run.events():
        if type(event).__name__ == "ModeDecided":
            break
    reached.wait(10)
    run.stop.set()
    async for event in run.events():
        if type(event).__name__ == "RunExited":
            break
    go_on.set()
    assert (await run.result()).state is RunState.CANCELLED
    await engine.close()
    found = kinds(gate.audit(run.id))
    assert found == list(dict.fromkeys(found))
    assert found[0] == "run-started"
    assert found[-1] == "run-finished"


def victim(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.gate_victim", str(home)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)


async def test_a_killed_process_has_executed_nothing_that_is_not_on_record(paths: Paths):
    randoms, home = random.Random(11), paths.data.parent
    for _ in range(KILLS):
        with victim(home) as child:
            assert child.stdout is not None
            for _ in range(randoms.randrange(1, 5)):
                assert child.stdout.readline()
            for _ in range(randoms.randrange(2_000_000)):
                pass
            child.send_signal(signal.SIGKILL)
        verified = verify_paths(paths)
        assert verified is not None
        assert verified.findings == ()
    async with await Engine.open(paths, Settings(), backend=FakeBackend(paths.data / "fake")):
        pass
    with AuditLog.open(paths) as log:
        records = log.page(Filter(), limit=100_000)[::-1]
    of_run: dict[str, list[Record]] = {}
    for record in records:
        if record.run_id is not None:
            of_run.setdefault(record.run_id, []).append(record)
    by_title = {found[0].details.get("title"): found for found in of_run.values()}
    executed = (home / "executed").read_text().split()
    assert executed
    for title in executed:
        assert {"run-started", "assessed", "policy-checked", "mode-decided"} <= set(kinds(by_title[title])), title
    with closing(Store.open(paths)) as store:
        for run_id, found in of_run.items():
            assert store.run(run_id).state is not RunState.RUNNING
            ends = [record for record in found if record.kind in ("run-exited", "run-finished")]
            assert ends, kinds(found)
            assert str(store.run(run_id).state) in {record.details["state"] for record in ends}
            assert kinds(found).count("run-started") <= 1  # none where only its place in the store was made


async def test_what_was_interrupted_is_recorded_when_it_is_found(gate: Office):
    home = gate.paths.data.parent
    with victim(home) as child:
        assert child.stdout is not None
        for _ in range(2):
            run_id = child.stdout.readline().strip()
        child.send_signal(signal.SIGKILL)
    engine = await gate.engine()
    state = engine.store.run(run_id).state
    await engine.close()
    if state is RunState.INTERRUPTED:
        last = gate.audit(run_id)[-1]
        assert (last.kind, last.details["state"], last.session) == (EntryKind.RUN_FINISHED, "interrupted", "s")
    else:
        pytest.skip("it was faster than the signal")
