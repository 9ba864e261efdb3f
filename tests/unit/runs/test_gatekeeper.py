"""What is asked, of whom, how long an answer holds; and that nothing runs without it."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.people import CAUTIOUS, Office, Person, ended
from tests.support.runs import names, request
from tui.config import GateSettings, Settings
from tui.definitions.model import Definition
from tui.definitions.parsing import parse
from tui.errors import InvalidInput, Refused
from tui.levels import RiskLevel
from tui.runs.approval import Answer, Nobody
from tui.runs.engine import Engine
from tui.runs.events import (
    ApprovalDecided,
    ApprovalRequested,
    ModeDecided,
    PolicyChecked,
    RiskAssessed,
    StepStarted,
)
from tui.runs.prepare import request_for
from tui.store.approvals import SubjectKind
from tui.store.states import RunState

REMOVES = "rm -rf x; echo ran"
DOWNLOADS = "curl -s http://127.0.0.1:9/x | sh; echo ran"
"""Critical, and harmless where nobody listens."""
ONCE, SESSION, DENY, NEVER = Answer.ONCE, Answer.SESSION, Answer.DENY, Answer.DENY_ALWAYS


async def test_what_is_decided_is_told_in_order_before_anything_is_made(gate: Office):
    person = Person([ONCE])
    run = await ended(await gate.engine(person, hooks=()), REMOVES)
    assert names(run.events) == [
        "RunStarted", "RiskAssessed", "PolicyChecked", "ModeDecided", "ApprovalRequested", "ApprovalDecided",
        "MachineLeased", "SnapshotTaken", "StepStarted", "OutputReceived", "StepExited", "RunExited", "SnapshotTaken",
        "RunFinished",
    ]  # fmt: skip
    assert run.record.state is RunState.SUCCEEDED
    assert run.record.request["gate"]["level"] == "medium"
    (question,) = person.questions
    assert (question.level, question.session, question.mode, question.to_type) == (
        RiskLevel.MEDIUM, "s", "firecracker", "",
    )  # fmt: skip
    assert question.reasons == ("medium risk: deletes x and everything below it",)


async def test_what_is_harmless_runs_unasked(gate: Office):
    person = Person()
    run = await ended(await gate.engine(person), "ls")
    assert run.record.state is RunState.SUCCEEDED
    assert person.questions == []
    assert not run.of(ApprovalRequested)
    assert [event.outcome for event in run.of(PolicyChecked)] == ["allow"]
    assert [event.mode for event in run.of(ModeDecided)] == ["firecracker"]


@pytest.mark.parametrize(("answer", "said"), [(None, "no-answer"), (DENY, "deny")])
async def test_no_answer_is_a_no(gate: Office, answer: Answer | None, said: str):
    fake = FakeBackend(gate.paths.data / "fake")
    engine = await gate.engine(Person([answer]), backend=fake)
    handle = engine.run(request(REMOVES))
    record = await handle.result()
    assert record.state is RunState.REFUSED
    assert isinstance(handle.failure, Refused)
    assert handle.failure.exit_code == 119
    assert fake.calls == []
    assert record.before_id is None
    told = [event async for event in handle.events()]
    assert [event.answer for event in told if isinstance(event, ApprovalDecided)] == [said]
    assert not [event for event in told if isinstance(event, StepStarted)]


async def test_without_anybody_the_engine_itself_says_no(gate: Office):
    engine = await Engine.open(gate.paths, CAUTIOUS, backend=FakeBackend(gate.paths.data / "fake"))
    try:
        run = await ended(engine, REMOVES)
        assert run.record.state is RunState.REFUSED
        assert "nobody did: medium risk: deletes x" in run.record.error
        assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED
    finally:
        await engine.close()


@pytest.mark.parametrize(
    ("up_to", "text", "state"),
    [
        (RiskLevel.MEDIUM, REMOVES, RunState.SUCCEEDED),
        (RiskLevel.LOW, REMOVES, RunState.REFUSED),
        (RiskLevel.HIGH, DOWNLOADS, RunState.REFUSED),
        (RiskLevel.CRITICAL, DOWNLOADS, RunState.SUCCEEDED),
    ],
)
async def test_what_was_agreed_beforehand_is_not_asked(gate: Office, up_to: RiskLevel, text: str, state: RunState):
    engine = await Engine.open(
        gate.paths, CAUTIOUS, backend=FakeBackend(gate.paths.data / "fake"), approver=Nobody(up_to)
    )
    try:
        assert (await ended(engine, text)).record.state is state
    finally:
        await engine.close()


async def test_the_settings_say_from_which_level_on_somebody_is_asked(gate: Office):
    engine = await gate.engine(person := Person(), settings=Settings(gate=GateSettings(ask_from="never")))
    assert (await ended(engine, REMOVES)).record.state is RunState.SUCCEEDED
    assert (await ended(engine, DOWNLOADS)).record.state is RunState.REFUSED
    assert [question.level for question in person.questions] == [RiskLevel.CRITICAL]


async def test_allow_once_asks_again(gate: Office):
    engine = await gate.engine(person := Person([ONCE, ONCE]))
    for _ in range(2):
        assert (await ended(engine, REMOVES)).record.state is RunState.SUCCEEDED
    assert len(person.questions) == 2
    assert engine.approvals() == []


async def test_an_answer_for_the_session_holds_for_the_command_however_it_is_written(gate: Office):
    engine = await gate.engine(person := Person([SESSION]))
    assert (await ended(engine, "rm -r x")).record.state is not RunState.REFUSED
    for same in ("rm  -r 'x'", 'rm -r "x"', "  rm -r x\n"):
        again = await ended(engine, same)
        assert again.record.state is not RunState.REFUSED, same
        assert [(event.answer, event.by) for event in again.of(ApprovalDecided)] == [
            ("allow-session", "an earlier answer")
        ]
    assert len(person.questions) == 1
    other_engine = await gate.engine(other := Person())
    assert (await ended(other_engine, "rm -r x", session="s")).record.state is not RunState.REFUSED
    assert other.questions == []


@pytest.mark.parametrize(
    "other",
    [
        "rm -r x; true", "(rm -r x)", "PATH=.; rm -r x", "test -f x && rm -r x", "rm -r y",
        "rm -rf x", "rm x -r", "rm -r x; rm -r y",
        "rm -r x > $HOME/.bashrc", "LD_PRELOAD=./a rm -r x", "python3 -c 'import shutil; shutil.rmtree(\"x\")'",
        "rm -r $DIR",
    ],
)  # fmt: skip
async def test_an_answer_for_the_session_holds_for_nothing_else(gate: Office, other: str):
    engine = await gate.engine(person := Person([SESSION]))
    await ended(engine, "rm -r x")
    assert (await ended(engine, other)).record.state is RunState.REFUSED
    assert len(person.questions) == 2


async def test_an_answer_for_the_session_holds_in_no_other(gate: Office):
    engine = await gate.engine(person := Person([SESSION]))
    await ended(engine, "rm -r x", session="one")
    assert (await ended(engine, "rm -r x", session="two")).record.state is RunState.REFUSED
    assert len(person.questions) == 2


async def test_an_answer_counts_only_up_to_the_risk_it_was_given_at(gate: Office):
    engine = await gate.engine(person := Person([SESSION]))
    assert (await ended(engine, "(cd /etc); rm -f passwd")).record.state is RunState.SUCCEEDED
    assert (await ended(engine, "(cd /etc); rm -f passwd")).record.state is RunState.SUCCEEDED
    worse = await ended(engine, "false && cd /etc && rm -f passwd")
    assert worse.of(RiskAssessed)[0].assessment.level > RiskLevel.MEDIUM
    assert worse.record.state is RunState.REFUSED
    assert len(person.questions) == 2


def definition(body: str, **fields: str) -> Definition:
    head = "".join(f"{name}: {value}\n" for name, value in fields.items())
    text = f"---\nname: clean\ndescription: d\n{head}---\n```bash\n{body}\n```\n"
    found = parse(text.encode(), Path("clean.md"))
    assert found.definition is not None, found
    return found.definition


async def test_an_answer_ends_with_the_content_of_the_definition(gate: Office):
    engine = await gate.engine(person := Person([SESSION]))

    async def run(found: Definition) -> RunState:
        return (await ended(engine, request_for(found, {}, session="s", settings=CAUTIOUS))).record.state

    first = definition("rm -rf x")
    assert await run(first) is RunState.SUCCEEDED
    assert await run(first) is RunState.SUCCEEDED
    assert await run(definition("rm -rf x", usage="clean")) is RunState.REFUSED
    assert (await ended(engine, "rm -rf x")).record.state is RunState.REFUSED
    assert len(person.questions) == 3


async def test_code_is_bound_to_its_text(gate: Office):
    engine = await gate.engine(person := Person([SESSION]))
    code = "import shutil\nshutil.rmtree('x', ignore_errors=True)"
    assert (await ended(engine, code, language="python")).record.state is RunState.SUCCEEDED
    assert (await ended(engine, code, language="python")).record.state is RunState.SUCCEEDED
    assert (await ended(engine, code.replace("x", "y"), language="python")).record.state is RunState.REFUSED
    assert len(person.questions) == 2
    assert {approval.subject.kind for approval in engine.approvals()} >= {SubjectKind.TEXT}


async def test_never_holds_everywhere_until_it_is_taken_back(gate: Office):
    engine = await gate.engine(person := Person([NEVER, SESSION]))
    assert (await ended(engine, "rm -r x", session="one")).record.error.startswith("denied, for good")
    for text in ("rm  -r x", "true && rm -r x", "sudo rm -r x"):
        again = await ended(engine, text, session="two")
        assert again.record.state is RunState.REFUSED
        assert "an earlier answer forbids it for good: rm -r x" in again.record.error
        assert [(event.answer, event.by, event.subjects) for event in again.of(ApprovalDecided)] == [
            ("deny-always", "an earlier answer", ["rm -r x"])
        ]
    yes = await Engine.open(
        gate.paths, CAUTIOUS, backend=FakeBackend(gate.paths.data / "fake"), approver=Nobody(RiskLevel.CRITICAL)
    )
    assert (await ended(yes, "rm -r x", session="three")).record.state is RunState.REFUSED
    await yes.close()
    assert len(person.questions) == 1
    (approval,) = engine.approvals()
    engine.revoke_approval(approval.id[:20])
    assert (await ended(engine, "rm -r x", session="two")).record.state is not RunState.REFUSED
    assert len(person.questions) == 2


async def test_never_takes_what_stands_around_the_words_into_account(gate: Office):
    engine = await gate.engine(Person([NEVER]), settings=Settings(gate=GateSettings(ask_from="high")))
    assert (await ended(engine, "false && echo x > /etc/passwd")).record.error.startswith("denied, for good")
    assert (await ended(engine, "echo x")).record.state is RunState.SUCCEEDED
    assert "an earlier answer" in (await ended(engine, "echo 'x' >/etc/passwd")).record.error


async def test_what_is_critical_is_typed_every_time(gate: Office):
    engine = await gate.engine(person := Person([SESSION, ONCE]))
    for _ in range(2):
        assert (await ended(engine, DOWNLOADS)).record.state is RunState.SUCCEEDED
    assert [question.to_type for question in person.questions] == ["yes, run it"] * 2
    assert engine.approvals() == []
    found = definition(DOWNLOADS)
    refused = await ended(engine, request_for(found, {}, session="s", settings=CAUTIOUS))
    assert refused.record.state is RunState.REFUSED
    assert person.questions[-1].to_type == "clean"


async def test_a_cancelled_question_is_a_cancelled_run(gate: Office):
    class Silent:
        by = ""

        async def ask(self, question: object) -> Answer | None:
            run.stop.set()
            await asyncio.Event().wait()
            raise AssertionError

    engine = await gate.engine(Silent())  # type: ignore[arg-type]
    run = engine.run(request(REMOVES))
    assert (await run.result()).state is RunState.CANCELLED
    assert (await ended(engine, "echo fine")).record.state is RunState.SUCCEEDED


async def test_a_rule_of_the_user_raises_the_level_and_is_read_again_when_it_changes(gate: Office):
    engine = await gate.engine(person := Person(), settings=Settings())
    assert (await ended(engine, "frobnicate --all || true")).record.state is RunState.SUCCEEDED
    rule = (
        "- {id: my.frobnicate, program: [frobnicate], level: high, category: DESTROY, effects: [delete],\n"
        "   reversibility: hard, effect: frobnicates everything, match: ['frobnicate --all']}\n"
    )
    gate.write("rules/mine.yaml", rule)
    refused = await ended(engine, "frobnicate --all || true")
    assert refused.record.state is RunState.REFUSED
    assert person.questions[0].reasons == ("high risk: frobnicates everything",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("policy.yaml", "deny:\n  - {nonsense: x}\n"),
        ("hooks.yaml", "hooks:\n  notification: {nonsense: 1}\n"),
        ("rules/mine.yaml", "- id: my.rule\n  nonsense: 1\n"),
    ],
)
async def test_with_files_that_cannot_be_read_nothing_runs_and_the_rest_works(gate: Office, name: str, text: str):
    before = await gate.engine()
    assert (await ended(before, "echo one > file")).record.state is RunState.SUCCEEDED
    assert (await ended(before, "echo two > file")).record.state is RunState.SUCCEEDED
    await before.close()
    file = gate.write(name, text)
    fake = FakeBackend(gate.paths.data / "fake")
    engine = await gate.engine(Person([ONCE]), backend=fake)
    run = engine.run(request("ls"))
    record = await run.result()
    assert record.state is RunState.ERROR
    assert isinstance(run.failure, InvalidInput)
    assert f"{file}:" in record.error
    assert "nonsense" in record.error
    assert not [what for what, _ in fake.calls if what in ("clone", "restore")]
    assert engine.store.run(run.id) == record
    await engine.undo("s")
    file.unlink()
    assert (await ended(engine, "grep one file")).record.state is RunState.SUCCEEDED


async def test_a_gate_that_breaks_lets_nothing_through(gate: Office, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("tui.runs.rulebook.assess", broken)
    run = await ended(await gate.engine(), "ls")
    assert run.record.state is RunState.REFUSED
    assert "it could not be looked at, so it does not run" in run.record.error


async def test_a_person_sees_no_secret(gate: Office):
    token = "ghp_" + "a1B2" * 9
    engine = await gate.engine(person := Person([None]))
    asked = request(f"echo {token}; rm -rf {token}", env={"API_TOKEN": "hunter2hunter2"})
    told = {"w": "correct horse"}
    await ended(engine, dataclasses.replace(asked, secrets=told, parameters=told))
    (question,) = person.questions
    for secret in (token, "hunter2hunter2", "correct horse"):
        assert secret not in repr(dataclasses.asdict(question))
    step = question.proposal.steps[0]
    assert step.assessment is not None
    evidence = [step.text[command.span.start : command.span.end] for command in step.assessment.commands]
    assert evidence == ["echo [redacted:github-token]", "rm -rf [redacted:github-token]"]


async def test_what_is_found_beforehand_holds_no_secret_and_fits_itself(gate: Office):
    token = "ghp_" + "a1B2" * 9
    gate.write("policy.yaml", "deny: [{pattern: 'rm .*', reason: no}]")
    engine = await gate.engine()
    asked = request(f"echo {token} && rm -rf {token} y", env={"API_TOKEN": "hunter2hunter2"})
    found = await engine.preview(dataclasses.replace(asked, stdin=token.encode(), cwd=f"/tmp/{token}"))
    assert token not in repr(found)
    assert "hunter2hunter2" not in repr(found)
    (step,), (written,) = found.proposal.steps, found.as_written
    assert step.assessment is not None
    shown = [step.text[command.span.start : command.span.end] for command in step.assessment.commands]
    assert shown == ["echo [redacted:github-token]", "rm -rf [redacted:github-token] y"]
    text = asked.steps[0].text
    assert [text[one.span.start : one.span.end] for one in written.commands] == [f"echo {token}", f"rm -rf {token} y"]
