"""Interactive runs: what the gate makes of them, how they end, and that nothing of them is lost."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.people import Office, Person, hook
from tests.support.runs import events_of, execute, names, output_of, state_of
from tui.config import GateSettings, Settings
from tui.definitions.kinds import ExecutionMode
from tui.errors import UsageError
from tui.hooks.model import Allow, Decision, HookContext, Limits, Point
from tui.levels import RiskLevel
from tui.machines.model import TerminalSize
from tui.runs.approval import Answer
from tui.runs.engine import Engine, Run
from tui.runs.events import ModeDecided, RiskAssessed
from tui.runs.interactive import shell_request
from tui.runs.request import Request, StepRequest
from tui.store.states import RunState, SnapshotReason

SIZE = TerminalSize(24, 80)


def interactive(*argv: str, **options: Any) -> Request:
    """A request of one program that a person types into. On a fake machine its terminal is a pipe."""
    options.setdefault("session", "s")
    return Request("shell", (StepRequest(" ".join(argv), argv=argv),), terminal=SIZE, stdin_follows=True, **options)


async def read_until(run: Run, wanted: bytes) -> bytes:
    assert run.terminal is not None
    found = b""
    async for data in run.terminal.output():
        found += data
        if wanted in found:
            break
    return found


async def test_what_is_typed_reaches_the_program_and_what_it_prints_comes_back(engine: Engine) -> None:
    run = engine.run(interactive("bash"))
    assert run.terminal is not None
    assert await run.terminal.opened()
    await run.terminal.write(b"echo $((6 * 7))\n")
    assert await read_until(run, b"42\n") == b"42\n"
    await run.terminal.write(b"exit\n")
    record = await run.result()
    assert (record.state, record.exit_code) == (RunState.SUCCEEDED, 0)
    assert await output_of(run) == b"42\n"


@pytest.mark.parametrize("code", [0, 1, 130])
async def test_a_shell_that_ends_by_itself_has_succeeded_whatever_its_exit_code(engine: Engine, code: int) -> None:
    run = engine.run(interactive("bash", "-c", f"echo kept > file; exit {code}"))
    record = await run.result()
    assert (record.state, record.exit_code, record.rolled_back) == (RunState.SUCCEEDED, code, False)
    assert engine.store.snapshot(record.after_id or "").reason is SnapshotReason.AFTER
    assert await state_of(engine) == "kept"


async def test_hanging_up_ends_it_and_keeps_what_was_done(engine: Engine) -> None:
    await execute(engine, "echo first > file")
    run = engine.run(interactive("bash", "-c", "echo second > file; echo ready; exec sleep 60"))
    assert run.terminal is not None
    await read_until(run, b"ready")
    run.terminal.hang_up()
    record = await run.result()
    assert (record.state, record.exit_code) == (RunState.SUCCEEDED, 128 + signal.SIGHUP)
    assert await state_of(engine) == "second"
    await engine.undo("s")  # what looked at it
    await engine.undo("s")
    assert await state_of(engine) == "first"


async def test_what_ignores_the_hangup_is_killed_and_kept(engine: Engine, fake: FakeBackend) -> None:
    run = engine.run(interactive("bash", "-c", "trap '' HUP; echo kept > file; echo ready; while :; do sleep 1; done"))
    assert run.terminal is not None
    await read_until(run, b"ready")
    run.terminal.hang_up()
    record = await run.result()
    assert (record.state, record.exit_code) == (RunState.SUCCEEDED, 128 + signal.SIGKILL)
    assert await state_of(engine) == "kept"


async def test_a_cancelled_one_is_not_rolled_back(engine: Engine) -> None:
    run = engine.run(interactive("bash", "-c", "echo kept > file; echo ready; exec sleep 60"))
    await read_until(run, b"ready")
    await run.cancel()
    record = await run.result()
    assert (record.state, record.rolled_back) == (RunState.CANCELLED, False)
    assert engine.store.session("s").head_id == record.after_id
    assert await state_of(engine) == "kept"


async def test_a_lost_machine_takes_it_back_because_nothing_else_is_left(engine: Engine) -> None:
    await execute(engine, "echo first > file")
    run = engine.run(interactive("bash", "-c", "echo second > file; echo ready; exec sleep 60"))
    await read_until(run, b"ready")
    engine.lose_machine("s")
    record = await run.result()
    assert (record.state, record.rolled_back) == (RunState.MACHINE_LOST, True)
    assert await state_of(engine) == "first"


async def test_it_has_no_timeout_but_one_of_its_own(open_engine: Any) -> None:
    settings = replace(Settings(), runs=replace(Settings().runs, timeout_s=0.1))
    engine = await open_engine(settings)
    record = await engine.run(interactive("bash", "-c", "sleep 0.4")).result()
    assert record.state is RunState.SUCCEEDED
    record = await engine.run(interactive("bash", "-c", "echo kept > file; exec sleep 60", timeout_s=0.3)).result()
    assert (record.state, record.rolled_back) == (RunState.TIMED_OUT, False)


async def test_output_that_nobody_takes_holds_the_guest_back_and_not_the_end(engine: Engine) -> None:
    run = engine.run(interactive("bash", "-c", "exec yes"))
    assert run.terminal is not None
    assert await run.terminal.opened()
    await asyncio.wait_for(read_until(run, b"y\n"), 10)
    run.terminal.hang_up()
    record = await run.result()
    assert record.state is RunState.SUCCEEDED
    assert record.output_bytes < 8 * 1024 * 1024


async def test_secrets_are_seen_by_the_person_and_not_kept(engine: Engine) -> None:
    secret = "hunter2hunter2"
    run = engine.run(interactive("bash", "-c", 'echo "$WORD"', env={"WORD": secret}, secrets={"WORD": secret}))
    assert b"hunter2" in await read_until(run, b"\n")
    await run.result()
    assert b"hunter2" not in await output_of(run)


async def test_a_run_that_does_not_start_opens_no_terminal(engine: Engine) -> None:
    run = engine.run(interactive("no-such-program"))
    assert run.terminal is not None
    assert not await run.terminal.opened()
    assert (await run.result()).state is RunState.ERROR


def test_it_has_one_step() -> None:
    with pytest.raises(UsageError):
        Request("two", (StepRequest("a"), StepRequest("b")), terminal=SIZE)


async def test_the_gate_looks_at_it_as_at_any_run(gate: Office) -> None:
    engine = await gate.engine(settings=Settings())
    request = replace(shell_request("s", (24, 80), {}), steps=(StepRequest("bash", argv=("bash",)),))
    run = engine.run(request)
    assert run.terminal is not None
    assert await run.terminal.opened()
    run.terminal.hang_up()
    events = await events_of(run)
    risk = next(event for event in events if isinstance(event, RiskAssessed))
    assert risk.assessment.level is RiskLevel.MEDIUM
    assert risk.assessment.reasons[0].rule == "run.terminal"
    wanted = ["RunStarted", "RiskAssessed", "PolicyChecked", "ModeDecided", "MachineLeased", "StepStarted"]
    assert [name for name in names(events) if name in wanted] == wanted


async def test_it_never_runs_on_the_host(gate: Office) -> None:
    engine = await gate.engine(settings=Settings())
    preview = await engine.preview(replace(shell_request("s", (24, 80), {}), mode=ExecutionMode.LOCAL))
    assert preview.mode.mode is ExecutionMode.FIRECRACKER
    assert "risk is medium" in preview.mode.reason
    run = engine.run(replace(interactive("cat"), mode=ExecutionMode.LOCAL))
    assert run.terminal is not None
    await run.terminal.opened()
    run.terminal.hang_up()
    mode = next(event for event in await events_of(run) if isinstance(event, ModeDecided))
    assert mode.mode == "firecracker"


@pytest.mark.parametrize(
    ("told", "given"),
    [
        (
            {"TERM": "tmux-256color", "COLORTERM": "truecolor", "SECRET": "1"},
            {"TERM": "tmux-256color", "COLORTERM": "truecolor"},
        ),
        ({"TERM": "x;y", "COLORTERM": "$(id)"}, {"TERM": "xterm-256color"}),
        ({}, {"TERM": "xterm-256color"}),
    ],
)
def test_of_the_environment_only_what_names_the_terminal_is_taken(told: dict[str, str], given: dict[str, str]) -> None:
    assert shell_request("s", (24, 80), told).env == given


async def test_a_deny_list_cannot_be_compared_with_what_will_be_typed_so_a_person_is_asked(gate: Office) -> None:
    gate.write("policy.yaml", "deny: [{program: mkfs}]")
    engine = await gate.engine(person := Person([Answer.DENY]), settings=Settings())
    run = engine.run(interactive("cat"))
    assert (await run.result()).state is RunState.REFUSED
    assert any("deny list" in reason for reason in person.questions[0].reasons)


async def test_a_role_that_may_not_execute_gets_no_shell(gate: Office) -> None:
    settings = Settings(gate=GateSettings(role="default"))
    run = (await gate.engine(settings=settings)).run(interactive("cat"))
    record = await run.result()
    assert record.state is RunState.REFUSED
    assert "execute" in record.error


async def test_a_yes_for_the_session_is_not_remembered_as_nobody_knows_what_it_was_for(gate: Office) -> None:
    settings = Settings(gate=GateSettings(ask_from="medium"))
    engine = await gate.engine(person := Person([Answer.SESSION, Answer.SESSION]), settings=settings)
    for _ in range(2):
        run = engine.run(interactive("cat"))
        assert run.terminal is not None
        assert await run.terminal.opened()
        run.terminal.hang_up()
        await run.result()
    assert len(person.questions) == 2


async def test_a_hook_may_limit_its_time(gate: Office) -> None:
    def limited(context: HookContext) -> Decision:
        return Allow(limits=Limits(wall_s=0.2))

    engine = await gate.engine(settings=Settings(), hooks=[hook(limited, Point.BEFORE_EXECUTION)])
    record = await engine.run(interactive("cat")).result()
    assert (record.state, record.rolled_back) == (RunState.TIMED_OUT, False)
