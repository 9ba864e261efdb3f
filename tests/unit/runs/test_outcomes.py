"""Every way a run can end, with its events in order and what is kept."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.runs import events_of, execute, names, output_of, request, start, state_of, until
from tests.unit.runs.conftest import OpenEngine, Sleeper
from tui.config import RunSettings, Settings
from tui.errors import InvalidInput, UsageError
from tui.machines.errors import BootFailed, MachineLost, SnapshotError
from tui.machines.kinds import Stream
from tui.runs.engine import Engine
from tui.runs.events import AttemptFailed, MachineLeased, RolledBack, RunFinished, SnapshotTaken, StepExited
from tui.runs.request import Request, StepRequest
from tui.store.states import RunState, SnapshotReason

OPENING = ["RunStarted", "MachineLeased", "SnapshotTaken", "StepStarted"]
ROLLED_BACK = ["SnapshotTaken", "RolledBack", "RunFinished"]


async def test_a_success_moves_the_head(engine: Engine):
    run = await start(engine, "echo hello; echo oops >&2; echo one > file")
    events = await events_of(run)
    assert names(events) == [*OPENING, "OutputReceived", "StepExited", "RunExited", "SnapshotTaken", "RunFinished"]
    record = await run.result()
    assert (record.state, record.exit_code, record.error) == (RunState.SUCCEEDED, 0, "")
    session = engine.store.session("s")
    before, after = engine.store.snapshots(session.id)
    assert (before.reason, before.parent_id, before.run_id) == (SnapshotReason.BEFORE, None, None)
    assert (after.reason, after.parent_id, after.run_id) == (SnapshotReason.AFTER, before.id, run.id)
    assert session.head_id == after.id == record.after_id
    assert record.before_id == before.id
    assert record == engine.store.run(run.id)
    assert record.output_bytes == 11
    frames = list(engine.store.output(run.id))
    assert {frame.stream: frame.data for frame in frames} == {Stream.STDOUT: b"hello\n", Stream.STDERR: b"oops\n"}
    assert sorted(record.output_head.split()) == [b"hello", b"oops"]
    assert record.usage is not None
    assert record.usage.wall_s > 0
    assert record.usage.peak_memory_bytes is None


async def test_the_next_run_goes_on_with_the_live_machine_and_takes_no_second_snapshot(
    engine: Engine, fake: FakeBackend
):
    await execute(engine, "echo one > file")
    events = await events_of(await start(engine, "cat file"))
    assert names(events) == [
        "RunStarted", "MachineLeased", "StepStarted", "OutputReceived", "StepExited", "RunExited", "SnapshotTaken",
        "RunFinished",
    ]  # fmt: skip
    leased = next(event for event in events if isinstance(event, MachineLeased))
    assert (leased.source, leased.backend) == ("live", "fake")
    assert [name for name, _ in fake.calls if name in ("clone", "restore")] == ["clone"]


async def test_a_failure_is_kept_for_a_post_mortem_and_rolled_back(engine: Engine):
    await execute(engine, "echo good > file")
    head = engine.store.session("s").head_id
    run = await start(engine, "echo bad > file; echo why; exit 3", "echo never")
    events = await events_of(run)
    assert names(events) == [
        "RunStarted", "MachineLeased", "StepStarted", "OutputReceived", "StepExited", "RunExited", *ROLLED_BACK,
    ]  # fmt: skip
    record = await run.result()
    assert (record.state, record.exit_code) == (RunState.FAILED, 3)
    assert record.error == "step 1 of 2 ended with exit code 3"
    assert record.rolled_back
    assert record.before_id == head == engine.store.session("s").head_id
    failed = engine.store.snapshot(record.after_id or "")
    assert (failed.reason, failed.parent_id, failed.run_id) == (SnapshotReason.FAILED, head, run.id)
    back = next(event for event in events if isinstance(event, RolledBack))
    assert (back.to_id, back.from_id, back.kind) == (head, failed.id, None)
    assert await state_of(engine) == "good"
    await engine.rollback("s", failed.id)
    assert await state_of(engine) == "bad"


async def test_steps_run_in_order_in_their_languages_and_share_the_machine(engine: Engine):
    steps = (
        StepRequest("echo 1 > file; cat", "bash"),
        StepRequest("print(open('file').read() + 'python')", "python"),
        StepRequest("for people", argv=("printf", "%s", "a b;c")),
    )
    run = engine.run(Request("three", steps, session="s", stdin=b"given\n"))
    events = await events_of(run)
    assert [event.exit_code for event in events if isinstance(event, StepExited)] == [0, 0, 0]
    assert await output_of(run) == b"given\n1\npython\na b;c"


async def test_stdin_can_be_sent_while_it_runs(engine: Engine):
    run = engine.run(request("read a; echo got $a; read b; echo got $b; cat", stdin=b"first\n", stdin_follows=True))
    await until(run, b"got first")
    await run.send_stdin(b"second\n")
    await until(run, b"got second")
    await run.close_stdin()
    assert (await run.result()).state is RunState.SUCCEEDED
    with pytest.raises(UsageError):
        await run.send_stdin(b"late")


async def test_stdin_nobody_reads_does_not_keep_its_sender_waiting(engine: Engine):
    run = engine.run(request("read line; exit 0", "true", stdin_follows=True))
    await run.send_stdin(b"line\n")
    assert (await run.result()).state is RunState.SUCCEEDED
    with pytest.raises(UsageError):
        await run.send_stdin(b"more")


async def test_a_signal_is_a_failure_that_names_it(engine: Engine):
    record = await execute(engine, "kill -SEGV $$")
    assert (record.state, record.exit_code, record.error) == (RunState.FAILED, 139, "ended by signal 11 (SIGSEGV)")
    assert record.rolled_back


async def test_out_of_memory_is_named(engine: Engine, fake: FakeBackend):
    fake.kills_are_oom = True
    record = await execute(engine, "kill -KILL $$")
    assert (record.state, record.exit_code) == (RunState.OUT_OF_MEMORY, 137)
    assert record.error.startswith("out of memory: the machine has 256 MiB")
    assert record.rolled_back


async def test_a_timeout_ends_the_run_and_keeps_its_output(engine: Engine):
    record = await execute(engine, "echo begun; sleep 600", timeout_s=0.3)
    assert (record.state, record.error) == (RunState.TIMED_OUT, "timed out after 0.3 s")
    assert record.output_head == b"begun\n"
    assert record.rolled_back


async def test_a_command_that_ignores_sigterm_is_killed(open_engine: OpenEngine):
    engine = await open_engine(Settings(runs=RunSettings(kill_grace_s=0.1)))
    run = await start(engine, "trap '' TERM; echo up; while :; do sleep 0.05; done")
    await until(run, b"up")
    await run.cancel()
    record = await run.result()
    assert (record.state, record.exit_code, record.error) == (RunState.CANCELLED, 137, "cancelled")


async def test_cancelling_lets_a_command_end_by_itself(engine: Engine):
    run = await start(engine, "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done", "echo never")
    await until(run, b"up")
    await run.cancel()
    events = await events_of(run)
    assert names(events)[-5:] == ["StepExited", "RunExited", *ROLLED_BACK]
    # bash may say of the sleep that it was terminated too.
    assert (await output_of(run)).replace(b"Terminated\n", b"") == b"up\nbye\n"
    assert (await run.result()).state is RunState.CANCELLED


async def test_a_guest_that_does_not_answer_is_given_up(
    open_engine: OpenEngine, fake: FakeBackend, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tui.runs.execution.KILL_PATIENCE_S", 0.1)
    fake.ignores_signals = True
    engine = await open_engine(Settings(runs=RunSettings(kill_grace_s=0.1)), backend=fake)
    run = await start(engine, "echo up; sleep 600")
    await until(run, b"up")
    await run.cancel()
    record = await run.result()
    assert record.state is RunState.CANCELLED
    assert "did not answer and was given up" in record.error
    assert record.rolled_back
    assert await state_of(engine) == "nothing"


async def test_a_lost_machine_keeps_the_output_and_goes_back(engine: Engine, fake: FakeBackend):
    await execute(engine, "echo good > file")
    run = await start(engine, "echo half; echo bad > file; sleep 600")
    await until(run, b"half")
    (machine,) = fake.machines
    os.kill(machine.pid, signal.SIGKILL)
    events = await events_of(run)
    assert names(events)[-4:] == ["OutputReceived", "RunExited", "RolledBack", "RunFinished"]
    record = await run.result()
    assert (record.state, record.exit_code, record.attempts) == (RunState.MACHINE_LOST, None, 1)
    assert record.error == "the fake hypervisor is gone\nfake console␛[2J says goodbye"
    assert record.output_head == b"half\n"
    assert record.rolled_back
    assert record.after_id is None
    assert await state_of(engine) == "good"


async def test_a_lost_machine_is_run_again_only_if_the_request_allows_it(
    engine: Engine, fake: FakeBackend, sleeper: Sleeper, tmp_path: Path
):
    # The fake guest sees the host's files, so the second attempt can tell that it is the second.
    run = await start(engine, f"if mkdir {tmp_path}/first; then echo half; sleep 600; fi; echo whole", idempotent=True)
    await until(run, b"half")
    (machine,) = fake.machines
    os.kill(machine.pid, signal.SIGKILL)
    record = await run.result()
    assert (record.state, record.attempts) == (RunState.SUCCEEDED, 2)
    events = await events_of(run)
    assert names(events) == [
        *OPENING, "OutputReceived", "AttemptFailed", "MachineLeased", "StepStarted", "OutputReceived", "StepExited",
        "RunExited", "SnapshotTaken", "RunFinished",
    ]  # fmt: skip
    assert {b"half", b"whole"} <= set(record.output_head.splitlines())
    assert sleeper.slept == [0.1]


async def test_what_cannot_be_started_is_an_error_and_leaves_the_state(engine: Engine):
    await execute(engine, "echo good > file")
    run = engine.run(Request("none", (StepRequest("x", argv=("no-such-program",)),), session="s"))
    events = await events_of(run)
    assert names(events) == ["RunStarted", "MachineLeased", "RunExited", "SnapshotTaken", "RolledBack", "RunFinished"]
    record = await run.result()
    assert (record.state, record.exit_code) == (RunState.ERROR, None)
    assert record.error == "step 1 could not be started: no such program: no-such-program"
    assert await state_of(engine) == "good"


async def test_a_machine_that_fails_before_the_first_step_is_tried_again(
    engine: Engine, fake: FakeBackend, sleeper: Sleeper
):
    fake.faults["clone"] = [BootFailed("no boot")]
    fake.faults["resume"] = [MachineLost("no answer")]
    run = await start(engine, "echo once")
    events = await events_of(run)
    assert names(events) == [
        "RunStarted", "AttemptFailed", "MachineLeased", "SnapshotTaken", "AttemptFailed", "MachineLeased",
        "StepStarted", "OutputReceived", "StepExited", "RunExited", "SnapshotTaken", "RunFinished",
    ]  # fmt: skip
    failures = [event for event in events if isinstance(event, AttemptFailed)]
    assert [(event.attempt, event.error, event.delay_s) for event in failures] == [
        (1, "no boot", 0.1),
        (2, "no answer", 0.2),
    ]
    assert sleeper.slept == [0.1, 0.2]
    assert (await run.result()).attempts == 3
    assert await output_of(run) == b"once\n"


async def test_trying_again_has_an_end(engine: Engine, fake: FakeBackend):
    fake.faults["clone"] = [BootFailed(f"no boot {number}") for number in range(5)]
    record = await execute(engine, "echo never")
    assert (record.state, record.attempts, record.before_id) == (RunState.ERROR, 3, None)
    assert record.error == "no machine could be made ready: no boot 2"
    assert len(fake.faults["clone"]) == 2


async def test_a_failed_command_is_never_run_again(engine: Engine):
    run = await start(engine, "echo x; exit 1", idempotent=True)
    assert await output_of(run) == b"x\n"
    assert (await run.result()).attempts == 1


async def test_no_snapshot_before_no_run(engine: Engine, fake: FakeBackend):
    fake.faults["capture"] = [SnapshotError("the disk is full")]
    run = await start(engine, "echo never")
    assert names(await events_of(run)) == ["RunStarted", "MachineLeased", "RunExited", "RunFinished"]
    record = await run.result()
    assert (record.state, record.exit_code) == (RunState.ERROR, None)
    assert "the disk is full" in record.error
    assert (await execute(engine, "echo now")).state is RunState.SUCCEEDED


async def test_when_the_state_after_cannot_be_stored_the_run_says_so_and_nothing_is_lost(
    engine: Engine, fake: FakeBackend
):
    await execute(engine, "echo one > file")
    fake.faults["capture"] = [SnapshotError("the disk is full")]
    record = await execute(engine, "echo two > file")
    assert (record.state, record.exit_code, record.after_id) == (RunState.ERROR, 0, None)
    assert "the command succeeded, but the machine's state could not be stored: the disk is full" in record.error
    assert not record.rolled_back
    assert await state_of(engine) == "two"
    assert [item.run_id for item in engine.store.snapshots(engine.store.session("s").id)].count(record.id) == 1


async def test_when_the_failed_state_cannot_be_stored_the_rollback_still_happens(engine: Engine, fake: FakeBackend):
    await execute(engine, "echo good > file")
    fake.faults["capture"] = [SnapshotError("the disk is full")]
    record = await execute(engine, "echo bad > file; exit 1")
    assert record.error == "exit code 1\nthe failed state could not be kept: the disk is full"
    assert (record.state, record.rolled_back, record.after_id) == (RunState.FAILED, True, None)
    assert await state_of(engine) == "good"


async def test_when_the_rollback_fails_the_session_is_still_at_the_snapshot_before(engine: Engine, fake: FakeBackend):
    await execute(engine, "echo good > file")
    fake.faults["restore"] = [SnapshotError("cannot")]
    record = await execute(engine, "echo bad > file; exit 1")
    assert not record.rolled_back
    assert "the rollback to" in record.error
    assert await state_of(engine) == "good"


async def test_output_that_cannot_be_kept_ends_the_run(open_engine: OpenEngine):
    engine = await open_engine(Settings(runs=RunSettings(max_output_mb=1)))
    record = await execute(engine, "yes")
    assert (record.state, record.exit_code) == (RunState.ERROR, 137)
    assert record.error.startswith("the run printed more than 1 MiB")
    assert 0 < record.output_bytes <= 1024 * 1024
    assert record.rolled_back


async def test_a_run_without_steps_or_with_an_impossible_session_is_refused_at_once(engine: Engine):
    with pytest.raises(UsageError):
        engine.run(Request("empty", ()))
    for name in ("", " ", "a\nb", "x" * 101, "\x1b[2J", "01K9Z3X7QM00000000000BEFR0"):
        with pytest.raises(InvalidInput):
            engine.run(request("true", session=name))
    assert engine.store.sessions() == []


async def test_a_reader_that_comes_late_sees_everything(engine: Engine):
    run = await start(engine, "echo one; echo two >&2; exit 1")
    first = await events_of(run)
    await run.result()
    assert [type(event) for event in await events_of(run)] == [type(event) for event in first]
    finished = first[-1]
    assert isinstance(finished, RunFinished)
    assert finished.to_json()["state"] == "failed"
    assert sum(isinstance(event, SnapshotTaken) for event in first) == 2


async def test_a_slow_reader_holds_up_neither_the_run_nor_memory(engine: Engine):
    run = await start(engine, "for i in $(seq 200); do head -c 5000 /dev/zero; done")
    slow = run.events()
    await anext(slow)
    record = await run.result()
    assert record.output_bytes == 1_000_000
    sizes = [len(event.data) async for event in slow if type(event).__name__ == "OutputReceived"]
    assert sum(sizes) == 1_000_000
    assert max(sizes) <= 64 * 1024


async def test_listeners_hear_everything_and_a_broken_one_harms_nothing(engine: Engine):
    heard: list[str] = []

    def broken(event: object) -> None:
        raise ValueError("broken")

    engine.subscribe(broken)
    unsubscribe = engine.subscribe(lambda event: heard.append(type(event).__name__))
    await execute(engine, "echo hello")
    assert [name for name in heard if name != "PoolChanged"] == [
        *OPENING, "OutputReceived", "StepExited", "RunExited", "SnapshotTaken", "RunFinished",
    ]  # fmt: skip
    unsubscribe()
    heard.clear()
    await execute(engine, "echo hello")
    assert heard == []


async def test_a_command_that_reads_input_nobody_announced_sees_its_end(engine: Engine):
    run = engine.run(request("cat; echo end", "cat; echo end"))
    assert await output_of(run) == b"end\nend\n"
    with pytest.raises(UsageError):
        await run.send_stdin(b"late")
