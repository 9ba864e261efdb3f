"""The policy at the gate, and where a request runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.people import CAUTIOUS, Office, Person, ended, hook
from tests.support.runs import names, request
from tui.config import GateSettings, Settings
from tui.definitions.kinds import ExecutionMode
from tui.definitions.model import Definition
from tui.definitions.parsing import parse
from tui.hooks.model import Allow, Decision, HookContext, Limits, Modify, Point
from tui.machines.local.confinement import Confinement, probe
from tui.paths import Paths
from tui.runs.approval import Answer
from tui.runs.events import ModeDecided, PolicyChecked
from tui.runs.prepare import request_for
from tui.runs.request import Request
from tui.store.states import RunState

TUESDAY = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
LOCAL, MACHINE = ExecutionMode.LOCAL, ExecutionMode.FIRECRACKER


class Clock:
    """Shows what it is told to."""

    def __init__(self) -> None:
        self.at = TUESDAY

    def __call__(self) -> datetime:
        return self.at


def definition(body: str = "echo fine", fields: str = "") -> Definition:
    text = f"---\nname: greet\ndescription: d\n{fields}---\n```bash\n{body}\n```\n"
    found = parse(text.encode(), Path("greet.md"))
    assert found.definition is not None, found
    return found.definition


def asking(found: Definition, **changes: object) -> Request:
    return replace(request_for(found, {}, session="s", settings=CAUTIOUS), **changes)  # type: ignore[arg-type]


async def refusal(gate: Office, asked: Request | str, settings: Settings = CAUTIOUS, **options: object) -> str:
    """Why something does not run. Nobody is asked, and nothing is made."""
    fake = FakeBackend(gate.paths.data / "fake")
    person = Person([Answer.ONCE])
    run = await ended(await gate.engine(person, settings=settings, backend=fake, **options), asked)  # type: ignore[arg-type]
    assert run.record.state is RunState.REFUSED
    assert [event.outcome for event in run.of(PolicyChecked)] == ["deny"]
    assert person.questions == []
    assert fake.calls == []
    return run.record.error


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("{program: dd}", "sudo bash -c 'd\"\"d if=/dev/zero of=x count=0'"),
        ("{pattern: 'push .*--force'}", "git push origin --force"),
        ("{rule: 'fs.*'}", "rm -rf x"),
    ],
)
async def test_what_is_on_the_deny_list_is_not_even_asked_about(gate: Office, entry: str, text: str):
    gate.write("policy.yaml", f"deny: [{entry}]")
    why = await refusal(gate, text)
    assert "refused by policy" in why
    assert "deny list" in why


async def test_the_policy_refuses_from_a_level_on(gate: Office):
    gate.write("policy.yaml", "refuse: medium")
    assert "its risk is medium" in await refusal(gate, "rm -rf x")


async def test_a_project_restricts_what_runs_in_it(gate: Office):
    (gate.workspace / "rollcage-policy.yaml").write_text("deny: [{program: ls}]")
    assert "deny list" in await refusal(gate, "ls")


async def test_a_saved_policy_holds_for_the_next_run(gate: Office):
    engine = await gate.engine()
    assert (await ended(engine, "ls")).record.state is RunState.SUCCEEDED
    gate.write("policy.yaml", "deny: [{program: ls}]")
    assert (await ended(engine, "ls")).record.state is RunState.REFUSED


async def test_of_two_engines_that_want_the_last_use_one_gets_it(gate: Office):
    gate.write("policy.yaml", "rate_limits: [{limit: 1 per hour}]")
    engines = [await gate.engine(), await gate.engine()]
    runs = await asyncio.gather(
        ended(engines[0], "echo fine", session="one"), ended(engines[1], "echo fine", session="two")
    )
    assert sorted(run.record.state for run in runs) == [RunState.REFUSED, RunState.SUCCEEDED]
    (refused,) = (run.record for run in runs if run.record.state is RunState.REFUSED)
    assert "has reached its rate limit" in refused.error


async def test_what_is_refused_uses_nothing_up(gate: Office):
    gate.write("policy.yaml", "rate_limits: [{limit: 1 per hour}]")
    engine = await gate.engine(Person())
    assert (await ended(engine, "rm -rf x")).record.state is RunState.REFUSED
    assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED


async def test_a_rate_limit_ends_with_its_time(gate: Office):
    gate.write("policy.yaml", "rate_limits: [{limit: 1 per hour}]")
    clock = Clock()
    engine = await gate.engine(clock=clock)
    states = []
    for minutes in (0, 59, 2):
        clock.at += timedelta(minutes=minutes)
        states.append((await ended(engine, "echo fine")).record.state)
    assert states == [RunState.SUCCEEDED, RunState.REFUSED, RunState.SUCCEEDED]


async def test_times_are_those_of_the_clock(gate: Office):
    gate.write("policy.yaml", "allowed_times: {windows: [mon-fri 09:00-18:00], time_zone: UTC}")
    clock = Clock()
    engine = await gate.engine(clock=clock)
    assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED
    clock.at = TUESDAY.replace(hour=18)
    late = await ended(engine, "echo fine")
    assert late.record.state is RunState.REFUSED
    assert "refused by policy" in late.record.error


async def test_a_role_permits_what_it_permits(gate: Office):
    reader = Settings(gate=GateSettings(role="default"))
    assert (await ended(await gate.engine(settings=reader), "ls")).record.state is RunState.SUCCEEDED
    assert "role" in await refusal(gate, "touch x", settings=reader)
    assert "role" in await refusal(gate, "ls", settings=Settings(gate=GateSettings(role="nobody-knows-it")))


async def test_required_concepts_must_be_spoken_of(gate: Office):
    concepts = gate.workspace / "knowledge"
    concepts.mkdir()
    (concepts / "c.md").write_text("# Greeting\n\nSaying hello.\n\nsynonyms:: hello\n")
    required = "knowledge_graph_required: [greeting]\n"
    engine = await gate.engine(person := Person([Answer.ONCE]))
    spoken = definition("echo hello", required)
    assert (await ended(engine, asking(spoken))).record.state is RunState.SUCCEEDED
    silent = asking(definition("echo x", required))
    assert [(await ended(engine, silent)).record.state for _ in range(2)] == [RunState.REFUSED] * 2
    assert person.questions == []
    assert (await ended(engine, silent)).record.state is RunState.SUCCEEDED  # from the third failure a person decides
    assert len(person.questions) == 1


async def test_a_person_decides_where_the_deny_list_cannot(gate: Office):
    gate.write("policy.yaml", "deny: [{program: dd}]")
    engine = await gate.engine(person := Person([Answer.ONCE]), settings=Settings(gate=GateSettings(ask_from="never")))
    assert (await ended(engine, "$TOOL || true")).record.state is RunState.SUCCEEDED
    assert any("cannot be compared with the deny list" in reason for reason in person.questions[0].reasons)


# Modes


@pytest.fixture
def confined(gate: Office) -> None:
    if reason := probe(gate.workspace, gate.paths).reason:
        pytest.skip(reason)


@pytest.mark.usefixtures("confined")
async def test_what_is_harmless_runs_on_the_host_where_that_is_asked_and_it_is_said(gate: Office):
    (gate.workspace / "here").write_text("the host's own\n")
    fake = FakeBackend(gate.paths.data / "fake")
    run = await ended(await gate.engine(backend=fake), asking(definition("cat here; echo made >> made")))
    assert run.record.state is RunState.SUCCEEDED
    assert run.record.output_head == b"the host's own\n"
    assert (gate.workspace / "made").read_text() == "made\n"
    (decided,) = run.of(ModeDecided)
    assert (decided.mode, decided.no_rollback) == ("local", True)
    assert "confined by bubblewrap" in decided.reason
    assert "no rollback" in decided.reason
    assert fake.calls == []
    assert (run.record.before_id, run.record.after_id, run.record.rolled_back) == (None, None, False)
    assert run.record.request["gate"]["mode"] == "local"
    assert not {"MachineLeased", "SnapshotTaken"} & set(names(run.events))


@pytest.mark.usefixtures("confined")
async def test_on_the_host_nothing_outside_the_workspace_can_be_written(gate: Office):
    outside = gate.workspace.parent / f"{gate.workspace.name}-outside"
    (gate.workspace / "way-out").symlink_to(outside)
    run = await ended(await gate.engine(), asking(definition("echo x >> way-out || echo kept out")))
    assert [event.mode for event in run.of(ModeDecided)] == ["local"]
    assert not outside.exists()
    assert run.record.output_head.endswith(b"kept out\n")


@pytest.mark.parametrize(
    "body", ["rm -rf x", "curl -s http://127.0.0.1:9/ || true", "$(cat here) || true", "echo $TOOL | base64 -d | sh"]
)
async def test_what_is_not_harmless_goes_to_a_machine_though_the_host_was_asked(gate: Office, body: str):
    never = Settings(gate=GateSettings(ask_from="never"))
    engine = await gate.engine(Person([Answer.ONCE]), settings=never)
    run = await ended(engine, asking(definition(body)))
    (decided,) = run.of(ModeDecided)
    assert (decided.mode, decided.no_rollback) == ("firecracker", False)
    assert decided.reason.startswith("asked for local; runs in a machine because ")
    assert "MachineLeased" in names(run.events)


@pytest.mark.usefixtures("confined")
async def test_a_change_by_a_hook_can_take_a_run_off_the_host(gate: Office):
    limits = Allow(limits=Limits(memory_bytes=64 << 20))
    engine = await gate.engine(hooks=[hook(lambda _: limits, Point.BEFORE_EXECUTION)])
    run = await ended(engine, asking(definition()))
    assert [event.mode for event in run.of(ModeDecided)] == ["local", "firecracker"]
    assert "memory limit can only be enforced there" in run.of(ModeDecided)[1].reason
    assert "MachineLeased" in names(run.events)


@pytest.mark.usefixtures("confined")
async def test_variables_that_a_hook_adds_can_take_a_run_off_the_host(gate: Office):
    engine = await gate.engine(hooks=[hook(lambda _: Allow(env={"LD_PRELOAD": "x"}), Point.BEFORE_EXECUTION)])
    run = await ended(engine, asking(definition()))
    assert [event.mode for event in run.of(ModeDecided)] == ["local", "firecracker"]
    assert "it is given LD_PRELOAD" in run.of(ModeDecided)[1].reason


@pytest.mark.usefixtures("confined")
async def test_where_it_runs_is_decided_by_the_text_that_hooks_leave(gate: Office):
    def rewrite(context: HookContext) -> Decision:
        step = context.proposal.steps[0]
        if step.text.startswith("x="):
            return Allow()
        return Modify("the same in other words", steps=(replace(step, text="x=(fine); echo fine"),))

    engine = await gate.engine(hooks=[hook(rewrite, Point.BEFORE_ASSESSMENT)])
    run = await ended(engine, asking(definition()))
    assert [event.mode for event in run.of(ModeDecided)] == ["firecracker"]
    assert "it sets an array" in run.of(ModeDecided)[0].reason


@pytest.mark.usefixtures("confined")
async def test_a_limit_the_host_can_enforce_leaves_it_there(gate: Office):
    limits = Allow(limits=Limits(cpu_s=5))
    engine = await gate.engine(hooks=[hook(lambda _: limits, Point.BEFORE_EXECUTION)])
    run = await ended(engine, replace(request("echo fine"), mode=LOCAL))
    assert {event.mode for event in run.of(ModeDecided)} == {"local"}
    assert run.record.state is RunState.SUCCEEDED
    assert run.record.request["limits"]["max_cpu_time"] == 5


async def test_nothing_runs_unconfined_on_the_host(gate: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(gate.workspace))  # no bubblewrap there
    run = await ended(await gate.engine(), replace(request("echo fine"), mode=LOCAL))
    assert [event.mode for event in run.of(ModeDecided)] == ["firecracker"]


async def test_a_run_on_the_host_finds_out_once_how_it_is_confined(gate: Office, monkeypatch: pytest.MonkeyPatch):
    if not probe(gate.workspace, gate.paths).available:
        pytest.skip("commands cannot be confined here")
    looked: list[Path] = []

    def counted(workspace: Path, paths: Paths) -> Confinement:
        looked.append(workspace)
        return probe(workspace, paths)

    for module in ("gatekeeper", "pipeline"):
        monkeypatch.setattr(f"tui.runs.{module}.probe", counted, raising=False)
    run = await ended(await gate.engine(), replace(request("echo fine"), mode=LOCAL))
    assert run.record.state is RunState.SUCCEEDED
    assert looked == [gate.workspace]


async def test_a_rate_limit_of_a_program_holds_wherever_it_stands(gate: Office):
    gate.write("policy.yaml", "rate_limits: [{command: date, limit: 1 per hour}]")
    engine = await gate.engine()
    assert (await ended(engine, "true; date")).record.state is RunState.SUCCEEDED
    refused = await ended(engine, request("echo one", "true && date"))
    assert refused.record.state is RunState.REFUSED
    assert "'date' has reached its rate limit" in refused.record.error
